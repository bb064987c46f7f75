package cozy

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"penates"
	"penates/internal/locale"
)

// A document is one of Cozy's, as it came.
type document map[string]any

// text returns a member that is text, a number or true; "" for others. Templates
// of fixtures that nobody filled in are no text.
func (d document) text(key string) string {
	s := ""
	switch v := d[key].(type) {
	case string:
		s = strings.TrimSpace(v)
	case json.Number:
		s = v.String()
	case bool:
		if v {
			s = "true"
		}
	}
	if strings.HasPrefix(s, "{{") && !strings.Contains(s, "Date '") {
		return ""
	}
	return s
}

func (d document) first(keys ...string) string {
	for _, key := range keys {
		if s := d.text(key); s != "" {
			return s
		}
	}
	return ""
}

func (d document) id() string { return d.first("_id", "id") }

func (d document) sub(key string) document {
	m, _ := d[key].(map[string]any)
	return m
}

func (d document) list(key string) (list []document) {
	values, _ := d[key].([]any)
	for _, v := range values {
		if m, ok := v.(map[string]any); ok {
			list = append(list, m)
		}
	}
	return list
}

func (d document) texts(key string) (list []string) {
	values, _ := d[key].([]any)
	for _, v := range values {
		if s, ok := v.(string); ok && s != "" {
			list = append(list, s)
		}
	}
	return list
}

// isBill tells the records that connectors make of bills.
func (d document) isBill() bool {
	if d.text("vendor") == "" || d.text("date") == "" || d.text("amount") == "" {
		return false
	}
	for _, key := range []string{"filename", "fileurl", "invoice", "isRefund", "originalAmount", "groupAmount", "isThirdPartyPayer"} {
		if _, ok := d[key]; ok {
			return true
		}
	}
	return false
}

// amount returns a member that is an amount, "" when it is missing.
func (d document) amount(key string) (penates.Decimal, error) {
	s := d.text(key)
	if s == "" {
		return "", nil
	}
	if _, ok := d[key].(json.Number); ok {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f > 1e15 || f < -1e15 {
			return "", fmt.Errorf("%s %q: %w", key, clip(s, 40), penates.Invalid)
		}
		// Sums made by a machine carry noise beyond the decimals anybody meant.
		const most = 4
		if _, fraction, _ := strings.Cut(s, "."); len(fraction) > most || strings.ContainsAny(s, "eE") {
			s = strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', most, 64), "0"), ".")
		}
		return penates.ParseDecimal(s)
	}
	return locale.Amount(s)
}

// currency returns the currency of a document; Cozy means euros when it says
// nothing.
func (d document) currency() string {
	s := d.text("currency")
	if s == "" {
		s = d.sub("currency").first("id", "symbol")
	}
	if code := locale.Currency(s); code != "" {
		return code
	}
	return "EUR"
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
