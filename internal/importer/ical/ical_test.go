package ical_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/ical"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

func readCalendar(t *testing.T, text string) *importertest.Collector {
	t.Helper()
	c, err := importertest.Read(ical.Format, "a.ics", []byte(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return c
}

func calendar(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n"
}

func event(lines ...string) string {
	return "BEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT"
}

func body[T any](t *testing.T, d *penates.Document) (b T) {
	t.Helper()
	if err := json.Unmarshal(d.Body, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEvent(t *testing.T) {
	text := event("UID:e-1", "SUMMARY:Réunion\\, salle 2", "DTSTART;TZID=Europe/Paris:20240702T093000", "DURATION:PT1H30M",
		"LOCATION:Mairie", "GEO:45.75;4.85", "DESCRIPTION:ordre du jour\\n1. budget", "STATUS:confirmed",
		"ORGANIZER;CN=\"Zoé; L\":mailto:Zoe@Example.org", "ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:paul@example.org",
		"RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;TZID=Europe/Paris:20240709T093000",
		"BEGIN:VALARM", "DESCRIPTION:alarm", "END:VALARM")
	c := readCalendar(t, calendar("X-WR-CALNAME:Travail", text))
	if len(c.Documents) != 1 || len(c.Refusals) > 0 {
		t.Fatal(len(c.Documents), c.Refusals)
	}
	d := c.Documents[0]
	if got := d.Time.Start.String() + " " + d.Time.End.String(); got != "2024-07-02T09:30:00+02:00 2024-07-02T11:00:00+02:00" {
		t.Errorf("time %s", got)
	}
	parties := []penates.Party{{Role: "organizer", Literal: "Zoé; L", Address: "zoe@example.org"}, {Role: "attendee", Address: "paul@example.org"}}
	if diff := cmp.Diff(parties, d.Parties); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&penates.Place{Lat: 45.75, Lon: 4.85, Name: "Mairie"}, d.Place); diff != "" {
		t.Error(diff)
	}
	want := schema.Event{
		UID: "e-1", Title: "Réunion, salle 2", Description: "ordre du jour\n1. budget", Location: "Mairie", Status: "CONFIRMED", Calendar: "Travail", Zone: "Europe/Paris",
		RRule: "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Paris:20240709T093000", Native: text,
	}
	if diff := cmp.Diff(want, body[schema.Event](t, d)); diff != "" {
		t.Error(diff)
	}
	if d.Source.NativeID != "e-1" || d.Ref(penates.RefUID) != "e-1" || d.Text != "Réunion, salle 2" || d.Source.Locator != "line=4-20" {
		t.Errorf("id %q, refs %v, text %q, locator %q", d.Source.NativeID, d.Refs, d.Text, d.Source.Locator)
	}
}

// custom is a zone that only the file knows: UTC-2, and UTC-1 in summer.
const custom = "BEGIN:VTIMEZONE\r\nTZID:Mine\r\n" +
	"BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:-0100\r\nTZOFFSETTO:-0200\r\nEND:STANDARD\r\n" +
	"BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:-0200\r\nTZOFFSETTO:-0100\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE"

func TestTimes(t *testing.T) {
	tests := []struct{ lines, want string }{
		{"DTSTART:20240702T093000Z", "2024-07-02T09:30:00Z/"},
		{"DTSTART:20240702T093000", "2024-07-02T09:30:00+02:00/"},
		{"DTSTART;TZID=America/New_York:20240702T093000\nDTEND:20240702T143000Z", "2024-07-02T09:30:00-04:00/2024-07-02T14:30:00Z"},
		{"DTSTART;VALUE=DATE:20240702\nDTEND;VALUE=DATE:20240704", "2024-07-02/2024-07-04"},
		{"DTSTART:20240702\nDURATION:P2D", "2024-07-02/2024-07-04"},
		{"DTSTART;TZID=Europe/Paris:20240330T120000\nDURATION:P1D", "2024-03-30T12:00:00+01:00/2024-03-31T12:00:00+02:00"},
		{"DTSTART;TZID=Europe/Paris:20240330T120000\nDURATION:PT24H", "2024-03-30T12:00:00+01:00/2024-03-31T13:00:00+02:00"},
		{"DTSTART:20240702T093000Z\nDURATION:P1W", "2024-07-02T09:30:00Z/2024-07-09T09:30:00Z"},
		{"DTSTART:20240702T093000Z\nDURATION:P99999999999W", "2024-07-02T09:30:00Z/"},
		{"DTSTART:20240702T093000Z\nDURATION:-PT1H", "2024-07-02T09:30:00Z/"},
		{"DTSTART:20240702T093000Z\nDTEND:20240701T093000Z", "2024-07-02T09:30:00Z/"},
		{"DTSTART:20240702T093000Z\nDTEND:soon", "2024-07-02T09:30:00Z/"},
		{"DTSTART;TZID=Romance Standard Time:20240702T093000", "2024-07-02T09:30:00+02:00/"},
		{"DTSTART;TZID=Tokyo Standard Time:20240702T093000", "2024-07-02T09:30:00+09:00/"},
		{"DTSTART;TZID=/example.org/2020_1/America/Argentina/Buenos_Aires:20240702T093000", "2024-07-02T09:30:00-03:00/"},
		{"DTSTART;TZID=UTC+11:20240702T093000", "2024-07-02T09:30:00+11:00/"},
		{"DTSTART;TZID=\"(UTC-03:00) Brasilia\":20240702T093000", "2024-07-02T09:30:00-03:00/"},
		{"DTSTART;TZID=\"(UTC+01:00) Brussels, Copenhagen, Madrid, Paris\":20240702T093000", "2024-07-02T09:30:00+02:00/"},
		{"DTSTART;TZID=(UTC+01:00) Amsterdam\\, Berlin\\, Bern:20240702T093000", "2024-07-02T09:30:00+02:00/"},
		{"DTSTART;TZID=(UTC+01:00) Madrid;VALUE=DATE-TIME:20240702T093000", "2024-07-02T09:30:00+02:00/"},
		{"DTSTART;TZID=(UTC-03:00) Salvador:20240702T093000", "2024-07-02T09:30:00-03:00/"},
		{"DTSTART;TZID=Nowhere:20240702T093000", "2024-07-02T09:30:00+02:00/"},
		{"DTSTART;TZID=Mine:20240702T093000", "2024-07-02T09:30:00-01:00/"},
		{"DTSTART;TZID=Mine:20240102T093000", "2024-01-02T09:30:00-02:00/"},
		{"DTSTART;TZID=Mine:20240331T015959", "2024-03-31T01:59:59-02:00/"},
		{"DTSTART;TZID=Mine:20240331T030000", "2024-03-31T03:00:00-01:00/"},
		{"DTSTART;TZID=Mine:20241027T030000", "2024-10-27T03:00:00-02:00/"},
		{"DTSTART;TZID=Mine:19600101T000000", "1960-01-01T00:00:00-02:00/"},
		{"X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nDTSTART:20240702T000000\nDTEND:20240703T000000", "2024-07-02/2024-07-03"},
		{"DTSTART:20240702T240000", "2024-07-03T00:00:00+02:00/"},
		{"DTSTART:2024-07-02", "2024-07-02/"},
		{"DTSTART:2024-07-02T09:30:00+01:00", "2024-07-02T09:30:00+01:00/"},
		{"DTSTART;;VALUE=DATE-TIME:20240702T093000Z", "2024-07-02T09:30:00Z/"},
		{"SUMMARY:none", "/"},
	}
	for _, test := range tests {
		// The zone stands after the event that needs it.
		c := readCalendar(t, calendar(event("UID:1", test.lines), custom))
		if len(c.Documents) != 1 {
			t.Errorf("%s: %v", test.lines, c.Refusals)
			continue
		}
		span := c.Documents[0].Time
		if got := span.Start.String() + "/" + span.End.String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.lines, got, test.want)
		}
	}
}

func TestTodo(t *testing.T) {
	c := readCalendar(t, calendar("BEGIN:VTODO", "UID:t-1", "SUMMARY:Impôts", "DTSTART;VALUE=DATE:20240501", "DUE;VALUE=DATE:20240601",
		"STATUS:COMPLETED", "COMPLETED:20240520T100000Z", "PERCENT-COMPLETE:100", "END:VTODO", "BEGIN:VTODO", "SUMMARY:b", "DUE:20240601T100000Z", "END:VTODO"))
	todos := c.OfType(penates.Todos)
	if len(todos) != 2 {
		t.Fatal(len(todos), c.Refusals)
	}
	got := body[schema.Todo](t, todos[0])
	got.Native = ""
	want := schema.Todo{UID: "t-1", Title: "Impôts", Due: "2024-06-01", Completed: "2024-05-20T10:00:00Z", Status: "COMPLETED", Percent: 100}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if todos[0].Time.Start.String() != "2024-05-01" || todos[0].Time.End.String() != "2024-06-01" || todos[1].Time.Start.String() != "2024-06-01T10:00:00Z" {
		t.Error(todos[0].Time, todos[1].Time)
	}
}

func TestJournal(t *testing.T) {
	c := readCalendar(t, calendar("BEGIN:VJOURNAL", "UID:j-1", "DTSTART;VALUE=DATE:20240501", "SUMMARY:Jardin", "DESCRIPTION:semé\\, arrosé", "CATEGORIES:Maison,Été", "END:VJOURNAL"))
	if len(c.Documents) != 1 || c.Documents[0].Time.Start.String() != "2024-05-01" {
		t.Fatal(c.Documents, c.Refusals)
	}
	want := schema.Note{Title: "Jardin", Content: "semé, arrosé", Tags: []string{"Maison", "Été"}}
	if diff := cmp.Diff(want, body[schema.Note](t, c.Documents[0])); diff != "" {
		t.Error(diff)
	}
}

func TestOldCalendar(t *testing.T) {
	c := readCalendar(t, "BEGIN:VCALENDAR\nVERSION:1.0\nBEGIN:VEVENT\nSUMMARY;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:f=EA=\nte\nDTSTART:20040301T180000Z\nRRULE:W1 MO #0\nATTENDEE;ROLE=OWNER:Paul <Paul@example.org>\nEND:VEVENT\nEND:VCALENDAR\n")
	if len(c.Documents) != 1 {
		t.Fatal(c.Refusals)
	}
	d := c.Documents[0]
	if d.Text != "fête" || d.Party("attendee") != (penates.Party{Role: "attendee", Literal: "Paul", Address: "paul@example.org"}) || body[schema.Event](t, d).RRule != "RRULE:W1 MO #0" {
		t.Errorf("%+v %s", d, d.Body)
	}
}

func TestCancelled(t *testing.T) {
	c := readCalendar(t, calendar(event("UID:1", "SUMMARY:a", "STATUS:CONFIRMED"), "METHOD:CANCEL")+calendar(event("UID:2", "SUMMARY:b", "STATUS:TENTATIVE")))
	if a, b := body[schema.Event](t, c.Documents[0]).Status, body[schema.Event](t, c.Documents[1]).Status; a != "CANCELLED" || b != "TENTATIVE" {
		t.Error(a, b)
	}
}

// An occurrence that differs is a document of its own, whatever zone its
// RECURRENCE-ID is in; a later version of an event is the same one.
func TestIDs(t *testing.T) {
	start := "DTSTART:20240702T093000Z"
	c := readCalendar(t, calendar(
		event("UID:1", start, "SUMMARY:a"),
		event("UID:1", start, "SUMMARY:a", "RECURRENCE-ID:20240709T093000Z"),
		event("UID:1", "SUMMARY:a", "RECURRENCE-ID;TZID=Europe/Paris:20240709T113000", start),
		event("UID:1", start, "SUMMARY:later", "SEQUENCE:1"),
		event("UID:1", start, "SUMMARY:other", "SEQUENCE:1"),
		event("SUMMARY:no uid", start, "DTSTAMP:20240101T000000Z"),
		event("SUMMARY:no uid", start, "DTSTAMP:20250101T000000Z"),
		event("SUMMARY:no uid either", start)))
	var got []string
	names := map[penates.DocumentID]string{}
	for _, d := range c.Documents {
		if names[d.ID] == "" {
			names[d.ID] = fmt.Sprint(len(names))
		}
		got = append(got, names[d.ID])
	}
	if s := strings.Join(got, " "); s != "0 1 1 0 2 3 3 4" {
		t.Errorf("documents %s", s)
	}
	if id := c.Documents[1].Source.NativeID; id != "1/20240709T093000Z" {
		t.Errorf("occurrence %q", id)
	}
}

func TestBroken(t *testing.T) {
	tests := []struct {
		name, text string
		events     int
		refusal    string
		kind       error
	}{
		{"start is none", calendar(event("DTSTART:tomorrow"), event("UID:2", "SUMMARY:b")), 1, `DTSTART "tomorrow" is no date or time`, penates.Invalid},
		{"start is none, but it has a title", calendar(event("UID:1", "DTSTART:tomorrow", "SUMMARY:a")), 1, "", nil},
		{"occurrence is none", calendar(event("UID:1", "RECURRENCE-ID:x")), 0, "RECURRENCE-ID", penates.Invalid},
		{"empty", calendar(event()), 0, "says nothing", penates.Invalid},
		{"cut off", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMM", 0, "file ends within VEVENT", penates.Invalid},
		{"end missing", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nBEGIN:VALARM\nBEGIN:VEVENT\nUID:2\nEND:VCALENDAR\n", 2, "", nil},
		{"alarm not closed", calendar(event("UID:1", "BEGIN:VALARM", "SUMMARY:alarm"), event("UID:2")), 2, "", nil},
		{"stray end", calendar("END:VALARM", "END:VEVENT", event("UID:1")), 1, "", nil},
		{"no calendar around", event("UID:1", "SUMMARY:a"), 1, "", nil},
		{"within another component", "BEGIN:X-OWN\n" + event("UID:1") + "\nEND:X-OWN\n", 1, "", nil},
		{"free and busy", calendar("BEGIN:VFREEBUSY", "DTSTART:20240702", "END:VFREEBUSY"), 0, "free and busy", penates.Unsupported},
		{"nothing", calendar(), 0, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if n := ical.Format.Recognise(importertest.File("a", []byte(test.text)).Head); n == 0 {
				t.Error("not recognised")
			}
			c := readCalendar(t, test.text)
			if got := len(c.OfType(penates.Events)); got != test.events {
				t.Errorf("%d events, want %d", got, test.events)
			}
			if (len(c.Refusals) > 0) != (test.kind != nil) {
				t.Fatalf("refusals %v", c.Refusals)
			}
			if test.kind != nil && (!errors.Is(c.Refusals[0].Err, test.kind) || !strings.Contains(c.Refusals[0].Err.Error(), test.refusal)) {
				t.Errorf("refused: %v", c.Refusals[0].Err)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	c := readCalendar(t, calendar(event("UID:1", strings.Repeat("ATTENDEE:mailto:a@x.org\r\n", 30_000)+strings.Repeat("RDATE:20240101T000000Z\r\n", 3000),
		"DESCRIPTION:"+strings.Repeat("é", 1<<20), strings.Repeat("BEGIN:X\r\n", 5000))))
	if len(c.Documents) != 1 {
		t.Fatal(c.Refusals)
	}
	b := body[schema.Event](t, c.Documents[0])
	if len(c.Documents[0].Parties) > 1000 || len(b.Native) > 64<<10 || len(b.RRule) > 32<<10 || len(b.Description) > 256<<10 {
		t.Errorf("%d parties, native %d, rules %d, description %d bytes", len(c.Documents[0].Parties), len(b.Native), len(b.RRule), len(b.Description))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(calendar(custom, event("UID:1", "DTSTART;TZID=Mine:20240702T093000", "DURATION:P1DT2H", "RRULE:FREQ=DAILY", "GEO:1;2", "ATTENDEE;CN=a:mailto:a@b"))))
	f.Add([]byte("BEGIN:VTODO\nDUE\n\n ;VALUE=DATE\n :20240101\nRECURRENCE-ID:20240101\nBEGIN:VALARM\nEND:VTODO\n"))
	f.Add([]byte("BEGIN:VTIMEZONE\nTZID:UTC+1\nBEGIN:STANDARD\nTZOFFSETTO:+9999\nRRULE:FREQ=YEARLY;BYDAY=5SU;UNTIL=1\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VJOURNAL\nDTSTART;TZID=UTC+1:00010101T000000\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		ical.Format.Recognise(importertest.File("x", text).Head)
		c, err := importertest.Read(ical.Format, "x", text)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range c.Documents {
			if _, err := json.Marshal(d); err != nil {
				t.Fatal(err)
			}
			if again, err := penates.ParseMoment(d.Time.Start.String()); err != nil || !again.Time().Equal(d.Time.Start.Time()) {
				t.Fatalf("start %s: %v", d.Time.Start, err)
			}
		}
	})
}

// BenchmarkRead reads a calendar of many events.
func BenchmarkRead(b *testing.B) {
	var events []string
	for i := range 2000 {
		events = append(events, event(fmt.Sprintf("UID:%d@example.org", i), "DTSTART;TZID=Europe/Paris:20240702T093000", "DTEND;TZID=Europe/Paris:20240702T103000",
			"SUMMARY:Point d'équipe", "DESCRIPTION:"+strings.Repeat("Ordre du jour\\, suite\\n", 10), "ATTENDEE;CN=Paul:mailto:paul@example.org", "BEGIN:VALARM", "TRIGGER:-PT5M", "END:VALARM"))
	}
	text := []byte(calendar(events...))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if c, err := importertest.Read(ical.Format, "a.ics", text); err != nil || len(c.Documents) != 2000 {
			b.Fatal(err)
		}
	}
}
