package web

import (
	"html/template"
	"strings"
	"time"

	"penates"
	"penates/internal/insight"
	"penates/internal/vault"
	"penates/internal/web/chart"
	"penates/internal/web/words"
)

type homePage struct {
	Name, Today, Holds string
	Truth, Seen        string
	Empty              bool
	Money, Energy      *card
	Bills              []leg
	OnThisDay          []dayGroup
	Types              []typeChip
	Log                []logLine
}

// A card is a figure with its chart.
type card struct {
	Big, BigWhat, Change string
	Chart                template.HTML
}

type typeChip struct{ Href, Icon, Label string }

func (v *visit) home() error {
	today := v.now().In(v.l.Zone())
	p := homePage{Name: v.name, Today: words.Capital(v.l.LongDay(penates.DayOf(today))) + "."}
	counts, err := v.s.Counts(v.ctx())
	if err != nil {
		return err
	}
	total := 0
	for _, c := range counts {
		total += c.Documents
		p.Types = append(p.Types, typeChip{"/documents?type=" + string(c.Type), typeIcon(c.Type), v.l.N("type."+string(c.Type)+".n", c.Documents)})
	}
	p.Empty = total == 0
	if !p.Empty {
		p.Holds = v.l.N("home.holds.n", total)
		if err := v.homeCards(&p, today); err != nil {
			return err
		}
	}
	if p.Truth, p.Seen, err = v.truth(); err != nil {
		return err
	}
	entries, err := v.s.Journal(v.ctx(), vault.JournalFilter{Limit: 4})
	if err != nil {
		return err
	}
	names, _, err := v.names()
	if err != nil {
		return err
	}
	p.Log = v.logLines(entries, names)
	return v.show("home", p)
}

func (v *visit) homeCards(p *homePage, today time.Time) (err error) {
	if p.Money, err = v.moneyCard(); err != nil {
		return err
	}
	if p.Energy, err = v.energyCard(); err != nil {
		return err
	}
	energy, err := v.energyBills()
	if err != nil {
		return err
	}
	latest, err := v.latestBills(12)
	if err != nil {
		return err
	}
	p.Bills = homeBills(energy, latest, 5)
	p.OnThisDay, err = v.onThisDay(today)
	return err
}

// moneyCard shows what went out in the latest month known, beside the year.
func (v *visit) moneyCard() (*card, error) {
	flows, currency, err := v.flows(13)
	if err != nil || len(flows) == 0 {
		return nil, err
	}
	last := flows[len(flows)-1]
	c := &card{
		Big: v.l.Cents(last.Out, currency), BigWhat: v.l.T("home.money.what", v.l.Month(last.Month)),
		Chart: v.flowChart(flows, currency),
	}
	recurring, err := remember(v, "recurring", insight.Recurring)
	if err != nil {
		return nil, err
	}
	if len(recurring.Changes) > 0 {
		c.Change = v.changeSentence(recurring, recurring.Changes[0])
	}
	return c, nil
}

// energyCard shows the latest month whose consumption is known.
func (v *visit) energyCard() (*card, error) {
	result, err := remember(v, "energy", insight.EnergyCost)
	if err != nil {
		return nil, err
	}
	for _, k := range result.Kinds {
		months := known(k.Months)
		if len(months) == 0 {
			continue
		}
		last := lastWhole(months)
		c := &card{Big: v.kwh(last.KWh), BigWhat: v.l.T("home.energy.what", v.energyName("of", k.Kind), v.l.Month(last.Month))}
		if b := last.Before; b != nil && b.KWhChange != nil {
			c.Change = v.l.T("home.energy.change", v.l.Percent(*b.KWhChange/100, true))
		}
		if len(months) > 13 {
			months = months[len(months)-13:]
		}
		c.Chart = v.useChart(k.Kind, months, 4)
		return c, nil
	}
	return nil, nil
}

// lastWhole returns the latest month that is known on every day, else the latest.
func lastWhole(months []insight.EnergyMonth) insight.EnergyMonth {
	for i := len(months) - 1; i >= 0; i-- {
		if months[i].KnownDays == months[i].Days {
			return months[i]
		}
	}
	return months[len(months)-1]
}

// onThisDay looks for what happened on this day in the years before. Series are
// left out: every day has them.
func (v *visit) onThisDay(today time.Time) (found []dayGroup, err error) {
	types := []penates.Type{penates.Events, penates.Messages, penates.Places, penates.Bills, penates.BankOperations,
		penates.Files, penates.Notes, penates.Calls, penates.Orders}
	for back := 1; back <= 10 && len(found) < 2; back++ {
		day := today.AddDate(-back, 0, 0)
		if day.Day() != today.Day() {
			continue // no 29 February that year
		}
		iso := day.Format(time.DateOnly)
		page, err := v.s.List(v.ctx(), vault.Filter{Types: types, From: iso, To: iso, Limit: 3})
		if err != nil {
			return nil, err
		}
		if len(page.Items) > 0 {
			found = append(found, dayGroup{Day: iso, Title: v.l.N("home.day.years", back), Items: page.Items})
		}
	}
	return found, nil
}

// chartLabels are the months under a chart, about want of them written.
func (v *visit) chartLabels(months []string, want int) []string {
	labels := make([]string, len(months))
	for i, m := range months {
		labels[i] = v.l.MonthOnly(m)
		if strings.HasSuffix(m, "-01") || len(months) > 13 {
			labels[i] = v.l.ShortMonth(m)
		}
	}
	return chart.Sparse(labels, want)
}
