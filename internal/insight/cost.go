package insight

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
)

// An EnergyInput is what EnergyCost is computed from.
type EnergyInput struct {
	Readings []Reading
	Bills    []PowerBill
	Debits   []PowerPayment // to energy companies, linked to no bill
	Kinds    []string       // of the contracts
}

// ComputeEnergy returns what energy costs.
//
// Bills come first: the total of each is spread over the days it is about, by
// what they used where that is known of every day, else evenly. Debits to an
// energy company that pay no bill count for days no bill of it is about, as with
// a company that bills once a year and debits every month.
func ComputeEnergy(in EnergyInput) *EnergyCostResult {
	kinds := slices.Clone(in.Kinds)
	for _, r := range in.Readings {
		kinds = append(kinds, r.Kind)
	}
	slices.Sort(kinds)
	kinds = slices.DeleteFunc(slices.Compact(kinds), func(k string) bool { return k != Electricity && k != Gas })
	r := &EnergyCostResult{Currency: mainCurrency(&in)}
	bills := make([]PowerBill, 0, len(in.Bills))
	for _, b := range in.Bills {
		if b.Currency == r.Currency {
			bills = append(bills, b)
		}
	}
	debits := make([]PowerPayment, 0, len(in.Debits))
	for _, d := range in.Debits {
		if d.Currency == r.Currency {
			debits = append(debits, d)
		}
	}
	r.Skipped = len(in.Bills) - len(bills) + len(in.Debits) - len(debits)
	prepared := prepareBills(bills, kinds)
	for _, kind := range [...]string{Electricity, Gas, OtherEnergy} {
		l := ledger{use: usageOf(in.Readings, kind), days: map[figure.Day]dayCost{}}
		for i := range prepared {
			l.bill(&prepared[i], kind)
		}
		slices.Reverse(l.bills) // newest first
		l.debit(debits, prepared, kinds, kind)
		if months := l.months(); len(months) > 0 {
			r.Kinds = append(r.Kinds, EnergyKind{Kind: kind, Months: months, Bills: l.bills})
		}
	}
	return r
}

// mainCurrency is that of most bills and debits.
func mainCurrency(in *EnergyInput) (most string) {
	n := map[string]int{}
	for _, b := range in.Bills {
		n[b.Currency]++
	}
	for _, d := range in.Debits {
		n[d.Currency]++
	}
	for _, c := range slices.Sorted(maps.Keys(n)) {
		if n[c] > n[most] {
			most = c
		}
	}
	return most
}

// A ledger is the account of one kind of energy.
type ledger struct {
	use   usage
	days  map[figure.Day]dayCost
	bills []EnergyBill
}

// A dayCost is what one day cost.
type dayCost struct {
	cost          figure.Milli
	bills, debits []penates.DocumentID
	parties       []string // whose bills are about the day
}

// bill enters the share of b that is about kind, and lists b.
func (l *ledger) bill(b *energyBill, kind string) {
	part := 0.0
	for _, s := range b.shares {
		if s.kind == kind {
			part = s.part
		}
	}
	if part == 0 {
		return
	}
	total := b.Total.Share(part, 1).Cents()
	if len(b.shares) == 2 && kind == Gas { // what electricity left, so that none is lost
		total = b.Total.Cents() - b.Total.Share(1-part, 1).Cents()
	}
	party := partyOf(b.Vendor)
	l.spread(b.first, b.last, total, func(d *dayCost) {
		d.bills = append(d.bills, b.ID)
		d.parties = append(d.parties, party)
	})
	l.list(b)
}

// spread enters total over the days from first to last in whole cents.
func (l *ledger) spread(first, last figure.Day, total figure.Milli, note func(*dayCost)) {
	weight := func(figure.Day) float64 { return 1 }
	whole := float64(last - first + 1)
	if kWh, known, _ := l.use.over(first, last); known == int(last-first+1) && kWh > 0 {
		weight, whole = func(d figure.Day) float64 { return l.use[d].kWh }, kWh
	}
	entered, part := figure.Milli(0), 0.0
	for day := first; day <= last; day++ {
		part += weight(day)
		upTo := total.Share(min(part, whole), whole).Cents()
		if day == last {
			upTo = total
		}
		d := l.days[day]
		d.cost += upTo - entered
		entered = upTo
		note(&d)
		l.days[day] = d
	}
}

func (l *ledger) list(b *energyBill) {
	e := EnergyBill{
		ID: b.ID, Vendor: b.Vendor, Number: b.Number, Day: b.Day.String(), PeriodStart: b.first.String(), PeriodEnd: b.last.String(), Guessed: b.guessed,
		Total: b.Total.Decimal(), Days: int(b.last - b.first + 1),
	}
	e.KWh, e.KnownDays, e.Series = l.use.over(b.first, b.last)
	e.KWh = thousandths(e.KWh)
	if e.KnownDays == e.Days && len(b.shares) == 1 {
		e.PerKWh = price(b.Total, e.KWh)
	}
	paid := figure.Milli(0)
	payments := slices.Clone(b.Payments)
	slices.SortFunc(payments, func(x, y PowerPayment) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), strings.Compare(string(x.ID), string(y.ID)))
	})
	for _, p := range slices.CompactFunc(payments, func(x, y PowerPayment) bool { return x.ID == y.ID }) {
		paid += p.Amount
		e.Payments = append(e.Payments, Payment{ID: p.ID, Day: p.Day.String(), Label: p.Label, Amount: p.Amount.Decimal()})
	}
	e.Paid = paid.Decimal()
	l.bills = append(l.bills, e)
}

// debit enters the debits of kind, each over the days since the one before to the
// same company, as far as no bill of the company is about them.
func (l *ledger) debit(debits []PowerPayment, bills []energyBill, kinds []string, kind string) {
	const longest = 100 // days between two debits
	debits = slices.SortedFunc(slices.Values(debits), func(a, b PowerPayment) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), strings.Compare(string(a.ID), string(b.ID)))
	})
	before := map[string]figure.Day{}
	type free struct {
		first, last figure.Day
		amount      figure.Milli
		id          penates.DocumentID
	}
	var all []free
	for _, d := range debits {
		first, last := d.Day-defaultPeriod, d.Day-1
		if b, ok := before[d.Vendor.Name]; ok && d.Day-b <= longest {
			first = min(b, last)
		}
		before[d.Vendor.Name] = d.Day
		if debitKind(d.Vendor, bills, kinds) != kind {
			continue
		}
		whole := int(last - first + 1)
		for first <= last && slices.Contains(l.days[first].parties, d.Vendor.Name) {
			first++
		}
		for last >= first && slices.Contains(l.days[last].parties, d.Vendor.Name) {
			last--
		}
		if first <= last {
			all = append(all, free{first, last, d.Amount.Share(float64(last-first+1), float64(whole)).Cents(), d.ID})
		}
	}
	for _, f := range all {
		l.spread(f.first, f.last, f.amount, func(d *dayCost) { d.debits = append(d.debits, f.id) })
	}
}

// debitKind tells what a debit is for: what the company's bills are about when
// that is one kind, else what it sells.
func debitKind(v *company.Vendor, bills []energyBill, kinds []string) string {
	billed := map[string]bool{}
	for i := range bills {
		if partyOf(bills[i].Vendor) == v.Name {
			for _, s := range bills[i].shares {
				billed[s.kind] = true
			}
		}
	}
	if len(billed) == 1 {
		for kind := range billed {
			return kind
		}
	}
	return soldKind(v, kinds)
}

// months sums by month, from the first known to the last.
func (l *ledger) months() []EnergyMonth {
	first, last := figure.Month(0), figure.Month(0)
	see := func(m figure.Month) {
		if first == 0 || m < first {
			first = m
		}
		last = max(last, m)
	}
	for day := range l.use {
		see(day.Month())
	}
	for day := range l.days {
		see(day.Month())
	}
	if first == 0 {
		return nil
	}
	first = max(first, last-maxMonths+1)
	all := make([]EnergyMonth, 0, last-first+1)
	for m := first; m <= last; m++ {
		all = append(all, l.month(m))
	}
	for i := 12; i < len(all); i++ {
		all[i].Before = yearBefore(&all[i], &all[i-12])
	}
	return all
}

func (l *ledger) month(m figure.Month) EnergyMonth {
	e := EnergyMonth{Month: m.String(), Days: m.Days()}
	var cost, bothCost figure.Milli
	var bothKWh float64
	for day := m.First(); day < (m + 1).First(); day++ {
		u, used := l.use[day]
		c, paid := l.days[day]
		if used {
			e.KWh += u.kWh
			e.KnownDays++
			e.Estimate = e.Estimate || u.estimate
			e.Series = append(e.Series, u.from...)
		}
		if paid {
			cost += c.cost
			e.PaidDays++
			e.Bills = append(e.Bills, c.bills...)
			e.Debits = append(e.Debits, c.debits...)
		}
		if used && paid {
			bothKWh += u.kWh
			bothCost += c.cost
		}
	}
	e.KWh, e.Cost = thousandths(e.KWh), cost.Decimal()
	e.PerKWh = price(bothCost, bothKWh)
	e.Series, e.Bills, e.Debits = distinct(e.Series), distinct(e.Bills), distinct(e.Debits)
	return e
}

// price is cost by kWh with four decimals, "" when there is none.
func price(cost figure.Milli, kWh float64) penates.Decimal {
	if kWh <= 0 || cost == 0 {
		return ""
	}
	return penates.Decimal(strconv.FormatFloat(float64(cost)/1000/kWh, 'f', 4, 64))
}

func thousandths(f float64) float64 { return math.Round(f*1000) / 1000 }

// yearBefore compares m with the same month a year earlier.
func yearBefore(m, before *EnergyMonth) *YearBefore {
	if before.KnownDays == 0 && before.PaidDays == 0 {
		return nil
	}
	y := &YearBefore{KWh: before.KWh, Cost: before.Cost, PerKWh: before.PerKWh}
	const few = 2 // days
	if m.KnownDays > 0 && max(m.KnownDays-before.KnownDays, before.KnownDays-m.KnownDays) <= few {
		y.KWhChange = change(m.KWh, before.KWh)
	}
	if m.PaidDays > 0 && max(m.PaidDays-before.PaidDays, before.PaidDays-m.PaidDays) <= few {
		y.CostChange = change(m.Cost.Float(), before.Cost.Float())
	}
	if m.PerKWh != "" && before.PerKWh != "" {
		y.PerKWhChange = change(m.PerKWh.Float(), before.PerKWh.Float())
	}
	return y
}

// change is how much now is more than before, in percent; nil when before is nothing.
func change(now, before float64) *float64 {
	if before <= 0 {
		return nil
	}
	percent := 100 * (now - before) / before
	return &percent
}
