package demo_test

import (
	"strings"
	"testing"

	"penates"
	"penates/internal/demo"
	"penates/internal/importer"
	"penates/internal/importer/bankcsv"
	"penates/internal/importer/enedis"
	"penates/internal/importer/facturx"
	"penates/internal/importer/grdf"
	"penates/internal/importer/ical"
	"penates/internal/importer/importertest"
	"penates/internal/importer/mail"
	"penates/internal/importer/ofx"
	"penates/internal/importer/vcard"
	"penates/internal/schema"
)

// formats are the formats the household's files come in.
var formats = []importer.Format{bankcsv.Format, enedis.Format, grdf.Format, ofx.Format, mail.EML, mail.Mbox, facturx.Format, vcard.Format, ical.Format}

// imported reads every file whose path has the prefix with the format that
// recognises it, which has to be the one named, and that refuses nothing.
func imported(t *testing.T, h *demo.Household, prefix, format string) (read []*importertest.Collector) {
	t.Helper()
	for path, content := range contents(t, h) {
		if !strings.HasPrefix(path, prefix) {
			continue
		}
		var best importer.Format
		most := 0
		for _, f := range formats {
			if sure := f.Recognise(importertest.File(path, content).Head); sure > most {
				best, most = f, sure
			}
		}
		if best.Name != format {
			t.Fatalf("%s is recognised as %q, want %q", path, best.Name, format)
		}
		c, err := importertest.Read(best, path, content)
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Fatalf("%s: %v, refused %v, %d repeated", path, err, c.Refusals, c.Repeated)
		}
		read = append(read, c)
	}
	return read
}

func TestImportCurve(t *testing.T) {
	h := household(t, 1, lastDay)
	points, months := 0, map[string]float64{}
	for _, c := range imported(t, h, "energie/Enedis", "enedis") {
		for _, s := range c.Series {
			if s.Measure != "load-curve" || s.Kind != "electricity" {
				t.Errorf("series %+v", s.Source)
			}
			scale := map[string]float64{"W.h": 1, "kW.h": 1000}[s.Unit]
			for _, p := range s.Points {
				points++
				months[demo.Paris(p.Start.Time()).Format("2006-01")] += p.Value.Float() * scale
			}
		}
	}
	if points != h.Facts().Points {
		t.Errorf("%d points, want %d", points, h.Facts().Points)
	}
	for month, want := range h.Facts().WattHours {
		if months[month] != float64(want) {
			t.Errorf("%s: %v Wh, want %d", month, months[month], want)
		}
	}
}

// checkOperations compares the operations of an account with the facts.
func checkOperations(t *testing.T, read []*importertest.Collector, a demo.Account) {
	t.Helper()
	count, sum := 0, int64(0)
	for _, c := range read {
		for i, d := range c.Documents {
			op, ok := c.Bodies[i].(schema.BankOperation)
			if !ok || !strings.Contains(d.Ref(penates.RefIBAN)+d.Ref(penates.RefAccount)+op.Account, a.Number) {
				continue
			}
			count++
			sum += cents(t, string(d.Money.Amount))
		}
	}
	if count != a.Operations || sum != cents(t, string(a.Sum)) {
		t.Errorf("%s: %d operations of %d cents, want %d of %s", a.Label, count, sum, a.Operations, a.Sum)
	}
}

func TestImportOFX(t *testing.T) {
	h := household(t, 1, lastDay)
	checkOperations(t, imported(t, h, "banque/compte-courant", "ofx"), h.Facts().Accounts[0])
	checkOperations(t, imported(t, h, "banque/livret", "ofx"), h.Facts().Accounts[2])
}

func TestImportGas(t *testing.T) {
	h := household(t, 1, lastDay)
	days, months := 0, map[string]float64{}
	for _, c := range imported(t, h, "energie/grdf", "grdf") {
		for _, s := range c.Series {
			if len(s.Refs) != 1 || s.Refs[0].Scheme != penates.RefPCE {
				t.Errorf("series %s has no meter: %v", s.Source.NativeID, s.Refs)
			}
			if s.Unit != "kW.h" {
				continue
			}
			for _, p := range s.Points {
				days++
				months[p.Start.Date()[:7]] += p.Value.Float()
			}
		}
	}
	if days != h.Facts().GasDays {
		t.Errorf("%d days, want %d", days, h.Facts().GasDays)
	}
	for month, want := range h.Facts().GasKWh {
		if months[month] != float64(want) {
			t.Errorf("%s: %v kWh, want %d", month, months[month], want)
		}
	}
}

func TestImportCSV(t *testing.T) {
	h := household(t, 1, lastDay)
	checkOperations(t, imported(t, h, "banque/export", "bankcsv"), h.Facts().Accounts[1])
}
