package locale_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/locale"
)

func TestDay(t *testing.T) {
	const want = "2026-03-05"
	for _, in := range []string{
		"05/03/2026", "5/3/2026", "05.03.2026", "05-03-2026", "05/03/26", "5.3.26", "050326", "05032026", "05 03 2026",
		"2026-03-05", "2026/03/05", "20260305", "20260305120000", "202603051200", "20260305120000.123[-5:EST]",
		"2026-03-05T10:00:00Z", "2026-03-05 23:59:59", "2026-03-05+01:00", "2026-03-05Z", "05/03/2026 10:30", "05/03/2026 à 10h30",
		"2026-03-05T23:59:59.999999999+14:00", "5 mars 2026", "05 MARS 26", "jeudi 5 mars 2026", "5-Mar-2026", "05-MAR-26",
		"Mar 5, 2026", "March 5th, 2026", "Thursday, March 5, 2026 10:30 PM", "5. März 2026", "5 marzo 2026",
		"jeudi le 5 mars 2026", "Thu, 5 Mar 2026 10:00:00 +0100 (CET)", " 05/03/2026 ", "Jeu. 5 mars 2026, 10:30",
	} {
		m, err := locale.Day(in, locale.DMY)
		if err != nil || m.String() != want {
			t.Errorf("Day(%q) = %v, %v, want %s", in, m, err, want)
		}
	}
	for in, want := range map[string]string{
		"1er août 2025": "2025-08-01", "14 févr. 2025": "2025-02-14", "31 décembre 1999": "1999-12-31", "29/02/2024": "2024-02-29",
		"01/01/69": "2069-01-01", "01/01/70": "1970-01-01", "15 juil. 2025": "2025-07-15", "3 sept. 2025": "2025-09-03",
	} {
		if m, err := locale.Day(in, locale.DMY); err != nil || m.String() != want {
			t.Errorf("Day(%q) = %v, %v, want %s", in, m, err, want)
		}
	}
	for _, in := range []string{
		"", " ", "31/02/2026", "29/02/2025", "00/01/2026", "01/13/2026", "1/2", "1/2/3", "2026", "2026-03", "2026-03-05x", "05/03/2026 25:00",
		"05/03/2026 10:61", "5 brumaire 2026", "99999999", "12345", "05/03/20266", "5 mars", "mars 2026", "2026-03-05 10:00 XYZ",
		"-5/3/2026", "05/03/0026", strings.Repeat("0", 500),
	} {
		if m, err := locale.Day(in, locale.DMY); !errors.Is(err, penates.Invalid) {
			t.Errorf("Day(%q) = %v, %v, want an Invalid error", in, m, err)
		}
	}
}

func TestDayOrder(t *testing.T) {
	for _, c := range []struct {
		in    string
		order locale.Order
		want  string
	}{
		{"03/05/2026", locale.MDY, "2026-03-05"}, {"26/03/05", locale.YMD, "2026-03-05"}, {"260305", locale.YMD, "2026-03-05"},
		{"2026-03-05", locale.MDY, "2026-03-05"}, {"12312026", locale.MDY, "2026-12-31"}, {"20111211", locale.DMY, "2011-12-11"},
	} {
		if m, err := locale.Day(c.in, c.order); err != nil || m.String() != c.want {
			t.Errorf("Day(%q, %v) = %v, %v, want %s", c.in, c.order, m, err, c.want)
		}
	}
}

func TestTime(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"05/03/2026":                    "2026-03-05",
		"05/03/2026 10:30":              "2026-03-05T10:30:00+01:00",
		"05/07/2026 10h30":              "2026-07-05T10:30:00+02:00",
		"05/07/2026 10h":                "2026-07-05T10:00:00+02:00",
		"2026-03-05T10:30:15.25Z":       "2026-03-05T10:30:15.25Z",
		"2026-03-05T10:30:15,25+0530":   "2026-03-05T10:30:15.25+05:30",
		"20260305103015[-5:EST]":        "2026-03-05T10:30:15-05:00",
		"20260305103015.5[-3.5:NST]":    "2026-03-05T10:30:15.5-03:30",
		"20260305103015[+1:CET]":        "2026-03-05T10:30:15+01:00",
		"20260305T103015Z":              "2026-03-05T10:30:15Z",
		"Mar 5, 2026, 10:30:15 PM":      "2026-03-05T22:30:15+01:00",
		"Mar 5, 2026, 12:30 a.m.":       "2026-03-05T00:30:00+01:00",
		"Thu, 5 Mar 2026 10:30:15 GMT":  "2026-03-05T10:30:15Z",
		"2026-03-05 10:30:15 CEST":      "2026-03-05T10:30:15+02:00",
		"5 mars 2026 à 10:30:15 UTC+1":  "2026-03-05T10:30:15+01:00",
		"2026-03-05 10:30:15 +0100 CET": "2026-03-05T10:30:15+01:00",
	} {
		if m, err := locale.Time(in, locale.DMY, paris); err != nil || m.String() != want {
			t.Errorf("Time(%q) = %v, %v, want %s", in, m, err, want)
		}
	}
	if m, err := locale.Time("05/03/2026 10:30", locale.DMY, nil); err != nil || m.String() != "2026-03-05T10:30:00Z" {
		t.Errorf("without zone: %v, %v", m, err)
	}
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"05/03/2026 à 10h30", "20260305103015.5[-3.5:NST]", "Thu, 5 Mar 2026 10:30:15 +0100 (CET)", "5. März 26", "2026-03-05Z", "12/31/1999 1:02 p.m."} {
		f.Add(s, 0)
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, s string, order int) {
		m, err := locale.Time(s, locale.Order(order), time.UTC)
		if err != nil {
			return
		}
		day, err := locale.Day(s, locale.Order(order))
		if err != nil || !day.DateOnly() || day.IsZero() {
			t.Fatalf("%q: a time %v but the day %v, %v", s, m, day, err)
		}
		if again, err := penates.ParseMoment(m.String()); err != nil || again.String() != m.String() {
			t.Fatalf("%q: %v does not survive writing: %v, %v", s, m, again, err)
		}
	})
}

func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		if _, err := locale.Day("05/03/2026", locale.DMY); err != nil {
			b.Fatal(err)
		}
	}
}
