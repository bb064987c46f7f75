// Package kml reads the placemarks of KML 2.0 to 2.3 (OGC 12-007) with Google's
// extensions gx:Track and gx:MultiTrack. KMZ files are zip archives around a KML
// file and are opened like any other archive.
//
// A track becomes a series of positions. A point with a time stamp is a position
// of the series of its document, and a place too when it has a name; a point
// with a time span is a place that was visited, one without a time a place. Lines
// and borders become records. Network links, overlays and tours are passed over.
package kml

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/track"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads KML files.
var Format = importer.Format{Name: "kml", Title: "KML places and tracks", Recognise: recognise, Read: read}

var root = regexp.MustCompile(`<(?:[A-Za-z_][\w.-]*:)?kml[\s>]`)

func recognise(h importer.Head) int {
	b := bytes.ReplaceAll(h.Bytes[:min(len(h.Bytes), 16<<10)], []byte{0}, nil) // of UTF-16
	switch {
	case !root.Match(b):
		return 0
	case bytes.Contains(b, []byte("opengis.net/kml/")), bytes.Contains(b, []byte("earth.google.com/kml/")):
		return 98
	}
	return 80
}

type reader struct {
	ctx    context.Context
	out    importer.Sink
	tracks track.Tracks
	names  bank.Namer
	title  string // of the document
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	r := &reader{ctx: ctx, out: out, tracks: track.Tracks{Out: out}}
	walk := track.Walk{
		Whole: map[string]bool{"Placemark": true, "Style": true, "StyleMap": true, "Schema": true, "Tour": true, "NetworkLink": true, "ScreenOverlay": true, "GroundOverlay": true, "PhotoOverlay": true},
		End:   r.end,
	}
	err = walk.Run(source)
	if ended := r.tracks.Flush(); err == nil {
		err = ended
	}
	return err
}

func (r *reader) end(n *track.Node, path []*track.Node) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	switch {
	case n.Name == "Placemark":
		return r.placemark(n)
	case n.Name == "name" && len(path) > 0 && path[len(path)-1].Name == "Document":
		r.title = track.Line(n.Text)
	}
	return nil
}

// A mark is what a placemark says of all its geometries.
type mark struct {
	name, about, address string
	span                 penates.Span
	stamped              bool // the time is an instant
	accuracy             float64
	line                 int
}

func newMark(n *track.Node) (mark, error) {
	m := mark{name: track.Line(n.Kid("name").Text), about: track.Line(n.Kid("description").Text), address: track.Line(n.Kid("address").Text), line: n.Line}
	n.Kid("ExtendedData").All(func(d *track.Node) {
		if key := strings.ToLower(d.Value("name")); key == "accuracy" || key == "horizontal_accuracy" {
			m.accuracy = max(track.Metres(track.First(d.Kid("value").Text, d.Text)), 0)
		}
	}, "Data", "SimpleData")
	var err error
	read := func(s string) (at penates.Moment) {
		if s != "" && err == nil {
			at, err = when(s)
		}
		return at
	}
	if stamp := n.Kid("TimeStamp").Kid("when").Text; stamp != "" {
		m.span.Start = read(stamp)
		m.stamped = !m.span.Start.DateOnly()
	} else if span := n.Kid("TimeSpan"); span.Name != "" {
		m.span.Start, m.span.End = read(span.Kid("begin").Text), read(span.Kid("end").Text)
	}
	return m, err
}

// when reads a dateTime, a date, a month or a year; of the latter two it is the
// first day.
func when(s string) (penates.Moment, error) {
	switch len(s) {
	case len("2006"):
		s += "-01-01"
	case len("2006-01"):
		s += "-01"
	}
	at, err := locale.Time(s, locale.YMD, time.UTC)
	if err != nil {
		return at, fmt.Errorf("time %.40q: %w", s, penates.Invalid)
	}
	return at, nil
}

func (r *reader) placemark(n *track.Node) (err error) {
	m, err := newMark(n)
	if err != nil {
		return r.out.Refuse(n.Line, err)
	}
	n.All(func(g *track.Node) {
		if err != nil {
			return
		}
		switch g.Name {
		case "Track":
			err = r.track(&m, g)
		case "Point":
			err = r.point(&m, g)
		default:
			err = r.shape(&m, g)
		}
	}, "Track", "Point", "LineString", "LinearRing")
	return err
}

// position reads "longitude,latitude,altitude", or the same with blanks.
func position(s string) (*penates.Place, error) {
	parts := strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r' })
	if len(parts) < 2 || len(parts) > 3 {
		return nil, fmt.Errorf("coordinates %.40q: %w", s, penates.Invalid)
	}
	p, err := track.ParsePosition(parts[1], parts[0])
	if err == nil && len(parts) == 3 {
		p.Alt = track.Metres(parts[2])
	}
	return p, err
}

// track gives out a gx:Track: as many times as positions, in the same order.
func (r *reader) track(m *mark, g *track.Node) error {
	var stamps, coords []*track.Node
	for _, k := range g.Kids {
		switch k.Name {
		case "when":
			stamps = append(stamps, k)
		case "coord":
			coords = append(coords, k)
		}
	}
	if len(stamps) != len(coords) {
		return r.out.Refuse(g.Line, fmt.Errorf("a track of %d times and %d positions: %w", len(stamps), len(coords), penates.Invalid))
	}
	native := ""
	for i, c := range coords {
		if c.Text == "" {
			continue // no position was known at that time, as the schema allows
		}
		p, err := position(c.Text)
		if err != nil {
			return r.out.Refuse(c.Line, err)
		}
		at, err := track.Time(stamps[i].Text, time.UTC)
		if err != nil {
			return r.out.Refuse(stamps[i].Line, err)
		}
		if native == "" {
			native = "track/" + track.Stamp(at) + "/" + r.names.Hash(track.Stamp(at), m.name)
		}
		if err := r.tracks.Add(native, at, p, c.Line, func(s *penates.Series) { s.Text = track.First(m.name, r.title, "Track of "+at.Date()) }); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) point(m *mark, g *track.Node) error {
	p, err := position(g.Kid("coordinates").Text)
	if err != nil {
		return r.out.Refuse(g.Line, err)
	}
	p.Accuracy = m.accuracy
	if m.stamped {
		at := *p
		err := r.tracks.Add("points/"+r.title, m.span.Start, &at, g.Line, func(s *penates.Series) { s.Text = track.First(r.title, "Positions") })
		if err != nil || m.name == "" {
			return err
		}
	}
	p.Name = m.name
	return r.out.Document(&penates.Document{
		Source: penates.Source{NativeID: "place/" + r.names.Hash(m.name, fmt.Sprint(p.Lat), fmt.Sprint(p.Lon), m.span.Start.String()), Locator: track.Locator(m.line)},
		Time:   m.span, Place: p, Text: track.First(m.name, m.address, m.about, fmt.Sprintf("place %.5f, %.5f", p.Lat, p.Lon)),
	}, schema.Place{Name: m.name, Address: track.First(m.address, m.about)})
}

// shape gives out a line or a ring, whose corners have no times of their own.
func (r *reader) shape(m *mark, g *track.Node) error {
	text := g.Kid("coordinates").Text
	shape := track.Shape{}
	for tuple := range strings.FieldsSeq(text) {
		p, err := position(tuple)
		if err != nil {
			return r.out.Refuse(g.Line, err)
		}
		shape.Add(p)
	}
	switch {
	case shape.Corners == nil:
		return r.out.Refuse(g.Line, fmt.Errorf("a %s without coordinates: %w", g.Name, penates.Invalid))
	case shape.Left > 0:
		return r.out.Refuse(g.Line, fmt.Errorf("a %s of %d corners: %w", g.Name, len(shape.Corners)+shape.Left, penates.TooLarge))
	}
	fields := map[string]any{}
	if m.about != "" {
		fields["description"] = m.about
	}
	d, body := shape.Record(g.Name, m.name, fields)
	d.Time = m.span
	d.Source = penates.Source{NativeID: "shape/" + r.names.Hash(m.name, m.span.Start.String(), text), Locator: track.Locator(m.line)}
	return r.out.Document(d, body)
}
