package demo

import "time"

// A plan is what the family does on which day. Bank, energy, mail, calendar and
// places are all told from it, which is why they agree.
type plan struct {
	first, last day // of the two years, both included
	stays       []stay
	outings     []outing
	visits      []visit
	orders      []order
	evenings    []evening
}

// horizon is how far ahead of its last day the family has plans.
const horizon = 90

// away returns the stay the family is on that day, if it sleeps elsewhere.
func (p *plan) away(d day) (stay, bool) {
	for _, s := range p.stays {
		if s.first <= d && d < s.last {
			return s, true
		}
	}
	return stay{}, false
}

func newPlan(seed uint64, first, last day) *plan {
	p := &plan{first: first, last: last}
	p.planStays(newDice(seed, "stays"))
	p.planOutings(newDice(seed, "outings"))
	p.planVisits(newDice(seed, "visits"))
	p.planOrders(newDice(seed, "orders"))
	p.planEvenings(newDice(seed, "evenings"))
	return p
}

// A site is somewhere on the map.
type site struct {
	name     string
	kind     string
	address  string
	lat, lon float64
}

var (
	homeSite = site{"Maison", "home", home, 47.4689, -0.5412}
	workSite = site{"Atelier Méridienne", "work", "22 mail des Jardiniers;49000;Angers", 47.4781, -0.5629}
)

// A stay is some nights away from home.
type stay struct {
	trip
	first, last day // last is the day they come home
	booked      day
	price       cents
	reference   string
}

// A trip is a kind of stay that comes back every year.
type trip struct {
	title   string
	site    site
	vendor  string // company that is booked with; "" at the family's
	train   bool
	start   func(year int) day
	nights  int
	price   cents
	ahead   int // days between booking and leaving
	daily   cents
	friends string // who is visited
}

var trips = []trip{
	{"Semaine au ski", site{"Chalet Les Épilobes", "holiday", "120 route des Alpages;74450;Le Grand-Bornand", 45.9418, 6.4283}, "location", false,
		func(y int) day { return closest(time.Saturday, date(y, time.February, 17)) }, 7, 89000, 95, 6400, ""},
	{"Pâques à Vannes", site{"Chez Odile et Yves", "family", "3 impasse des Goélands;56000;Vannes", 47.6582, -2.7607}, "", false,
		func(y int) day { return easter(y) - 2 }, 3, 0, 0, 3100, "odile"},
	{"Week-end à Strasbourg", site{"Hôtel du Héron cendré", "hotel", "8 quai des Pêcheurs;67000;Strasbourg", 48.5826, 7.7561}, "train", true,
		func(y int) day { return easter(y) + 38 }, 4, 41200, 62, 5900, "claire"},
	{"Vacances à Saint-Palais", site{"Gîte Les Pins maritimes", "holiday", "31 allée des Pins;17420;Saint-Palais-sur-Mer", 45.6431, -1.0902}, "location", false,
		func(y int) day { return closest(time.Saturday, date(y, time.July, 19)) }, 14, 129000, 130, 7200, ""},
	{"Quelques jours à Bordeaux", site{"Chez Antoine et Inès", "family", "27 quai des Brumes;33000;Bordeaux", 44.8522, -0.5665}, "train", true,
		func(y int) day { return closest(time.Saturday, date(y, time.October, 25)) }, 4, 18800, 40, 4300, "antoine"},
	{"Noël à Saumur", site{"Chez Hélène et Bernard", "family", "8 chemin des Peupliers;49400;Saumur", 47.2613, -0.0771}, "", false,
		func(y int) day { return date(y, time.December, 24) }, 3, 0, 0, 1800, "helene"},
}

func (p *plan) planStays(dice dice) {
	for year := p.first.year(); year <= (p.last + horizon).year(); year++ {
		for _, t := range trips {
			s := stay{trip: t, first: t.start(year), reference: "R" + dice.code(7)}
			s.last = s.first + day(t.nights)
			s.booked = s.first - day(t.ahead+dice.between(0, 9))
			s.price = dice.price(t.price, 6) / 100 * 100
			if s.first >= p.first && s.booked <= p.last && s.first <= p.last+horizon {
				p.stays = append(p.stays, s)
			}
		}
	}
}

// An eatery is where the family, or Camille at noon, eats out.
type eatery struct {
	site
	label string
	price cents
	lunch bool
}

var eateries = []eatery{
	{site{"La Table des Mariniers", "restaurant", "17 quai de la Savatte;49000;Angers", 47.4745, -0.5607}, "TABLE DES MARINIERS", 8600, false},
	{site{"Pizzeria Bella Riva", "restaurant", "6 rue de la Tannerie;49000;Angers", 47.4762, -0.5573}, "PIZZERIA BELLA RIVA", 5400, false},
	{site{"Crêperie du Chat Perché", "restaurant", "21 rue Saint-Fiacre;49000;Angers", 47.4707, -0.5519}, "CREPERIE CHAT PERCHE", 5100, false},
	{site{"Le Jardin de Saïgon", "restaurant", "50 boulevard des Acacias;49000;Angers", 47.4664, -0.5498}, "JARDIN DE SAIGON", 6200, false},
	{site{"Bistrot L'Ardoise bleue", "restaurant", "2 place du Pilori;49000;Angers", 47.4721, -0.5545}, "ARDOISE BLEUE", 7400, false},
	{site{"Guinguette des Trois-Mares", "restaurant", "Chemin de halage;49130;Les Ponts-de-Cé", 47.4287, -0.5241}, "GUINGUETTE 3 MARES", 6800, false},
	{site{"Cantine des Halles", "restaurant", "1 place des Halles;49000;Angers", 47.4729, -0.5561}, "CANTINE DES HALLES", 1390, true},
	{site{"Le Bol d'en face", "restaurant", "25 mail des Jardiniers;49000;Angers", 47.4783, -0.5621}, "LE BOL D EN FACE", 1250, true},
	{site{"Sandwicherie Miette", "restaurant", "11 rue Plantagenêt;49000;Angers", 47.4737, -0.5556}, "SANDWICHERIE MIETTE", 890, true},
}

// An outing is a meal out: a card payment and a while at a place.
type outing struct {
	eatery
	on     day
	hour   int
	minute int
	amount cents
}

func (p *plan) planOutings(dice dice) {
	for d := p.first; d <= p.last; d++ {
		if _, gone := p.away(d); gone {
			continue
		}
		lunch := d.working() && d.weekday() != time.Wednesday && dice.chance(42)
		dinner := (d.weekday() == time.Friday || d.weekday() == time.Saturday) && dice.chance(40) ||
			d.weekday() == time.Sunday && dice.chance(12)
		for _, at := range []struct {
			takes, lunch bool
			hour         int
		}{{lunch, true, 12}, {dinner, false, 19}} {
			if !at.takes {
				continue
			}
			e := pick(dice, eateries)
			for e.lunch != at.lunch {
				e = pick(dice, eateries)
			}
			p.outings = append(p.outings, outing{eatery: e, on: d, hour: at.hour, minute: dice.between(5, 55), amount: dice.price(e.price, 28)})
		}
	}
}

// A practitioner treats members of the family. Shares of the price are in
// percent; what neither pays is left to the family.
type practitioner struct {
	person  string
	what    string
	label   string
	price   cents
	public  int64 // share of the national insurance
	private int64 // share of the complementary insurance
	every   int   // days between visits
	hour    int
	remedy  cents // what the pharmacy may take the same day
	family  []string
}

var practitioners = []practitioner{
	{"medecin", "Consultation de médecine générale", "DR THEVENARD", 3000, 70, 30, 61, 17, 1480, []string{"camille", "lou", "malo", "julien"}},
	{"dentiste", "Contrôle dentaire", "DENTISTES DES LICES", 4600, 60, 40, 178, 9, 0, []string{"lou", "malo", "camille", "julien"}},
	{"ophtalmo", "Consultation d'ophtalmologie", "OPHTALMO LOIRE", 5500, 60, 25, 330, 11, 0, []string{"camille", "lou"}},
	{"kine", "Séance de kinésithérapie", "SOREL KINESITHERAPIE", 2210, 60, 40, 88, 18, 0, []string{"julien"}},
}

// A visit is one appointment.
type visit struct {
	practitioner
	on      day
	minute  int
	booked  day
	patient string
	drugs   cents
}

func (p *plan) planVisits(dice dice) {
	for _, doctor := range practitioners {
		next := p.first + day(dice.between(8, doctor.every))
		for n := 0; next <= p.last+horizon; n++ {
			d := next.nextWorking()
			for _, gone := p.away(d); gone; _, gone = p.away(d) {
				d = (d + 1).nextWorking()
			}
			v := visit{practitioner: doctor, on: d, minute: 15 * dice.between(0, 3), booked: d - day(dice.between(6, 35))}
			v.patient = doctor.family[n%len(doctor.family)]
			if doctor.remedy > 0 && dice.chance(70) {
				v.drugs = dice.price(doctor.remedy, 60)
			}
			if v.booked <= p.last {
				p.visits = append(p.visits, v)
			}
			next = d + day(doctor.every*dice.between(70, 130)/100)
		}
	}
}

// An article is something a shop on line sells.
type article struct {
	shop  string
	name  string
	price cents
}

// An order is one purchase on line.
type order struct {
	shop     string
	on       day
	number   string
	articles []article
	shipping cents
}

func (o order) total() cents {
	sum := o.shipping
	for _, a := range o.articles {
		sum += a.price
	}
	return sum
}

func (p *plan) planOrders(dice dice) {
	for d := p.first + 3; d <= p.last; d += day(dice.between(4, 15)) {
		shop := pick(dice, articles).shop
		o := order{shop: shop, on: d, number: companyOf(shop).label[:2] + "-" + dice.code(6)}
		for _, a := range articles {
			if a.shop == shop && dice.chance(38) && len(o.articles) < 3 {
				o.articles = append(o.articles, a)
			}
		}
		if len(o.articles) == 0 {
			continue
		}
		if o.total() < 4500 {
			o.shipping = 490
		}
		p.orders = append(p.orders, o)
	}
}

// An evening is a dinner at home or at friends'.
type evening struct {
	on     day
	hosts  string // key of who invites; "camille" at home
	guests []string
}

func (p *plan) planEvenings(dice dice) {
	couples := [][]string{{"nadia", "thomas"}, {"sophie", "marc"}, {"karim"}, {"elise"}, {"zoe"}, {"antoine", "ines"}}
	for d := p.first; d <= p.last+30; d++ {
		if _, gone := p.away(d); gone || d.weekday() != time.Saturday || !dice.chance(30) {
			continue
		}
		e := evening{on: d, hosts: owner.key, guests: pick(dice, couples)}
		if dice.chance(45) {
			e.hosts = e.guests[0]
		}
		p.evenings = append(p.evenings, e)
	}
}

var articles = []article{
	{"livres", "Roman « Les Marées d'équinoxe »", 2190},
	{"livres", "BD « Le Phare de papier », tome 2", 1550},
	{"livres", "Cahier de vacances CE2", 690},
	{"livres", "Atlas illustré des oiseaux", 2990},
	{"jardin", "Lot de 12 bulbes de tulipes", 1190},
	{"jardin", "Rosier grimpant", 2450},
	{"jardin", "Terreau 40 litres", 990},
	{"jardin", "Sécateur forgé", 3490},
	{"maison", "Lampe de bureau", 4990},
	{"maison", "Drap-housse 160 × 200", 2990},
	{"maison", "Casserole inox 20 cm", 3990},
	{"maison", "Étagère en pin", 5900},
	{"mode", "Jean enfant 10 ans", 2499},
	{"mode", "Pull en laine", 5900},
	{"mode", "Lot de 5 paires de chaussettes", 1290},
	{"mode", "Manteau de pluie", 6990},
	{"jeux", "Jeu de société « Archipel »", 3490},
	{"jeux", "Puzzle 500 pièces", 1690},
	{"jeux", "Boîte de briques 300 pièces", 2990},
	{"tech", "Casque audio", 7990},
	{"tech", "Câble USB-C 2 m", 1290},
	{"tech", "Cartouches d'encre", 3290},
	{"tech", "Disque SSD 1 To", 8490},
}
