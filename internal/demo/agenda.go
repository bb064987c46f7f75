package demo

import (
	"fmt"
	"strings"
	"time"
)

// An agenda writes the family calendar as iCalendar (RFC 5545).
type agenda struct {
	w             lines
	stamp         string
	events, todos int
}

const vtimezone = "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\n" +
	"BEGIN:DAYLIGHT\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nDTSTART:19810329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n" +
	"BEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nDTSTART:19961027T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n" +
	"END:VTIMEZONE\r\n"

func newAgenda(p *plan) *agenda {
	a := &agenda{stamp: p.last.time().Format("20060102T150405Z")}
	a.w.put("BEGIN", "VCALENDAR")
	a.w.put("VERSION", "2.0")
	a.w.put("PRODID", "-//Penates//Famille fictive//FR")
	a.w.put("X-WR-CALNAME", "Famille Vasseur")
	a.w.buf.WriteString(vtimezone)
	a.birthdays(p)
	a.weeklies(p)
	a.publicDays(p)
	a.schoolYear(p)
	a.planned(p)
	a.workdays(p)
	a.tasks(p)
	a.w.put("END", "VCALENDAR")
	return a
}

// An entry is one event: all day if it has no hour.
type entry struct {
	title       string
	first, last day
	hour        int
	minute      int
	minutes     int // how long, 0 for all day
	where       string
	description string
	rule        string
	guests      []person
	kind        string
}

func (a *agenda) add(e entry) {
	a.w.put("BEGIN", "VEVENT")
	a.w.put("UID", uuid(fmt.Sprint("event:", e.title, e.first, e.hour))+"@vasseur.example")
	a.w.put("DTSTAMP", a.stamp)
	if e.minutes == 0 {
		a.w.put("DTSTART;VALUE=DATE", e.first.compact())
		a.w.put("DTEND;VALUE=DATE", (e.last + 1).compact())
		a.w.put("TRANSP", "TRANSPARENT")
	} else {
		begin := e.first.time().Add(time.Duration(e.hour*60+e.minute) * time.Minute)
		a.w.put("DTSTART;TZID=Europe/Paris", begin.Format("20060102T150405"))
		a.w.put("DTEND;TZID=Europe/Paris", begin.Add(time.Duration(e.minutes)*time.Minute).Format("20060102T150405"))
	}
	a.w.optional("RRULE", e.rule)
	a.w.put("SUMMARY", escaped(e.title))
	a.w.optional("LOCATION", escaped(e.where))
	a.w.optional("DESCRIPTION", escaped(e.description))
	a.w.optional("CATEGORIES", escaped(e.kind))
	if len(e.guests) > 0 {
		a.w.put("ORGANIZER;CN="+owner.name(), "mailto:"+owner.mail)
	}
	for _, g := range e.guests {
		a.w.put("ATTENDEE;CN="+g.name()+";PARTSTAT=ACCEPTED", "mailto:"+g.mail)
	}
	a.w.put("STATUS", "CONFIRMED")
	a.w.put("END", "VEVENT")
	a.events++
}

func (a *agenda) birthdays(p *plan) {
	for _, who := range append([]person{owner}, people...) {
		if who.born == "" {
			continue
		}
		born := who.born
		if rest, ok := strings.CutPrefix(born, "--"); ok {
			born = fmt.Sprintf("%d-%s", p.first.year()-1, rest)
		}
		t, err := time.Parse(time.DateOnly, born)
		if err != nil {
			continue // no table of this package has such a date; its tests see to it
		}
		d := dayOf(t)
		a.add(entry{title: "Anniversaire de " + who.name(), first: d, last: d, rule: "FREQ=YEARLY", kind: "Anniversaires"})
	}
}

// weeklies are what comes back every week of a school year.
func (a *agenda) weeklies(p *plan) {
	for year := p.first.year() - 1; year <= p.last.year(); year++ {
		until := date(year+1, time.June, 30)
		if until < p.first || date(year, time.September, 8) > p.last {
			continue
		}
		for _, w := range []struct {
			title, where, by string
			on               time.Weekday
			hour, minutes    int
		}{
			{"Piano de Lou", "33 rue du Conservatoire, Angers", "WE", time.Wednesday, 16, 45},
			{"Foot de Malo", "Stade des Trois-Mares", "SA", time.Saturday, 10, 90},
			{"Yoga", "Salle Mouvance", "TU", time.Tuesday, 19, 60},
		} {
			end := until.at(23, 59).UTC().Format("20060102T150405Z")
			a.add(entry{title: w.title, first: nth(2, w.on, year, time.September), hour: w.hour, minutes: w.minutes, where: w.where,
				rule: "FREQ=WEEKLY;BYDAY=" + w.by + ";UNTIL=" + end, kind: "Activités"})
		}
	}
}

func (a *agenda) publicDays(p *plan) {
	for d := p.first; d <= p.last+horizon; d++ {
		if name := publicHoliday(d); name != "" {
			a.add(entry{title: name, first: d, last: d, kind: "Jours fériés"})
		}
	}
}

// schoolYear is the holidays and what the school does in the year.
func (a *agenda) schoolYear(p *plan) {
	inside := func(d day) bool { return p.first <= d && d <= p.last+horizon }
	for year := p.first.year(); year <= (p.last + horizon).year(); year++ {
		for _, s := range schoolHolidays(year) {
			if inside(s.first) {
				a.add(entry{title: s.name, first: s.first, last: s.last, kind: "École"})
			}
		}
		for _, e := range []entry{
			{title: "Réunion de rentrée", first: nth(3, time.Tuesday, year, time.September), hour: 18, minutes: 60, where: "École des Capucines"},
			{title: "Sortie à la ferme", first: nth(3, time.Thursday, year, time.October), hour: 9, minutes: 420, description: "Pique-nique, bottes, 6,50 €"},
			{title: "Rendez-vous avec la maîtresse", first: nth(1, time.Thursday, year, time.December), hour: 17, minute: 15, minutes: 20, where: "École des Capucines"},
			{title: "Audition de piano", first: nth(3, time.Wednesday, year, time.December), hour: 18, minutes: 90, where: "Conservatoire"},
			{title: "Carnaval de l'école", first: nth(2, time.Friday, year, time.February), hour: 14, minutes: 120},
			{title: "Classe de découverte de Lou", first: nth(3, time.Monday, year, time.May), last: nth(3, time.Monday, year, time.May) + 4},
			{title: "Kermesse", first: nth(3, time.Saturday, year, time.June), hour: 11, minutes: 360, where: "École des Capucines"},
			{title: "Gala de piano", first: lastWednesday(year), hour: 19, minutes: 120, where: "Conservatoire"},
		} {
			if inside(e.first) {
				e.kind = "École"
				a.add(e)
			}
		}
	}
}

func lastWednesday(year int) day {
	d := date(year, time.June, 30)
	return d - day((int(d.weekday())-int(time.Wednesday)+7)%7)
}

// planned is what bank, mail and places tell of as well.
func (a *agenda) planned(p *plan) {
	for _, s := range p.stays {
		a.add(entry{title: s.title, first: s.first, last: s.last, where: s.site.name + ", " + addressLine(s.site.address), description: reference(s), kind: "Voyages"})
	}
	for _, v := range p.visits {
		doctor := personOf(v.person)
		a.add(entry{title: fmt.Sprintf("%s (%s)", v.what, personOf(v.patient).given), first: v.on, hour: v.hour, minute: v.minute, minutes: 30,
			where: addressLine(doctor.address), description: doctor.name() + " " + doctor.phone, kind: "Santé"})
	}
	for _, e := range p.evenings {
		var guests []person
		for _, key := range e.guests {
			guests = append(guests, personOf(key))
		}
		title, where := "Dîner à la maison", addressLine(owner.address)
		if e.hosts != owner.key {
			title, where = "Dîner chez "+personOf(e.hosts).given, addressLine(personOf(e.hosts).address)
		}
		a.add(entry{title: title, first: e.on, hour: 19, minute: 30, minutes: 210, where: where, guests: guests, kind: "Amis"})
	}
}

func reference(s stay) string {
	if s.vendor == "" {
		return ""
	}
	return fmt.Sprintf("Réservation %s, %s", s.reference, companyOf(s.vendor).name)
}

// workdays are meetings, and what the car needs.
func (a *agenda) workdays(p *plan) {
	team := inGroup("Travail")
	p.months(func(first day, n int) {
		if first < p.first {
			return
		}
		if n%2 == 0 {
			a.add(entry{title: "Réunion de chantier", first: (first + 8).nextWorking(), hour: 9, minutes: 120, where: "Square des Tanneurs, Angers", guests: team[1:], kind: "Travail"})
		} else {
			a.add(entry{title: "Point d'équipe du mois", first: nth(1, time.Tuesday, first.year(), first.month()), hour: 14, minutes: 60, where: "Atelier Méridienne", guests: team, kind: "Travail"})
		}
		switch n {
		case 4, 16:
			a.add(entry{title: "Révision de la voiture", first: (first + 12).nextWorking(), hour: 8, minutes: 60, where: "Garage du Pont-Neuf", kind: "Maison"})
		case 10:
			a.add(entry{title: "Contrôle technique", first: (first + 5).nextWorking(), hour: 11, minute: 30, minutes: 45, where: "Garage du Pont-Neuf", kind: "Maison"})
		}
	})
}

// tasks are the to-do list, with days before and after the last one.
func (a *agenda) tasks(p *plan) {
	for n, t := range []struct {
		title string
		due   int // days from the last day
		done  bool
	}{
		{"Renouveler la carte d'identité de Lou", -410, true},
		{"Envoyer le dossier de la classe de découverte", -290, true},
		{"Acheter les crampons de Malo", -75, true},
		{"Ramoner le poêle", -60, true},
		{"Rendre les livres à la bibliothèque", -21, true},
		{"Comparer les offres d'électricité", -9, false},
		{"Réserver le train pour Strasbourg", 4, false},
		{"Rappeler le dentiste pour Malo", 2, false},
		{"Déclarer le changement d'adresse du médecin", 12, false},
		{"Faire les cadeaux des grands-parents", 24, false},
		{"Nettoyer les gouttières", 30, false},
		{"Renégocier l'assurance de la voiture", 45, false},
	} {
		due := p.last + day(t.due)
		a.w.put("BEGIN", "VTODO")
		a.w.put("UID", uuid(fmt.Sprint("todo:", n, t.title))+"@vasseur.example")
		a.w.put("DTSTAMP", a.stamp)
		a.w.put("SUMMARY", escaped(t.title))
		a.w.put("DUE;VALUE=DATE", due.compact())
		if t.done {
			a.w.put("STATUS", "COMPLETED")
			a.w.put("PERCENT-COMPLETE", "100")
			a.w.put("COMPLETED", (due-1).at(18, 30).UTC().Format("20060102T150405Z"))
		} else {
			a.w.put("STATUS", "NEEDS-ACTION")
		}
		a.w.put("END", "VTODO")
		a.todos++
	}
}
