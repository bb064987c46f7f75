package pdfinvoice

import (
	"cmp"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"penates"
	"penates/internal/locale"
)

// An amount is a sum of money in a line.
type amount struct {
	value    penates.Decimal
	cents    int64
	currency string // of the sign beside it, "" when there is none
	line     int
	cell     int
	start    int // in the folded cell
}

var (
	decimals = regexp.MustCompile(`(?:- ?)?(?:\d{1,3}(?:[ .,']\d{3})+|\d+)[.,]\d{2}`)
	whole    = regexp.MustCompile(`(?:€|£|\$) ?(\d{1,6})(?:$|[^\d.,])|(?:^|[^\d.,])(\d{1,6}) ?(?:€|£|\$|euros?\b)`)
	signs    = regexp.MustCompile(`€|£|us\$|\$|\beur\b|\beuros?\b|\bgbp\b|\busd\b|\bchf\b`)
)

var currencies = map[string]string{
	"€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "gbp": "GBP", "$": "USD", "us$": "USD", "usd": "USD", "chf": "CHF",
}

// amounts returns the sums in a cell, in their order: numbers with two decimals,
// and whole ones beside the sign of a currency. Rates and parts of dates and of
// longer numbers are none.
func amounts(c *cell) (all []amount) {
	if !strings.ContainsAny(c.fold, "0123456789") {
		return nil
	}
	for _, m := range decimals.FindAllStringIndex(c.fold, 32) {
		start, end := m[0], m[1]
		if start > 0 && strings.ContainsRune("0123456789.,/", rune(c.fold[start-1])) ||
			end < len(c.fold) && (strings.ContainsRune("0123456789/", rune(c.fold[end])) || strings.ContainsRune(".,", rune(c.fold[end])) && end+1 < len(c.fold) && isDigit(c.fold[end+1])) {
			continue
		}
		if rest := strings.TrimLeft(c.fold[end:], " "); strings.HasPrefix(rest, "%") {
			continue
		}
		if a, ok := newAmount(strings.ReplaceAll(c.fold[start:end], "- ", "-")); ok {
			a.start, a.currency = start, signAround(c.fold, start, end)
			all = append(all, a)
		}
	}
	for _, m := range whole.FindAllStringSubmatchIndex(c.fold, 8) {
		i := 2
		if m[2] < 0 {
			i = 4
		}
		if a, ok := newAmount(c.fold[m[i]:m[i+1]]); ok {
			a.start, a.currency = m[i], signAround(c.fold, m[i], m[i+1])
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b amount) int { return cmp.Compare(a.start, b.start) })
	return all
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func newAmount(s string) (a amount, ok bool) {
	d, err := locale.Amount(strings.TrimSpace(s))
	if err != nil {
		return a, false
	}
	r, ok := new(big.Rat).SetString(string(d))
	if !ok {
		return a, false
	}
	r.Mul(r, big.NewRat(100, 1))
	if !r.IsInt() || !r.Num().IsInt64() || r.Num().BitLen() > 48 {
		return a, false
	}
	return amount{value: d, cents: r.Num().Int64()}, true
}

// signAround returns the currency whose sign stands just before or after [start, end).
func signAround(s string, start, end int) string {
	before, after := s[max(start-6, 0):start], s[end:min(end+7, len(s))]
	if m := signs.FindStringIndex(after); m != nil && strings.TrimSpace(after[:m[0]]) == "" {
		return currencies[after[m[0]:m[1]]]
	}
	all := signs.FindAllStringIndex(before, -1)
	if n := len(all); n > 0 && strings.TrimSpace(before[all[n-1][1]:]) == "" {
		return currencies[before[all[n-1][0]:all[n-1][1]]]
	}
	return ""
}

// row returns the sums of a line from cell i, byte from on.
func (t *text) row(n, i, from int) (all []amount) {
	l := &t.lines[n]
	for j := i; j < len(l.cells); j++ {
		for _, a := range l.cells[j].sums {
			if j > i || a.start >= from {
				a.line, a.cell = n, j
				all = append(all, a)
			}
		}
	}
	return all
}

// sums are the sums of a bill.
type sums struct {
	total, net, vat penates.Decimal
	due             penates.Decimal
	currency        string
	weight          int // how sure the total's label is
}

// The labels of totals with how sure they are, of the net total and of VAT.
var (
	totals = []total{
		{regexp.MustCompile(`\btotal (?:general |facture |de la facture )?t\.?t\.?c\b|\bmontant (?:total )?(?:net )?(?:facture )?t\.?t\.?c\b|\btotal tva (?:comprise|incluse)\b|\bgrand total\b|\binvoice (?:total|amount)\b|\btotal \(?incl|\bfactuur ?totaal\b|\btotaal incl|` +
			`\b(?:gesamt|rechnungs|brutto|end)betrag\b|\b(?:brutto|gesamt)summe\b|\btotal (?:de (?:la|votre) )?facture\b|\bmontant de (?:la|votre) (?:facture|cotisation)\b`), 100},
		{dueNow, 92},
		{regexp.MustCompile(`\bmontant (?:total|preleve|debite|regle|paye)\b|\bmontant du prelevement\b|\b(?:amount|total) (?:paid|charged)\b|\btotal (?:price|general|amount)\b`), 80},
		{regexp.MustCompile(`^(?:total|totaal|summe|gesamt|somme|gesamtsumme)\b`), 60},
	}
	// dueNow is what is left to pay, which is the total unless something was paid or
	// is left from before.
	dueNow    = regexp.MustCompile(`\bnet a payer\b|\b(?:montant|somme|total|reste|solde) (?:total |restant |net )?(?:a payer|a regler)\b|\b(?:total )?amount due\b|\btotal due\b|\bbalance due\b|\btotal to pay\b|\bzahlbetrag\b|\b(?:totaal )?te betalen\b`)
	notTotal  = regexp.MustCompile(`\bh\.?t\b|hors tax|\bexcl|avant tax|before tax|\btva\b|\bvat\b|\bbtw\b|\bmwst\b|remise|discount|points|econom|kwh|periode prec|deja|articles|soumis|hors tva|net of|saving|shipping|acompte|tax\b|taxes\b|\bohne\b`)
	netLabel  = regexp.MustCompile(`\btotal (?:general |net )?h\.?t\b|\bmontant (?:total |net )?h\.?t\b|\btotal hors tax|\bsous[- ]?total\b|\bsub[- ]?total\b|\bnet total\b|\btotal (?:net|excl)|\bexcl(?:usief|\.|uding)? (?:btw|vat|tax)|\bnettobetrag\b|\bzwischensumme\b|\bnet amount\b|\bgrondslag\b|\bbase (?:h\.?t|taxable)\b|\bohne (?:ust|mwst)|\bnettosumme\b`)
	vatLabel  = regexp.MustCompile(`\b(?:t\.?v\.?a|vat|btw|mwst|ust|umsatzsteuer|steuerbetrag|sales tax|total taxes|tax)\b`)
	sureLabel = regexp.MustCompile(`t\.?t\.?c|incl|payer|regler|due|payable|te betalen|zahl|brutto`)
)

// A candidate is an amount that may be the total.
type candidate struct {
	amount
	score  int
	weight int
	label  *regexp.Regexp
}

// sums finds the total, by the vendor's rule if it has one, and net and VAT which
// add up to it.
func (t *text) sums(rule *regexp.Regexp) (s sums, ok bool) {
	seen := map[int64]int{}
	for n := range t.lines {
		for _, a := range t.row(n, 0, 0) {
			seen[a.cents]++
		}
	}
	triples := t.triples()
	adding := t.adding()
	var best *candidate
	for _, c := range t.candidates(rule) {
		c.score = c.weight + min(seen[c.cents], 5)
		if _, adds := triples[c.cents]; adds || adding[c.cents] {
			c.score += 25
		}
		if t.lines[c.line].page == 0 {
			c.score += 5
		}
		if c.cents == 0 {
			c.score -= 80
		}
		if best == nil || c.score > best.score {
			best = &c
		}
	}
	if best == nil {
		return s, false
	}
	s.total, s.weight, s.currency = best.value, best.weight, best.currency
	if s.currency == "" {
		s.currency = t.currency()
	}
	s.net, s.vat = t.parts(best.cents, triples)
	if best.label != dueNow {
		s.due = t.due(best.cents)
	}
	return s, s.currency != ""
}

// due returns what is left to pay on the first page that says it, when that is
// not the total.
func (t *text) due(total int64) (due penates.Decimal) {
	t.find(dueNow, len(t.lines), func(h hit) bool {
		row := t.row(h.line, h.cell, h.end)
		if len(row) > 0 && row[len(row)-1].cents != total {
			due = row[len(row)-1].value
		}
		return len(row) == 0
	})
	return due
}

// adding returns what the amounts beside the labels of net totals and of VAT add up to.
func (t *text) adding() map[int64]bool {
	sums := map[int64]bool{}
	vats := t.labelled(vatLabel)
	for _, n := range t.labelled(netLabel) {
		for _, v := range vats {
			if v.cents != 0 && isVAT(v.cents, n.cents) {
				sums[n.cents+v.cents] = true
			}
		}
	}
	return sums
}

// A total is a label with how sure it is.
type total struct {
	label  *regexp.Regexp
	weight int
}

// candidates returns the amounts that stand beside the labels of totals; rule is
// the one of the vendor, nil when it has none.
func (t *text) candidates(rule *regexp.Regexp) (all []candidate) {
	labels := totals
	if rule != nil {
		labels = append([]total{{rule, 120}}, totals...)
	}
	for i, total := range labels {
		t.find(total.label, len(t.lines), func(h hit) bool {
			c := &t.lines[h.line].cells[h.cell]
			row := t.row(h.line, h.cell, h.end)
			until := len(c.fold)
			if len(row) > 0 && row[0].cell == h.cell {
				until = row[0].start
			}
			if around := c.fold[h.start:until]; (rule == nil || i > 0) && !sureLabel.MatchString(c.fold[h.start:h.end]) && notTotal.MatchString(around) {
				return true
			}
			weight := total.weight
			if len(row) == 0 { // it heads a column, whose first amount is seldom the total
				row = t.under(h)
				weight -= 35
			}
			if len(row) > 0 {
				all = append(all, candidate{amount: largestOf(row), weight: weight, label: total.label})
			}
			return len(all) < 200
		})
	}
	return all
}

// under returns the amounts below a label that heads a column.
func (t *text) under(h hit) (all []amount) {
	c := &t.lines[h.line].cells[h.cell]
	for i := h.line + 1; i < min(len(t.lines), h.line+3) && t.lines[i].page == t.lines[h.line].page; i++ {
		for j := range t.lines[i].cells {
			if under := &t.lines[i].cells[j]; under.x0 < c.x1+5 && under.x1 > c.x0-5 {
				for _, a := range under.sums {
					a.line, a.cell = i, j
					return append(all, a)
				}
			}
		}
	}
	return nil
}

// largestOf returns the sum that the others of a row add up to, when there is one,
// else the last: columns end with the total.
func largestOf(row []amount) amount {
	for _, c := range row {
		for i, a := range row {
			for _, b := range row[i+1:] {
				if a.cents != 0 && b.cents != 0 && a.cents+b.cents == c.cents {
					return c
				}
			}
		}
	}
	return row[len(row)-1]
}

// A pair is a net total and VAT.
type pair struct{ net, vat amount }

// triples returns, by total, the net total and VAT of rows that have all three.
func (t *text) triples() map[int64]pair {
	found := map[int64]pair{}
	for n := range t.lines {
		row := t.row(n, 0, 0)
		for _, c := range row[:min(len(row), 8)] {
			for i, a := range row[:min(len(row), 8)] {
				for _, b := range row[i+1 : min(len(row), 8)] {
					if a.cents+b.cents != c.cents || a.cents == 0 || b.cents == 0 {
						continue
					}
					if abs(a.cents) < abs(b.cents) {
						a, b = b, a
					}
					if _, known := found[c.cents]; !known && isVAT(b.cents, a.cents) {
						found[c.cents] = pair{a, b}
					}
				}
			}
		}
	}
	return found
}

// isVAT reports whether one sum can be the VAT of another, which is at most 27 % in
// Europe.
func isVAT(vat, net int64) bool { return abs(vat)*100 <= abs(net)*28 }

func abs(n int64) int64 { return max(n, -n) }

// parts returns the net total and VAT that make the total: of one row, or beside
// their labels. VAT alone, or what does not add up, is left out.
func (t *text) parts(total int64, triples map[int64]pair) (net, vat penates.Decimal) {
	if p, ok := triples[total]; ok {
		return p.net.value, p.vat.value
	}
	nets, vats := t.labelled(netLabel), t.labelled(vatLabel)
	for _, n := range nets {
		for _, v := range vats {
			if n.cents+v.cents == total && v.cents != total && isVAT(v.cents, n.cents) {
				return n.value, v.value
			}
		}
	}
	// Several rates: their VATs add up.
	for _, n := range nets {
		sum, seen := int64(0), map[int]bool{}
		for _, v := range vats {
			if !seen[v.line] {
				sum += v.cents
				seen[v.line] = true
			}
		}
		if len(seen) > 1 && n.cents+sum == total {
			return n.value, penates.Decimal(new(big.Rat).SetFrac64(sum, 100).FloatString(2))
		}
	}
	return "", ""
}

// labelled returns the amounts beside a label.
func (t *text) labelled(label *regexp.Regexp) (all []amount) {
	t.find(label, len(t.lines), func(h hit) bool {
		row := t.row(h.line, h.cell, h.end)
		if len(row) == 0 {
			row = t.under(h)
		}
		all = append(all, row[:min(len(row), 3)]...)
		return len(all) < 100
	})
	return all
}

// currency returns the currency whose signs are most frequent, "" when there are
// none.
func (t *text) currency() (best string) {
	count := map[string]int{}
	for i := range t.lines {
		for j := range t.lines[i].cells {
			for _, s := range signs.FindAllString(t.lines[i].cells[j].fold, 8) {
				code := currencies[s]
				if count[code]++; count[code] > count[best] {
					best = code
				}
			}
		}
	}
	return best
}
