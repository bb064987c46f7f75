package demo

import (
	"fmt"
	"strings"
	"time"
)

// A price holds from a month on, counted from the first of the two years.
type price struct {
	month  int
	amount cents
}

// priceAt returns the price that holds in the month, 0 when there is none.
func priceAt(prices []price, month int) (now cents) {
	for _, p := range prices {
		if p.month <= month {
			now = p.amount
		}
	}
	return now
}

// A subscription is paid on the same day every month. A price of 0 ends it.
type subscription struct {
	company  string
	what     string
	account  int
	dom      int
	kind     kind
	prices   []price
	category category
}

var subscriptions = []subscription{
	{"mobile", "Forfaits mobiles", current, 6, directDebit, []price{{0, 3198}, {12, 3598}}, telecom},
	{"sante", "Complémentaire santé", current, 8, directDebit, []price{{0, 11840}, {11, 12490}}, insurance},
	{"film", "Vidéo à la demande", card, 11, cardPayment, []price{{0, 1349}, {9, 1499}}, leisure},
	{"musique", "Musique en famille", card, 17, cardPayment, []price{{0, 1599}, {5, 1699}, {17, 1799}}, leisure},
	{"presse", "Abonnement au journal", current, 3, directDebit, []price{{0, 990}, {8, 1190}}, leisure},
	{"sport", "Salle de sport", current, 5, directDebit, []price{{0, 2990}, {14, 3290}}, leisure},
	{"nuage", "Stockage en ligne", card, 22, cardPayment, []price{{0, 299}}, telecom},
	{"toon", "Dessins animés", card, 14, cardPayment, []price{{6, 699}, {15, 0}}, leisure},
}

// months calls f with the first day and the number of each month the plan touches.
func (p *plan) months(f func(first day, n int)) {
	for n, m := 0, p.first.firstOfMonth(); m <= p.last; n, m = n+1, m.addMonths(1) {
		f(m, n)
	}
}

func (l *ledger) subscribe() {
	for _, s := range subscriptions {
		l.plan.months(func(first day, n int) {
			amount := priceAt(s.prices, n)
			if amount == 0 {
				return
			}
			l.add(operation{account: s.account, acted: first + day(s.dom-1), amount: -amount, kind: s.kind,
				who: companyOf(s.company).label, memo: capitals(s.what), category: s.category})
		})
	}
}

// earn books salaries, family allowance, the presents of the grandparents.
func (l *ledger) earn() {
	l.plan.months(func(first day, n int) {
		name := capitals(first.monthName()) + " " + fmt.Sprint(first.year())
		payday := (first + 26).nextWorking()
		l.receive(payday, "ATELIER MERIDIENNE", "SALAIRE "+name, priceAt([]price{{0, 241236}, {9, 248470}, {21, 252196}}, n), income)
		bonus := cents(0)
		if first.month() == time.November {
			bonus = 98000
		}
		l.receive((first.addMonths(1) - 3).nextWorking(), "IMPRIMERIE DES PONTS", "PAIE "+name, l.dice.price(208750, 3)+bonus, income)
		l.receive((first + 4).nextWorking(), "ALLOC FAMILIALES", "ALLOCATIONS "+name, priceAt([]price{{0, 14852}, {16, 15104}}, n), benefit)
		if first.month() == time.December || first.month() == time.May {
			l.receive((first + 12).nextWorking(), "MME DELAUNAY ODILE", "POUR LES PETITS", cents(l.dice.between(2, 4))*5000, benefit)
		}
	})
}

func (l *ledger) receive(d day, who, memo string, amount cents, c category) {
	l.add(operation{account: current, acted: d, booked: d, amount: amount, kind: transfer, who: who, memo: memo, category: c})
}

// keepHouse books the loan, the transfer to the card account, school, taxes and
// whoever is paid by cheque.
func (l *ledger) keepHouse() {
	debit := func(d day, who, memo string, amount cents, c category) {
		l.add(operation{account: current, acted: d, amount: -amount, kind: directDebit, who: who, memo: memo, category: c})
	}
	number := 7_410_022
	l.plan.months(func(first day, n int) {
		name := capitals(first.monthName()) + " " + fmt.Sprint(first.year())
		debit(first+4, "BANQUE DU TILLEUL", "ECHEANCE PRET IMMOBILIER 4415", 124842, housing)
		debit(first+4, "TILLEUL ASSURANCES", "ASSURANCE EMPRUNTEUR", 3120, insurance)
		feed := (first + 1).nextWorking()
		l.add(operation{account: current, acted: feed, booked: feed, amount: -55000, kind: transfer, who: "COMPTE COLI VASSEUR", memo: "VIREMENT PERMANENT", category: internal})
		l.add(operation{account: card, acted: feed, booked: feed, amount: 55000, kind: transfer, who: "COMPTE COURANT VASSEUR", memo: "VIREMENT PERMANENT", category: internal})
		if days := schoolDays(first); days > 0 {
			debit(first.addMonths(1)+9, "REGIE SCOLAIRE", "CANTINE "+name, cents(days)*2*385+cents(l.dice.between(0, 8))*210, school)
			number++
			l.add(operation{account: current, acted: first + 19, amount: -cents(days/4) * 2200, kind: cheque, who: fmt.Sprint(number), memo: "COURS DE PIANO", category: school})
		}
		switch first.month() {
		case time.October:
			debit(first+24, "FINANCES PUBLIQUES", "TAXE FONCIERE "+fmt.Sprint(first.year()), 118400+cents(n)*310, taxes)
			debit(first+15, "MAUFRAS CHAUFFAGE", "ENTRETIEN CHAUDIERE", 13900, housing)
		case time.September:
			debit(first+11, "AS CLOS VERMEIL", "LICENCE FOOTBALL", 16500, school)
		case time.March, time.June, time.December:
			debit(first+13, "REGIE DES EAUX", "FACTURE EAU", l.dice.price(9860, 12), housing)
		}
	})
}

func schoolDays(first day) (n int) {
	for d := first; d < first.addMonths(1); d++ {
		if schoolDay(d) {
			n++
		}
	}
	return n
}

// A habit is a shop the family goes to on some days of the week.
type habit struct {
	who     string
	account int
	percent [7]int // chance on each day, from Sunday
	price   cents
	spread  int
	c       category
}

var habits = []habit{
	{"MARCHE CERISE", current, [7]int{0, 4, 6, 14, 6, 26, 82}, 9450, 42, food},
	{"SUPERETTE DU MAIL", current, [7]int{14, 22, 26, 14, 28, 18, 4}, 2180, 55, food},
	{"BOULANGERIE EPI DORE", current, [7]int{62, 0, 22, 26, 22, 28, 46}, 640, 45, food},
	{"BIOCABANE", current, [7]int{0, 0, 8, 22, 4, 10, 12}, 3360, 45, food},
	{"STATION DES LICES", current, [7]int{3, 10, 7, 7, 9, 17, 11}, 6480, 24, transport},
	{"PARKING RALLIEMENT", current, [7]int{2, 3, 5, 8, 5, 7, 17}, 480, 55, transport},
	{"CINEMA LES REMPARTS", card, [7]int{8, 0, 0, 6, 0, 3, 6}, 2960, 30, leisure},
	{"PISCINE DES TROIS MARES", card, [7]int{9, 0, 0, 7, 0, 0, 5}, 1420, 20, leisure},
	{"CAFE DU PALAIS", card, [7]int{3, 4, 5, 4, 9, 14, 12}, 870, 50, restaurant},
	{"COIFFURE ANEMONE", current, [7]int{0, 0, 2, 2, 2, 4, 5}, 4200, 45, leisure},
	{"BRICO DES PONTS", current, [7]int{0, 2, 1, 2, 1, 2, 12}, 4350, 70, shopping},
	{"FLEURS DE LOIRE", current, [7]int{4, 0, 0, 0, 1, 2, 3}, 2450, 40, leisure},
	{"PRESSE DU CLOS", card, [7]int{5, 3, 3, 3, 3, 4, 9}, 590, 50, leisure},
}

// live books shops, meals out, orders, cash and evenings, day by day.
func (l *ledger) live() {
	for d := l.plan.first; d <= l.plan.last; d++ {
		if _, away := l.plan.away(d); away {
			continue
		}
		for _, h := range habits {
			if l.dice.chance(h.percent[d.weekday()]) && publicHoliday(d) == "" {
				l.pay(h.account, d, h.who, l.dice.price(h.price, h.spread), h.c)
			}
		}
		if _, _, dom := d.date(); dom == 4 || dom == 19 {
			l.add(operation{account: current, acted: d, amount: -cents(l.dice.between(2, 5)) * 2000, kind: cash, who: "RALLIEMENT", category: pocket})
		}
	}
	for _, o := range l.plan.outings {
		l.pay(current, o.on, o.label, o.amount, restaurant)
	}
	for _, o := range l.plan.orders {
		l.add(operation{account: card, acted: o.on, amount: -o.total(), kind: cardPayment, who: companyOf(o.shop).label, memo: "COMMANDE " + o.number, category: shopping})
	}
	for n, e := range l.plan.evenings {
		if e.hosts == owner.key && n%3 == 0 {
			who := capitals(personOf(e.guests[0]).name())
			l.receive((e.on + 2).nextWorking(), who, "MERCI POUR SAMEDI", cents(l.dice.between(3, 9))*500, benefit)
		}
	}
}

// goAway books what holidays cost: a deposit, the rest, and life there.
func (l *ledger) goAway() {
	for _, s := range l.plan.stays {
		if s.vendor != "" {
			vendor := companyOf(s.vendor).label
			deposit := s.price * 3 / 10
			l.add(operation{account: card, acted: s.booked, amount: -deposit, kind: cardPayment, who: vendor, memo: "ACOMPTE " + s.reference, category: holiday})
			l.add(operation{account: card, acted: s.first - 20, amount: -(s.price - deposit), kind: cardPayment, who: vendor, memo: "SOLDE " + s.reference, category: holiday})
		}
		town := capitals(strings.Split(s.site.address, ";")[2])
		for d := s.first; d <= s.last; d++ {
			if !s.train && (d == s.first || d == s.last) {
				l.pay(card, d, "AUTOROUTES DE L OUEST", l.dice.price(3120, 25), transport)
			}
			for range 1 + l.dice.IntN(2) {
				who := pick(l.dice, []string{"RESTAURANT ", "SUPERETTE ", "BOULANGERIE ", "CAFE ", "MARCHE "}) + town
				l.pay(card, d, who, l.dice.price(s.daily*2/3, 55), holiday)
			}
		}
	}
}

// care books what doctors and pharmacies take and the insurances give back: the
// national one within a week, less a flat two euros, the private one later.
func (l *ledger) care() {
	for _, v := range l.plan.visits {
		l.pay(current, v.on, v.label, v.price, health)
		if v.drugs > 0 {
			l.pay(current, v.on, "PHARMACIE DU MAIL", v.drugs, health)
		}
		name := personOf(v.patient).given
		memo := fmt.Sprintf("SOINS DU %s %s", v.on.slashed(), capitals(name))
		for _, r := range v.refunds() {
			l.receive(r.on, companyOf(r.company).label, memo, r.amount, benefit)
		}
	}
}

// A refund is what one insurance gives back for a visit.
type refund struct {
	company string
	on      day
	amount  cents
}

// refunds returns what the national insurance gives back for a visit, then what
// the complementary one does.
func (v visit) refunds() [2]refund {
	return [2]refund{
		{"cpam", (v.on + 6).nextWorking(), v.price.permille(v.public*10) - 200},
		{"sante", (v.on + 9).nextWorking(), v.price.permille(v.private * 10)},
	}
}
