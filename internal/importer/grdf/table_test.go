package grdf_test

import (
	"errors"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/grdf"
	"penates/internal/importer/importertest"
	"penates/internal/sheet/sheettest"
)

var monthly = sheettest.Table{Name: "Données", Rows: [][]string{
	{"", "Données informatives et détaillées", "", "", "Export du 24/11/2023"},
	{"", "", "N° PCE :", "", "21 000 000 000 001"},
	nil,
	{"", "Date de relevé", "Volume consommé (m3)", "Energie consommée (kWh)"},
	{"", "Novembre 2022 ", "75", "845.5"},
	{"", "Décembre 2022 ", "345", "3 808,25"},
	{"", "Du 25/12/2022 au 31/12/2022", "27", "301"},
	{"", "Brumaire 2023", "1", "1"},
	{"", "Janvier 2023", "beaucoup", "12"},
	{"", "Total"},
}}

func TestTable(t *testing.T) {
	for name, content := range map[string][]byte{"xlsx": sheettest.XLSX(monthly), "ods": sheettest.ODS(monthly)} {
		if sure := grdf.Format.Recognise(importertest.File("x", content).Head); sure == 0 {
			t.Errorf("%s is not recognised", name)
		}
		c := check(t, string(content),
			"21000000000001 monthly 2022-11-01 2022-12-01 845.5 kW.h P1M ",
			"21000000000001 monthly 2022-12-01 2023-01-01 3808.25 kW.h P1M ",
			"21000000000001 monthly 2023-01-01 2023-02-01 12 kW.h P1M ",
			"21000000000001 monthly-volume 2022-11-01 2022-12-01 75 m3 P1M ",
			"21000000000001 monthly-volume 2022-12-01 2023-01-01 345 m3 P1M ",
			"21000000000001 weekly 2022-12-25 2023-01-01 301 kW.h P1W ",
			"21000000000001 weekly-volume 2022-12-25 2023-01-01 27 m3 P1W ",
		)
		if len(c.Refusals) != 2 || c.Refusals[0].Line != 8 || c.Refusals[1].Line != 9 || !errors.Is(c.Refusals[1].Err, penates.Invalid) {
			t.Errorf("%s: refusals %v", name, c.Refusals)
		}
	}
	check(t, string(sheettest.XLSX(sheettest.Table{Name: "J", Rows: [][]string{
		{"Date", "Index début (m3)", "Index fin (m3)", "Volume consommé (m3)", "Energie consommée (kWh)", "Coefficient de conversion", "Température locale (°C)", "Qualification"},
		{"31/12/2023", "100", "102", "2.02", "22.5", "11.1", "", "Mesuré"}}})),
		" daily 2023-12-31 2024-01-01 22.5 kW.h P1D Mesuré", " daily-volume 2023-12-31 2024-01-01 2.02 m3 P1D Mesuré", " index 2024-01-01  102 m3 P1D Mesuré")
}

func TestOtherTables(t *testing.T) {
	many := sheettest.Table{Name: "x"}
	for range 200 {
		many.Rows = append(many.Rows, []string{"a", "1"})
	}
	whole := sheettest.XLSX(monthly)
	for name, content := range map[string][]byte{
		"other": sheettest.XLSX(sheettest.Table{Name: "Budget", Rows: [][]string{{"Date", "Montant"}, {"1/1/2024", "3"}}}),
		"long":  sheettest.ODS(many), "cut": whole[:len(whole)-30], "none": sheettest.Zip("[Content_Types].xml", ""),
	} {
		c, err := importertest.Read(grdf.Format, "x.xlsx", content)
		if !errors.Is(err, importer.ErrNotMine) || c.PointCount()+len(c.Documents)+len(c.Refusals) > 0 {
			t.Errorf("%s: %v, %d points", name, err, c.PointCount())
		}
	}
}

// The rows of the spreadsheets of the corpus: the manifest counts those of the
// title, 8 of them, with the others.
func TestCorpusTables(t *testing.T) {
	for name, want := range map[string]struct {
		measure string
		rows    int
		kWh     float64
	}{
		"MONTHLY": {"monthly", 21 - 8, 23181},
		"WEEKLY":  {"weekly", 61 - 8, 0},
	} {
		content, ok := importertest.Corpus(t, "energy/grdf/pygazpar/Donnees_informatives_PCE_"+name+".xlsx")
		if !ok {
			return
		}
		c, err := importertest.Read(grdf.Format, name, content)
		if err != nil || len(c.Refusals) > 0 {
			t.Errorf("%s: %v, %v", name, err, c.Refusals)
		}
		energies, volumes, sum := 0, 0, 0.0
		for _, s := range c.Series {
			if s.Measure != want.measure {
				t.Errorf("%s: series %s", name, s.Source.NativeID)
			}
			for _, p := range s.Points {
				if strings.HasSuffix(s.Source.NativeID, "-volume") {
					volumes++
				} else {
					energies++
					sum += p.Value.Float()
				}
			}
		}
		if energies != want.rows || volumes != want.rows || want.kWh > 0 && sum != want.kWh {
			t.Errorf("%s: %d energies, %d volumes, %v kWh, want %d, %v", name, energies, volumes, sum, want.rows, want.kWh)
		}
		t.Logf("%s: %d energies, %d volumes, %v kWh", name, energies, volumes, sum)
	}
}
