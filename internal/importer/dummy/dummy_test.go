package dummy_test

import (
	"errors"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/dummy"
	"penates/internal/importer/importertest"
)

const notebook = "penates-demo 1\n" +
	"2026-03-14\t12.50 EUR\tBakery Zoë\tbread\n" +
	"14/03/2026\t3,20 €\tKiosk\tpaper\n" +
	"\n" +
	"2026-03-15\t12.50 EUR\tBakery Zoë\tbread\r\n" +
	"2026-03-15\t12.50 EUR\tBakery Zoë\tbread\r\n"

func TestRead(t *testing.T) {
	c, err := importertest.Read(dummy.Format, "notes.txt", []byte(notebook))
	if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 || len(c.Documents) != 4 {
		t.Fatalf("%d documents, refused %v, %v", len(c.Documents), c.Refusals, err)
	}
	d := c.Documents[1]
	if d.Type != penates.Orders || d.Money.Amount != "3.20" || d.Money.Currency != "EUR" || d.Time.Start.String() != "2026-03-14" ||
		d.Party("vendor").Literal != "Kiosk" || d.Source.Locator != "line=3" {
		t.Errorf("%+v", d)
	}
}

func TestBadLines(t *testing.T) {
	for line, reason := range map[string]string{
		"2026-02-30\t1 EUR\tx\ty":                "2026-02-30",
		"2026-03-14\tmuch\tx\ty":                 "much",
		"2026-03-14\t1 EUR\tx":                   "3 columns instead of 4",
		strings.Repeat("x", 100_000) + "\t1 EUR": "more than",
	} {
		c, err := importertest.Read(dummy.Format, "notes.txt", []byte(notebook+line+"\n2026-03-16\t1 EUR\tx\ty\n"))
		if err != nil || len(c.Documents) != 5 || len(c.Refusals) != 1 {
			t.Fatalf("%.20q: %d documents, refused %v, %v", line, len(c.Documents), c.Refusals, err)
		}
		if r := c.Refusals[0]; r.Line != 7 || !strings.Contains(r.Err.Error(), reason) {
			t.Errorf("%.20q: line %d: %v", line, r.Line, r.Err)
		}
	}
	if c, err := importertest.Read(dummy.Format, "x", []byte("penates-demo 1\n2026-03-14\tx\tx\ty")); err != nil || !errors.Is(c.Refusals[0].Err, penates.Invalid) {
		t.Errorf("refused %v, %v", c.Refusals, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(notebook))
	f.Add([]byte("penates-demo 1\n\t\t\t\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := importertest.Read(dummy.Format, "x", content); err != nil {
			t.Error(err)
		}
	})
}
