package web

import (
	"html/template"
	"time"

	"penates"
	"penates/internal/insight"
	"penates/internal/vault"
	"penates/internal/web/chart"
	"penates/internal/web/words"
)

// A flow is what came in and went out of the bank accounts in a month, in
// hundredths of the currency.
type flow struct {
	Month        string
	In, Out, Net int64 // Out is positive
	Count        int
	Href         string
}

// flows returns the last months in which something moved, oldest first, in the
// currency most operations are in. Hundredths are summed as whole numbers.
func (v *visit) flows(months int) ([]flow, string, error) {
	rows, err := v.ask(`SELECT currency FROM bank_operations WHERE duplicate_of IS NULL GROUP BY currency ORDER BY count(*) DESC LIMIT 1`, 1)
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	currency := text(rows[0][0])
	rows, err = v.ask(`SELECT substr(day, 1, 7), sum(CASE WHEN amount > 0 THEN CAST(round(amount * 100) AS INTEGER) ELSE 0 END),
		sum(CASE WHEN amount < 0 THEN CAST(round(amount * -100) AS INTEGER) ELSE 0 END), count(*)
		FROM bank_operations WHERE day <> '' AND duplicate_of IS NULL AND coalesce(currency, '') = ? GROUP BY 1 ORDER BY 1 DESC LIMIT ?`, months, currency, months)
	if err != nil {
		return nil, "", err
	}
	flows := make([]flow, len(rows))
	for i, r := range rows {
		f := flow{Month: text(r[0]), In: integer(r[1]), Out: integer(r[2]), Count: int(integer(r[3]))}
		f.Net = f.In - f.Out
		f.Href = "/timeline?type=" + string(penates.BankOperations) + monthQuery(f.Month)
		flows[len(rows)-1-i] = f
	}
	return flows, currency, nil
}

// monthQuery returns the query of a page for the days of a month.
func monthQuery(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return ""
	}
	return "&from=" + t.Format(time.DateOnly) + "&to=" + t.AddDate(0, 1, -1).Format(time.DateOnly)
}

// flowChart shows money out as bars and money in as marks over them.
func (v *visit) flowChart(flows []flow, currency string) template.HTML {
	c := chart.Bars{Bars: make([]chart.Bar, len(flows))}
	months := make([]string, len(flows))
	var highest int64
	for i, f := range flows {
		months[i] = f.Month
		c.Bars[i] = chart.Bar{Value: float64(f.Out), Before: float64(f.In)}
		highest = max(highest, f.In, f.Out)
	}
	for i, label := range v.chartLabels(months, 6) {
		c.Bars[i].Label = label
	}
	c.Top = v.l.Cents(highest, currency)
	last := flows[len(flows)-1]
	c.Title = v.l.T("money.chart", v.l.Month(months[0]), v.l.Month(last.Month), v.l.Cents(last.Out, currency), v.l.Cents(last.In, currency))
	return c.HTML()
}

type moneyPage struct {
	Nothing        bool
	Lead, Currency string
	Accounts       []account
	Months         []flow
	Chart          template.HTML
	Changes        []change
	Recurring      []recurring
	Yearly         string
	Bills          []leg
	Latest         []vault.Summary
}

type account struct {
	ID            penates.DocumentID
	Name, Bank    string
	Day, Currency string
	Balance       penates.Decimal
}

type recurring struct {
	Document             penates.DocumentID
	Name, Rhythm, Next   string
	Amount, Yearly       penates.Decimal
	Currency             string
	Stopped, New, Varies bool
}

type change struct {
	Day, Sentence, Name string
	Document            penates.DocumentID
}

func (v *visit) money() error {
	p := moneyPage{Lead: v.l.T("money.what")}
	flows, currency, err := v.flows(25)
	if err != nil {
		return err
	}
	p.Months, p.Currency = flows, currency
	if len(flows) > 0 {
		p.Chart = v.flowChart(flows, currency)
	}
	if p.Accounts, err = v.accounts(); err != nil {
		return err
	}
	if err := v.recurring(&p); err != nil {
		return err
	}
	if p.Bills, err = v.latestBills(8); err != nil {
		return err
	}
	page, err := v.s.List(v.ctx(), vault.Filter{Types: []penates.Type{penates.BankOperations}, Limit: 10})
	if err != nil {
		return err
	}
	p.Latest = page.Items
	p.Nothing = len(p.Months) == 0 && len(p.Accounts) == 0 && len(p.Bills) == 0
	return v.show("money", p)
}

func (v *visit) accounts() (list []account, err error) {
	rows, err := v.ask(`SELECT id, label, kind, coalesce(nullif(iban, ''), number), institution, amount, currency, balanceDate
		FROM bank_accounts WHERE duplicate_of IS NULL ORDER BY amount DESC LIMIT 50`, 50)
	for _, r := range rows {
		list = append(list, account{
			ID: penates.DocumentID(text(r[0])), Name: v.accountName(text(r[1]), text(r[2]), text(r[3])), Bank: text(r[4]),
			Balance: amount(r[5]), Currency: text(r[6]), Day: text(r[7]),
		})
	}
	return list, err
}

// accountName returns the name an account was given, else what it is and the end
// of its number.
func (v *visit) accountName(label, kind, number string) string {
	if label != "" {
		return label
	}
	name := v.l.T("money.account")
	if key := "value.kind." + kind; v.l.Has(key) {
		name = words.Capital(v.l.T(key))
	}
	if n := []rune(number); len(n) > 4 {
		number = "…" + string(n[len(n)-4:])
	}
	return name + " " + number
}

// shownRecurring bounds the rows of the table of recurring payments.
const shownRecurring = 60

func (v *visit) recurring(p *moneyPage) error {
	result, err := remember(v, "recurring", insight.Recurring)
	if err != nil {
		return err
	}
	for _, r := range result.Payments {
		if r.Income || len(r.Operations) == 0 || len(p.Recurring) == shownRecurring {
			continue
		}
		p.Recurring = append(p.Recurring, recurring{
			Document: r.Operations[len(r.Operations)-1], Name: r.Name, Rhythm: v.rhythm(r), Next: r.Next,
			Amount: r.Amount, Yearly: r.Yearly, Currency: r.Currency, Stopped: r.Stopped, New: r.New,
		})
	}
	for _, t := range result.Totals {
		if t.Currency == p.Currency {
			p.Yearly = v.l.T("money.yearly", v.l.Money(t.Out, t.Currency), v.l.Money(t.MonthOut, t.Currency))
		}
	}
	for _, c := range result.Changes {
		if len(p.Changes) == 12 {
			break
		}
		p.Changes = append(p.Changes, change{c.Day, v.changeSentence(result, c), result.Payments[c.Payment].Name, c.Operation})
	}
	return nil
}

func (v *visit) rhythm(r insight.RecurringPayment) string {
	keys := map[insight.Cadence]string{
		insight.Monthly: "money.rhythm.month", insight.Bimonthly: "money.rhythm.two", insight.Quarterly: "money.rhythm.quarter",
		insight.HalfYearly: "money.rhythm.half", insight.Yearly: "money.rhythm.year",
	}
	text := v.l.N("money.rhythm.months", int(r.Cadence))
	if key := keys[r.Cadence]; key != "" {
		text = v.l.T(key)
	}
	if r.Varies {
		text += ", " + v.l.T("money.rhythm.varies")
	}
	return text
}

// changeSentence says what changed in a recurring payment.
func (v *visit) changeSentence(result *insight.RecurringResult, c insight.RecurringChange) string {
	r := result.Payments[c.Payment]
	key := "money.change."
	if r.Income {
		key = "money.income."
	}
	switch c.Kind {
	case insight.PriceRose, insight.PriceFell:
		return v.l.T(key+string(c.Kind), r.Name, v.l.Money(c.Old, r.Currency), v.l.Money(c.New, r.Currency))
	}
	return v.l.T(key+string(c.Kind), r.Name, v.l.Money(r.Amount, r.Currency))
}
