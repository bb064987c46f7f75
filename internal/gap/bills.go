package gap

import (
	"cmp"
	"slices"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
)

// A Bill is what is needed of a bill.
type Bill struct {
	ID                 penates.DocumentID
	Source, Connection string
	Vendor             string
	Contract           string
	Day                figure.Day
}

// A Debit is money that went out of a bank account and pays no bill that is here.
type Debit struct {
	ID    penates.DocumentID
	Day   figure.Day
	Words []string // of the bank's wording, see company.Words
}

// cadences are the months between two bills that are looked for, with how many days
// early or late one may be.
var cadences = [...]struct{ months, tolerance int }{{1, 8}, {2, 11}, {3, 14}, {6, 20}, {12, 31}}

// Regularity of bills: so many, of which such a share follows the one before after
// one period, and all others after whole periods.
const (
	fewestBills = 4
	directShare = 0.75
	mostSkipped = 3 // periods; a longer pause is an interruption and no gap
)

// FindBills returns, for each vendor and contract whose bills come at a cadence, which
// are missing among them. The rule is "cadence": at least four bills, three of four
// a period after the one before, all others after two to four periods; it is
// "cadence+debit" where debits of the vendor go on after the last bill.
func FindBills(bills []Bill, debits []Debit) (found []Finding) {
	groups := map[[2]string][]Bill{}
	for _, b := range bills {
		if b.Day != figure.Unknown && b.Vendor != "" {
			k := [2]string{vendorKey(b.Vendor), company.Number(b.Contract)}
			groups[k] = append(groups[k], b)
		}
	}
	debits = slices.SortedFunc(slices.Values(debits), func(a, b Debit) int { return cmp.Compare(a.Day, b.Day) })
	for k, of := range groups {
		slices.SortFunc(of, func(a, b Bill) int {
			return cmp.Or(cmp.Compare(a.Day, b.Day), strings.Compare(string(a.ID), string(b.ID)))
		})
		of = slices.CompactFunc(of, func(a, b Bill) bool { return a.Day == b.Day })
		for _, c := range cadences {
			missing, ok := skipped(of, c.months, c.tolerance)
			if !ok {
				continue
			}
			last := of[len(of)-1]
			f := Finding{Kind: Bills, Type: penates.Bills, Source: last.Source, Connection: last.Connection, Name: last.Vendor, Detail: last.Contract,
				Cadence: c.months, Have: len(of), From: of[0].Day.String(), To: last.Day.String(), Missing: []Span{}, Rule: "cadence"}
			if k[1] == "" {
				f.Detail = ""
			}
			for _, d := range missing {
				f.Missing = append(f.Missing, Span{d.Month().String(), d.Month().String()})
			}
			f.follow(last, c.months, c.tolerance, debits)
			f.Expected = f.Have + len(f.Missing)
			found = append(found, f)
			break
		}
	}
	return sorted(found)
}

func vendorKey(name string) string {
	if v := company.Of(name); v != nil {
		return v.Name
	}
	return strings.Join(company.Words(name), " ")
}

// skipped returns the days on which bills of a cadence should have come and did not;
// ok is false when the bills have no such cadence.
func skipped(bills []Bill, months, tolerance int) (missing []figure.Day, ok bool) {
	if len(bills) < fewestBills {
		return nil, false
	}
	direct := 0
	for i, b := range bills[1:] {
		n := periods(bills[i].Day, b.Day, months, tolerance)
		switch {
		case n == 0:
			return nil, false
		case n == 1:
			direct++
		}
		for k := 1; k < n; k++ {
			missing = append(missing, bills[i].Day.AddMonths(k*months))
		}
	}
	return missing, float64(direct) >= directShare*float64(len(bills)-1)
}

// periods returns after how many periods a bill follows another, 0 when after none
// that are whole.
func periods(before, day figure.Day, months, tolerance int) int {
	for n := 1; n <= mostSkipped+1; n++ {
		if d := int(day - before.AddMonths(n*months)); max(d, -d) <= tolerance {
			return n
		}
	}
	return 0
}

// follow adds the bills after the last that must have come, because the vendor was
// paid at the cadence all the same.
func (f *Finding) follow(last Bill, months, tolerance int, debits []Debit) {
	const toPay = 29 // days between a bill and its debit
	name := company.ParseName(last.Vendor)
	for n := 1; len(debits) > 0; n++ {
		day := last.Day.AddMonths(n * months)
		from, _ := slices.BinarySearchFunc(debits, day-figure.Day(tolerance), func(d Debit, day figure.Day) int { return cmp.Compare(d.Day, day) })
		at := slices.IndexFunc(debits[from:], func(d Debit) bool {
			return d.Day <= day+figure.Day(toPay) && !slices.Contains(f.Evidence, d.ID) && name.In(d.Words)
		})
		if at < 0 {
			return
		}
		f.Rule = "cadence+debit"
		f.Evidence = append(f.Evidence, debits[from+at].ID)
		f.Missing = append(f.Missing, Span{day.Month().String(), day.Month().String()})
	}
}
