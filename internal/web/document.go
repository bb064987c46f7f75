package web

import (
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"time"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/web/chart"
	"penates/internal/web/facts"
	"penates/internal/web/gallery"
)

type documentPage struct {
	Doc           *vault.Stored
	Title, Figure string
	Unit          string
	Trashed       bool
	facts.Shown
	Points  []vault.Point
	File    *fileBox
	Chart   template.HTML
	Links   []*linkGroup
	Twin    *twin
	Twins   int // documents that tell less of the same
	Source  sourceBox
	History []revision
}

type fileBox struct{ Href, Image, Size string }

func (v *visit) document() error {
	d, err := v.s.Document(v.ctx(), penates.DocumentID(v.r.PathValue("id")))
	if err != nil {
		return err
	}
	kind, err := schema.Of(d.Type)
	if err != nil {
		return err
	}
	p := documentPage{Doc: d, Title: nameOf(v.l, d.Type, d.Text), Trashed: !d.Trashed.IsZero()}
	var body map[string]any
	if len(d.Body) > 0 {
		if err := json.Unmarshal(d.Body, &body); err != nil {
			return fmt.Errorf("document %s: %w: %w", d.ID, penates.Damaged, err)
		}
	}
	v.figures(&p)
	p.Shown = facts.Voice{Locale: v.l}.Of(d, kind, body)
	v.fileBox(&p, body)
	if p.Source, err = v.sourceBox(d); err != nil {
		return err
	}
	links, err := v.s.Links(v.ctx(), d.ID)
	if err != nil {
		return err
	}
	p.Links = v.linkGroups(d, links)
	v.twins(&p, links)
	past, err := v.s.History(v.ctx(), d.ID)
	if err != nil {
		return err
	}
	p.History = v.history(d, past)
	return v.show("document", p)
}

// figures fills what is read first: the amount, the value, the day's points.
func (v *visit) figures(p *documentPage) {
	d := p.Doc
	if d.Quantity != nil {
		p.Unit = d.Quantity.Unit
		p.Figure = v.l.Quantity(d.Quantity.Value, d.Quantity.Unit)
	}
	if m := d.Money; m != nil {
		p.Figure = v.l.Money(m.Amount, m.Currency)
		if d.Type == penates.BankOperations {
			p.Figure = v.l.Signed(m.Amount, m.Currency)
		}
	}
	if len(d.Points) > 0 {
		p.Chart = v.pointsChart(p)
	}
}

// shownPoints bounds the points that one page shows.
const shownPoints = 400

func (v *visit) pointsChart(p *documentPage) template.HTML {
	points := p.Doc.Points
	if len(points) > shownPoints {
		points = points[:shownPoints]
	}
	p.Points = points
	c := chart.Bars{Bars: make([]chart.Bar, len(points))}
	labels := make([]string, len(points))
	highest := penates.Decimal("0")
	for i, x := range points {
		c.Bars[i].Value = x.Value.Float()
		if labels[i] = v.l.Clock(x.Start); labels[i] == "" {
			labels[i] = v.l.Day(x.Start)
		}
		if x.Value.Float() > highest.Float() {
			highest = x.Value
		}
	}
	if highest == "0" {
		return ""
	}
	for i, label := range chart.Sparse(labels, 6) {
		c.Bars[i].Label = label
	}
	c.Top = v.l.Quantity(highest, p.Unit)
	c.Title = v.l.T("document.chart", v.l.Number(len(points)), c.Top)
	return c.HTML()
}

func (v *visit) fileBox(p *documentPage, body map[string]any) {
	blob, _ := body["blob"].(string)
	if p.Doc.Type != penates.Files || blob == "" {
		return
	}
	size, _ := body["size"].(float64)
	mime, _ := body["mime"].(string)
	at := "/documents/" + string(p.Doc.ID)
	p.File = &fileBox{Href: at + "/file", Size: v.l.Size(int64(size))}
	if pictures[mime] {
		p.File.Image = at + "/preview"
	}
	if text, _ := body["content"].(string); mime == gallery.PDF && (text == "" || body["recognised"] != nil) { // a scanned paper
		p.File.Image = at + "/thumbnail"
	}
}

// A revision is one step of a document's history.
type revision struct {
	What    string
	At      time.Time
	Changes []fieldChange
}

type fieldChange struct{ Label, Before, After string }

// shownChanges bounds the fields listed of one step.
const shownChanges = 12

// history says what changed from one revision to the next, newest first, the
// document as it is now included.
func (v *visit) history(d *vault.Stored, past []vault.Revision) (steps []revision) {
	states := slices.Clone(past)
	slices.SortFunc(states, func(a, b vault.Revision) int { return a.Revision - b.Revision })
	if now, err := json.Marshal(d.Document); err == nil && d.Revision > 0 {
		states = slices.DeleteFunc(states, func(r vault.Revision) bool { return r.Revision >= d.Revision })
		states = append(states, vault.Revision{Revision: d.Revision, At: d.Changed, Document: now})
	}
	var before map[string]string
	for i, s := range states {
		flat := flatten(s.Document)
		step := revision{What: v.l.T("history.changed", s.Revision), At: s.At}
		if s.Revision == 1 {
			step.What = v.l.T("history.added")
		}
		if i > 0 {
			step.Changes = v.differences(before, flat)
		}
		before = flat
		steps = append(steps, step)
	}
	slices.Reverse(steps)
	return steps
}

func (v *visit) differences(before, after map[string]string) (list []fieldChange) {
	voice, names := facts.Voice{Locale: v.l}, map[string]bool{}
	for k := range before {
		names[k] = true
	}
	for k := range after {
		names[k] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if before[name] != after[name] && len(list) < shownChanges {
			list = append(list, fieldChange{voice.Label(name), facts.Short(before[name]), facts.Short(after[name])})
		}
	}
	return list
}

// flatten returns the fields of a document's JSON as text, without those that
// change at every import.
func flatten(doc json.RawMessage) map[string]string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(doc, &fields) != nil {
		return nil
	}
	flat := map[string]string{}
	for name, value := range fields {
		switch name {
		case "id", "type", "source", "points":
		case "body":
			var body map[string]json.RawMessage
			if json.Unmarshal(value, &body) == nil {
				for k, v := range body {
					flat[k] = plain(v)
				}
			}
		default:
			flat[name] = plain(value)
		}
	}
	return flat
}

// plain returns a JSON string as it reads, anything else as JSON.
func plain(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}
