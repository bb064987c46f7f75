package aeneria_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/aeneria"
	"penates/internal/importer/importertest"
	"penates/internal/sheet/sheettest"
)

var export = []sheettest.Table{
	{Name: "HOUR", Rows: [][]string{{"DATE", "TEMPERATURE", "CONSO_ELEC", "CONSO_GAZ"}, {"30/03/2024 23:00", "", "0.22"}, {"31/03/2024 00:00", "7", "3.1", "2"}, {"31/03/2024 01:00"}}},
	{Name: "DAY", Rows: [][]string{{"DATE", "CONSO_ELEC"}, {"30/03/2024 00:00", "28.8"}, {"32/03/2024 00:00", "1"}, {"31/03/2024 00:00", "beaucoup"}}},
	{Name: "MONTH", Rows: [][]string{{"DATE", "CONSO_ELEC"}, {"01/03/2024 00:00", "758,7"}}},
	{Name: "Notes", Rows: [][]string{{"hello"}, {"world"}}},
}

func points(c *importertest.Collector) (got []string) {
	for _, s := range c.Series {
		for _, p := range s.Points {
			got = append(got, strings.Join([]string{s.Source.NativeID, s.Kind, p.Start.String(), p.End.String(), string(p.Value), s.Unit, s.Step}, " "))
		}
	}
	return got
}

func TestRead(t *testing.T) {
	want := []string{
		"load-curve/electricity electricity 2024-03-30T23:00:00+01:00 2024-03-31T00:00:00+01:00 0.22 kW.h PT60M",
		"load-curve/electricity electricity 2024-03-31T00:00:00+01:00 2024-03-31T01:00:00+01:00 3.1 kW.h PT60M",
		"load-curve/gas gas 2024-03-31T00:00:00+01:00 2024-03-31T01:00:00+01:00 2 kW.h PT60M",
		"daily/electricity electricity 2024-03-30 2024-03-31 28.8 kW.h P1D",
		"monthly/electricity electricity 2024-03-01 2024-04-01 758.7 kW.h P1M",
	}
	for name, content := range map[string][]byte{"ods": sheettest.ODS(export...), "xlsx": sheettest.XLSX(export...)} {
		c, err := importertest.Read(aeneria.Format, "x", content)
		if diff := cmp.Diff(want, points(c)); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
		if len(c.Refusals) != 2 || c.Refusals[0].Line != 3 || !errors.Is(c.Refusals[1].Err, penates.Invalid) {
			t.Errorf("%s: refused %v", name, c.Refusals)
		}
		if aeneria.Format.Recognise(importertest.File("x", content).Head) == 0 {
			t.Errorf("%s is not recognised", name)
		}
	}
}

func TestNotMine(t *testing.T) {
	for name, content := range map[string][]byte{
		"other":  sheettest.XLSX(export[3]),
		"names":  sheettest.ODS(sheettest.Table{Name: "DAY", Rows: [][]string{{"DATE", "SALES"}, {"1/1/2024", "3"}}}),
		"no zip": []byte("PK\x03\x04"),
	} {
		c, err := importertest.Read(aeneria.Format, "x", content)
		if !errors.Is(err, importer.ErrNotMine) || c.PointCount()+len(c.Refusals) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if sure := aeneria.Format.Recognise(importertest.File("x", []byte("DATE;CONSO_ELEC")).Head); sure > 0 {
		t.Errorf("a CSV: %d", sure)
	}
}

// The manifest counts 60 rows: 5 of names, and 55 with a consumption.
func TestCorpus(t *testing.T) {
	content, ok := importertest.Corpus(t, "energy/grdf/aeneria/clean-export.ods")
	if !ok {
		return
	}
	c, err := importertest.Read(aeneria.Format, "clean-export.ods", content)
	if err != nil || len(c.Refusals) > 0 || c.PointCount() != 60-5 {
		t.Errorf("%d points, %v, refused %v", c.PointCount(), err, c.Refusals)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("DAY", "DATE", "CONSO_ELEC", "01/02/2024 00:00", "1,5")
	f.Add("HOUR", "CONSO_GAZ", "DATE", "2", "2024-03-31T02:30:00")
	f.Fuzz(func(t *testing.T, name, a, b, c, d string) {
		got, _ := importertest.Read(aeneria.Format, "x", sheettest.ODS(sheettest.Table{Name: name, Rows: [][]string{{a, b}, {c, d}}}))
		for _, s := range got.Series {
			for _, p := range s.Points {
				if _, err := penates.ParseDecimal(string(p.Value)); err != nil || !p.End.Time().After(p.Start.Time()) {
					t.Errorf("point %+v", p)
				}
			}
		}
	})
}
