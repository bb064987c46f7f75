package applehealth

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/schema"
)

// maxValues bounds the parts of one document.
const maxValues = 1000

// nativeID names what is told apart by parts.
func nativeID(kind string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return kind + ":" + hex.EncodeToString(h.Sum(nil)[:12])
}

// layouts are how stamps are written: the first one, but for telephones which show
// hours up to twelve.
var layouts = [...]string{"2006-01-02 15:04:05 -0700", "2006-01-02 3:04:05 PM -0700", "2006-01-02 3:04:05 pm -0700", time.RFC3339}

func moment(s string) (penates.Moment, error) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return penates.At(t), nil
		}
	}
	if s := strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == '\u202f' || c == '\u00a0' || c == ' ' }), " "); s != "" {
		for _, layout := range layouts[1:3] {
			if t, err := time.Parse(layout, s); err == nil {
				return penates.At(t), nil
			}
		}
	}
	return penates.Moment{}, fmt.Errorf("time %q: %w", health.Clean(s), penates.Invalid)
}

// span returns when the element says it happened; an end that is the start is none.
func span(e *element) (s penates.Span, err error) {
	start := cmp.Or(e.get("startDate"), e.get("dateIssued"), e.get("date"), e.get("creationDate"))
	if s.Start, err = moment(start); err != nil {
		return s, err
	}
	if end := e.get("endDate"); end != "" && end != start {
		s.End, err = moment(end)
	}
	return s, err
}

// A measured value is a number with its unit, or words.
type measured struct {
	number penates.Decimal
	unit   string // UCUM
	shown  string // the unit as people write it
	words  string
}

func (m measured) value() string { return cmp.Or(string(m.number), m.words) }

func (m measured) text() string {
	if m.number == "" {
		return m.words
	}
	return strings.TrimSpace(health.Short(m.number) + " " + m.shown)
}

// measure reads a value in the unit the file names.
func measure(kind, value, unit string) (measured, error) {
	if unit == "" {
		return measured{words: choice(kind, value)}, nil
	}
	d, err := health.Number(value)
	if err != nil {
		return measured{}, err
	}
	if unit == "%" {
		d, err = health.Shift(d, 2)
	}
	m := measured{number: d, unit: ucum(unit), shown: shownUnit(unit)}
	if m.unit == "{count}" {
		m.shown = ""
	}
	return m, err
}

// record gives out a Record, Correlation, or whatever else has a time. bad says why
// it cannot be taken.
func (r *reader) record(e element, locator string) (bad, err error) {
	kind := cmp.Or(e.get("type"), e.name)
	about := measureOf(kind)
	body := schema.HealthRecord{Resource: "Observation", Code: about.Name, System: about.System, Performer: health.Clean(e.get("sourceName")), Category: category(kind)}
	d := &penates.Document{Source: penates.Source{Locator: locator}, Sensitivity: penates.Sensitive}
	if d.Time, bad = span(&e); bad != nil {
		return bad, nil
	}
	var m measured
	if value := e.get("value"); value != "" {
		if m, bad = measure(kind, value, e.get("unit")); bad != nil {
			return bad, nil
		}
	}
	if m.number != "" {
		d.Quantity = &penates.Quantity{Value: m.number, Unit: m.unit}
	} else {
		body.Result = m.words
	}
	shown := []string{}
	if m.text() != "" {
		shown = append(shown, m.text())
	}
	body.Values, bad = parts(e.parts, nil, &shown)
	if bad != nil {
		return bad, nil
	}
	d.Source.NativeID = nativeID("record", kind, e.get("sourceName"), e.get("startDate"), e.get("endDate"), e.get("value"), e.get("unit"), content(&e))
	d.Text = health.Clean(health.Phrase(about.Name, strings.Join(shown, ", ")))
	return nil, r.out.Document(d, body)
}

// content tells elements apart that have no value of their own.
func content(e *element) string {
	if e.name == "Record" {
		return ""
	}
	var b strings.Builder
	for _, p := range e.parts {
		for _, a := range p.attrs {
			fmt.Fprintf(&b, "%s=%q ", a.Name.Local, a.Value)
		}
		b.WriteString(content(&p))
	}
	return b.String()
}

// parts turns what stands inside an element into values: metadata, the records of a
// correlation, points of an audiogram.
func parts(list []element, values []schema.HealthValue, shown *[]string) ([]schema.HealthValue, error) {
	for _, p := range list {
		if len(values) >= maxValues {
			break
		}
		switch {
		case p.name == "MetadataEntry":
			values = append(values, schema.HealthValue{Code: health.Clean(p.get("key")), Value: health.Clean(p.get("value"))})
		case p.name == "Record":
			m, err := measure(p.get("type"), p.get("value"), p.get("unit"))
			if err != nil {
				return nil, err
			}
			about := measureOf(p.get("type"))
			values = append(values, schema.HealthValue{Code: about.Name, System: about.System, Value: m.value(), Unit: m.unit})
			*shown = append(*shown, health.Phrase(about.Name, m.text()))
		case len(p.parts) == 0:
			values = append(values, attributes(&p))
		default:
			var err error
			if values, err = parts(p.parts, values, shown); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}

// attributes returns the attributes of an element as one value.
func attributes(e *element) schema.HealthValue {
	var b strings.Builder
	for _, a := range e.attrs {
		b.WriteString(a.Name.Local + "=" + a.Value + " ")
	}
	return schema.HealthValue{Code: e.name, Value: health.Clean(b.String())}
}

// person gives out what the telephone knows of its owner.
func (r *reader) person(e element, locator string) (bad, err error) {
	body := schema.HealthRecord{Resource: "Patient", Code: "Characteristics"}
	for _, a := range e.attrs {
		name := strings.TrimPrefix(a.Name.Local, "HKCharacteristicTypeIdentifier")
		if value := choice(name, a.Value); value != "" && value != "Not set" && len(body.Values) < maxValues {
			body.Values = append(body.Values, schema.HealthValue{Code: words(name), Value: value})
		}
	}
	if len(body.Values) == 0 {
		return nil, nil
	}
	d := &penates.Document{Source: penates.Source{NativeID: "me", Locator: locator}, Sensitivity: penates.Sensitive, Text: "Apple Health"}
	return nil, r.out.Document(d, body)
}

// summary gives out the rings of a day.
func (r *reader) summary(e element, locator string) (bad, err error) {
	day, err := penates.ParseMoment(e.get("dateComponents"))
	if err != nil || day.IsZero() || !day.DateOnly() {
		return fmt.Errorf("day %q: %w", health.Clean(e.get("dateComponents")), penates.Invalid), nil
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: "summary:" + day.String(), Locator: locator},
		Time:   penates.Span{Start: day}, Sensitivity: penates.Sensitive,
	}
	body := schema.HealthRecord{Resource: "ActivitySummary", Code: "Activity summary"}
	for _, a := range e.attrs {
		unit, ok := rings[a.Name.Local]
		number, err := health.Number(a.Value)
		if !ok || err != nil {
			continue
		}
		if strings.HasPrefix(a.Name.Local, "activeEnergyBurned") {
			unit = ucum(cmp.Or(e.get("activeEnergyBurnedUnit"), unit))
		}
		if a.Name.Local == "activeEnergyBurned" {
			d.Quantity = &penates.Quantity{Value: number, Unit: unit}
		}
		body.Values = append(body.Values, schema.HealthValue{Code: words(a.Name.Local), Value: string(number), Unit: unit})
	}
	d.Text = body.Code
	if d.Quantity != nil {
		d.Text = health.Phrase(body.Code, health.Short(d.Quantity.Value)+" "+d.Quantity.Unit)
	}
	return nil, r.out.Document(d, body)
}

// rings are the attributes of a summary and their units.
var rings = map[string]string{
	"activeEnergyBurned": "kcal", "activeEnergyBurnedGoal": "kcal", "appleMoveTime": "min", "appleMoveTimeGoal": "min",
	"appleExerciseTime": "min", "appleExerciseTimeGoal": "min", "appleStandHours": "h", "appleStandHoursGoal": "h",
}
