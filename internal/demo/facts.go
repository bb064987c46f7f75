package demo

import "penates"

// Facts are what the household's sources tell, so that a test can compare what
// came out of a vault with what went in.
type Facts struct {
	Accounts      []Account
	Operations    int // of all accounts
	Bills         []Bill
	Points        int              // of the load curve
	WattHours     map[string]int64 // electricity by month, as in "2026-03"
	GasDays       int
	GasKWh        map[string]int64 // gas by month
	Messages      int
	Threads       int
	Attachments   int
	Contacts      int
	Events        int
	Todos         int
	Subscriptions []Subscription
}

// An Account is a bank account and its balances before and after the two years.
type Account struct {
	Label, Bank, Number, IBAN string
	Operations                int
	Opening, Closing, Sum     penates.Decimal
}

// A Bill is one invoice. Paid tells whether a debit of exactly Total was booked
// on the day Due; if not, Due is after the household's last day.
type Bill struct {
	Vendor, Number, Contract, Meter string
	Path                            string
	Issued, Due                     penates.Moment
	First, Last                     penates.Moment // the period, both days included
	Net, VAT, Total                 penates.Decimal
	KWh                             int64 // energy billed, 0 for other bills
	Paid                            bool
}

// A Subscription is paid every month. Prices lists what was paid, each price
// once, in order.
type Subscription struct {
	Vendor string
	Label  string // what the statements' wording contains
	Prices []penates.Decimal
}

// Facts counts and adds up what the household made.
func (h *Household) Facts() Facts {
	f := Facts{
		Operations: len(h.ledger.ops), Points: len(h.energy.curve), GasDays: len(h.energy.gas),
		WattHours: map[string]int64{}, GasKWh: map[string]int64{},
		Messages: len(h.mailbox.messages), Contacts: h.cards, Events: h.agenda.events, Todos: h.agenda.todos,
	}
	for n := range accounts {
		f.Accounts = append(f.Accounts, h.account(n))
	}
	for _, b := range h.bills {
		f.Bills = append(f.Bills, b.fact())
	}
	for d := h.plan.first; d <= h.plan.last; d++ {
		f.WattHours[d.String()[:7]] += h.energy.total[d]
	}
	for _, g := range h.energy.gas {
		f.GasKWh[g.on.String()[:7]] += int64(g.kWh)
	}
	for _, m := range h.mailbox.messages {
		if m.answers == nil {
			f.Threads++
		}
		if m.attachment != nil {
			f.Attachments++
		}
	}
	for _, s := range subscriptions {
		f.Subscriptions = append(f.Subscriptions, h.subscription(s))
	}
	return f
}

func (h *Household) account(n int) Account {
	a := accounts[n]
	var sum cents
	ops := h.ledger.of(n, h.plan.first, h.plan.last)
	for _, o := range ops {
		sum += o.amount
	}
	return Account{
		Label: a.label, Bank: companyOf(a.bank).name, Number: a.number, IBAN: a.iban(), Operations: len(ops),
		Opening: a.opening.decimal(), Closing: h.ledger.closing(n, h.plan.last).decimal(), Sum: sum.decimal(),
	}
}

func (i invoice) fact() Bill {
	return Bill{
		Vendor: i.vendor.name, Number: i.number, Contract: i.contract, Meter: i.meter, Path: i.path(),
		Issued: i.issued.moment(), Due: i.due.moment(), First: i.first.moment(), Last: i.last.moment(),
		Net: i.net.decimal(), VAT: i.vat.decimal(), Total: i.total().decimal(), KWh: i.kWh, Paid: i.paid,
	}
}

func (h *Household) subscription(s subscription) Subscription {
	label := companyOf(s.company).label
	paid := Subscription{Vendor: companyOf(s.company).name, Label: label}
	var last cents
	for _, o := range h.ledger.ops {
		if o.who == label && o.memo == capitals(s.what) && -o.amount != last {
			last = -o.amount
			paid.Prices = append(paid.Prices, last.decimal())
		}
	}
	return paid
}
