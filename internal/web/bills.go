package web

import (
	"slices"
	"strings"

	"penates"
	"penates/internal/insight"
)

// A leg is a bill with the debits that pay it and what was used in its time.
type leg struct {
	ID       penates.DocumentID
	Vendor   string
	Day      string
	Amount   penates.Decimal
	Currency string
	Payments []payment
	Use      *use
}

// A payment is a bank operation that pays a bill.
type payment struct {
	ID     penates.DocumentID
	Day    string
	Label  string
	Amount penates.Decimal // signed from the person's side
}

// A use is what was used in the time a bill is about.
type use struct {
	Amount   string
	From, To string
	Part     bool // only a part of the days is known
}

// energyBills returns the bills of energy companies, newest first.
func (v *visit) energyBills() ([]leg, error) {
	energy, err := remember(v, "energy", insight.EnergyCost)
	if err != nil {
		return nil, err
	}
	var legs []leg
	for _, k := range energy.Kinds {
		for _, b := range k.Bills {
			l := leg{ID: b.ID, Vendor: b.Vendor, Day: b.Day, Amount: b.Total, Currency: energy.Currency}
			for _, p := range b.Payments {
				l.Payments = append(l.Payments, payment{p.ID, p.Day, p.Label, p.Amount.Neg()})
			}
			if b.KnownDays > 0 {
				l.Use = &use{v.kwh(b.KWh), v.l.ISODay(b.PeriodStart), v.l.ISODay(b.PeriodEnd), b.KnownDays < b.Days}
			}
			if !slices.ContainsFunc(legs, func(o leg) bool { return o.ID == l.ID }) {
				legs = append(legs, l)
			}
		}
	}
	slices.SortStableFunc(legs, newest)
	return legs, nil
}

func newest(a, b leg) int { return strings.Compare(b.Day, a.Day) }

// kwh writes an amount of energy that was computed.
func (v *visit) kwh(x float64) string {
	digits := 0
	if x < 10 {
		digits = 1
	}
	return v.l.Float(x, digits) + "\u00a0kWh"
}

// latestBills returns the newest bills of all vendors with the debits linked to
// them.
func (v *visit) latestBills(limit int) ([]leg, error) {
	rows, err := v.ask(`SELECT b.id, coalesce(nullif(b.vendor, ''), b.text), b.day, b.amount, b.currency, o.id, o.day, o.text, o.amount
		FROM (SELECT * FROM bills WHERE NOT isRefund AND duplicate_of IS NULL ORDER BY day DESC, id LIMIT ?) b
		LEFT JOIN links l ON l."to" = b.id AND l.rel = 'pays'
		LEFT JOIN bank_operations o ON o.id = l."from"
		ORDER BY b.day DESC, b.id, l.confidence DESC`, 0, limit)
	if err != nil {
		return nil, err
	}
	var legs []leg
	for _, r := range rows {
		id := penates.DocumentID(text(r[0]))
		if n := len(legs); n == 0 || legs[n-1].ID != id {
			legs = append(legs, leg{ID: id, Vendor: titleOf(v.l, text(r[1])), Day: text(r[2]), Amount: amount(r[3]), Currency: text(r[4])})
		}
		if paid := text(r[5]); paid != "" {
			l := &legs[len(legs)-1]
			l.Payments = append(l.Payments, payment{penates.DocumentID(paid), text(r[6]), text(r[7]), amount(r[8])})
		}
	}
	return legs, nil
}

// homeBills chooses what the home page shows: bills whose payment or consumption
// is known first, the others while there is room.
func homeBills(energy, latest []leg, room int) []leg {
	var chosen []leg
	take := func(from []leg, most int, want func(leg) bool) {
		for _, l := range from {
			if len(chosen) >= most {
				return
			}
			if want(l) && !slices.ContainsFunc(chosen, func(o leg) bool { return o.ID == l.ID }) {
				chosen = append(chosen, l)
			}
		}
	}
	take(energy, (room+1)/2, func(l leg) bool { return l.Use != nil && len(l.Payments) > 0 })
	take(latest, room, func(l leg) bool { return len(l.Payments) > 0 })
	take(energy, room, func(leg) bool { return true })
	take(latest, room, func(leg) bool { return true })
	slices.SortStableFunc(chosen, newest)
	return chosen
}
