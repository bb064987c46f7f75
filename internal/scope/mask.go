package scope

import (
	"encoding/json"
	"fmt"

	"penates"
	"penates/internal/form"
)

// Mask leaves of a document, which is let through, what is shown of it. Where it
// was read from is never shown: those bytes may hold more than the document. The
// contacts its parties were recognised as are shown where all contacts are.
func (s *Scope) Mask(d *penates.Document) error {
	if s.all {
		return nil
	}
	p := s.parts[d.Type]
	if p == nil {
		return fmt.Errorf("document %s: %w", d.ID, penates.NotExist)
	}
	d.Source.Raw, d.Source.Job, d.Source.Locator = "", "", ""
	if c := s.parts[penates.Contacts]; c == nil || !c.Free() || c.Masked() {
		for i := range d.Parties {
			d.Parties[i].Entity = ""
		}
	}
	if !p.Masked() {
		return nil
	}
	*d = penates.Document{
		Type: d.Type, Source: p.source(d.Source), Time: p.Span(d.Time), Place: p.Place(d.Place),
		Money: p.money(d.Money), Quantity: p.quantity(d.Quantity),
		Parties: shown(p, "parties", d.Parties), Refs: shown(p, "refs", d.Refs), Text: shown(p, "text", d.Text),
		ID: d.ID, Body: d.Body,
	}
	return p.body(&d.Body)
}

// shown returns v if field is shown, else nothing.
func shown[T any](p *Part, field string, v T) T {
	if p.Shows(field) {
		return v
	}
	var none T
	return none
}

func (p *Part) source(s penates.Source) penates.Source {
	return penates.Source{Connector: shown(p, "source", s.Connector), Connection: shown(p, "connection", s.Connection)}
}

// Span leaves of a document's time what is shown.
func (p *Part) Span(t penates.Span) penates.Span {
	out := penates.Span{Start: shown(p, "start", t.Start), End: shown(p, "end", t.End)}
	if !p.Shows("start") && p.Shows("day") {
		out.Start, _ = penates.ParseMoment(t.Start.Date()) // a day always parses
	}
	return out
}

// Place leaves of a place what is shown. Its name is in no column of a view.
func (p *Part) Place(at *penates.Place) *penates.Place {
	switch {
	case at == nil, p.shown == nil:
		return at
	case !p.Shows("lat") || !p.Shows("lon"):
		return nil
	}
	return &penates.Place{Lat: at.Lat, Lon: at.Lon, Alt: shown(p, "alt", at.Alt), Accuracy: shown(p, "accuracy", at.Accuracy)}
}

func (p *Part) money(m *penates.Money) *penates.Money {
	if m == nil || !p.Shows("amount") && !p.Shows("currency") {
		return nil
	}
	return &penates.Money{Amount: shown(p, "amount", m.Amount), Currency: shown(p, "currency", m.Currency)}
}

func (p *Part) quantity(q *penates.Quantity) *penates.Quantity {
	if q == nil || !p.Shows("value") && !p.Shows("unit") {
		return nil
	}
	return &penates.Quantity{Value: shown(p, "value", q.Value), Unit: shown(p, "unit", q.Unit)}
}

func (p *Part) body(body *json.RawMessage) error {
	if len(*body) == 0 {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(*body, &fields); err != nil {
		return fmt.Errorf("body: %w (%w)", penates.Damaged, err)
	}
	for name := range fields {
		if !p.Shows(name) {
			delete(fields, name)
		}
	}
	b, err := json.Marshal(fields)
	*body = b
	return err
}

// Stored leaves of a document and its points what is shown. Where some fields are
// not, neither is when and how often the document changed.
func (s *Scope) Stored(d *form.Stored, ids *IDs) error {
	p := s.parts[d.Type]
	if err := s.Mask(&d.Document); err != nil || p == nil || !p.Masked() {
		return err
	}
	*d = form.Stored{Document: d.Document, Seq: d.Seq, Points: d.Points}
	d.ID = ids.Own(d.ID)
	for i := range d.Points {
		d.Points[i] = p.at(d.Points[i])
	}
	return nil
}

func (p *Part) at(from form.Point) form.Point {
	span := p.Span(penates.Span{Start: from.Start, End: from.End})
	return form.Point{
		Start: span.Start, End: span.End, Place: p.Place(from.Place),
		Value: shown(p, "value", from.Value), Quality: shown(p, "quality", from.Quality),
	}
}

// Summary leaves of a document's summary what is shown.
func (s *Scope) Summary(m *form.Summary, ids *IDs) {
	p := s.parts[m.Type]
	if p == nil {
		return
	}
	if p.points { // of the whole stretch
		m.Start, m.End = penates.Moment{}, penates.Moment{}
	}
	if !p.Masked() {
		return
	}
	span := p.Span(penates.Span{Start: m.Start, End: m.End})
	*m = form.Summary{
		ID: ids.Own(m.ID), Type: m.Type, Start: span.Start, End: span.End, Place: p.Place(m.Place),
		Text: shown(p, "text", m.Text), Amount: shown(p, "amount", m.Amount), Currency: shown(p, "currency", m.Currency),
		Value: shown(p, "value", m.Value), Unit: shown(p, "unit", m.Unit), Who: shown(p, "parties", m.Who), Connector: shown(p, "source", m.Connector),
	}
}
