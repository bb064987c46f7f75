package pdfinvoice

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"penates"
	"penates/internal/locale"
)

// The forms of dates in folded text.
var (
	isoDate  = regexp.MustCompile(`(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}\b`)
	numDate  = regexp.MustCompile(`(\d{1,2})[-/.](\d{1,2})[-/.](?:(?:19|20)\d\d|\d\d)\b`)
	wordDate = regexp.MustCompile(`\b\d{1,2}(?:er|st|nd|rd|th|\.)? ?[a-z]{3,10}\.?,? (?:19|20)\d\d\b`)
	usDate   = regexp.MustCompile(`\b[a-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d\d\b`)
)

// A dated is a day in a cell.
type dated struct {
	start int // in the folded cell
	day   penates.Moment
}

// monthFirst reports whether numeric dates of the text have the month first: one
// has a second part that is no month, and none a first.
func (t *text) monthFirst() bool {
	second := false
	for i := range t.lines {
		for j := range t.lines[i].cells {
			for _, m := range numDate.FindAllStringSubmatch(t.lines[i].cells[j].fold, 8) {
				first, _ := strconv.Atoi(m[1])
				if first > 12 {
					return false
				}
				n, _ := strconv.Atoi(m[2])
				second = second || n > 12
			}
		}
	}
	return second
}

// dates returns the days written in a cell, in their order.
func (t *text) dates(c *cell) (all []dated) {
	if !strings.ContainsAny(c.fold, "0123456789") {
		return nil
	}
	order := locale.DMY
	if t.mdy {
		order = locale.MDY
	}
	for _, form := range []*regexp.Regexp{isoDate, numDate, wordDate, usDate} {
		for _, m := range form.FindAllStringIndex(c.fold, 8) {
			if m[0] > 0 && strings.IndexByte("0123456789/.-", c.fold[m[0]-1]) >= 0 {
				continue // of a longer number
			}
			day, err := locale.Day(c.fold[m[0]:m[1]], order)
			if err == nil && plausible(day) && !slices.ContainsFunc(all, func(d dated) bool { return d.day == day }) {
				all = append(all, dated{m[0], day})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b dated) int { return cmp.Compare(a.start, b.start) })
	return all
}

// plausible reports whether a bill may have such a day.
func plausible(d penates.Moment) bool { y := d.Time().Year(); return y >= 1980 && y < 2100 }

// The labels of days.
var (
	dateLabels = []*regexp.Regexp{
		regexp.MustCompile(`\bdate (?:de |d'|of )?(?:la |votre )?(?:facture|facturation|emission|edition|invoice|issue)\b|\b(?:invoice|bill|billing|issue|receipt) date\b|\b(?:factuur ?|rechnungs)datum\b|\bfacture (?:emise|editee|etablie) le\b`),
		regexp.MustCompile(`\b` + invoiceWord + ` (?:n\S* \S+ )?(?:du|dated|vom|van)\b`),
		bareDate,
	}
	bareDate = regexp.MustCompile(`^(?:date|datum|fait le|emise? le|le|paiement du)\b ?:?|\bpour un paiement du\b|, le\b`)
	dueLabel = regexp.MustCompile(`\bdate limite (?:de paiement|de reglement)|\b(?:a payer|a regler|payable) (?:avant|au plus tard|jusqu'au|by)|\bdate d'echeance|\becheance(?: le|du)?\b ?:|\bdue (?:date|by|on)\b|\bpayment due\b|\bvervaldatum\b|\buiterste betaaldatum\b|\bfallig|\bzahlbar bis\b|` +
		`\bpreleve[es]* (?:le|a partir du)\b|\bprelevement (?:le|a partir du|prevu le|du)\b|\bdate de prelevement\b|\bsera debite[es]* le\b`)
	otherDay = regexp.MustCompile(`commande|order|livraison|delivery|naissance|ne\(e\)|born|exp[ei]di|echeance|limite|avant le|prelev|due|periode|period|du .* au|from .* to|version|edition`)
)

// after returns the first day beside a label.
func (t *text) after(label *regexp.Regexp) (day penates.Moment) {
	t.find(label, len(t.lines), func(h hit) bool {
		for i, c := range t.beside(h) {
			most := 3 // bytes before a day in a piece of its own
			if i == 0 && h.end < len(t.lines[h.line].cells[h.cell].fold) {
				most = 25
			}
			if label == bareDate {
				most = 2
			}
			if all := t.dates(&c); len(all) > 0 && all[0].start <= most {
				day = all[0].day
				return false
			}
		}
		return true
	})
	return day
}

// issued returns the day of the bill: the one beside its number or a label, else
// the first of the first page that is not said to be another one.
func (t *text) issued(number string, where hit) penates.Moment {
	if number != "" {
		rest := t.lines[where.line].cells[where.cell].tail(where.end)
		if i := ofDay(rest.fold); i >= 0 {
			rest = rest.tail(i)
			if all := t.dates(&rest); len(all) > 0 && all[0].start < 6 {
				return all[0].day
			}
		}
	}
	for _, label := range dateLabels {
		if day := t.after(label); !day.IsZero() {
			return day
		}
	}
	for _, l := range t.lines[:t.first] {
		for i := range l.cells {
			if otherDay.MatchString(l.cells[i].fold) {
				continue
			}
			if all := t.dates(&l.cells[i]); len(all) > 0 {
				return all[0].day
			}
		}
	}
	return penates.Moment{}
}

// ofDay returns where "of" stands before a day, as in "Facture n° 12 du 2 mai".
func ofDay(s string) int {
	for _, of := range []string{" du ", " vom", " van ", " dated "} {
		if i := strings.Index(s, of); i >= 0 {
			return i
		}
	}
	return -1
}

// period is "du 1er au 31 juillet 2015", "du 01/07/2015 au 31/07/2015", "from … to …".
var (
	period    = regexp.MustCompile(`\b(?:du|from|van|vom|period:?) (.{1,30}?) (?:au|to|tot|t/m|bis|-) (.{6,30})`)
	bareDay   = regexp.MustCompile(`^(\d{1,2})(?:er|st|\.)?$`)
	bareMonth = regexp.MustCompile(`^\d{1,2}(?:er|st|\.)? [a-z]{3,10}$`)
)

// billed returns the first stretch of time that is written and that a bill may be
// for, of thirteen months at most.
func (t *text) billed() (from, to penates.Moment) {
	for i := range t.lines {
		for j := range t.lines[i].cells {
			c := &t.lines[i].cells[j]
			for _, m := range period.FindAllStringSubmatch(c.fold, 4) {
				end := cell{fold: m[2]}
				last := t.dates(&end)
				if len(last) == 0 || last[0].start > 3 {
					continue
				}
				start := t.start(strings.TrimSpace(m[1]), last[0].day)
				days := last[0].day.Time().Sub(start.Time()).Hours() / 24
				if !start.IsZero() && days >= 0 && days <= 400 {
					return start, last[0].day
				}
			}
		}
	}
	return from, to
}

// start reads the first day of a period, which may leave out the month and year
// that its last day has.
func (t *text) start(s string, last penates.Moment) penates.Moment {
	y, m, _ := last.Time().Date()
	if d := bareDay.FindStringSubmatch(s); d != nil {
		n, _ := strconv.Atoi(d[1])
		day := penates.Day(y, m, n)
		if n < 1 || n > last.Time().Day() {
			return penates.Moment{}
		}
		return day
	}
	if bareMonth.MatchString(s) {
		s += " " + strconv.Itoa(y)
	}
	c := cell{fold: s}
	if all := t.dates(&c); len(all) > 0 {
		return all[0].day
	}
	return penates.Moment{}
}
