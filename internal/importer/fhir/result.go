package fhir

import (
	"html"
	"regexp"
	"strings"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/locale"
	"penates/internal/schema"
)

// result fills what was found: one number into the quantity, words into the
// body, parts into its values. It returns the result as people read it.
func (r *reader) result(n node, d *penates.Document, body *schema.HealthRecord) string {
	value := valueOf(n, "value")
	if value.number != "" {
		d.Quantity = &penates.Quantity{Value: value.number, Unit: value.unit}
	} else if value.words != "" {
		body.Result = value.words
	}
	var parts []string
	for _, c := range n.list("component") {
		words, code := c.concept("code")
		v := valueOf(c, "value")
		if len(body.Values) >= maxValues || v.text() == "" && words == "" {
			continue
		}
		body.Values = append(body.Values, schema.HealthValue{Code: words, System: code, Value: v.value(), Unit: v.unit})
		parts = append(parts, health.Phrase(words, v.text()))
	}
	if dose := n.child("doseQuantity"); dose != nil && d.Quantity == nil { // of a vaccine
		if v := quantity(dose); v.number != "" {
			d.Quantity = &penates.Quantity{Value: v.number, Unit: v.unit}
		}
	}
	body.Values = append(body.Values, amounts(n)...)
	if s := value.text(); s != "" {
		return s
	}
	return health.Clean(strings.Join(parts, ", "))
}

const maxValues = 500

// A value is what value[x] holds.
type value struct {
	number penates.Decimal
	unit   string // UCUM
	shown  string // the unit as it is written for people
	words  string
}

func (v value) value() string {
	if v.number != "" {
		return string(v.number)
	}
	return v.words
}

func (v value) text() string {
	if v.number == "" {
		return v.words
	}
	return strings.TrimSpace(health.Short(v.number) + " " + v.shown)
}

// valueOf reads value[x]: of the types of Observation.value, and of components.
func valueOf(n node, name string) value {
	if q := n.child(name + "Quantity"); q != nil {
		return quantity(q)
	}
	for _, kind := range [...]string{"Integer", "Decimal"} {
		if d, err := health.Number(n.text(name + kind)); err == nil {
			return value{number: d, unit: "1"}
		}
	}
	if words, _ := n.concept(name + "CodeableConcept"); words != "" {
		return value{words: words}
	}
	for _, kind := range [...]string{"String", "Boolean", "DateTime", "Time"} {
		if s := n.text(name + kind); s != "" {
			return value{words: health.Prose(s)}
		}
	}
	for _, pair := range [...][4]string{{"Range", "low", "high", " – "}, {"Ratio", "numerator", "denominator", " / "}, {"Period", "start", "end", " – "}} {
		c := n.child(name + pair[0])
		if c == nil {
			continue
		}
		from, to := quantity(c.child(pair[1])).text(), quantity(c.child(pair[2])).text()
		if pair[0] == "Period" {
			from, to = c.text("start"), c.text("end")
		}
		return value{words: health.Clean(strings.TrimSpace(from + pair[3] + to))}
	}
	if words, _ := n.first("dataAbsentReason"); words != "" {
		return value{words: words}
	}
	return value{}
}

// quantity reads a Quantity; one with a comparator is words.
func quantity(q node) value {
	d, err := health.Number(q.text("value"))
	if err != nil {
		return value{words: health.Clean(strings.TrimSpace(q.text("value") + " " + q.text("unit")))}
	}
	unit := q.text("code")
	if unit == "" {
		unit = q.text("unit")
	}
	shown := q.text("unit")
	if shown == "" {
		shown = unit
	}
	if unit == "" {
		unit = "1"
	}
	v := value{number: d, unit: health.Clean(unit), shown: health.Clean(shown)}
	if comparator := q.text("comparator"); comparator != "" {
		return value{words: health.Clean(comparator + " " + v.text())}
	}
	return v
}

// amounts returns the totals of a claim or of what an insurance pays.
func amounts(n node) (values []schema.HealthValue) {
	for _, total := range n.list("total") {
		words, code := total.concept("category")
		if d, err := health.Number(total.child("amount").text("value")); err == nil && len(values) < maxValues {
			values = append(values, schema.HealthValue{Code: words, System: code, Value: string(d), Unit: locale.Currency(currencyOf(total.child("amount")))})
		}
	}
	return values
}

// currencyOf returns the currency of a Money, which release 3 calls its code.
func currencyOf(m node) string {
	if c := m.text("currency"); c != "" {
		return c
	}
	return m.text("code")
}

func amountOf(m node) *penates.Money {
	d, err := health.Number(m.text("value"))
	currency := locale.Currency(currencyOf(m))
	if err != nil || currency == "" {
		return nil
	}
	if _, fraction, _ := strings.Cut(string(d), "."); len(fraction) > 4 { // a sum of binary fractions
		d = penates.Decimal(health.Short(d))
	}
	return &penates.Money{Amount: d, Currency: currency}
}

// money returns the amount of a claim or invoice, and what an insurance pays.
func money(n node) *penates.Money {
	for _, m := range [...]node{n.child("payment").child("amount"), n.child("paymentAmount"), n.child("totalGross"), n.child("totalNet")} {
		if m := amountOf(m); m != nil {
			return m
		}
	}
	switch n.text("resourceType") {
	case "Claim", "ClaimResponse", "ExplanationOfBenefit":
		if m := totalOf(n, "benefit"); m != nil {
			return m
		}
		if m := amountOf(n.child("total")); m != nil {
			return m
		}
		return amountOf(n.child("total").child("amount"))
	}
	return nil
}

// totalOf returns the total of a category, as in "submitted".
func totalOf(n node, category string) *penates.Money {
	for _, total := range n.list("total") {
		if total.child("category").child("coding").text("code") == category {
			return amountOf(total.child("amount"))
		}
	}
	return nil
}

var tags = regexp.MustCompile(`<[^>]*>`)

// maxSections bounds sections in sections.
const maxSections = 8

// sections returns the narrative of a composition.
func sections(list []node, depth int) string {
	if depth > maxSections {
		return ""
	}
	var b strings.Builder
	for _, s := range list {
		text := html.UnescapeString(tags.ReplaceAllString(s.child("text").text("div"), " "))
		for _, part := range [...]string{s.text("title"), text, sections(s.list("section"), depth+1)} {
			if part = locale.Line(part); part != "" {
				b.WriteString(part + "\n")
			}
		}
		if b.Len() > 100_000 {
			break
		}
	}
	return health.Prose(b.String())
}
