package demo

import (
	"fmt"
	"strings"
)

// A person is somebody of the household's life. Addresses are in the domains
// RFC 2606 reserves, telephone numbers in the ranges ARCEP keeps for fiction.
type person struct {
	key           string // short name used by the tables of this package
	given, family string
	mail, phone   string
	born          string // "2006-01-02", "--01-02" when the year is not known, or ""
	address       string // "street;postcode;town"
	group         string
	org, title    string
	note          string
}

func (p person) name() string { return strings.TrimSpace(p.given + " " + p.family) }

const home = "14 rue du Clos-Vermeil;49000;Angers"

// owner is the person the vault belongs to.
var owner = person{
	key: "camille", given: "Camille", family: "Vasseur", mail: "camille.vasseur@example.org", phone: "+33639980114",
	born: "1984-05-17", address: home, group: "Famille", org: "Atelier Méridienne", title: "Paysagiste",
}

// people is everyone in the address book, the owner aside.
var people = []person{
	{"julien", "Julien", "Vasseur", "julien.vasseur@example.org", "+33639980127", "1982-09-03", home, "Famille", "Imprimerie des Ponts", "Chef d'atelier", "Groupe sanguin O+"},
	{"lou", "Lou", "Vasseur", "", "+33639980133", "2014-02-21", home, "Famille", "", "", "Allergie : arachide"},
	{"malo", "Malo", "Vasseur", "", "", "2018-11-08", home, "Famille", "", "", ""},
	{"odile", "Odile", "Delaunay", "odile.delaunay@example.net", "+33261910122", "1956-12-02", "3 impasse des Goélands;56000;Vannes", "Famille", "", "", "Maman ; appeler plutôt le soir"},
	{"yves", "Yves", "Delaunay", "yves.delaunay@example.net", "+33639980141", "1953-07-29", "3 impasse des Goélands;56000;Vannes", "Famille", "", "", "Papa"},
	{"bernard", "Bernard", "Vasseur", "bernard.vasseur@example.net", "+33261910215", "1951-03-14", "8 chemin des Peupliers;49400;Saumur", "Famille", "", "", ""},
	{"helene", "Hélène", "Vasseur", "helene.vasseur@example.net", "+33261910215", "1954-10-19", "8 chemin des Peupliers;49400;Saumur", "Famille", "", "", ""},
	{"antoine", "Antoine", "Delaunay", "antoine.delaunay@example.com", "+33639980152", "1987-04-25", "27 quai des Brumes;33000;Bordeaux", "Famille", "", "", "Mon frère"},
	{"ines", "Inès", "Delaunay", "ines.delaunay@example.com", "+33639980159", "1989-08-11", "27 quai des Brumes;33000;Bordeaux", "Famille", "", "", ""},
	{"claire", "Claire", "Vasseur", "claire.vasseur@example.com", "+33639980166", "1980-01-30", "5 rue des Orfèvres;67000;Strasbourg", "Famille", "", "", "Sœur de Julien"},
	{"nadia", "Nadia", "Benhaddou", "nadia.benhaddou@example.org", "+33639980178", "1985-06-09", "41 boulevard des Acacias;49000;Angers", "Amis", "", "", "Marraine de Malo"},
	{"thomas", "Thomas", "Kerbrat", "thomas.kerbrat@example.org", "+33639980183", "--10-27", "41 boulevard des Acacias;49000;Angers", "Amis", "", "", ""},
	{"sophie", "Sophie", "Lindqvist", "sophie.lindqvist@example.com", "+33639980190", "1983-03-08", "19 rue du Pressoir;49130;Les Ponts-de-Cé", "Amis", "", "", ""},
	{"marc", "Marc", "Oudinet", "marc.oudinet@example.com", "+33639980205", "1981-11-22", "19 rue du Pressoir;49130;Les Ponts-de-Cé", "Amis", "", "", ""},
	{"zoe", "Zoé", "Amarante", "zoe.amarante@example.org", "+33639980216", "1986-02-14", "2 place du Vieux-Lavoir;44000;Nantes", "Amis", "", "", "Amie de la fac"},
	{"karim", "Karim", "Tessaoui", "karim.tessaoui@example.net", "+33639980221", "--05-05", "60 avenue des Ormeaux;49000;Angers", "Amis", "", "", ""},
	{"elise", "Élise", "Fontanel", "elise.fontanel@example.net", "+33639980238", "1984-07-01", "11 rue des Teinturiers;49000;Angers", "Amis", "", "", ""},
	{"paola", "Paola", "Marchesi", "p.marchesi@meridienne.example", "+33261910330", "", "22 mail des Jardiniers;49000;Angers", "Travail", "Atelier Méridienne", "Gérante", ""},
	{"gwen", "Gwenaël", "Riou", "g.riou@meridienne.example", "+33261910331", "", "22 mail des Jardiniers;49000;Angers", "Travail", "Atelier Méridienne", "Dessinateur", ""},
	{"sandra", "Sandra", "Okafor", "s.okafor@meridienne.example", "+33261910332", "", "22 mail des Jardiniers;49000;Angers", "Travail", "Atelier Méridienne", "Conductrice de travaux", ""},
	{"maitresse", "Delphine", "Roussillac", "d.roussillac@ecole-des-capucines.example", "", "", "6 rue des Capucines;49000;Angers", "École", "École des Capucines", "Enseignante", "Maîtresse de Malo"},
	{"directeur", "Pascal", "Quémener", "direction@ecole-des-capucines.example", "+33261910440", "", "6 rue des Capucines;49000;Angers", "École", "École des Capucines", "Directeur", ""},
	{"piano", "Irina", "Volkonska", "irina.volkonska@example.com", "+33639980249", "", "33 rue du Conservatoire;49000;Angers", "École", "", "Professeure de piano", "Cours de Lou le mercredi"},
	{"foot", "Jérôme", "Balavoine", "bureau@as-clos-vermeil.example", "+33639980254", "", "Stade des Trois-Mares;49000;Angers", "École", "AS Clos-Vermeil", "Entraîneur", ""},
	{"medecin", "Anne", "Thévenard", "secretariat@cabinet-du-mail.example", "+33261910551", "", "9 mail des Platanes;49000;Angers", "Santé", "Cabinet du Mail", "Médecin généraliste", ""},
	{"dentiste", "Rémi", "Castelnau", "rdv@dentistes-des-lices.example", "+33261910562", "", "4 place des Lices;49000;Angers", "Santé", "Dentistes des Lices", "Chirurgien-dentiste", ""},
	{"ophtalmo", "Fatou", "Diarrassou", "accueil@centre-vision-loire.example", "+33261910573", "", "70 boulevard de la Loire;49000;Angers", "Santé", "Centre Vision Loire", "Ophtalmologue", ""},
	{"kine", "Mathilde", "Sorel", "mathilde.sorel@example.net", "+33639980262", "", "15 rue des Tonneliers;49000;Angers", "Santé", "", "Masseuse-kinésithérapeute", ""},
	{"voisine", "Geneviève", "Abadie", "g.abadie@example.net", "+33639980275", "", "16 rue du Clos-Vermeil;49000;Angers", "Voisins", "", "", "A un double des clés"},
	{"plombier", "Didier", "Maufras", "contact@maufras-chauffage.example", "+33639980288", "", "Zone artisanale du Hutreau;49130;Les Ponts-de-Cé", "Artisans", "Maufras Chauffage", "Chauffagiste", "Entretien de la chaudière en octobre"},
}

// A company sends bills, takes payments or writes.
type company struct {
	key     string
	name    string
	label   string // as bank statements write it
	domain  string
	phone   string
	address string
	siren   string // the first eight digits of nine: they begin with 000, as no real ones do
}

var companies = []company{
	{"volt", "Voltelune", "VOLTELUNE", "voltelune.example", "+33199000101", "1 cours des Lumières;69000;Lyon", "00027182"},
	{"gaz", "Gaz Brindille", "GAZ BRINDILLE", "gaz-brindille.example", "+33199000112", "18 rue du Fourneau;75000;Paris", "00031415"},
	{"box", "Télébrume", "TELEBRUME", "telebrume.example", "+33199000123", "5 allée des Ondes;35000;Rennes", "00016180"},
	{"assur", "Mutuelle du Hérisson", "MUTUELLE DU HERISSON", "mutuelle-herisson.example", "+33199000134", "44 avenue des Haies;79000;Niort", "00014142"},
	{"sante", "Santé Pervenche", "SANTE PERVENCHE", "sante-pervenche.example", "+33199000145", "7 rue des Simples;37000;Tours", "00017320"},
	{"cpam", "Assurance maladie", "ASSURANCE MALADIE", "remboursements-maladie.example", "+33199000156", "", ""},
	{"banque", "Banque du Tilleul", "BANQUE DU TILLEUL", "banque-du-tilleul.example", "+33199000167", "10 place du Ralliement;49000;Angers", ""},
	{"carte", "Colibanque", "COLIBANQUE", "colibanque.example", "+33199000178", "", ""},
	{"mobile", "Mobilou", "MOBILOU", "mobilou.example", "+33199000189", "", ""},
	{"film", "Cinélune", "CINELUNE", "cinelune.example", "", "", ""},
	{"musique", "Ondine Musique", "ONDINE MUSIQUE", "ondine-musique.example", "", "", ""},
	{"presse", "Le Courrier des Rives", "COURRIER DES RIVES", "courrier-des-rives.example", "+33199000190", "", ""},
	{"sport", "Salle Mouvance", "SALLE MOUVANCE", "salle-mouvance.example", "+33261910660", "12 rue du Gymnase;49000;Angers", ""},
	{"nuage", "Nuagette", "NUAGETTE", "nuagette.example", "", "", ""},
	{"toon", "Toonette", "TOONETTE", "toonette.example", "", "", ""},
	{"mairie", "Mairie de quartier", "REGIE SCOLAIRE", "mairie-clos-vermeil.example", "+33261910770", "1 place de la Mairie;49000;Angers", ""},
	{"livres", "Librairie Contrepoint", "LIBRAIRIE CONTREPOINT", "librairie-contrepoint.example", "+33261910781", "3 rue des Poètes;49000;Angers", ""},
	{"jardin", "Pousse-Pousse Jardin", "POUSSE POUSSE JARDIN", "poussepousse-jardin.example", "", "", ""},
	{"maison", "Maison Fougère", "MAISON FOUGERE", "maison-fougere.example", "", "", ""},
	{"mode", "Fil & Coton", "FIL ET COTON", "fil-et-coton.example", "", "", ""},
	{"jeux", "Le Petit Dirigeable", "PETIT DIRIGEABLE", "petit-dirigeable.example", "", "", ""},
	{"tech", "Microtruc", "MICROTRUC", "microtruc.example", "", "", ""},
	{"voyage", "Itinéria", "ITINERIA", "itineria.example", "+33199000193", "", ""},
	{"train", "Rail & Rives", "RAIL ET RIVES", "rail-et-rives.example", "+33199000194", "", ""},
	{"location", "Gîtes du Large", "GITES DU LARGE", "gites-du-large.example", "+33199000195", "", ""},
}

func personOf(key string) person {
	if key == owner.key {
		return owner
	}
	for _, p := range people {
		if p.key == key {
			return p
		}
	}
	return person{key: key, given: key} // no table of this package names one; its tests see to it
}

func companyOf(key string) company {
	for _, c := range companies {
		if c.key == key {
			return c
		}
	}
	return company{key: key, name: key, label: key, domain: key + ".example"} // as in personOf
}

// sender returns the company as somebody who writes.
func (c company) sender() person {
	return person{key: c.key, given: c.name, mail: "bonjour@" + c.domain, phone: c.phone, address: c.address}
}

// addressLine returns "street, postcode town" of an address of the tables.
func addressLine(a string) string {
	part := strings.Split(a, ";")
	if len(part) != 3 {
		return a
	}
	return part[0] + ", " + part[1] + " " + part[2]
}

// inGroup returns the people of a group who have an e-mail address.
func inGroup(group string) (found []person) {
	for _, p := range people {
		if p.group == group && p.mail != "" {
			found = append(found, p)
		}
	}
	return found
}

// contacts writes the address book as vCard 4 (RFC 6350).
func contacts() (file []byte, cards int) {
	var w lines
	for _, p := range append([]person{owner}, people...) {
		p.card(&w)
		cards++
	}
	for _, c := range companies {
		c.card(&w)
		cards++
	}
	return w.bytes(), cards
}

func (p person) card(w *lines) {
	w.put("BEGIN", "VCARD")
	w.put("VERSION", "4.0")
	w.put("UID", "urn:uuid:"+uuid("card:"+p.key))
	w.put("KIND", "individual")
	w.put("FN", escaped(p.name()))
	w.put("N", escaped(p.family)+";"+escaped(p.given)+";;;")
	w.optional("EMAIL;PREF=1;TYPE=home", p.mail)
	w.optional("TEL;VALUE=uri;TYPE=cell", tel(p.phone))
	w.optional("BDAY", basicDate(p.born))
	w.optional("ORG", escaped(p.org))
	w.optional("TITLE", escaped(p.title))
	postal(w, "ADR;TYPE=home", p.address)
	w.optional("NOTE", escaped(p.note))
	w.put("CATEGORIES", escaped(p.group))
	w.put("END", "VCARD")
}

func (c company) card(w *lines) {
	w.put("BEGIN", "VCARD")
	w.put("VERSION", "4.0")
	w.put("UID", "urn:uuid:"+uuid("card:"+c.key))
	w.put("KIND", "org")
	w.put("FN", escaped(c.name))
	w.put("ORG", escaped(c.name))
	w.put("EMAIL;TYPE=work", c.sender().mail)
	w.optional("TEL;VALUE=uri;TYPE=work,voice", tel(c.phone))
	w.put("URL", "https://www."+c.domain+"/")
	postal(w, "ADR;TYPE=work", c.address)
	w.put("CATEGORIES", "Entreprises")
	w.put("END", "VCARD")
}

func postal(w *lines, property, address string) {
	if part := strings.Split(address, ";"); len(part) == 3 {
		w.put(property, fmt.Sprintf(";;%s;%s;;%s;France", escaped(part[0]), escaped(part[2]), part[1]))
	}
}

func tel(number string) string {
	if number == "" {
		return ""
	}
	return "tel:" + number
}

// basicDate writes a birthday in the basic format of ISO 8601 that vCard 4 asks
// for: "19840517", "--1027".
func basicDate(born string) string {
	if rest, ok := strings.CutPrefix(born, "--"); ok {
		return "--" + strings.ReplaceAll(rest, "-", "")
	}
	return strings.ReplaceAll(born, "-", "")
}

// sirenNumber returns the company's SIREN with its Luhn digit.
func (c company) sirenNumber() string {
	sum := 0
	for i, r := range c.siren {
		n := int(r - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return c.siren + fmt.Sprint((10-sum%10)%10)
}

// vatNumber returns the French VAT number that belongs to the SIREN.
func (c company) vatNumber() string {
	var n int
	for _, r := range c.sirenNumber() {
		n = n*10 + int(r-'0')
	}
	return fmt.Sprintf("FR%02d%s", (12+3*(n%97))%97, c.sirenNumber())
}
