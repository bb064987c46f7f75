package demo

import (
	"fmt"
	"time"
)

// An invoice is one bill the family gets. Its amounts follow from its lines.
type invoice struct {
	vendor      company
	number      string
	contract    string
	customer    string
	title       string
	issued, due day
	paid        bool // the debit was booked by the last day
	first, last day  // the period billed, both included
	lines       []invoiceLine
	taxes       []tax
	net, vat    cents
	kWh         int64
	meter       string
}

func (i invoice) total() cents { return i.net + i.vat }

// path is where the household keeps the bill.
func (i invoice) path() string {
	return fmt.Sprintf("factures/%s/%s.pdf", i.vendor.key, i.number)
}

// An invoiceLine is quantity × price. Rates of VAT are in thousandths; 0 is exempt.
type invoiceLine struct {
	label    string
	quantity int64
	unit     string // UN/ECE Recommendation 20
	price    micros
	rate     int64
}

func (l invoiceLine) net() cents { return l.price.times(l.quantity) }

// A tax is the VAT of all lines of one rate.
type tax struct {
	rate          int64
	basis, amount cents
}

// settle adds up the lines and the VAT by rate (EN 16931, BR-CO-10 to BR-CO-17).
func (i *invoice) settle() {
	for _, line := range i.lines {
		n := 0
		for n < len(i.taxes) && i.taxes[n].rate != line.rate {
			n++
		}
		if n == len(i.taxes) {
			i.taxes = append(i.taxes, tax{rate: line.rate})
		}
		i.taxes[n].basis += line.net()
	}
	for n := range i.taxes {
		t := &i.taxes[n]
		t.amount = t.basis.permille(t.rate)
		i.net += t.basis
		i.vat += t.amount
	}
}

// A tariff is the prices of a contract from a month on, counted from the first
// month billed.
type tariff struct {
	month        int
	subscription micros // a month, before VAT
	kWh          micros // before VAT
}

// at returns the tariff that holds in the month.
func at(tariffs []tariff, month int) tariff {
	now := tariffs[0]
	for _, t := range tariffs {
		if t.month <= month {
			now = t
		}
	}
	return now
}

var (
	electricityTariffs = []tariff{{0, 15_960000, 167200}, {12, 16_480000, 178900}}
	gasTariffs         = []tariff{{0, 9_120000, 87400}, {14, 9_480000, 92100}}
	boxTariffs         = []tariff{{0, 33_250000, 0}, {13, 35_750000, 0}}
	insuranceTariffs   = []tariff{{0, 47_600000, 0}, {12, 50_400000, 0}}
)

// A supplier is a company with a contract that bills every so many months.
type supplier struct {
	company   string
	title     string
	kind      string // of the contract, as schema.Contract has it
	offer     string // what the contract is called
	prefix    string // of its invoice numbers
	contract  string
	customer  string
	meter     string
	every     int  // months
	inAdvance bool // bills the period that begins, not the one that ended
	lines     func(c *consumption, origin day, i *invoice, months, index int)
}

var suppliers = []supplier{
	{"volt", "Facture d'électricité", "electricity", "Offre Lune bleue, option Base", "VL", "VL-5520-8841", "C5520884", prm, 1, false, electricityLines},
	{"gaz", "Facture de gaz naturel", "gas", "Gaz Sérénité, classe B0", "GB", "GB-77-301942", "301942", pce, 2, false, gasLines},
	{"box", "Facture internet et téléphone", "telecom", "Fibre et téléphone fixe", "TB", "TB0261910114", "88120417", "", 1, true, boxLines},
	{"assur", "Avis d'échéance auto et habitation", "insurance", "Auto Tous risques et Habitation 4 pièces", "MH", "MH-2019-45521", "A45521V", "", 3, true, insuranceLines},
}

// billsOf makes the bills of all suppliers, in order of issue, for the whole
// months between the plan's first and last day.
func billsOf(seed uint64, p *plan, c *consumption) (bills []invoice) {
	origin := p.first.firstOfMonth()
	if origin < p.first {
		origin = origin.addMonths(1)
	}
	for _, s := range suppliers {
		dice := newDice(seed, "bills "+s.company)
		for m := 0; ; m += s.every {
			i := invoice{vendor: companyOf(s.company), title: s.title, contract: s.contract, customer: s.customer, meter: s.meter}
			i.first = origin.addMonths(m)
			i.last = origin.addMonths(m+s.every) - 1
			wait := dice.between(10, 11)
			i.issued = (i.last + day(dice.between(2, 4))).nextWorking()
			if s.inAdvance {
				i.issued = i.first.nextWorking()
			}
			if i.issued > p.last {
				break
			}
			i.due = (i.issued + day(wait)).nextWorking()
			i.paid = i.due <= p.last
			year, month, _ := i.issued.date()
			i.number = fmt.Sprintf("%s-%d-%02d%s", s.prefix, year, month, dice.code(4))
			s.lines(c, p.first, &i, s.every, m)
			i.settle()
			bills = append(bills, i)
		}
	}
	sortBy(bills, func(i invoice) string { return i.issued.String() + i.number })
	return bills
}

// electricityLines follows the French rule on VAT: 5.5 % on the subscription
// until July 2025, 20 % on everything since.
func electricityLines(c *consumption, origin day, i *invoice, months, index int) {
	t := at(electricityTariffs, index)
	i.kWh = c.kWh(origin, i.first, i.last)
	i.lines = []invoiceLine{
		{"Abonnement 9 kVA, option Base", int64(months), "MON", t.subscription, subscriptionVAT(i.first)},
		{"Électricité consommée", i.kWh, "KWH", t.kWh, 200},
	}
}

func gasLines(c *consumption, _ day, i *invoice, months, index int) {
	t := at(gasTariffs, index)
	i.kWh = c.gasKWh(i.first, i.last)
	i.lines = []invoiceLine{
		{"Abonnement gaz, classe B0", int64(months), "MON", t.subscription, subscriptionVAT(i.first)},
		{"Gaz naturel consommé", i.kWh, "KWH", t.kWh, 200},
	}
}

func boxLines(_ *consumption, _ day, i *invoice, months, index int) {
	i.lines = []invoiceLine{{"Forfait Fibre et téléphone fixe", int64(months), "MON", at(boxTariffs, index).subscription, 200}}
}

// insuranceLines bills premiums, which bear no VAT (CGI art. 261 C).
func insuranceLines(_ *consumption, _ day, i *invoice, months, index int) {
	premium := at(insuranceTariffs, index).subscription
	car := premium * 2 / 3 / 10000 * 10000
	i.lines = []invoiceLine{
		{"Assurance automobile, formule Tous risques", int64(months), "MON", car, 0},
		{"Assurance habitation, 4 pièces", int64(months), "MON", premium - car, 0},
	}
}

func subscriptionVAT(d day) int64 {
	if d < date(2025, time.August, 1) {
		return 55
	}
	return 200
}

// pdf prints the invoice and attaches its data.
func (i invoice) pdf() []byte {
	return pdf{page: i.page(), made: i.issued, xml: i.xml(), profile: "EN 16931"}.bytes()
}

// page lays the invoice out for people.
func (i invoice) page() page {
	p := page{title: fmt.Sprintf("%s %s - %s", i.title, i.number, i.vendor.name), rules: []int{560}}
	add := func(x, y, size int, bold bool, text string) {
		p.texts = append(p.texts, printed{x: x, y: y, size: size, bold: bold, text: text})
	}
	amount := func(y int, bold bool, label string, c cents) {
		add(330, y, 10, bold, label)
		p.texts = append(p.texts, printed{x: 545, y: y, size: 10, bold: bold, right: true, text: c.euros()})
	}
	add(50, 780, 18, true, i.vendor.name)
	add(50, 764, 9, false, addressLine(i.vendor.address))
	add(50, 752, 9, false, "SIREN "+i.vendor.sirenNumber()+" - TVA "+i.vendor.vatNumber())
	add(330, 720, 10, false, owner.name())
	add(330, 706, 10, false, addressLine(owner.address))
	add(50, 670, 14, true, i.title)
	add(50, 652, 10, false, fmt.Sprintf("Facture n° %s du %s", i.number, i.issued.french()))
	add(50, 638, 10, false, fmt.Sprintf("Contrat %s - client %s", i.contract, i.customer))
	add(50, 624, 10, false, fmt.Sprintf("Période du %s au %s", i.first.slashed(), i.last.slashed()))
	if i.meter != "" {
		add(50, 610, 10, false, "Point de livraison "+i.meter)
	}
	add(50, 566, 10, true, "Désignation")
	y := 542
	for _, line := range i.lines {
		add(50, y, 10, false, fmt.Sprintf("%s : %s × %s € HT", line.label, unitWords(line), commaPrice(line.price)))
		p.texts = append(p.texts, printed{x: 545, y: y, size: 10, right: true, text: line.net().euros()})
		y -= 18
	}
	p.rules = append(p.rules, y+4)
	amount(y-14, false, "Total HT", i.net)
	y -= 14
	for _, t := range i.taxes {
		y -= 16
		amount(y, false, "TVA "+rateWords(t.rate), t.amount)
	}
	amount(y-18, true, "Total TTC", i.total())
	add(50, y-50, 10, false, fmt.Sprintf("Montant prélevé le %s sur votre compte %s.", i.due.slashed(), accounts[current].iban()))
	return p
}
