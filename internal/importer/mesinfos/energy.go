package mesinfos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// contract gives out a contract of electricity or gas.
func (r *reader) contract(rec record) error {
	number, vendor := rec.text("number"), rec.vendor()
	if number == "" && rec.text("pdl") == "" {
		return r.refuse(fmt.Errorf("contract %d without number: %w", r.count, penates.Invalid))
	}
	body := schema.Contract{
		Vendor: vendor, Number: number, Name: rec.first("name", "nomOffre"), Meter: rec.text("pdl"),
		Power: rec.first("power", "puissance"), Status: rec.text("status"),
		Option: rec.first("contractSubcategory1", "optionPrix", "structureTarifaire"),
	}
	switch energy := locale.Fold(rec.text("energie")); {
	case strings.Contains(energy, "elec"):
		body.Kind = "electricity"
	case strings.Contains(energy, "gaz"):
		body.Kind = "gas"
	}
	d := &penates.Document{
		Source:  penates.Source{Connection: vendor, NativeID: r.name(rec, "contract", number, rec.text("pdl"))},
		Parties: []penates.Party{{Role: "vendor", Literal: vendor}},
		Refs:    r.refs(rec),
		Text:    vendor + " " + body.Name,
	}
	if body.Kind == "gas" { // the delivery point of gas is a PCE
		for i, ref := range d.Refs {
			if ref.Scheme == penates.RefPRM {
				d.Refs[i] = penates.NewRef(penates.RefPCE, ref.Value)
			}
		}
	}
	if number != "" {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefContract, number))
		d.Text += ", contract " + number
	}
	if body.Power != "" {
		d.Text += ", " + body.Power
	}
	d.Time.Start, d.Time.Uncertainty = r.day(rec.text("start"))
	d.Time.End, _ = r.day(rec.text("end"))
	return r.document(d, body)
}

// client gives out who the customer of a company is.
func (r *reader) client(rec record) error {
	name, vendor := rec.sub("name"), rec.vendor()
	body := schema.Identity{
		Family: name.text("family"), Given: name.text("given"), Gender: gender(name.text("prefix")),
		Email: strings.ToLower(rec.first("email", "loginEmail")), Address: rec.sub("address").address(),
		Customer: rec.text("clientId"), Issuer: vendor,
	}
	for _, key := range []string{"telMobile", "telHome"} {
		if s := rec.text(key); s != "" && body.Phone == "" {
			body.Phone = r.phone(s)
		}
	}
	d := &penates.Document{
		Source: penates.Source{Connection: vendor, NativeID: r.name(rec, "client", body.Customer)},
		Refs:   r.personRefs(rec, body),
		Text:   fmt.Sprintf("%s, customer of %s", name.person(), vendor),
	}
	if s := rec.text("numeroAcc"); s != "" {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefContract, s))
	}
	if s := name.person(); s != "" {
		d.Parties = append(d.Parties, penates.Party{Role: "owner", Literal: s, Address: body.Email})
	}
	if s := rec.sub("coHolder").person(); s != "" {
		d.Parties = append(d.Parties, penates.Party{Role: "co-holder", Literal: s})
	}
	if c := rec.sub("commercialContact"); c.text("title") != "" {
		d.Parties = append(d.Parties, penates.Party{Role: "vendor", Literal: vendor + " " + c.text("title"), Address: r.phone(c.text("phone"))})
	}
	return r.document(d, body)
}

func (r *reader) personRefs(rec record, body schema.Identity) []penates.Ref {
	refs := r.refs(rec)
	if body.Email != "" {
		refs = append(refs, penates.NewRef(penates.RefEmail, body.Email))
	}
	if strings.HasPrefix(body.Phone, "+") {
		refs = append(refs, penates.NewRef(penates.RefPhone, body.Phone))
	}
	return refs
}

func gender(prefix string) string {
	switch locale.Fold(strings.TrimRight(prefix, ". ")) {
	case "mme", "madame", "mlle", "mademoiselle":
		return "female"
	case "m", "mr", "monsieur":
		return "male"
	}
	return prefix
}

// A use is how the reasons of statements name what is measured.
type use struct {
	measure, native, kind, unit, step string
}

// useOf tells the statements apart: half hours of Linky in watt-hours, monthly
// and yearly figures in kilowatt-hours, of the Gazpar meter or as Edelia
// estimates them, and EDF's readings between two dates.
func useOf(rec record) use {
	reason, category := strings.ToLower(rec.text("statementReason")), strings.ToLower(rec.text("statementCategory"))
	u := use{measure: "statement", kind: "electricity", unit: "kW.h"}
	if strings.Contains(reason, "gaz") || strings.Contains(reason, "gas") || strings.Contains(category, "gazpar") {
		u.kind = "gas"
	}
	switch {
	case strings.Contains(reason, "halfhour"):
		u.measure, u.unit, u.step = "load-curve", "W.h", "PT30M"
	case strings.Contains(reason, "daily"):
		u.measure, u.step = "daily", "P1D"
	case strings.Contains(reason, "monthly"):
		u.measure, u.step = "monthly", "P1M"
	case strings.Contains(reason, "yearly"):
		u.measure, u.step = "yearly", "P1Y"
	}
	u.native = u.kind + "/" + u.measure
	if category == "edelia" {
		u.native += "/edelia"
	}
	return u
}

// statement gives out the consumption between two dates, what the meter showed,
// and, when the record has more to say than a point can hold, the whole record.
func (r *reader) statement(rec record) error {
	start, _ := r.when(rec.text("start"))
	end, _ := r.when(rec.text("end"))
	value, err := locale.Amount(rec.text("value"))
	switch {
	case err != nil:
		return r.refuse(fmt.Errorf("value: %w", err))
	case start.IsZero() || end.IsZero() || !end.Time().After(start.Time()):
		return r.refuse(fmt.Errorf("statement from %q to %q: %w", clip(rec.text("start"), 40), clip(rec.text("end"), 40), penates.Invalid))
	}
	u := useOf(rec)
	if u.step == "PT30M" {
		start, end = r.half(start, end)
	}
	quality := rec.text("statementType")
	if err := r.point(rec, u, penates.Point{Start: start, End: end, Value: value, Quality: quality}); err != nil {
		return err
	}
	if volume, err := locale.Amount(rec.text("volume")); err == nil {
		v := u
		v.native, v.unit = v.native+"-volume", "m3"
		if err := r.point(rec, v, penates.Point{Start: start, End: end, Value: volume, Quality: quality}); err != nil {
			return err
		}
	}
	if state, err := locale.Amount(rec.text("index")); err == nil {
		unit := "kW.h"
		if u.kind == "gas" {
			unit = "m3"
		}
		if err := r.state(rec, u, end, "", unit, state, quality); err != nil {
			return err
		}
	}
	if err := r.states(rec, u); err != nil {
		return err
	}
	if rec.has("cost") || len(rec.sub("similarHomes")) > 0 {
		return r.cost(rec, u, start, end)
	}
	return nil
}

// half places a half hour in the night the clocks go back, when a wall time
// means two instants: the one at which the half hour before ended, else the first.
func (r *reader) half(start, end penates.Moment) (penates.Moment, penates.Moment) {
	wall := func(t time.Time) string { return t.Format(time.DateTime) }
	read := start.Time()
	first := read
	for _, d := range []time.Duration{time.Hour, 0, -time.Hour} {
		t := read.Add(d)
		if wall(t) != wall(read) {
			continue
		}
		if first = t; t.Equal(r.halfHour) {
			break
		}
	}
	e := end.Time()
	half := first.Add(30 * time.Minute)
	if off := e.Sub(half).Abs(); off == time.Hour || !e.After(first) { // the end was read as its other instant
		e = half
	}
	r.halfHour = e
	return penates.At(first), penates.At(e)
}

// states gives out the indexes of the meter that a statement lists.
func (r *reader) states(rec record, u use) error {
	for _, state := range rec.list("releve") {
		day, _ := r.day(state.text("date"))
		indexes := state.sub("indexesByLabel")
		labels := make([]string, 0, len(indexes))
		for label := range indexes {
			labels = append(labels, label)
		}
		slices.Sort(labels)
		for _, label := range labels {
			value, err := locale.Amount(indexes.text(label))
			if err != nil || day.IsZero() {
				if err := r.refuse(fmt.Errorf("index %q of %q: %w", clip(label, 40), clip(state.text("date"), 40), penates.Invalid)); err != nil {
					return err
				}
				continue
			}
			if err := r.state(rec, u, day, label, "kW.h", value, state.text("type")); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reader) state(rec record, u use, at penates.Moment, label, unit string, value penates.Decimal, quality string) error {
	native := u.kind + "/index"
	if label != "" && label != "BASE" {
		native += "/" + strings.ToLower(label)
	}
	return r.point(rec, use{"index", native, u.kind, unit, "P1M"}, penates.Point{Start: at, Value: value, Quality: quality})
}

// chunk is how many points are given out at once.
const chunk = 5000

// point gives out a point of the series of a contract. Points of one bill refer
// to it.
func (r *reader) point(rec record, u use, p penates.Point) error {
	number := rec.text("contractNumber")
	refs := r.refs(rec)
	b := &r.batch
	if b.Source.Connection != number || b.Source.NativeID != u.native || !slices.Equal(b.Refs, refs) || len(b.Points) >= chunk {
		if err := r.flush(); err != nil {
			return err
		}
		*b = penates.Series{
			Type: penates.Energy, Source: penates.Source{Connection: number, NativeID: u.native},
			Kind: u.kind, Measure: u.measure, Unit: u.unit, Step: u.step, Refs: refs, Points: b.Points,
			Text: locale.Line(readable(u.kind) + " " + u.measure + ", contract " + number),
		}
	}
	b.Points = append(b.Points, p)
	return nil
}

// flush gives out the points that wait.
func (r *reader) flush() error {
	if len(r.batch.Points) == 0 {
		return nil
	}
	err := r.said(r.out.Points(&r.batch))
	r.batch.Points = r.batch.Points[:0]
	return err
}

// cost keeps the whole of a statement that says what the consumption costs.
func (r *reader) cost(rec record, u use, start, end penates.Moment) error {
	d := &penates.Document{
		Source: penates.Source{
			Connection: rec.text("contractNumber"),
			NativeID:   r.name(rec, "cost", u.native, rec.first("period", "start")),
		},
		Time: penates.Span{Start: start, End: end},
		Refs: r.refs(rec),
		Text: fmt.Sprintf("Cost of %s, %s %s", u.kind, u.measure, rec.first("period", "start")),
	}
	if value, err := locale.Amount(rec.text("value")); err == nil {
		d.Quantity = &penates.Quantity{Value: value, Unit: u.unit, Kind: u.kind}
	}
	d.Money, _ = rec.amount("cost")
	return r.document(d, schema.Record{Kind: rec.kind(), Fields: rec})
}
