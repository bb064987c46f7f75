package web

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/web/words"
)

type timelinePage struct {
	Total    string
	Years    []choice
	Months   []monthCell
	Types    []choice
	From, To string
	Filtered bool
	Days     []dayGroup
	Older    string
}

// A monthCell is one month of the density bar.
type monthCell struct {
	Href, Label string
	Count       int
	Share       float64 // of the fullest month of the year
	Here        bool
}

// A dayGroup is a day with what happened on it.
type dayGroup struct {
	Day, Title string
	Items      []vault.Summary
}

const timelineLimit = 60

func (v *visit) timeline() error {
	q := v.r.URL.Query()
	f, err := filterOf(q)
	if err != nil {
		return err
	}
	today := v.now().In(v.l.Zone()).Format(time.DateOnly)
	p := timelinePage{From: f.From, To: f.To, Filtered: f.From != "" || f.To != "" || len(f.Types) > 0}
	days, err := v.s.Days(v.ctx(), vault.Filter{Types: f.Types})
	if err != nil {
		return err
	}
	v.density(&p, days, q, today)
	if p.Types, err = v.typeChoices(f.Types); err != nil {
		return err
	}
	if f.To == "" && f.From == "" { // what lies ahead is a click away: the years show it
		f.To = today
	}
	f.Limit = timelineLimit
	page, err := v.s.List(v.ctx(), f)
	if err != nil {
		return err
	}
	for _, m := range page.Items {
		v.addToDay(&p, m)
	}
	if page.Next != "" {
		p.Older = with(v.r.URL, "before", page.Next)
	}
	return v.show("timeline", p)
}

// addToDay puts a document under its day.
func (v *visit) addToDay(p *timelinePage, m vault.Summary) {
	day := m.Start.Date()
	i := slices.IndexFunc(p.Days, func(g dayGroup) bool { return g.Day == day })
	if i < 0 {
		title := v.l.T("timeline.undated")
		if day != "" {
			title = words.Capital(v.l.LongISODay(day))
		}
		i = len(p.Days)
		p.Days = append(p.Days, dayGroup{Day: day, Title: title})
	}
	p.Days[i].Items = append(p.Days[i].Items, m)
}

// density fills the years and the months of one year.
func (v *visit) density(p *timelinePage, days []vault.DayCount, q url.Values, today string) {
	years, months := map[string]int{}, map[string]int{}
	total := 0
	for _, d := range days {
		total += d.Count
		if len(d.Day) >= len("2006-01") {
			years[d.Day[:4]] += d.Count
			months[d.Day[:7]] += d.Count
		}
	}
	p.Total = v.l.N("count.documents", total)
	year := ""
	for y := range years { // the year asked for, else the latest that has begun
		if p.From != "" && strings.HasPrefix(p.From, y) {
			year = y
			break
		}
		if y > year && y <= today[:4] {
			year = y
		}
	}
	keep := ""
	if t := q.Get("type"); t != "" {
		keep = "&" + url.Values{"type": {t}}.Encode()
	}
	for y, n := range years {
		p.Years = append(p.Years, choice{Label: y, Count: n, Here: y == year, Href: "/timeline?from=" + y + "-01-01&to=" + y + "-12-31" + keep})
	}
	slices.SortFunc(p.Years, func(a, b choice) int { return strings.Compare(b.Label, a.Label) })
	if len(p.Years) > 30 {
		p.Years = p.Years[:30]
	}
	v.monthCells(p, year, months, keep)
}

func (v *visit) monthCells(p *timelinePage, year string, months map[string]int, keep string) {
	first, err := time.Parse("2006", year)
	if err != nil {
		return
	}
	highest := 1
	for m := range 12 {
		highest = max(highest, months[first.AddDate(0, m, 0).Format("2006-01")])
	}
	for m := range 12 {
		month := first.AddDate(0, m, 0).Format("2006-01")
		n := months[month]
		p.Months = append(p.Months, monthCell{
			Href: "/timeline?" + strings.TrimPrefix(monthQuery(month), "&") + keep, Label: v.l.MonthOnly(month),
			Count: n, Share: float64(n) / float64(highest), Here: strings.HasPrefix(p.From, month) && strings.HasPrefix(p.To, month),
		})
	}
}

// filterOf reads the filter of a list from its address.
func filterOf(q url.Values) (vault.Filter, error) {
	f := vault.Filter{From: q.Get("from"), To: q.Get("to"), Source: q.Get("source"), Before: q.Get("before")}
	for _, day := range []string{f.From, f.To} {
		if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
			return f, penates.Invalid
		}
	}
	if t := penates.Type(q.Get("type")); t != "" {
		if _, err := schema.Of(t); err != nil {
			return f, err
		}
		f.Types = []penates.Type{t}
	}
	return f, nil
}

// typeChoices lists the types the vault holds.
func (v *visit) typeChoices(chosen []penates.Type) (list []choice, err error) {
	counts, err := v.s.Counts(v.ctx())
	for _, c := range counts {
		list = append(list, choice{
			Value: string(c.Type), Label: v.l.N("type."+string(c.Type), 2), Count: c.Documents,
			Here: slices.Contains(chosen, c.Type), Href: "/documents?" + url.Values{"type": {string(c.Type)}}.Encode(),
		})
	}
	return list, err
}

// with returns the address u with one value of its query changed.
func with(u *url.URL, name, value string) string {
	q := u.Query()
	q.Del("done")
	if value == "" {
		q.Del(name)
	} else {
		q.Set(name, value)
	}
	return (&url.URL{Path: u.Path, RawQuery: q.Encode()}).String()
}
