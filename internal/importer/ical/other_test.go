package ical_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/ical"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

// The same calendar in the three syntaxes.
const (
	asLines = `BEGIN:VCALENDAR
X-WR-CALNAME:Chorale
BEGIN:VEVENT
UID:e1
SUMMARY:Répétition\, salle B
DTSTART;TZID=Europe/Paris:20240514T193000
DTEND;TZID=Europe/Paris:20240514T213000
RRULE:FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20240630T000000Z
GEO:48.39;-4.48
ATTENDEE;CN=Paul Beau:mailto:paul@example.fr
CATEGORIES:musique,loisirs
END:VEVENT
BEGIN:VEVENT
UID:e2
SUMMARY:Congés
DTSTART;VALUE=DATE:20240801
DTEND;VALUE=DATE:20240815
END:VEVENT
BEGIN:VTODO
UID:t1
SUMMARY:Payer
DUE:20240601T100000Z
END:VTODO
END:VCALENDAR
`
	asXML = `<icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0"><vcalendar><properties><x-wr-calname><unknown>Chorale</unknown></x-wr-calname></properties><components>
<vevent><properties><uid><text>e1</text></uid><summary><text>Répétition, salle B</text></summary>
<dtstart><parameters><tzid><text>Europe/Paris</text></tzid></parameters><date-time>2024-05-14T19:30:00</date-time></dtstart>
<dtend><parameters><tzid><text>Europe/Paris</text></tzid></parameters><date-time>2024-05-14T21:30:00</date-time></dtend>
<rrule><recur><freq>WEEKLY</freq><byday>TU</byday><byday>TH</byday><until>2024-06-30T00:00:00Z</until></recur></rrule>
<geo><latitude>48.39</latitude><longitude>-4.48</longitude></geo>
<attendee><parameters><cn><text>Paul Beau</text></cn></parameters><cal-address>mailto:paul@example.fr</cal-address></attendee>
<categories><text>musique</text><text>loisirs</text></categories></properties></vevent>
<vevent><properties><uid><text>e2</text></uid><summary><text>Congés</text></summary><dtstart><date>2024-08-01</date></dtstart><dtend><date>2024-08-15</date></dtend></properties></vevent>
<vtodo><properties><uid><text>t1</text></uid><summary><text>Payer</text></summary><due><date-time>2024-06-01T10:00:00Z</date-time></due></properties></vtodo>
</components></vcalendar></icalendar>`
	asJSON = `["vcalendar",[["x-wr-calname",{},"unknown","Chorale"]],[
["vevent",[["uid",{},"text","e1"],["summary",{},"text","Répétition, salle B"],["dtstart",{"tzid":"Europe/Paris"},"date-time","2024-05-14T19:30:00"],
["dtend",{"tzid":"Europe/Paris"},"date-time","2024-05-14T21:30:00"],["rrule",{},"recur",{"byday":["TU","TH"],"until":"2024-06-30T00:00:00Z","freq":"WEEKLY"}],
["geo",{},"float",[48.39,-4.48]],["attendee",{"cn":"Paul Beau"},"cal-address","mailto:paul@example.fr"],["categories",{},"text","musique","loisirs"]],[]],
["vevent",[["uid",{},"text","e2"],["summary",{},"text","Congés"],["dtstart",{},"date","2024-08-01"],["dtend",{},"date","2024-08-15"]],[]],
["vtodo",[["uid",{},"text","t1"],["summary",{},"text","Payer"],["due",{},"date-time","2024-06-01T10:00:00Z"]],[]]]]`
)

type entry struct {
	ID     penates.DocumentID
	Time   penates.Span
	Place  *penates.Place
	People []penates.Party
	Body   schema.Body
}

func entries(t *testing.T, format importer.Format, content string) (list []entry) {
	t.Helper()
	if got := format.Recognise(importertest.File("x", []byte(content)).Head); got < 90 {
		t.Errorf("%s: recognised at %d", format.Title, got)
	}
	c, err := importertest.Read(format, "x", []byte(content))
	if err != nil || len(c.Refusals) > 0 {
		t.Fatal(format.Title, err, c.Refusals)
	}
	for i, d := range c.Documents {
		body := c.Bodies[i]
		switch b := body.(type) {
		case schema.Event:
			b.Native = ""
			body = b
		case schema.Todo:
			b.Native = ""
			body = b
		}
		list = append(list, entry{d.ID, d.Time, d.Place, d.Parties, body})
	}
	return list
}

func TestSyntaxes(t *testing.T) {
	want := entries(t, ical.Format, asLines)
	if len(want) != 3 || want[0].Time.Start.String() != "2024-05-14T19:30:00+02:00" || !want[1].Time.Start.DateOnly() || want[0].Place == nil {
		t.Fatalf("%+v", want)
	}
	for _, other := range []struct {
		format  importer.Format
		content string
	}{{ical.XML, asXML}, {ical.JSON, asJSON}} {
		got := entries(t, other.format, other.content)
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b penates.Moment) bool { return a.String() == b.String() })); diff != "" {
			t.Errorf("%s: %s", other.format.Title, diff)
		}
	}
}

// vCalendar 1.0 has its own rules, alarms and zones.
func TestVCalendar1(t *testing.T) {
	c, err := importertest.Read(ical.Format, "x.vcs", []byte("BEGIN:VCALENDAR\r\nVERSION:1.0\r\nTZ:+01\r\nBEGIN:VEVENT\r\n"+
		"SUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:R=C3=A9union=\r\n du soir\r\nDTSTART:20240514T173000Z\r\nDTEND:20240514T183000Z\r\n"+
		"RRULE:W1 TU #10\r\nAALARM:20240514T171500Z;;;\r\nCATEGORIES:MEETING;PERSONAL\r\nEND:VEVENT\r\n"+
		"BEGIN:VTODO\r\nSUMMARY:Acheter\r\nDUE:20240601T100000Z\r\nSTATUS:NEEDS ACTION\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"))
	if err != nil || len(c.Documents) != 2 || len(c.Refusals) > 0 {
		t.Fatal(err, len(c.Documents), c.Refusals)
	}
	e := c.Bodies[0].(schema.Event)
	if e.Title != "Réuniondu soir" && e.Title != "Réunion du soir" || e.RRule != "RRULE:W1 TU #10" || c.Documents[0].Time.Start.String() != "2024-05-14T17:30:00Z" {
		t.Errorf("%+v %v", e, c.Documents[0].Time)
	}
}

func FuzzSyntaxes(f *testing.F) {
	f.Add([]byte(asXML))
	f.Add([]byte(asJSON))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, format := range []importer.Format{ical.XML, ical.JSON} {
			c, _ := importertest.Read(format, "x", content)
			for _, d := range c.Documents {
				if d.Source.NativeID == "" {
					t.Errorf("%+v", d)
				}
			}
		}
	})
}
