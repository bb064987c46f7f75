package demo_test

import (
	"testing"
	"time"

	"penates/internal/demo"
)

func TestEaster(t *testing.T) {
	for year, want := range map[int]string{
		1954: "1954-04-18", 1981: "1981-04-19", 2000: "2000-04-23", 2008: "2008-03-23", 2011: "2011-04-24",
		2024: "2024-03-31", 2025: "2025-04-20", 2026: "2026-04-05", 2038: "2038-04-25", 2049: "2049-04-18", 2076: "2076-04-19",
	} {
		if got := demo.Easter(year); got != want {
			t.Errorf("Easter %d: %s, want %s", year, got, want)
		}
	}
}

func TestPublicHolidays(t *testing.T) {
	for on, want := range map[string]string{
		"2025-04-21": "Lundi de Pâques", "2025-05-29": "Ascension", "2025-06-09": "Lundi de Pentecôte",
		"2026-05-14": "Ascension", "2026-07-14": "Fête nationale", "2026-07-15": "", "2026-12-25": "Noël",
	} {
		if got := demo.PublicHoliday(parseDay(t, on)); got != want {
			t.Errorf("%s: %q, want %q", on, got, want)
		}
	}
	if got := demo.NextWorking(parseDay(t, "2025-04-18")).Format(time.DateOnly); got != "2025-04-18" {
		t.Errorf("Good Friday is a working day in most of France, got %s", got)
	}
	if got := demo.NextWorking(parseDay(t, "2025-04-19")).Format(time.DateOnly); got != "2025-04-22" {
		t.Errorf("after the Easter weekend comes %s, want Tuesday 22", got)
	}
}

// The rule of legal time is compared with the time zone data, hour by hour.
func TestParisAgainstZoneData(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Date(2023, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2030; at = at.Add(time.Hour) {
		want := at.In(zone).Format(time.RFC3339)
		if got := demo.Paris(at).Format(time.RFC3339); got != want {
			t.Fatalf("%s: %s, want %s", at, got, want)
		}
	}
}

func TestLocalTime(t *testing.T) {
	for _, c := range []struct {
		on   string
		hour int
		want string
	}{
		{"2026-01-15", 8, "2026-01-15T08:00:00+01:00"},
		{"2026-07-15", 0, "2026-07-15T00:00:00+02:00"},
		{"2026-03-29", 1, "2026-03-29T01:00:00+01:00"},
		{"2026-03-29", 3, "2026-03-29T03:00:00+02:00"},
		{"2026-10-25", 1, "2026-10-25T01:00:00+02:00"},
		{"2026-10-25", 2, "2026-10-25T02:00:00+01:00"},
	} {
		if got := demo.LocalTime(parseDay(t, c.on), c.hour); got != c.want {
			t.Errorf("%s at %d h: %s, want %s", c.on, c.hour, got, c.want)
		}
	}
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		on   string
		n    int
		want string
	}{
		{"2026-01-31", 1, "2026-02-28"}, {"2024-02-29", -24, "2022-02-28"}, {"2026-12-15", 1, "2027-01-15"}, {"2026-03-01", -24, "2024-03-01"},
	} {
		if got := demo.AddMonths(parseDay(t, c.on), c.n); got != c.want {
			t.Errorf("%s + %d months: %s, want %s", c.on, c.n, got, c.want)
		}
	}
}

func TestTablesNameKnownPeople(t *testing.T) {
	if unknown := demo.UnknownKeys(); len(unknown) > 0 {
		t.Errorf("the tables name nobody by %q", unknown)
	}
}

func parseDay(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
