package demo

import (
	"fmt"
	"strings"
	"time"
)

// A mailbox is what Camille wrote and received in the two years.
type mailbox struct {
	plan     *plan
	dice     dice
	messages []*message
}

func newMailbox(seed uint64, p *plan, bills []invoice) *mailbox {
	m := &mailbox{plan: p, dice: newDice(seed, "mail")}
	m.talk()
	m.schoolNews()
	m.billNotices(bills)
	m.priceNotices()
	m.shopNotices()
	m.travelNotices()
	m.careNotices()
	m.invitations()
	m.statements()
	sortBy(m.messages, func(msg *message) string { return msg.at.UTC().Format(time.RFC3339) })
	return m
}

// write adds a message, unless the two years end before it or have not begun.
func (m *mailbox) write(msg message) *message {
	sent := dayOf(msg.at)
	if sent < m.plan.first || sent > m.plan.last || msg.from.mail == "" || len(msg.to) == 0 {
		return nil
	}
	_, domain, _ := strings.Cut(msg.from.mail, "@")
	msg.id = fmt.Sprintf("%s.%04d@%s", msg.at.UTC().Format("20060102150405"), len(m.messages), domain)
	m.messages = append(m.messages, &msg)
	return &msg
}

// converse writes a conversation line by line; a line that falls outside of the
// two years ends it.
func (m *mailbox) converse(begin day, other person, ownerFirst bool, subject string, lines []string) {
	at := begin.at(m.dice.between(8, 20), m.dice.between(0, 59))
	from, to := other, owner
	if ownerFirst {
		from, to = owner, other
	}
	var last *message
	for n, line := range lines {
		words := subject
		if n > 0 {
			words = "Re: " + subject
		}
		text := line + "\n\n" + from.given
		if last != nil && m.dice.chance(60) {
			text += "\n\n" + quote(last)
		}
		msg := m.write(message{at: at, from: from, to: []person{to}, subject: words, text: text, answers: last})
		if msg == nil {
			return
		}
		last, from, to = msg, to, from
		at = m.answerTime(at)
	}
}

// answerTime is when somebody answers: within a day, and not at night.
func (m *mailbox) answerTime(at time.Time) time.Time {
	at = paris(at.Add(time.Duration(m.dice.between(12, 800)) * time.Minute))
	if at.Hour() < 7 {
		at = dayOf(at).at(7, m.dice.between(15, 59))
	} else if at.Hour() > 22 {
		at = (dayOf(at) + 1).at(8, m.dice.between(0, 59))
	}
	return at
}

func nextSaturday(d day) day { return d + day((6-int(d.weekday())+7)%7) }

// quote returns what a mail program puts below an answer.
func quote(m *message) string {
	text, _, _ := strings.Cut(m.text, "\n\nLe ")
	var b strings.Builder
	fmt.Fprintf(&b, "Le %s à %s, %s a écrit :\n", dayOf(m.at).french(), m.at.Format("15:04"), m.from.name())
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString("> " + line + "\n")
	}
	return strings.TrimSpace(b.String())
}

// talk plays every script once a year, those for any month twice.
func (m *mailbox) talk() {
	m.plan.months(func(first day, n int) {
		for i, s := range scripts {
			if s.month != first.month() && (s.month != 0 || (n+i)%6 != 0) {
				continue
			}
			circle := inGroup(s.group)
			other := circle[(n/12+i)%len(circle)]
			if other.key == "julien" {
				other = personOf("odile")
			}
			begin := first + day(m.dice.between(1, 24))
			m.converse(begin, other, s.owner, s.subject, filled(s.lines, other, begin))
		}
	})
}

// filled puts names and days in the lines of a script.
func filled(lines []string, other person, begin day) (out []string) {
	soon := nextSaturday(begin + 3)
	words := strings.NewReplacer("{prenom}", other.given, "{jour}", strings.TrimSuffix(soon.french(), fmt.Sprintf(" %d", soon.year())), "{annee}", fmt.Sprint(begin.year()))
	for _, line := range lines {
		out = append(out, words.Replace(line))
	}
	return out
}

func (m *mailbox) schoolNews() {
	for year := m.plan.first.year(); year <= m.plan.last.year(); year++ {
		for _, c := range circulars {
			on := date(year, c.month, c.dom).nextWorking()
			subject := c.subject
			text := strings.ReplaceAll(c.text, "{annee}", fmt.Sprint(year))
			msg := message{at: on.at(m.dice.between(9, 17), m.dice.between(0, 59)), from: personOf(c.from), to: []person{owner}, cc: []person{personOf("julien")}, subject: subject, text: text}
			if c.sheet {
				msg.attachment = sheet(subject, text, on)
			}
			m.write(msg)
		}
	}
}

// sheet prints a text as a page to be attached.
func sheet(title, text string, made day) *attachment {
	p := page{title: title, texts: []printed{{x: 50, y: 780, size: 16, bold: true, text: title}}}
	y := 740
	for paragraph := range strings.SplitSeq(text, "\n") {
		for _, line := range wrapped(paragraph, 88) {
			p.texts = append(p.texts, printed{x: 50, y: y, size: 11, text: line})
			y -= 16
		}
	}
	name := strings.ToLower(strings.NewReplacer(" ", "-", ":", "").Replace(capitals(title)))
	return &attachment{name: name + ".pdf", mime: "application/pdf", content: pdf{page: p, made: made}.bytes()}
}

// wrapped breaks a paragraph into lines of at most width characters.
func wrapped(paragraph string, width int) (out []string) {
	line := ""
	for word := range strings.FieldsSeq(paragraph) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			out = append(out, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(out, line)
}

// notice writes a message of a company to Camille.
func (m *mailbox) notice(d day, from company, subject, text string, a *attachment) {
	m.write(message{at: d.at(m.dice.between(6, 19), m.dice.between(0, 59)), from: from.sender(), to: []person{owner},
		subject: subject, text: text, rich: true, attachment: a})
}

func (m *mailbox) billNotices(bills []invoice) {
	for _, b := range bills {
		text := fmt.Sprintf("Bonjour Camille Vasseur,\n\nVotre facture n° %s du %s est disponible dans votre espace client.\n\nMontant : %s TTC\nPériode : du %s au %s\nPrélèvement le %s\nContrat : %s\n\nL'équipe %s",
			b.number, b.issued.slashed(), b.total().euros(), b.first.slashed(), b.last.slashed(), b.due.slashed(), b.contract, b.vendor.name)
		var a *attachment
		if b.vendor.key == "assur" || b.vendor.key == "gaz" {
			a = &attachment{name: b.number + ".pdf", mime: "application/pdf", content: b.pdf()}
		}
		m.notice(b.issued, b.vendor, "Votre facture "+b.vendor.name+" est disponible", text, a)
	}
}

// priceNotices announces every change of price a month before it comes.
func (m *mailbox) priceNotices() {
	m.plan.months(func(first day, n int) {
		for _, s := range subscriptions {
			before, now := priceAt(s.prices, n), priceAt(s.prices, n+1)
			if before == now || before == 0 && now == 0 {
				continue
			}
			from, begins := companyOf(s.company), first.addMonths(1)
			subject, text := "Votre abonnement évolue", fmt.Sprintf("à partir du %s, votre abonnement « %s » passera de %s à %s par mois. Vous pouvez le résilier à tout moment, sans frais.", begins.slashed(), s.what, before.euros(), now.euros())
			switch {
			case now == 0:
				subject, text = "Confirmation de résiliation", fmt.Sprintf("votre abonnement « %s » prend fin le %s. Nous espérons vous revoir bientôt.", s.what, begins.slashed())
			case before == 0:
				subject, text = "Bienvenue !", fmt.Sprintf("votre abonnement « %s » commence le %s, pour %s par mois, sans engagement.", s.what, begins.slashed(), now.euros())
			}
			m.notice(first+1, from, subject, "Bonjour Camille,\n\nNous vous informons que "+text+"\n\nÀ bientôt,\n"+from.name, nil)
		}
	})
}

func (m *mailbox) shopNotices() {
	for _, o := range m.plan.orders {
		shop := companyOf(o.shop)
		var list strings.Builder
		for _, a := range o.articles {
			fmt.Fprintf(&list, "- %s : %s\n", a.name, a.price.euros())
		}
		if o.shipping > 0 {
			fmt.Fprintf(&list, "- Livraison : %s\n", o.shipping.euros())
		}
		m.notice(o.on, shop, "Votre commande "+o.number, fmt.Sprintf("Bonjour Camille,\n\nMerci pour votre commande n° %s.\n\n%s\nTotal payé par carte : %s\n\n%s", o.number, list.String(), o.total().euros(), shop.name), nil)
		if m.dice.chance(55) {
			m.notice(o.on+day(m.dice.between(1, 4)), shop, "Votre colis est en route", fmt.Sprintf("Bonjour Camille,\n\nVotre commande n° %s a été confiée au transporteur. Livraison prévue sous 48 h au 14 rue du Clos-Vermeil.\n\n%s", o.number, shop.name), nil)
		}
	}
}

func (m *mailbox) travelNotices() {
	for _, s := range m.plan.stays {
		if s.vendor == "" {
			continue
		}
		from := companyOf(s.vendor)
		text := fmt.Sprintf("Bonjour Camille,\n\nVotre réservation %s est confirmée.\n\n%s\n%s\nDu %s au %s, 4 personnes\nPrix total : %s\nAcompte payé : %s\n\nBon voyage !\n%s",
			s.reference, s.site.name, addressLine(s.site.address), s.first.french(), s.last.french(), s.price.euros(), (s.price * 3 / 10).euros(), from.name)
		m.notice(s.booked, from, "Confirmation de réservation "+s.reference, text, sheet("Réservation "+s.reference, text, s.booked))
		m.notice(s.first-5, from, "Votre départ approche", fmt.Sprintf("Bonjour Camille,\n\nPlus que cinq jours avant %s. Rendez-vous le %s à %s, référence %s.\n\n%s", s.title, s.first.french(), s.site.name, s.reference, from.name), nil)
	}
}

func (m *mailbox) careNotices() {
	for _, v := range m.plan.visits {
		doctor := personOf(v.person)
		when := fmt.Sprintf("%s à %d h %02d", v.on.french(), v.hour, v.minute)
		who := personOf(v.patient).given
		at := v.booked.at(m.dice.between(9, 17), m.dice.between(0, 59))
		m.write(message{at: at, from: doctor, to: []person{owner}, subject: "Rendez-vous confirmé",
			text: fmt.Sprintf("Bonjour,\n\nLe rendez-vous de %s (%s) est confirmé pour le %s.\n\n%s\n%s", who, strings.ToLower(v.what), when, doctor.name(), addressLine(doctor.address))})
		m.write(message{at: (v.on - 1).at(10, m.dice.between(0, 59)), from: doctor, to: []person{owner}, subject: "Rappel : rendez-vous demain",
			text: fmt.Sprintf("Bonjour,\n\nNous vous rappelons le rendez-vous de %s, %s. Merci de prévenir en cas d'empêchement.\n\n%s", who, when, doctor.name())})
		public := v.refunds()[0]
		m.notice(public.on+1, companyOf(public.company), "Nouveau remboursement", fmt.Sprintf("Bonjour,\n\nUn remboursement de %s a été versé le %s pour les soins du %s (%s).\n\nAssurance maladie",
			public.amount.euros(), public.on.slashed(), v.on.slashed(), who), nil)
	}
}

// invitations are the mails behind the evenings of the calendar.
func (m *mailbox) invitations() {
	for _, e := range m.plan.evenings {
		other := personOf(e.guests[0])
		when := strings.TrimSuffix(e.on.french(), fmt.Sprintf(" %d", e.on.year()))
		begin := e.on - day(m.dice.between(6, 16))
		if e.hosts == owner.key {
			m.converse(begin, other, true, "Dîner "+when, []string{
				fmt.Sprintf("Coucou %s,\n\nVous venez dîner à la maison %s, vers 19 h 30 ? Ce sera simple : %s.", other.given, when, pick(m.dice, dishes)),
				pick(m.dice, acceptances)})
		} else {
			m.converse(begin, other, false, "Dîner "+when, []string{
				fmt.Sprintf("Camille, on vous attend %s à partir de 19 h 30, enfants compris. Au menu : %s.", when, pick(m.dice, dishes)),
				pick(m.dice, acceptances)})
		}
	}
}

var dishes = []string{
	"une grande salade et une quiche", "un couscous de légumes", "des crêpes", "un poulet rôti et des pommes de terre",
	"une soupe de potiron et du fromage", "des lasagnes", "des moules si le marché en a", "une tartiflette",
}

var acceptances = []string{
	"Avec grand plaisir ! On apporte le dessert.",
	"Oui ! On s'occupe du vin et du pain.",
	"Super idée, on sera là. Dites-nous s'il manque quelque chose.",
	"On vient, mais on partira tôt : tournoi de foot le dimanche matin.",
}

// statements are the monthly mails of the banks and the newspaper.
func (m *mailbox) statements() {
	m.plan.months(func(first day, _ int) {
		name := fmt.Sprintf("%s %d", first.monthName(), first.year())
		m.notice((first.addMonths(1) + 1).nextWorking(), companyOf("banque"), "Votre relevé de compte est disponible",
			"Bonjour Madame Vasseur,\n\nVotre relevé de "+name+" est disponible dans votre espace. Vous pouvez le télécharger aux formats PDF et OFX.\n\nBanque du Tilleul", nil)
		m.notice(first+6, companyOf("presse"), "Le mensuel des Rives, "+name,
			"Bonjour,\n\nAu sommaire ce mois-ci : "+pick(m.dice, headlines)+", "+pick(m.dice, headlines)+" et la page des lecteurs.\n\nBonne lecture,\nLe Courrier des Rives", nil)
	})
}

var headlines = []string{
	"les crues de la Loire vues du ciel", "portrait d'une luthière", "où se baigner sans danger", "les jardins ouverts en juin",
	"le retour du castor", "vingt idées de sorties à vélo", "le pain d'autrefois", "la bataille des horaires de train", "un hiver sans gel",
}
