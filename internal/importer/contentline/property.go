package contentline

import (
	"slices"
	"strings"
)

// A typed property is one as the XML and JSON syntaxes write it: values with a type
// instead of a text with escapes.
type typed struct {
	group, name string
	params      []Param
	kind        string     // type of the values, in lower case
	values      [][]string // between commas; each of parts between semicolons
	fields      [][]string // instead of values: parts between semicolons, each of values between commas
	number      int
}

// line returns p as the line that vCard and iCalendar write.
func (p *typed) line() (Line, bool) {
	var b strings.Builder
	if p.group != "" {
		b.WriteString(p.group + ".")
	}
	b.WriteString(strings.ToUpper(p.name))
	for _, param := range p.params {
		b.WriteString(";" + strings.ToUpper(param.Name) + "=")
		for i, v := range param.Values {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoted(v))
		}
	}
	if p.kind == "date" && strings.EqualFold(p.name, "DTSTART") {
		b.WriteString(";VALUE=DATE")
	}
	b.WriteByte(':')
	switch {
	case len(p.fields) > 0:
		p.join(&b, p.fields, ";", ",")
	default:
		p.join(&b, p.values, ",", ";")
	}
	l, ok := parse(b.String())
	l.Number = p.number
	return l, ok
}

func (p *typed) join(b *strings.Builder, list [][]string, outer, inner string) {
	for i, part := range list {
		if i > 0 {
			b.WriteString(outer)
		}
		for j, v := range part {
			if j > 0 {
				b.WriteString(inner)
			}
			b.WriteString(p.escaped(v))
		}
	}
}

// escaped writes a value as its type is written in a line (RFC 7265, 3.6; RFC
// 7095, 3.5).
func (p *typed) escaped(v string) string {
	switch p.kind {
	case "date", "date-time", "time", "timestamp", "date-and-or-time", "utc-offset", "period":
		return basic(v)
	case "uri", "cal-address", "boolean", "integer", "float", "recur", "duration", "binary", "unknown", "language-tag":
		return strings.NewReplacer("\r", "", "\n", "").Replace(v)
	}
	return escaper.Replace(v)
}

var escaper = strings.NewReplacer(`\`, `\\`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`, ";", `\;`, ",", `\,`)

// basic returns an ISO 8601 date or time in its basic form, without signs between
// the digits: "2011-05-17T12:00:00Z" is "20110517T120000Z".
func basic(v string) string {
	v = strings.NewReplacer("\r", "", "\n", "", ":", "").Replace(v)
	day, clock, timed := strings.Cut(v, "T")
	if strings.HasPrefix(v, "--") || strings.HasPrefix(v, "-") || strings.HasPrefix(v, "+") {
		return v
	}
	day = strings.ReplaceAll(day, "-", "")
	if !timed {
		return day
	}
	return day + "T" + clock
}

// quoted writes the value of a parameter (RFC 6868).
func quoted(v string) string {
	v = strings.NewReplacer("^", "^^", "\r\n", "^n", "\n", "^n", `"`, "^'").Replace(v)
	if strings.ContainsAny(v, ",;:") {
		return `"` + v + `"`
	}
	return v
}

// recur joins the parts of a rule of recurrence, FREQ first.
func recur(parts [][2]string) string {
	values := map[string][]string{}
	var names []string
	for _, p := range parts {
		name := strings.ToUpper(p[0])
		if values[name] == nil {
			names = append(names, name)
		}
		values[name] = append(values[name], p[1])
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return first(b) - first(a)
	})
	for i, name := range names {
		value := strings.Join(values[name], ",")
		if name == "UNTIL" {
			value = basic(value)
		}
		names[i] = name + "=" + value
	}
	return strings.Join(names, ";")
}

func first(name string) int {
	if name == "FREQ" {
		return 1
	}
	return 0
}
