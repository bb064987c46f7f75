package web

import (
	"fmt"
	"strings"

	"penates"
	"penates/internal/gap"
)

// A gapLine says what is missing of one thing that comes regularly.
type gapLine struct {
	Name, Counted, Missing string
	Href                   string
}

// gaps lists what lacks something, and what is complete.
func (v *visit) gaps() (lacking, whole []gapLine, err error) {
	found, err := remember(v, "gaps", gap.Ask)
	if err != nil {
		return nil, nil, err
	}
	for i := range found {
		f := &found[i]
		line := gapLine{Name: v.gapName(f), Counted: v.l.T(gapKey(f), v.l.Number(f.Expected), v.l.Number(f.Have), v.span(f, gap.Span{From: f.From, To: f.To})), Href: gapHref(f)}
		if !f.Lacks() {
			whole = append(whole, line)
			continue
		}
		line.Missing = v.gapMissing(f)
		lacking = append(lacking, line)
	}
	return lacking, whole, nil
}

// gapKey names the sentence that counts what there is.
func gapKey(f *gap.Finding) string {
	switch f.Kind {
	case gap.Bills:
		return fmt.Sprint("gap.bills.", f.Cadence)
	case gap.Months:
		return "gap.months." + string(f.Type)
	}
	return "gap." + string(f.Kind)
}

func (v *visit) gapName(f *gap.Finding) string {
	switch {
	case f.Kind == gap.Days:
		return v.l.T("gap.meter."+f.Detail, f.Name)
	case f.Kind == gap.Bills && f.Detail != "":
		return v.l.T("gap.contract", f.Name, f.Detail)
	case f.Name == f.Source:
		return sourceName(v.l, f.Source)
	}
	return f.Name
}

// gapMissing says what is missing, the first few times.
func (v *visit) gapMissing(f *gap.Finding) string {
	const most = 6
	var parts []string
	for _, m := range f.Missing[:min(most, len(f.Missing))] {
		parts = append(parts, v.span(f, m))
	}
	if n := len(f.Missing) - most; n > 0 {
		parts = append(parts, v.l.N("gap.more.n", n))
	}
	if f.Kind == gap.Balances {
		return v.l.T("gap.difference", v.l.List(parts), v.l.Signed(f.Difference, f.Currency))
	}
	said := v.l.T("gap.missing", v.l.List(parts))
	if strings.HasSuffix(f.Rule, "+debit") {
		said += " " + v.l.T("gap.debits")
	}
	return said
}

// span writes months, or days.
func (v *visit) span(f *gap.Finding, s gap.Span) string {
	write := v.l.ISODay
	if f.Kind == gap.Months || f.Kind == gap.Bills && len(s.From) == len("2006-01") {
		write = v.l.Month
	}
	if s.From == s.To {
		return write(s.From)
	}
	return write(s.From) + " – " + write(s.To)
}

// gapHref leads to the first document that tells of the gap, else to all of the type.
func gapHref(f *gap.Finding) string {
	if len(f.Evidence) > 0 {
		return "/documents/" + string(f.Evidence[0])
	}
	if f.Type == penates.Energy {
		return "/energy"
	}
	return "/timeline?type=" + string(f.Type)
}
