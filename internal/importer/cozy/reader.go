package cozy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// A reader gives out the documents of one file.
type reader struct {
	ctx      context.Context
	out      importer.Sink
	j        *jsonstream.Reader
	zone     *time.Location
	country  string
	count    int // of the document in hand, from 1
	line     int // on which it ends
	accounts map[string]account
	given    map[string][]uint64 // hashes of what was given under a name
}

// maxGiven bounds how many names are remembered to tell two documents of one id.
const maxGiven = 200_000

// next reads a document of doctype. If inner is not empty it is the member inner
// of the value.
func (r *reader) next(doctype, inner string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	r.count++
	var raw json.RawMessage
	if err := r.j.Value(&raw); err != nil {
		return err
	}
	r.line = r.j.Line()
	d, err := decode(raw)
	if err != nil {
		return r.refuse(err)
	}
	if inner != "" {
		outer := d
		if d = outer.sub(inner); d == nil {
			return r.refuse(fmt.Errorf("it has no %q: %w", inner, penates.Invalid))
		}
		if d.text("_id") == "" {
			d["_id"] = outer["id"]
		}
		if doctype == "" {
			doctype = outer.text("type")
		}
	}
	if !isDoctype(doctype) {
		return r.refuse(fmt.Errorf("doctype %q is none: %w", clip(doctype, 60), penates.Invalid))
	}
	return r.give(doctype, d)
}

func decode(raw []byte) (document, error) {
	var d document
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&d); err != nil || d == nil {
		return nil, fmt.Errorf("a document that is no object: %w", penates.Invalid)
	}
	return d, nil
}

func (r *reader) give(doctype string, d document) error {
	if strings.HasPrefix(d.id(), "_design/") {
		return nil // an index of the database
	}
	switch doctype {
	case "io.cozy.bank.accounts":
		return r.account(d)
	case "io.cozy.bank.operations":
		return r.operation(d)
	case "io.cozy.bills":
		return r.bill(d)
	case "io.cozy.contacts":
		return r.contact(d)
	case "io.cozy.files":
		return r.file(d)
	case "io.cozy.calendar.events":
		return r.event(d)
	case "io.cozy.netflix.views":
		return r.watched(d, "watched")
	case "io.cozy.netflix.opinions":
		return r.watched(d, "rated")
	case "io.cozy.timeseries.geojson":
		return r.trip(d)
	}
	if fluid, ok := fluids[doctype]; ok {
		return r.load(d, fluid)
	}
	return r.record(doctype, d)
}

func (r *reader) refuse(err error) error {
	return r.out.Refuse(r.line, fmt.Errorf("document %d: %w", r.count, err))
}

// source returns where the document in hand came from. Two documents that claim
// the same id in one file are two.
func (r *reader) source(connection string, d document, parts ...string) penates.Source {
	name := d.id()
	if name == "" {
		name = "#" + strings.Join(parts, "/")
	}
	s := penates.Source{Connection: connection, NativeID: name, Locator: "line=" + strconv.Itoa(r.line)}
	h := fnv.New64a()
	if b, err := json.Marshal(d); err == nil {
		h.Write(b)
	}
	key := connection + "\x00" + name
	n := slices.Index(r.given[key], h.Sum64())
	if n < 0 && len(r.given) < maxGiven {
		n = len(r.given[key])
		r.given[key] = append(r.given[key], h.Sum64())
	}
	if d.id() == "" && len(r.given) < maxGiven { // equal documents without id are two as well
		n = len(r.given[key]) - 1
		r.given[key] = append(r.given[key], 0)
	}
	if n > 0 {
		s.NativeID += "#" + strconv.Itoa(n+1)
	}
	return s
}

// fileID returns the id of the document that is given for a file of Cozy.
func fileID(id string) penates.DocumentID {
	return penates.NewDocumentID(connector, "files", id)
}

func billID(id string) penates.DocumentID {
	return penates.NewDocumentID(connector, "bills", id)
}

// referred splits a reference as in "io.cozy.files:1234"; false when it is none.
func referred(ref, doctype string) (id string, ok bool) {
	id, ok = strings.CutPrefix(ref, doctype+":")
	return id, ok && id != "" && !strings.Contains(id, "{{")
}

// labels are readable names of doctypes.
var labels = map[string]string{
	"io.cozy.bank.groups": "Group of accounts", "io.cozy.bank.recurrence": "Recurring operation", "io.cozy.bank.recipients": "Recipient of transfers",
	"io.cozy.bank.settings": "Settings of Cozy Banks", "io.cozy.photos.albums": "Album", "io.cozy.triggers": "Trigger", "io.cozy.instances": "Cozy",
	"io.cozy.accounts": "Account of a connector", "io.cozy.notes": "Note",
}

// record keeps a document that has no type of its own.
func (r *reader) record(doctype string, d document) error {
	delete(d, "_rev")
	text := labels[doctype]
	if text == "" {
		text = doctype[strings.LastIndexByte(doctype, '.')+1:]
	}
	doc := &penates.Document{
		Source: r.source(doctype, d, text),
		Text:   locale.Line(clip(text+" "+d.first("name", "label", "manualLabel", "title", "domain", "url", "account_type"), 300)),
	}
	doc.Time.Start, _ = r.moment(d.first("date", "startDate", "latestDate", "created_at"))
	if doctype == "io.cozy.accounts" {
		doc.Sensitivity = penates.Secret
	}
	return r.out.Document(doc, schema.Record{Kind: doctype, Fields: d})
}

// moment reads a date of Cozy's applications, which are instants in ISO 8601, or
// the milliseconds of JavaScript. Fixtures quote them in templates.
func (r *reader) moment(s string) (penates.Moment, error) {
	if strings.HasPrefix(s, "{{") {
		_, s, _ = strings.Cut(s, "'")
		s, _, _ = strings.Cut(s, "'")
	}
	if s == "" {
		return penates.Moment{}, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 12 && len(s) <= 14 {
		return penates.At(time.UnixMilli(n).In(r.zone)), nil
	}
	return locale.Time(s, locale.DMY, r.zone)
}

// day reads a date of which only the day counts: noon or midnight of UTC stand
// for the day they are on there, other instants for the one the person lived.
func (r *reader) day(s string) (penates.Moment, error) {
	m, err := r.moment(s)
	if err != nil || m.IsZero() || m.DateOnly() {
		return m, err
	}
	if t := m.Time().UTC(); t.Minute() == 0 && t.Second() == 0 && (t.Hour() == 0 || t.Hour() == 12) {
		return penates.DayOf(t), nil
	}
	return penates.DayOf(m.Time().In(r.zone)), nil
}
