package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"penates"
	"penates/internal/vault"
	"penates/internal/web/chart"
	"penates/internal/web/words"
)

// functions are what templates may call, speaking l.
func functions(l *words.Locale) template.FuncMap {
	return template.FuncMap{
		"t": l.T, "n": l.N, "num": l.Number, "money": l.Money, "plus": l.Signed, "cents": l.Cents,
		"quantity": l.Quantity, "stamp": l.Stamp, "when": l.When, "clock": l.Clock, "isoday": l.ISODay, "month": l.Month,
		"typename": func(t penates.Type) string { return l.N("type."+string(t), 1) },
		"source":   func(connector string) string { return sourceName(l, connector) },
		"name":     func(m vault.Summary) string { return nameOf(l, m.Type, m.Text) },
		"hour":     func(m vault.Summary) string { return hourOf(l, m) },
		"clocks":   func(from, to penates.Moment) string { return clocks(l, from, to) },
		"steps":    func(step, of int) template.HTML { return steps(l, step, of) },
		"typeicon": typeIcon, "icon": icon, "comesin": comesIn, "signed": isSigned,
		"meter": chart.Meter, "column": chart.Column, "marked": marked,
		"asset": func(name string) string { return assets().address[name] },
	}
}

func sourceName(l *words.Locale, connector string) string {
	if key := "source." + connector; l.Has(key) {
		return l.T(key)
	}
	return connector
}

// nameOf returns what a list calls a document. What formats say of meters in
// English is put into the person's language.
func nameOf(l *words.Locale, t penates.Type, text string) string {
	if t != penates.Energy && t != penates.Contracts {
		return titleOf(l, text)
	}
	for _, sep := range []string{", meter ", " meter "} {
		what, number, ok := strings.Cut(text, sep)
		if key := "meter." + strings.ToLower(what); ok && l.Has(key) {
			return l.T(key, number)
		}
	}
	return titleOf(l, text)
}

// hourOf returns the time of day a document happened at; a stretch of a series
// is about its whole day.
func hourOf(l *words.Locale, m vault.Summary) string {
	if m.Type == penates.Energy || m.Type == penates.Positions {
		return ""
	}
	return l.Clock(m.Start)
}

func titleOf(l *words.Locale, text string) string {
	if strings.TrimSpace(text) == "" {
		return l.T("document.untitled")
	}
	return text
}

// clocks writes when a point lies: a stretch of the day, or a day.
func clocks(l *words.Locale, from, to penates.Moment) string {
	if from.DateOnly() || to.IsZero() {
		return l.When(from)
	}
	if to.Time().Sub(from.Time()) >= 24*time.Hour {
		return l.Day(from) + " – " + l.Day(to)
	}
	return l.Clock(from) + "–" + l.Clock(to)
}

// comesIn reports whether money came in, which a list shows in colour besides
// its sign.
func comesIn(m vault.Summary) bool {
	return isSigned(m) && !m.Amount.Negative() && strings.Trim(string(m.Amount), "0.") != ""
}

// isSigned reports whether the amount is seen from the person's side.
func isSigned(m vault.Summary) bool { return m.Type == penates.BankOperations }

// marked escapes an excerpt and marks the words found in it.
func marked(why string, marks [][2]int) template.HTML {
	var b strings.Builder
	at := 0
	for _, m := range marks {
		if m[0] < at || m[1] < m[0] || m[1] > len(why) {
			continue
		}
		b.WriteString(template.HTMLEscapeString(why[at:m[0]]))
		b.WriteString("<mark>" + template.HTMLEscapeString(why[m[0]:m[1]]) + "</mark>")
		at = m[1]
	}
	b.WriteString(template.HTMLEscapeString(why[at:]))
	return template.HTML(b.String())
}

// steps shows how far a sequence of pages is.
func steps(l *words.Locale, step, of int) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<p class="soft small">%s</p><ul class="steps" aria-hidden="true">`, template.HTMLEscapeString(l.T("welcome.step", step, of)))
	for i := range of {
		if i < step {
			b.WriteString(`<li class="past"></li>`)
		} else {
			b.WriteString(`<li></li>`)
		}
	}
	b.WriteString(`</ul>`)
	return template.HTML(b.String())
}

// icons are drawn with a pen of 1.8 on 24 by 24.
var icons = map[string]string{
	"house":  "M4 11.500 12 5l8 6.500V20H4zM9.500 20v-5h5v5",
	"home":   "M3 11 12 4l9 7v9h-6v-6H9v6H3z",
	"time":   "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18m0 4v5l3 2",
	"lines":  "M4 7h16M4 12h16M4 17h10",
	"eye":    "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12m10-3a3 3 0 1 0 .1 0",
	"coin":   "M12 3a9 9 0 1 0 .1 0M14.500 9a4 4 0 1 0 0 6M7.500 11h5M7.500 13.500h4.500",
	"bolt":   "M13 2 4 14h7l-1 8 9-12h-7z",
	"heart":  "M12 20s-8-5-8-11a4.500 4.500 0 0 1 8-2.800A4.500 4.500 0 0 1 20 9c0 6-8 11-8 11z",
	"lock":   "M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3",
	"gear":   "M12 8.500a3.500 3.500 0 1 0 .1 0M12 2v3M12 19v3M2 12h3M19 12h3M4.900 4.900l2.100 2.100M17 17l2.100 2.100M4.900 19.100 7 17M17 7l2.100-2.100",
	"people": "M9 4.500a3.500 3.500 0 1 0 .1 0M2.500 20a6.500 6.500 0 0 1 13 0M16 5a3.300 3.300 0 0 1 0 6.400M18 14.500a6 6 0 0 1 3.500 5.500",
	"page":   "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
	"down":   "M12 4v11M7 11l5 5 5-5M4 20h16",
	"bin":    "M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13M10 11v5M14 11v5",
	"dots":   "M5 11a1 1 0 1 0 .1 0M12 11a1 1 0 1 0 .1 0M19 11a1 1 0 1 0 .1 0",
	"mail":   "M3 6h18v12H3zM3 7l9 7 9-7",
	"phone":  "M6 3h4l1.500 5-2.500 1.500a12 12 0 0 0 5.500 5.500L16 12.500l5 1.500v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2",
	"person": "M12 4a4 4 0 1 0 .1 0M4.500 21a7.500 7.500 0 0 1 15 0",
	"date":   "M4 6h16v14H4zM4 10h16M8 3v5M16 3v5",
	"tick":   "M4 4h16v16H4zM8 12l3 3 5-6",
	"pin":    "M12 21s-7-6.500-7-11.500a7 7 0 0 1 14 0C19 14.500 12 21 12 21m0-14a2.500 2.500 0 1 0 .1 0",
	"note":   "M5 4h14v11l-5 5H5zM14 20v-5h5",
	"card":   "M3 6h18v12H3zM7 15a2.500 2.500 0 0 1 5 0M9.500 9a1.600 1.600 0 1 0 .1 0M14.500 10h4M14.500 14h3",
	"bill":   "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
}

func icon(name string) template.HTML {
	return template.HTML(`<svg class="i" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"><path d="` + icons[name] + `"/></svg>`)
}

var typeIcons = map[penates.Type]string{
	penates.BankAccounts: "coin", penates.BankOperations: "coin", penates.Bills: "bill", penates.Orders: "bill",
	penates.Contracts: "page", penates.Energy: "bolt", penates.Health: "heart", penates.Positions: "pin",
	penates.Places: "pin", penates.Messages: "mail", penates.Calls: "phone", penates.Contacts: "person",
	penates.Events: "date", penates.Todos: "tick", penates.Files: "page", penates.Activities: "time",
	penates.Notes: "note", penates.Bookmarks: "note", penates.Identities: "card", penates.Claims: "page",
}

func typeIcon(t penates.Type) string {
	if name := typeIcons[t]; name != "" {
		return name
	}
	return "lines"
}
