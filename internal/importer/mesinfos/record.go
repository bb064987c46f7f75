package mesinfos

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"penates"
	"penates/internal/locale"
)

// A record is a JSON object.
type record map[string]any

// text returns a text, number or boolean as one text, "" when there is none.
func (rec record) text(key string) string {
	switch v := rec[key].(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

// first returns the first of the texts that is not empty.
func (rec record) first(keys ...string) string {
	for _, k := range keys {
		if s := rec.text(k); s != "" && s != "undefined" {
			return s
		}
	}
	return ""
}

// sub returns a member that is an object, an empty record when there is none.
func (rec record) sub(key string) record {
	m, _ := rec[key].(map[string]any)
	return m
}

// list returns the objects of a member that is a list, or one object.
func (rec record) list(key string) (list []record) {
	switch v := rec[key].(type) {
	case map[string]any:
		return []record{v}
	case []any:
		for _, e := range v {
			if m, ok := e.(map[string]any); ok {
				list = append(list, m)
			}
		}
	}
	return list
}

// texts returns the texts of a member that is a list.
func (rec record) texts(key string) (texts []string) {
	list, _ := rec[key].([]any)
	for _, e := range list {
		if s, ok := e.(string); ok && strings.TrimSpace(s) != "" {
			texts = append(texts, strings.TrimSpace(s))
		}
	}
	return texts
}

func (rec record) has(keys ...string) bool {
	for _, k := range keys {
		if _, ok := rec[k]; !ok {
			return false
		}
	}
	return true
}

// address returns a postal address on one line.
func (rec record) address() string {
	if s := rec.first("formated", "formatted"); s != "" {
		return locale.Line(strings.ReplaceAll(s, "\n", ", "))
	}
	var parts []string
	for _, p := range []string{
		rec.text("street"), locale.Line(rec.first("postcode", "postCode") + " " + rec.text("city")), rec.text("country"),
	} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

// person returns a name, given name first.
func (rec record) person() string {
	if s := rec.first("formated", "formatted"); s != "" {
		return locale.Line(s)
	}
	return locale.Line(rec.text("given") + " " + rec.text("family"))
}

var dayInside = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)

// when reads a date or time. Midnight in UTC is how Cozy writes a day. Of a
// damaged date the day it begins with is taken, uncertain by a day unless the
// rest only says it again.
func (r *reader) when(s string) (m penates.Moment, uncertainty string) {
	if s == "" {
		return penates.Moment{}, ""
	}
	if m, err := locale.Time(s, locale.YMD, r.zone); err == nil {
		if isMidnight(s, m.Time()) {
			m = penates.DayOf(m.Time())
		}
		return m, ""
	}
	day := dayInside.FindString(s)
	m, err := locale.Day(day, locale.YMD)
	if err != nil {
		return penates.Moment{}, ""
	}
	if strings.Trim(strings.ReplaceAll(s, day, ""), " T") == "" {
		return m, ""
	}
	return m, "P1D"
}

func isMidnight(s string, t time.Time) bool {
	h, m, sec := t.Clock()
	return h+m+sec == 0 && strings.HasSuffix(s, "Z")
}

// day reads a date as the day it was where the person lives.
func (r *reader) day(s string) (m penates.Moment, uncertainty string) {
	m, uncertainty = r.when(s)
	if !m.IsZero() && !m.DateOnly() {
		m = penates.DayOf(m.Time().In(r.zone))
	}
	return m, uncertainty
}

// amount reads an amount of euros, which is all the pilots had. nil when there
// is none.
func (rec record) amount(key string) (*penates.Money, error) {
	s := rec.text(key)
	if s == "" {
		return nil, nil
	}
	d, err := locale.Amount(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return &penates.Money{Amount: d, Currency: "EUR"}, nil
}

// phone returns a number in E.164, as written when that is not possible.
func (r *reader) phone(s string) string {
	s = strings.TrimSpace(s)
	country := r.country
	if country == "" {
		country = "FR"
	}
	n, err := phonenumbers.Parse(s, country)
	if err != nil || len(s) > 40 || !phonenumbers.IsPossibleNumber(n) {
		return clip(s, 40)
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// msisdn returns a number that is written with its country but without plus.
func (r *reader) msisdn(s string) string {
	if s = strings.TrimSpace(s); len(s) > 9 && s[0] >= '1' && s[0] <= '9' {
		s = "+" + s
	}
	return r.phone(s)
}

// refs returns the identifiers that the members of a record are known to be.
func (r *reader) refs(rec record) (out []penates.Ref) {
	add := func(scheme, value string) {
		if value != "" {
			out = append(out, penates.NewRef(scheme, value))
		}
	}
	add(penates.RefContract, rec.text("contractNumber"))
	add(penates.RefInvoice, rec.text("billNumber"))
	add(penates.RefCustomer, rec.text("clientId"))
	add(penates.RefCustomer, rec.text("referenceClient"))
	if s := rec.text("societaire"); s != "" {
		add(penates.RefCustomer, s)
		if plain := strings.TrimRight(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"); plain != s { // the key letter is left out elsewhere
			add(penates.RefCustomer, plain)
		}
	}
	add(penates.RefPRM, rec.text("pdl"))
	add(penates.RefIBAN, rec.sub("rib").text("iban"))
	add("vehicle", rec.first("immatriculationVehicule"))
	add("album", rec.text("albumid"))
	return out
}

// readable makes words of a code: "FACTURE_REGUL_ECHEANCIER" becomes "Facture
// regul echeancier".
func readable(code string) string {
	s := strings.ToLower(strings.ReplaceAll(code, "_", " "))
	if s == "" || s[0] >= 0x80 {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
