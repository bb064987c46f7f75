package cda

import (
	"fmt"
	"strings"
	"time"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/schema"
)

// moment reads a TS: year, month, day, hour, minute, second as far as known, and the
// offset from UTC. uncertainty is how long a year or month is.
func (r *reader) moment(s string) (m penates.Moment, uncertainty string, err error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return m, "", nil
	}
	digits, offset := s, ""
	if i := strings.IndexAny(s, "+-"); i >= 4 {
		digits, offset = s[:i], s[i:]
	}
	digits, _, _ = strings.Cut(digits, ".")
	bad := fmt.Errorf("time %q: %w", health.Clean(s), penates.Invalid)
	layout, ok := map[int]string{4: "2006", 6: "200601", 8: "20060102", 10: "2006010215", 12: "200601021504", 14: "20060102150405"}[len(digits)]
	if !ok {
		return m, "", bad
	}
	t, err := time.ParseInLocation(layout, digits, r.zone)
	if err != nil {
		return m, "", bad
	}
	switch {
	case len(digits) == 4:
		m, uncertainty = health.Month(t.Year(), 0)
		return m, uncertainty, nil
	case len(digits) == 6:
		m, uncertainty = health.Month(t.Year(), int(t.Month()))
		return m, uncertainty, nil
	case len(digits) == 8:
		return penates.Day(t.Date()), "", nil
	}
	for _, zone := range [...]string{"-0700", "-07:00", "-07"} {
		if z, err := time.Parse(layout+zone, digits+offset); err == nil && offset != "" {
			return penates.At(z), "", nil
		}
	}
	if offset != "" {
		return m, "", bad
	}
	return penates.At(t), "", nil
}

// span reads the effectiveTime of a statement, of which there may be several: the
// first that is a date or an interval.
func (r *reader) span(times []*node) (penates.Span, error) {
	for _, t := range times {
		if comps := t.all("comp"); len(comps) > 0 {
			if s, err := r.span(comps); err != nil || !s.Start.IsZero() {
				return s, err
			}
			continue
		}
		var s penates.Span
		var err error
		for _, at := range [...]*node{t, t.one("low"), t.one("center"), t.one("phase", "low")} {
			if s.Start, s.Uncertainty, err = r.moment(at.attr("value")); err != nil {
				return s, err
			}
			if !s.Start.IsZero() {
				break
			}
		}
		var uncertainty string
		if s.End, uncertainty, err = r.moment(t.one("high").attr("value")); err != nil {
			return s, err
		}
		if s.Start.IsZero() {
			s = penates.Span{Start: s.End, Uncertainty: uncertainty}
		}
		if s.End == s.Start {
			s.End = penates.Moment{}
		}
		if !s.Start.IsZero() {
			return s, nil
		}
	}
	return penates.Span{}, nil
}

// A value is what an element of type ANY holds.
type value struct {
	number penates.Decimal
	unit   string
	words  string
	system string // of a code
	money  *penates.Money
}

func (v value) text() string {
	if v.number == "" {
		return v.words
	}
	return strings.TrimSpace(health.Short(v.number) + " " + shown(v.unit))
}

// shown returns a unit without the braces of words in it.
func shown(unit string) string {
	if unit == "1" {
		return ""
	}
	return strings.NewReplacer("{", "", "}", "", "[", "", "]", "").Replace(unit)
}

func (v value) part(code, system string) schema.HealthValue {
	if v.number == "" {
		return schema.HealthValue{Code: code, System: system, Value: v.words}
	}
	return schema.HealthValue{Code: code, System: system, Value: string(v.number), Unit: v.unit}
}

// value reads an element by its xsi:type, or as what it looks like.
func (r *reader) value(n *node) value {
	if n == nil {
		return value{}
	}
	kind := n.attr("type")
	if i := strings.IndexByte(kind, ':'); i >= 0 {
		kind = kind[i+1:]
	}
	switch {
	case kind == "BL":
		return value{words: n.attr("value")}
	case kind == "TS":
		if m, _, err := r.moment(n.attr("value")); err == nil && !m.IsZero() {
			return value{words: m.String()}
		}
		return value{words: health.Clean(n.attr("value"))}
	case kind == "MO":
		return r.amount(n)
	case n.one("low") != nil || n.one("high") != nil:
		return r.interval(n)
	case n.one("numerator") != nil:
		return value{words: strings.Trim(r.value(n.one("numerator")).text()+" / "+r.value(n.one("denominator")).text(), " /")}
	case n.attr("value") != "":
		return quantity(n)
	case n.attr("code") != "" || n.one("translation") != nil || n.one("originalText") != nil:
		words, system := r.words.concept(n)
		return value{words: words, system: system}
	}
	return value{words: r.words.of(n)}
}

func quantity(n *node) value {
	d, err := health.Number(n.attr("value"))
	if err != nil {
		return value{words: health.Clean(n.attr("value") + " " + n.attr("unit"))}
	}
	unit := health.Clean(n.attr("unit"))
	if unit == "" {
		unit = "1"
	}
	return value{number: d, unit: unit}
}

func (r *reader) amount(n *node) value {
	d, err := health.Number(n.attr("value"))
	currency := health.Clean(n.attr("currency"))
	if err != nil || len(currency) != 3 {
		return value{words: health.Clean(n.attr("value") + " " + currency)}
	}
	return value{words: string(d) + " " + currency, money: &penates.Money{Amount: d, Currency: strings.ToUpper(currency)}}
}

// interval reads an IVL as words; one that is a single value is that.
func (r *reader) interval(n *node) value {
	low, high := r.value(n.one("low")), r.value(n.one("high"))
	switch {
	case n.attr("type") == "IVL_TS":
		s, err := r.span([]*node{n})
		if err != nil {
			return value{}
		}
		return value{words: strings.Trim(s.Start.String()+" – "+s.End.String(), " –")}
	case low == high || high == (value{}):
		if high == (value{}) && low.number != "" {
			return value{words: "≥ " + low.text()}
		}
		return low
	case low == (value{}):
		return value{words: "≤ " + high.text()}
	case low.unit == high.unit && low.number != "":
		return value{words: strings.TrimSpace(health.Short(low.number) + " – " + high.text())}
	}
	return value{words: health.Clean(low.text() + " – " + high.text())}
}
