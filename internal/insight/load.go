package insight

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// list reads a cell that holds a JSON array of text; anything else is empty.
func list(cell any) (some []string) {
	if json.Unmarshal([]byte(figure.Text(cell)), &some) != nil {
		return nil
	}
	return some
}

func loadEnergy(ctx context.Context, s *vault.Session) (*EnergyInput, error) {
	in := &EnergyInput{}
	contracts, err := loadContracts(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, c := range contracts.kind {
		in.Kinds = append(in.Kinds, c)
	}
	if in.Readings, err = loadReadings(ctx, s); err != nil {
		return nil, err
	}
	if err := contracts.unite(ctx, s, in.Readings); err != nil {
		return nil, err
	}
	links, err := loadLinks(ctx, s)
	if err != nil {
		return nil, err
	}
	at, err := in.loadBills(ctx, s, contracts, links)
	if err != nil {
		return nil, err
	}
	for _, r := range in.Readings {
		for _, bill := range links.measured[r.ID] {
			if i, ok := at[bill]; ok && r.Days > 1 {
				in.Bills[i].Measured = append(in.Bills[i].Measured, Stretch{r.First, r.First + figure.Day(r.Days) - 1})
			}
		}
	}
	return in, in.loadPayments(ctx, s, links, at)
}

// powerContracts is what is known by contracts: what they are about, and which
// numbers name one delivery point.
type powerContracts struct {
	kind   map[penates.DocumentID]string
	parent map[string]string // union-find of numbers
}

func loadContracts(ctx context.Context, s *vault.Session) (*powerContracts, error) {
	c := &powerContracts{kind: map[penates.DocumentID]string{}, parent: map[string]string{}}
	return c, query.Each(ctx, s, query.Select{Key: "id", Columns: "kind, name, vendor, number, meter", From: "contracts"}, func(row []any) error {
		kind := kindIn(figure.Text(row[1]))
		if v := company.Of(figure.Text(row[3])); kind == "" && v != nil && len(v.Energies) == 1 {
			kind = v.Energies[0]
		}
		if kind == "" {
			kind = kindIn(figure.Text(row[2]))
		}
		if kind != "" {
			c.kind[penates.DocumentID(figure.Text(row[0]))] = kind
			c.join(figure.Text(row[4]), figure.Text(row[5]))
		}
		return nil
	})
}

func (c *powerContracts) root(n string) string {
	for c.parent[n] != "" {
		n = c.parent[n]
	}
	return n
}

// join notes that both numbers name the same delivery point.
func (c *powerContracts) join(a, b string) {
	x, y := c.root(company.Number(a)), c.root(company.Number(b))
	if x != "" && y != "" && x != y {
		c.parent[max(x, y)] = min(x, y)
	}
}

// unite gives the readings of one delivery point, which sources name by meter or
// by contract, one name.
func (c *powerContracts) unite(ctx context.Context, s *vault.Session, readings []Reading) error {
	meters := map[penates.DocumentID]string{}
	for _, r := range readings {
		meters[r.ID] = r.Meter
	}
	err := query.Each(ctx, s, query.Select{Key: "document", Columns: "value", From: "refs", Where: "scheme IN ('prm', 'pce', 'contract')"}, func(row []any) error {
		id := penates.DocumentID(figure.Text(row[0]))
		switch meter, ok := meters[id]; {
		case ok && meter != "":
			c.join(meter, figure.Text(row[1]))
		case ok:
			meters[id] = figure.Text(row[1])
		}
		return nil
	})
	for i := range readings {
		readings[i].Meter = c.root(company.Number(meters[readings[i].ID]))
	}
	return err
}

// loadReadings reads the series: curves summed by day, and what comes by the day
// or longer as it is.
func loadReadings(ctx context.Context, s *vault.Session) (readings []Reading, err error) {
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "meter, kind, unit, step, day, sum(value), count(*), max(quality)", From: "energy",
		Where: "measure = 'load-curve' AND kind IN ('electricity', 'gas') AND duplicate_of IS NULL", Group: "id, day",
	}, func(row []any) error {
		kWh, ok := kiloWattHours(row[6], figure.Text(row[3]))
		if ok {
			readings = append(readings, Reading{
				ID: penates.DocumentID(figure.Text(row[0])), Meter: figure.Text(row[1]), Kind: figure.Text(row[2]), Measure: "load-curve",
				First: figure.ParseDay(figure.Text(row[5])), Days: 1, KWh: kWh, Covered: curveCovers(figure.Text(row[4]), figure.Whole(row[7])), Estimate: estimated(row[8]),
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: `meter, kind, unit, measure, day, start, "end", value, quality`, From: "energy",
		Where: "measure IN ('daily', 'monthly', 'statement') AND kind IN ('electricity', 'gas') AND duplicate_of IS NULL",
	}, func(row []any) error {
		kWh, ok := kiloWattHours(row[8], figure.Text(row[3]))
		r := Reading{
			ID: penates.DocumentID(figure.Text(row[0])), Meter: figure.Text(row[1]), Kind: figure.Text(row[2]), Measure: figure.Text(row[4]),
			First: figure.ParseDay(figure.Text(row[5])), KWh: kWh, Covered: 1, Estimate: estimated(row[9]),
		}
		r.Days = daysOf(&r, figure.Text(row[6]), figure.Text(row[7]))
		if ok && r.Days > 0 {
			readings = append(readings, r)
		}
		return nil
	})
	return readings, err
}

// kiloWattHours converts a value with its UCUM unit; volumes are not energy.
func kiloWattHours(cell any, unit string) (float64, bool) {
	f, ok := figure.Number(cell)
	scale := map[string]float64{"kW.h": 1, "W.h": 0.001, "MW.h": 1000}[unit]
	return f * scale, ok && scale > 0
}

// curveCovers returns which part of a day n points are, by their step. Points
// without step are taken for a day when they are hourly at least.
func curveCovers(step string, n int64) float64 {
	const day, hourly = 24 * time.Hour, 23
	d, err := time.ParseDuration(strings.ToLower(strings.TrimPrefix(step, "PT")))
	if step == "" || err != nil {
		return min(float64(n)/hourly, 1)
	}
	return float64(n) * float64(d) / float64(day)
}

func estimated(cell any) bool {
	q := strings.ToLower(figure.Text(cell))
	return q == "e" || strings.HasPrefix(q, "estim")
}

// daysOf returns how many days a reading is about, 0 when that is not known.
func daysOf(r *Reading, start, end string) int {
	first, last := figure.ParseDay(start), figure.ParseDay(end)
	from, err1 := time.Parse(time.RFC3339, start)
	to, err2 := time.Parse(time.RFC3339, end)
	switch {
	case r.First == figure.Unknown:
		return 0
	case end == "" && r.Measure == "daily":
		return 1
	case end == "" && r.Measure == "monthly":
		return int((r.First.Month() + 1).First() - r.First)
	case err1 == nil && err2 == nil:
		return int(math.Round(to.Sub(from).Hours() / 24))
	case first != figure.Unknown && last != figure.Unknown:
		return max(int(last-first), 0)
	}
	return 0
}

// powerLinks is what is linked to bills.
type powerLinks struct {
	contract map[penates.DocumentID]penates.DocumentID   // of a bill
	pays     map[penates.DocumentID]penates.DocumentID   // bill, by operation
	measured map[penates.DocumentID][]penates.DocumentID // bills, by series
}

func loadLinks(ctx context.Context, s *vault.Session) (*powerLinks, error) {
	l := &powerLinks{map[penates.DocumentID]penates.DocumentID{}, map[penates.DocumentID]penates.DocumentID{}, map[penates.DocumentID][]penates.DocumentID{}}
	return l, query.Each(ctx, s, query.Select{Key: "id", Columns: `"from", rel, "to"`, From: "links", Where: "rel IN ('billed_under', 'pays', 'measures')"}, func(row []any) error {
		from, to := penates.DocumentID(figure.Text(row[1])), penates.DocumentID(figure.Text(row[3]))
		switch penates.Rel(figure.Text(row[2])) {
		case penates.BilledUnder:
			l.contract[from] = to
		case penates.Pays:
			l.pays[from] = to
		case penates.Measures:
			l.measured[from] = append(l.measured[from], to)
		}
		return nil
	})
}

// loadBills reads the bills that are about energy, and returns where each is.
func (in *EnergyInput) loadBills(ctx context.Context, s *vault.Session, contracts *powerContracts, links *powerLinks) (at map[penates.DocumentID]int, err error) {
	at = map[penates.DocumentID]int{}
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "source, vendor, number, title, contract, day, periodStart, periodEnd, amount, currency, isRefund, lines", From: "bills", Where: "duplicate_of IS NULL",
	}, func(row []any) error {
		b := PowerBill{
			ID: penates.DocumentID(figure.Text(row[0])), Source: figure.Text(row[1]), Vendor: figure.Text(row[2]), Number: figure.Text(row[3]), Title: figure.Text(row[4]),
			Contract: figure.Text(row[5]), Day: figure.ParseDay(figure.Text(row[6])), First: figure.ParseDay(figure.Text(row[7])), Last: figure.ParseDay(figure.Text(row[8])),
			Currency: figure.Text(row[10]), Lines: powerLines(row[12]),
		}
		if contract, ok := links.contract[b.ID]; ok {
			b.Contract, b.Kind = string(contract), contracts.kind[contract]
		}
		var ok bool
		if b.Total, ok = figure.Amount(row[9]); !ok || !b.aboutEnergy() {
			return nil
		}
		if figure.Whole(row[11]) != 0 {
			b.Total = -b.Total.Abs()
		}
		at[b.ID] = len(in.Bills)
		in.Bills = append(in.Bills, b)
		return nil
	})
	return at, err
}

func (b *PowerBill) aboutEnergy() bool {
	if v := company.Of(b.Vendor); b.Kind != "" || v != nil && v.Sector == company.Energy {
		return true
	}
	return slices.ContainsFunc(b.Lines, func(l PowerLine) bool {
		unit := strings.ToUpper(strings.ReplaceAll(l.Unit, ".", ""))
		return unit == "KWH" && kindIn(l.Label+" "+b.Title) != ""
	})
}

// powerLines reads the lines of a bill.
func powerLines(cell any) (lines []PowerLine) {
	var all []struct {
		Label, Unit string
		Net         string
	}
	if json.Unmarshal([]byte(figure.Text(cell)), &all) != nil {
		return nil
	}
	for _, l := range all {
		net, _ := figure.Amount(l.Net)
		lines = append(lines, PowerLine{Label: l.Label, Unit: l.Unit, Net: net})
	}
	return lines
}

// loadPayments reads what pays the bills, and the debits of energy companies that
// pay none. What is paid by card at a company that also sells fuel is no energy
// for a home.
func (in *EnergyInput) loadPayments(ctx context.Context, s *vault.Session, links *powerLinks, at map[penates.DocumentID]int) error {
	return query.Each(ctx, s, query.Select{
		Key: "id", Columns: "day, amount, currency, label, counterparty, kind, status", From: "bank_operations", Where: "day <> '' AND duplicate_of IS NULL",
	}, func(row []any) error {
		p := PowerPayment{ID: penates.DocumentID(figure.Text(row[0])), Day: figure.ParseDay(figure.Text(row[1])), Currency: figure.Text(row[3]), Label: figure.Text(row[4])}
		amount, ok := figure.Amount(row[2])
		if p.Amount = -amount; !ok || p.Day == figure.Unknown || figure.Text(row[7]) == "reverted" {
			return nil
		}
		if bill, linked := links.pays[p.ID]; linked {
			if i, ok := at[bill]; ok {
				in.Bills[i].Payments = append(in.Bills[i].Payments, p)
			}
			return nil
		}
		words := company.Words(p.Label + " " + figure.Text(row[5]))
		card := figure.Text(row[6]) == "card" || slices.Contains(words, "cb") || slices.Contains(words, "carte")
		if p.Vendor = company.In(words); p.Amount > 0 && !card && p.Vendor != nil && p.Vendor.Sector == company.Energy {
			in.Debits = append(in.Debits, p)
		}
		return nil
	})
}
