package web

import (
	"html/template"

	"penates"
	"penates/internal/insight"
	"penates/internal/web/chart"
)

type energyPage struct {
	Kinds []energyKind
	Bills []leg
}

type energyKind struct {
	Kind, Title, Lead string
	Figures           []figure
	Use, Price        template.HTML
	Months            []energyMonth // newest first
}

// shownEnergyBills is a year and a half of monthly bills.
const shownEnergyBills = 18

// A figure is a number worth being read first.
type figure struct{ Big, What string }

type energyMonth struct {
	Month, Used, Before, Cost, Price, Known string
	Links                                   []anchor
}

type anchor struct{ Href, Label string }

func (v *visit) energy() error {
	result, err := remember(v, "energy", insight.EnergyCost)
	if err != nil {
		return err
	}
	p := energyPage{}
	for _, k := range result.Kinds {
		if kind, ok := v.energyKind(k, result.Currency); ok {
			p.Kinds = append(p.Kinds, kind)
		}
	}
	if p.Bills, err = v.energyBills(); err != nil {
		return err
	}
	if len(p.Bills) > shownEnergyBills {
		p.Bills = p.Bills[:shownEnergyBills]
	}
	return v.show("energy", p)
}

// energyName names a kind of energy in one of the forms of the catalogue: kind,
// of, title.
func (v *visit) energyName(form, kind string) string {
	if key := "energy." + form + "." + kind; v.l.Has(key) {
		return v.l.T(key)
	}
	return v.l.T("energy." + form + ".other")
}

// known returns the months some of whose consumption is known.
func known(months []insight.EnergyMonth) (list []insight.EnergyMonth) {
	for _, m := range months {
		if m.KnownDays > 0 {
			list = append(list, m)
		}
	}
	return list
}

func (v *visit) energyKind(k insight.EnergyKind, currency string) (energyKind, bool) {
	if len(k.Months) == 0 {
		return energyKind{}, false
	}
	months := k.Months
	if len(months) > 37 {
		months = months[len(months)-37:]
	}
	name := k.Kind
	if name == "" {
		name = "other"
	}
	out := energyKind{Kind: name, Title: v.energyName("title", k.Kind)}
	first, last := months[0].Month, months[len(months)-1].Month
	out.Lead = v.l.T("energy.span", v.l.Month(first), v.l.Month(last))
	out.Figures = v.energyFigures(months, currency)
	if len(known(months)) > 0 {
		out.Use = v.useChart(k.Kind, months, 8)
	}
	out.Price = v.priceChart(months, currency)
	for i := len(months) - 1; i >= 0; i-- {
		out.Months = append(out.Months, v.energyMonth(months[i], currency))
	}
	return out, true
}

// energyFigures sums the last twelve months.
func (v *visit) energyFigures(months []insight.EnergyMonth, currency string) (list []figure) {
	if len(months) > 12 {
		months = months[len(months)-12:]
	}
	kwh, knownDays := 0.0, 0
	var cents int64
	paidDays := 0
	lastPrice, priced := penates.Decimal(""), ""
	for _, m := range months {
		kwh += m.KWh
		knownDays += m.KnownDays
		cents += centsOf(m.Cost)
		paidDays += m.PaidDays
		if m.PerKWh != "" {
			lastPrice, priced = m.PerKWh, m.Month
		}
	}
	span := v.l.N("energy.months", len(months))
	if knownDays > 0 {
		list = append(list, figure{v.kwh(kwh), v.l.T("energy.figure.used", span)})
	}
	if paidDays > 0 {
		list = append(list, figure{v.l.Cents(cents, currency), v.l.T("energy.figure.cost", span)})
	}
	if lastPrice != "" {
		list = append(list, figure{v.l.Money(lastPrice, currency), v.l.T("energy.figure.price", v.l.Month(priced))})
	}
	return list
}

// centsOf returns an amount in hundredths.
func centsOf(d penates.Decimal) int64 {
	f := d.Float() * 100
	if f < 0 {
		return int64(f - .5)
	}
	return int64(f + .5)
}

// useChart shows consumption by month over that of the year before.
func (v *visit) useChart(kind string, months []insight.EnergyMonth, labels int) template.HTML {
	c := chart.Bars{Bars: make([]chart.Bar, len(months))}
	names := make([]string, len(months))
	highest := 0.0
	for i, m := range months {
		names[i] = m.Month
		c.Bars[i] = chart.Bar{Value: m.KWh, Faint: m.KnownDays < m.Days}
		if m.Before != nil {
			c.Bars[i].Before = m.Before.KWh
		}
		highest = max(highest, m.KWh, c.Bars[i].Before)
	}
	for i, label := range v.chartLabels(names, labels) {
		c.Bars[i].Label = label
	}
	c.Top = v.kwh(highest)
	last := months[len(months)-1]
	c.Title = v.l.T("energy.chart.use", v.energyName("kind", kind), v.l.Month(names[0]), v.l.Month(last.Month), v.kwh(last.KWh), v.kwh(highest))
	return c.HTML()
}

// priceChart shows what a kWh cost in the months it is known of.
func (v *visit) priceChart(months []insight.EnergyMonth, currency string) template.HTML {
	c := chart.Line{}
	var names []string
	highest := penates.Decimal("")
	for _, m := range months {
		if m.PerKWh == "" {
			continue
		}
		names = append(names, m.Month)
		c.Values = append(c.Values, m.PerKWh.Float())
		if highest == "" || m.PerKWh.Float() > highest.Float() {
			highest = m.PerKWh
		}
	}
	if len(names) < 2 {
		return ""
	}
	c.Labels, c.Top = v.chartLabels(names, 8), v.l.Money(highest, currency)
	c.Title = v.l.T("energy.chart.price", v.l.Month(names[0]), v.l.Month(names[len(names)-1]), c.Top)
	return c.HTML()
}

func (v *visit) energyMonth(m insight.EnergyMonth, currency string) energyMonth {
	row := energyMonth{Month: m.Month, Known: v.l.T("energy.days", m.KnownDays, m.Days)}
	if m.KnownDays > 0 {
		row.Used = v.kwh(m.KWh)
	}
	if m.Estimate {
		row.Known += ", " + v.l.T("energy.estimate")
	}
	if m.PaidDays > 0 {
		row.Cost = v.l.Cents(centsOf(m.Cost), currency)
	}
	if m.PerKWh != "" {
		row.Price = v.l.Money(m.PerKWh, currency)
	}
	if b := m.Before; b != nil && b.KWh > 0 {
		row.Before = v.kwh(b.KWh)
		if b.KWhChange != nil {
			row.Before += " (" + v.l.Percent(*b.KWhChange/100, true) + ")"
		}
	}
	link := func(ids []penates.DocumentID, key string) {
		for i, id := range ids {
			if i == 3 {
				return
			}
			row.Links = append(row.Links, anchor{"/documents/" + string(id), v.l.T(key) + number(v, i, len(ids))})
		}
	}
	link(m.Bills, "energy.link.bill")
	link(m.Debits, "energy.link.debit")
	if len(m.Series) > 0 {
		link(m.Series[:1], "energy.link.meter")
	}
	return row
}

// number tells links of the same name apart.
func number(v *visit, i, of int) string {
	if of < 2 {
		return ""
	}
	return " " + v.l.Number(i+1)
}
