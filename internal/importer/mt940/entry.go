package mt940

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/locale"
	"penates/internal/schema"
)

// An entry is a statement line with its information.
type entry struct {
	first, last int
	valued, day penates.Moment
	amount      penates.Decimal
	status      string
	kind        string // transaction type, as in "NTRF"
	reference   string // of the person, or who gave the order
	bankRef     string
	name        string // written behind the reference
	extra       string // supplementary details
	details     []string
}

// 6!n[4!n]2a[1!a]15d[1!a3!c], then references.
var entryPattern = regexp.MustCompile(`^\s*(\d{6})(\d{4})?([RE]?)([CD])([A-Z])?\s*(\d[\d.]*(?:,\d*)?|,\d+)([A-Z][A-Z0-9]{3})?(.*)$`)

// parseEntry reads field 61.
func parseEntry(t *tag) (*entry, error) {
	lines := t.lines
	m := entryPattern.FindStringSubmatch(lines[0])
	if m == nil && len(lines) > 1 { // broken before the amount
		lines = append([]string{strings.TrimSpace(lines[0]) + strings.TrimSpace(lines[1])}, lines[2:]...)
		m = entryPattern.FindStringSubmatch(lines[0])
	}
	if m == nil {
		return nil, fmt.Errorf("statement line %q: %w", clip(t.text()), penates.Invalid)
	}
	e := &entry{first: t.first, last: t.last}
	var err error
	if e.valued, err = dayOf(m[1]); err != nil {
		return nil, err
	}
	e.day = e.valued
	if m[2] != "" {
		if e.day, err = entryDay(m[2], e.valued); err != nil {
			return nil, err
		}
	}
	if m[3] == "E" {
		e.status = bank.Pending
	}
	if e.amount, err = amountOf(m[6], (m[4] == "D") != (m[3] == "R")); err != nil {
		return nil, err
	}
	kind, rest := m[7], m[8]
	if strings.HasPrefix(kind+rest, "NONREF") { // no type at all
		kind, rest = "", kind+rest
	}
	e.kind = kind
	e.references(rest)
	e.extra = locale.Line(e.extra + " " + strings.Join(lines[1:], " "))
	return e, nil
}

// references reads 16x[//16x], and what some banks write behind it on the same
// line: after a reference that is padded to its full width the name of the
// other side.
func (e *entry) references(s string) {
	before, after, ok := strings.Cut(s, "//")
	if ok {
		e.reference = locale.Line(before)
		e.bankRef, e.extra = cutRunes(after, 34)
		e.bankRef = locale.Line(e.bankRef)
		return
	}
	ref, more := cutRunes(s, 16)
	e.reference = locale.Line(ref)
	if strings.HasSuffix(ref, " ") {
		e.name = locale.Line(more)
	} else {
		e.extra = more
	}
}

// cutRunes cuts s after n characters.
func cutRunes(s string, n int) (before, after string) {
	for i := range s {
		if n == 0 {
			return s[:i], s[i:]
		}
		n--
	}
	return s, ""
}

// dayOf reads YYMMDD. A day beyond the end of its month, as the thirtieth of
// February of banks that count 30 days in each, is the last.
func dayOf(s string) (penates.Moment, error) {
	n, err := strconv.Atoi(s)
	if err != nil || len(s) != 6 {
		return penates.Moment{}, fmt.Errorf("date %q: %w", clip(s), penates.Invalid)
	}
	year := 2000 + n/10000
	if year >= 2070 {
		year -= 100
	}
	return calendarDay(year, n/100%100, n%100)
}

func calendarDay(year, month, day int) (penates.Moment, error) {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return penates.Moment{}, fmt.Errorf("date %04d-%02d-%02d: %w", year, month, day, penates.Invalid)
	}
	last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return penates.Day(year, time.Month(month), min(day, last)), nil
}

// entryDay reads MMDD, in the year that brings it nearest to the value date.
func entryDay(s string, valued penates.Moment) (penates.Moment, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return penates.Moment{}, fmt.Errorf("date %q: %w", clip(s), penates.Invalid)
	}
	var best penates.Moment
	for _, year := range [...]int{valued.Time().Year(), valued.Time().Year() - 1, valued.Time().Year() + 1} {
		day, err := calendarDay(year, n/100, n%100)
		if err != nil {
			return penates.Moment{}, err
		}
		if best.IsZero() || day.Time().Sub(valued.Time()).Abs() < best.Time().Sub(valued.Time()).Abs() {
			best = day
		}
	}
	return best, nil
}

// amountOf reads an amount with decimal comma, which some banks write with a point.
func amountOf(s string, negative bool) (penates.Decimal, error) {
	var d penates.Decimal
	var err error
	if whole, fraction, ok := strings.Cut(s, "."); ok && !strings.Contains(s, ",") && len(fraction) != 3 && whole != "" {
		d, err = locale.AmountComma(s, '.')
	} else {
		d, err = locale.AmountComma(s, ',')
	}
	if err == nil && negative && strings.Trim(string(d), "0.") != "" {
		d = d.Neg()
	}
	return d, err
}

// lineWidth is how long lines are at least when the text goes on without a blank.
const lineWidth = 64

// addDetails adds a field 86; some banks give one for each line.
func (e *entry) addDetails(t *tag) {
	room := maxLines - len(e.details)
	e.details = append(e.details, t.lines[:min(len(t.lines), room)]...)
	e.last = max(e.last, t.last)
}

// text joins the information to one line, where lines of full width go on
// without a blank.
func (e *entry) text() string {
	var b strings.Builder
	for _, line := range e.details {
		full := utf8.RuneCountInString(strings.TrimRight(line, " ")) >= lineWidth
		b.WriteString(strings.TrimRight(line, " "))
		if !full {
			b.WriteByte(' ')
		}
	}
	return locale.Line(b.String())
}

// operation makes an operation of the entry.
func (e *entry) operation() *bank.Operation {
	i := e.information()
	o := &bank.Operation{Day: e.day, Amount: e.amount, Locator: bank.Locator(e.first, e.last)}
	o.Body = schema.BankOperation{
		Status: e.status, Kind: cmp.Or(bank.GermanKind(i.code), bank.SwiftKind(e.kind)), ValueDate: e.valued.Date(),
		Counterparty: cmp.Or(i.name, e.name), CounterpartyIBAN: i.iban,
		Reference: cmp.Or(reference(i.endToEnd), reference(i.mandate), reference(e.reference), reference(i.customer)),
	}
	extra := e.extra
	if iban, ok := locale.IBAN(extra); ok {
		o.Body.CounterpartyIBAN, extra = cmp.Or(o.Body.CounterpartyIBAN, iban), ""
	}
	o.Body.Label = cmp.Or(i.purpose, i.booking, e.name, extra, reference(e.reference), e.kind, "operation")
	var memo []string
	for _, s := range [...]string{i.booking, i.more, extra} {
		if s != "" && !strings.Contains(o.Body.Label, s) {
			memo = append(memo, s)
		}
	}
	o.Body.Memo = strings.Join(memo, " | ")
	o.Text = o.Body.Label
	if strings.Trim(o.Text, "0123456789 ") == "" { // the number of a batch tells nothing
		o.Text = strings.TrimSpace(i.booking + " " + o.Text)
	}
	if name := o.Body.Counterparty; !strings.Contains(o.Text, name) {
		o.Text = name + " " + o.Text
	}
	return o
}

// reference returns s when it is a reference at all, rather than a word that
// stands for none or for one in field 86.
func reference(s string) string {
	switch strings.ToUpper(strings.TrimSuffix(s, "+")) {
	case "", "N", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "KREF", "EREF", "MREF", "PREF", "MARF", "0":
		return ""
	}
	return s
}
