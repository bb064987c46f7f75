// Package mesinfos reads the JSON of the MesInfos pilots, in which French
// companies gave their customers their own data through Cozy, and the documents
// of Cozy version 2 that lie beside them: bank operations, bills, contracts and
// consumption of EDF, calls and positions of Orange, insurance of MAIF, contacts,
// messages, events and photos.
//
// A record is known by its docType when it has one and by its fields when it has
// none. A record of a known source that has no type of its own is kept whole as
// penates.records. Dates and amounts are often damaged; what can be read of them
// is, and the uncertainty is noted. The dictionaries of the project, which
// describe these records, are no data of a person and are not recognised.
//
// The answers of Enedis in the same pilots are read by package enedis.
package mesinfos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads JSON files of MesInfos and of Cozy version 2.
var Format = importer.Format{
	Name:      "mesinfos",
	Title:     "MesInfos records",
	Recognise: recognise,
	Read:      read,
}

// maxRecord bounds the bytes of one record; messages are the longest.
const maxRecord = 16 << 20

var docTypes = regexp.MustCompile(`"docType"\s*:\s*"([^"\\]{1,80})"`)

func recognise(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return 0
	}
	sure := 0
	j := jsonstream.New(bytes.NewReader(b), len(b))
	done := fmt.Errorf("enough")
	if err := j.Each(func() error {
		var r record
		if err := j.Value(&r); err != nil {
			return err
		}
		_, sure = r.shape()
		return done
	}); err == done {
		return sure
	}
	// The first record is longer than the head, or no object.
	if m := docTypes.FindSubmatch(b); m != nil && shapes[docType(string(m[1]))] != "" {
		return 70
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	zone := f.Zone
	if zone == nil {
		zone = time.UTC
	}
	r := &reader{ctx: ctx, out: out, zone: zone, country: f.Country, accounts: map[string]*bank.Account{}}
	j := jsonstream.New(text, maxRecord)
	err = j.Each(func() error {
		r.count++
		var raw json.RawMessage
		if err := j.Value(&raw); err != nil {
			return err
		}
		r.line = j.Line()
		return r.take(raw)
	})
	if r.stopped {
		return err
	}
	if last := r.flush(); err == nil {
		err = last
	} // else what was read before the error stays
	return err
}

// A reader reads the records of one file.
type reader struct {
	ctx      context.Context
	out      importer.Sink
	zone     *time.Location
	country  string
	count    int // of the record in hand, from 1
	line     int // on which it ends
	stopped  bool
	namer    bank.Namer
	accounts map[string]*bank.Account
	batch    penates.Series // points that wait
	halfHour time.Time      // the end of the last half hour
}

// take gives out what one record holds.
func (r *reader) take(raw []byte) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	var rec record
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&rec); err != nil || rec == nil {
		return r.refuse(fmt.Errorf("record %d is no object: %w", r.count, penates.Invalid))
	}
	shape, _ := rec.shape()
	return r.give(shape, rec)
}

// give gives out a record of that shape.
func (r *reader) give(shape string, rec record) error {
	switch shape {
	case "operation":
		return r.operation(rec)
	case "bill":
		return r.bill(rec)
	case "contract":
		return r.contract(rec)
	case "client":
		return r.client(rec)
	case "statement":
		return r.statement(rec)
	case "insurance":
		return r.insurance(rec)
	case "member":
		return r.member(rec)
	case "claim":
		return r.claim(rec)
	case "call":
		return r.call(rec)
	case "position":
		return r.position(rec)
	case "contact":
		return r.contact(rec)
	case "message":
		return r.message(rec)
	case "event":
		return r.event(rec)
	case "photo":
		return r.photo(rec)
	}
	return r.other(rec)
}

func (r *reader) refuse(err error) error { return r.said(r.out.Refuse(r.line, err)) }

// said remembers that the sink said to stop.
func (r *reader) said(err error) error {
	r.stopped = r.stopped || err != nil
	return err
}

// document gives out d, which came from the record in hand.
func (r *reader) document(d *penates.Document, body schema.Body) error {
	d.Source.Locator = fmt.Sprintf("path=/%d", r.count-1)
	d.Text = locale.Line(clip(d.Text, 500))
	return r.said(r.out.Document(d, body))
}

// name returns the id that the source gives a record, else one made of parts,
// else of the whole record.
func (r *reader) name(rec record, kind string, parts ...string) string {
	if id := rec.text("_id"); id != "" {
		return id
	}
	if joined := strings.Join(parts, "/"); strings.Trim(joined, "/") != "" {
		return kind + "/" + joined
	}
	whole, _ := json.Marshal(rec)
	return kind + "/" + r.namer.Hash(string(whole))
}

// other keeps a record that has no type of its own; of a list of MAIF, each
// element.
func (r *reader) other(rec record) error {
	kind := rec.kind()
	if !rec.onlyHas(kind) {
		return r.keep(rec, rec, kind)
	}
	for _, inner := range rec.list(kind) {
		if err := r.keep(inner, rec, kind); err != nil {
			return err
		}
	}
	return nil
}

// labels are readable names of kinds.
var labels = map[string]string{
	"operationtype": "Type of bank operation", "paymentterms": "Payment terms", "bankaccount": "Bank account",
	"videostream": "Video", "videoondemand": "Video", "receiptdetail": "Line of a receipt", "foyer": "Household",
}

// keep gives out fields, which are all or part of a record, as they are.
func (r *reader) keep(fields, rec record, kind string) error {
	title := strings.TrimPrefix(fields.first("title", "name", "label", "period"), "type.")
	place := fields.sub("address").address()
	text := labels[kind]
	if text == "" {
		text = readable(kind)
	}
	for _, more := range []string{title, fields.text("natureLieu"), fields.text("modePaiement"), place} {
		if more != "" {
			text += ", " + more
		}
	}
	customer := fields.first("societaire", "clientId")
	parts := []string{customer, place, fields.text("date")}
	if customer == "" {
		parts = nil // nothing that stays the same
	}
	d := &penates.Document{
		Source: penates.Source{Connection: rec.vendor(), NativeID: r.name(fields, kind, parts...)},
		Text:   text,
		Refs:   r.refs(fields),
	}
	d.Time.Start, d.Time.Uncertainty = r.when(fields.first("date", "created_at", "timestamp", "beginTs", "dateImport"))
	return r.document(d, schema.Record{Kind: kind, Fields: fields})
}
