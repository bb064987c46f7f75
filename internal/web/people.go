package web

import (
	"html/template"

	"penates"
	"penates/internal/insight"
	"penates/internal/vault"
	"penates/internal/web/chart"
)

type peoplePage struct {
	Lead     string
	Chart    template.HTML
	Months   []monthCount // newest first
	People   []person
	Merged   []merge // contacts that are one person's
	Asked    []merge // contacts that may be
	Contacts []vault.Summary
}

type monthCount struct {
	Month, Href string
	Count       int
}

type person struct {
	Name, Href             string
	In, Out, Calls, Events int
	Last, LastHref         string
	Share                  float64 // of the one exchanged with most
	Cards                  int     // contacts that are theirs
}

const shownPeople = 50

func (v *visit) people() error {
	result, err := remember(v, "people", insight.Exchanges)
	if err != nil {
		return err
	}
	p := peoplePage{Lead: v.l.T("people.what")}
	for i, e := range result.People {
		if i == shownPeople {
			break
		}
		row := person{Name: e.Name, In: e.In, Out: e.Out, Calls: e.CallsIn + e.CallsOut + e.Missed, Events: e.Events, Last: e.Last}
		row.Share = float64(e.Total()) / float64(max(result.People[0].Total(), 1))
		if row.Name == "" && len(e.Addresses) > 0 {
			row.Name = e.Addresses[0]
		}
		if len(e.Contacts) > 0 {
			row.Href, row.Cards = "/documents/"+string(e.Contacts[0]), len(e.Contacts)
		}
		if len(e.Documents) > 0 {
			row.LastHref = "/documents/" + string(e.Documents[0])
		}
		p.People = append(p.People, row)
	}
	v.exchangeMonths(&p, result)
	page, err := v.s.List(v.ctx(), vault.Filter{Types: []penates.Type{penates.Contacts}, Limit: 10})
	if err != nil {
		return err
	}
	p.Contacts = page.Items
	if p.Merged, p.Asked, err = v.merges(); err != nil {
		return err
	}
	return v.show("people", p)
}

// exchangeMonths sums everybody's exchanges by month.
func (v *visit) exchangeMonths(p *peoplePage, result *insight.ExchangesResult) {
	months := result.Months
	first := max(0, len(months)-37)
	months = months[first:]
	if len(months) == 0 {
		return
	}
	sums := make([]int, len(months))
	for _, e := range result.People {
		for i := first; i < len(e.Trend); i++ {
			sums[i-first] += e.Trend[i].In + e.Trend[i].Out + e.Trend[i].Calls
		}
	}
	c := chart.Bars{Bars: make([]chart.Bar, len(months))}
	highest := 0
	labels := v.chartLabels(months, 8)
	for i, n := range sums {
		c.Bars[i] = chart.Bar{Label: labels[i], Value: float64(n)}
		highest = max(highest, n)
		p.Months = append([]monthCount{{months[i], "/timeline?type=" + string(penates.Messages) + monthQuery(months[i]), n}}, p.Months...)
	}
	c.Top = v.l.Number(highest)
	c.Title = v.l.T("people.chart", v.l.Month(months[0]), v.l.Month(months[len(months)-1]), v.l.Number(highest))
	p.Chart = c.HTML()
}
