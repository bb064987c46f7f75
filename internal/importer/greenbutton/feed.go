package greenbutton

import (
	"strings"
	"time"

	"penates/internal/locale"
)

// An entry is one of the feed, without its readings.
type entry struct {
	kind      string // name of the resource it holds, as in "UsagePoint"
	id, title string
	self, up  string
	related   []string
	fields    map[string]string // of the resource, by path below it
	line      int
}

// A feed is what is known of a file before its readings are read.
type feed struct {
	entries []entry
	meters  []*meterReading
	// by entry: the meter reading whose blocks it holds
	blocks map[int]*meterReading
	open   reading
	held   []reading
	more   bool // there were more readings than are held
}

// A reading is one value with its time, in its entry.
type reading struct {
	start, duration, value, quality string
	entry, line                     int
}

// maxHeld bounds the readings that are held: two years of quarters of an hour.
const maxHeld = 72_000

// A meterReading is a series of readings of one usage point.
type meterReading struct {
	entry *entry
	point *entry // may be nil
	kind  *entry // its reading type; may be nil
}

// resources are the elements that an entry may hold.
var resources = map[string]bool{
	"UsagePoint": true, "MeterReading": true, "ReadingType": true, "IntervalBlock": true, "LocalTimeParameters": true,
	"ElectricPowerUsageSummary": true, "UsageSummary": true, "ElectricPowerQualitySummary": true,
}

// element takes the parts of an entry.
func (f *feed) element(e *element) error {
	switch {
	case e.entry < 0:
		return nil
	case e.in("IntervalReading"):
		f.open.take(e)
		return nil
	}
	for e.entry >= len(f.entries) {
		f.entries = append(f.entries, entry{line: e.line})
	}
	if n := &f.entries[e.entry]; e.name == "IntervalReading" {
		n.kind = "IntervalBlock" // which may not end, where the file is cut
		f.more = f.more || len(f.held) == maxHeld
		if !f.more {
			f.held = append(f.held, f.open.done(e))
		}
		f.open = reading{}
	} else {
		n.take(e)
	}
	return nil
}

func (n *entry) take(e *element) {
	switch {
	case resources[e.name] && e.parent() == "content":
		n.kind = e.name
	case e.parent() == "entry" && e.name == "id":
		n.id = e.text
	case e.parent() == "entry" && e.name == "title":
		n.title = locale.Line(e.text)
	case e.parent() == "entry" && e.name == "link":
		n.link(e)
	default:
		n.field(e)
	}
}

func (n *entry) link(e *element) {
	var rel, href string
	for _, a := range e.attr {
		switch a.Name.Local {
		case "rel":
			rel = a.Value
		case "href":
			href = strings.Trim(a.Value, "/ ")
		}
	}
	switch {
	case href == "":
	case rel == "self":
		n.self = href
	case rel == "up":
		n.up = href
	case rel == "related" && len(n.related) < maxLinks:
		n.related = append(n.related, href)
	}
}

// field keeps the text of an element of the resource, under its path within.
func (n *entry) field(e *element) {
	at := -1
	for i, p := range e.path {
		if resources[p] {
			at = i
			break
		}
	}
	if at < 0 || e.text == "" || len(n.fields) >= maxFields {
		return
	}
	if n.fields == nil {
		n.fields = map[string]string{}
	}
	path := strings.Join(append(append([]string(nil), e.path[at+1:]...), e.name), ".")
	if _, known := n.fields[path]; !known {
		n.fields[path] = e.text
	}
}

// take takes a part of the reading that e is in.
func (r *reading) take(e *element) {
	switch {
	case e.name == "start" && e.parent() == "timePeriod":
		r.start = e.text
	case e.name == "duration" && e.parent() == "timePeriod":
		r.duration = e.text
	case e.name == "value" && e.parent() == "IntervalReading":
		r.value = e.text
	case e.name == "quality" && r.quality == "":
		r.quality = e.text
	}
}

// done returns the reading that ends with e.
func (r reading) done(e *element) reading {
	r.entry, r.line = e.entry, e.line
	return r
}

// key names a resource the same way in every file it comes in: by its path on the
// server, else by the entry's id.
func (n *entry) key() string {
	if n.self == "" {
		return n.id
	}
	if _, rest, ok := strings.Cut(n.self, "/resource/"); ok {
		return rest
	}
	if _, rest, ok := strings.Cut(n.self, "://"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		return rest
	}
	return n.self
}

// refersTo reports whether n has a link to other, or to what it is one of.
func (n *entry) refersTo(other *entry) bool {
	for _, href := range n.related {
		if href != "" && (href == other.self || href == other.up) {
			return true
		}
	}
	return false
}

// within reports whether the path of n is below that of other.
func (n *entry) within(other *entry) bool {
	return other.self != "" && strings.HasPrefix(n.self, other.self+"/")
}

// join finds what belongs together: by links, by paths, or because there is no
// choice.
func (f *feed) join() {
	points, types := f.of("UsagePoint"), f.of("ReadingType")
	for _, n := range f.of("MeterReading") {
		m := &meterReading{entry: n}
		m.point = pick(points, func(p *entry) bool { return n.within(p) }, func(p *entry) bool { return p.refersTo(n) })
		m.kind = pick(types, func(t *entry) bool { return n.refersTo(t) })
		f.meters = append(f.meters, m)
	}
	f.blocks = map[int]*meterReading{}
	for i := range f.entries {
		n := &f.entries[i]
		if n.kind == "IntervalBlock" {
			f.blocks[i] = f.meterOf(n)
		}
	}
}

// of returns the entries that hold a resource of that kind.
func (f *feed) of(kind string) (all []*entry) {
	for i := range f.entries {
		if f.entries[i].kind == kind {
			all = append(all, &f.entries[i])
		}
	}
	return all
}

// pick returns the first of all that a test takes, the surest test first, or the
// only one there is.
func pick(all []*entry, tests ...func(*entry) bool) *entry {
	for _, test := range tests {
		for _, n := range all {
			if test(n) {
				return n
			}
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return nil
}

// meterOf returns the meter reading that a block belongs to, or nil.
func (f *feed) meterOf(block *entry) *meterReading {
	for _, test := range []func(*meterReading) bool{
		func(m *meterReading) bool { return block.within(m.entry) },
		func(m *meterReading) bool { return m.entry.refersTo(block) },
	} {
		for _, m := range f.meters {
			if test(m) {
				return m
			}
		}
	}
	if len(f.meters) == 1 {
		return f.meters[0]
	}
	return nil
}

// clock returns the local time of the feed, or that of zone when it does not say.
func (f *feed) clock(zone *time.Location) *clock {
	for _, n := range f.of("LocalTimeParameters") {
		if c, ok := newClock(n.fields); ok {
			return c
		}
	}
	if zone == nil {
		zone = time.UTC
	}
	return &clock{zone: zone}
}
