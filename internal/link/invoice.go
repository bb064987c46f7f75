package link

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// Why two bills are said to be one.
const (
	sameInvoice = "same/invoice"     // vendor, number and total
	sameBill    = "same/vendor+date" // vendor, day and total, where one has no number
)

// sameBills finds bills that several sources, or several files, bring.
var sameBills = Rule{
	Name:  "same/bills",
	Reads: []penates.Type{penates.Bills},
	Makes: []string{sameInvoice, sameBill},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		invoices, err := loadInvoices(ctx, s)
		if err != nil || len(invoices) < 2 {
			return nil, err
		}
		judged, err := judgedOf(ctx, s, penates.SameAs)
		if err != nil {
			return nil, err
		}
		return SameBills(invoices, judged), nil
	},
}

// An Invoice is what is compared of a bill that several sources may bring.
type Invoice struct {
	ID       penates.DocumentID
	Source   string // with the connection
	Vendor   string
	VendorID string // SIREN, VAT or other number
	Number   string
	Day      figure.Day
	Total    figure.Milli // without sign
	Currency string
	Refund   bool
	Original figure.Milli // expense that is refunded
	Told     int          // how many facts its document tells
}

// SameBills returns the links between bills that are one: by vendor, number and
// total, a month apart at most; and where one has no number by vendor, total and
// day, each with one of another source.
func SameBills(invoices []Invoice, judged Judged) []penates.Link {
	of := make([]Invoice, len(invoices))
	copy(of, invoices)
	slices.SortFunc(of, func(a, b Invoice) int { // the fullest first
		return cmp.Or(cmp.Compare(b.Told, a.Told), strings.Compare(a.Source, b.Source), strings.Compare(string(a.ID), string(b.ID)))
	})
	m := &copiesOfBills{of: of, judged: judged, union: newUnion(len(of))}
	at := make(map[penates.DocumentID]int, len(of))
	for i := range of {
		at[of[i].ID] = i
	}
	m.judge(judged, at)
	m.byNumber()
	m.byDay()
	return sorted(m.links())
}

// copiesOfBills is the matching of bills with each other.
type copiesOfBills struct {
	union
	of     []Invoice
	judged Judged
}

type invoiceKey struct {
	name   string // number, or vendor
	total  figure.Milli
	refund bool
	day    figure.Day
}

// mostAlike bounds how many bills of one number or day are compared with each other.
const mostAlike = 64

func (m *copiesOfBills) byNumber() {
	groups := map[invoiceKey][]int{}
	for i := range m.of {
		if b := &m.of[i]; b.number() != "" {
			k := invoiceKey{name: b.number(), total: b.Total, refund: b.Refund}
			for _, j := range groups[k] {
				if _, ok := m.of[j].same(b); ok {
					m.join(j, i)
				}
			}
			if len(groups[k]) < mostAlike {
				groups[k] = append(groups[k], i)
			}
		}
	}
}

func (b *Invoice) number() string {
	if n := company.Number(b.Number); hasDigit(n) {
		return n
	}
	return ""
}

// same compares two bills of one number and total.
func (b *Invoice) same(o *Invoice) (confidence float64, ok bool) {
	const longest = 31 // days between the day of a bill and that some sources give
	if b.Currency != "" && o.Currency != "" && b.Currency != o.Currency || b.Total == 0 && b.Day != o.Day {
		return 0, false
	}
	known := b.Day != figure.Unknown && o.Day != figure.Unknown
	if known && abs(int(b.Day-o.Day)) > longest {
		return 0, false
	}
	switch vendors := sameIssuer(b, o); {
	case vendors == against:
		return 0, false
	case vendors == named && b.Day == o.Day:
		return 1, true
	case vendors == named, b.Day == o.Day && known:
		return 0.95, true
	}
	return 0.7, true
}

// sameIssuer compares two vendors: named when they are one, against when they are
// not, silent when one is not known.
func sameIssuer(a, b *Invoice) evidence {
	x, y := company.Number(a.VendorID), company.Number(b.VendorID)
	switch {
	case x != "" && y != "" && (strings.Contains(x, y) || strings.Contains(y, x)): // SIREN, SIRET and French VAT number hold each other
		return named
	case a.Vendor == "" || b.Vendor == "":
		return silent
	case sameVendor(a.Vendor, b.Vendor):
		return named
	}
	return against
}

// byDay puts bills together that name vendor, total and day, one of which has no
// number: the first of one source with the first of another, and so on.
func (m *copiesOfBills) byDay() {
	groups := map[invoiceKey][]int{}
	for i := range m.of {
		if b := &m.of[i]; b.Vendor != "" && b.Day != figure.Unknown && b.Total != 0 {
			k := invoiceKey{issuer(b.Vendor), b.Total, b.Refund, b.Day}
			groups[k] = append(groups[k], i)
		}
	}
	for _, group := range groups {
		for n, i := range group[:min(len(group), mostAlike)] {
			for _, j := range group[:n] {
				if m.mayBe(j, i) && m.join(j, i) {
					break
				}
			}
		}
	}
}

// mayBe reports whether two bills of one vendor, total and day may be one: they
// are of different sources, nothing of the one is of the other's sources, and
// their numbers, currencies and expenses do not differ.
func (m *copiesOfBills) mayBe(j, i int) bool {
	for _, x := range m.all(m.root(j)) {
		for _, y := range m.all(m.root(i)) {
			a, b := &m.of[x], &m.of[y]
			if a.Source == b.Source || a.number() != "" && b.number() != "" && a.number() != b.number() ||
				a.Currency != "" && b.Currency != "" && a.Currency != b.Currency || a.Original != 0 && b.Original != 0 && a.Original != b.Original {
				return false
			}
		}
	}
	return true
}

// issuer returns one name for the vendor.
func issuer(name string) string {
	if v := company.Of(name); v != nil {
		return v.Name
	}
	words := slices.DeleteFunc(company.Words(name), func(w string) bool { return !company.Telling(w) && !hasDigit(w) })
	return strings.Join(words, "")
}

func (m *copiesOfBills) links() (links []penates.Link) {
	for r := range m.of {
		if len(m.members[r]) < 2 {
			continue
		}
		group := slices.Sorted(slices.Values(m.members[r]))
		ids := make([]penates.DocumentID, len(group))
		for k, i := range group {
			ids[k] = m.of[i].ID
		}
		links = append(links, star(ids, m.judged, func(from, to int) (float64, string) {
			a, b := &m.of[group[from]], &m.of[group[to]]
			if n := a.number(); n != "" && n == b.number() {
				if confidence, ok := a.same(b); ok {
					return confidence, sameInvoice
				}
			}
			return 0.9, sameBill
		})...)
	}
	return links
}

func loadInvoices(ctx context.Context, s *vault.Session) (invoices []Invoice, err error) {
	err = query.Each(ctx, s, query.Select{
		Key: "id", From: "bills", Columns: `source || ' ' || connection, day, vendor, vendorId, number, amount, currency, isRefund, originalAmount,
			title, due, netTotal, vat, amountDue, periodStart, periodEnd, contract, buyer, profile, kind, lines`,
	}, func(row []any) error {
		b := Invoice{
			ID: penates.DocumentID(figure.Text(row[0])), Source: figure.Text(row[1]), Day: figure.ParseDay(figure.Text(row[2])), Vendor: figure.Text(row[3]),
			VendorID: figure.Text(row[4]), Number: figure.Text(row[5]), Currency: figure.Text(row[7]), Told: told(row[2:]),
		}
		total, ok := figure.Amount(row[6])
		if !ok {
			return nil
		}
		b.Total, b.Refund = total.Abs(), total < 0 || figure.Whole(row[8]) != 0
		b.Original, _ = figure.Amount(row[9])
		invoices = append(invoices, b)
		return nil
	})
	return invoices, err
}
