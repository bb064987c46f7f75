package grdf_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/grdf"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
	"penates/internal/sheet/sheettest"
)

// check compares the points of a file, "meter series start end value unit step quality".
func check(t *testing.T, text string, want ...string) *importertest.Collector {
	t.Helper()
	c, err := importertest.Read(grdf.Format, "x", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range c.Series {
		for _, p := range s.Points {
			got = append(got, strings.Join([]string{s.Source.Connection, s.Source.NativeID, p.Start.String(), p.End.String(), string(p.Value), s.Unit, s.Step, p.Quality}, " "))
		}
		if s.Kind != "gas" || s.Type != penates.Energy {
			t.Errorf("series %+v", s)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	return c
}

func TestPeriods(t *testing.T) {
	c := check(t, `[{"time_period": "31/12/2023", "end_index_m3": 101.0, "volume_m3": 6.2, "energy_kwh": 69.5, "type": "MES", "temperature_degC": 3.0},
		{"time_period": "Du 25/12/2023 au 31/12/2023", "volume_m3": 27.10, "energy_kwh": 301.0},
		{"time_period": "Décembre 2023", "energy_kwh": 801.5},
		{"time_period": "2023", "energy_kwh": 9000},
		{"time_period": "31/12/2023 07:00:00", "energy_kwh": 1.25},
		{"time_period": "01/01/2024", "volume_m3": null, "energy_kwh": null},
		{"time_period": "32/01/2024", "energy_kwh": 1},
		{"time_period": "Du 25/12/2023 au 24/12/2023", "energy_kwh": 1},
		{"time_period": "02/01/2024", "volume_m3": "much", "energy_kwh": "1,5"},
		{"time_period": {}, "energy_kwh": 1}, {"other": 1}, {}]`,
		" daily 2023-12-31 2024-01-01 69.5 kW.h P1D MES",
		" daily-volume 2023-12-31 2024-01-01 6.2 m3 P1D MES",
		" index 2024-01-01  101 m3 P1D MES",
		" weekly 2023-12-25 2024-01-01 301 kW.h P1W ",
		" weekly-volume 2023-12-25 2024-01-01 27.1 m3 P1W ",
		" monthly 2023-12-01 2024-01-01 801.5 kW.h P1M ",
		" yearly 2023-01-01 2024-01-01 9000 kW.h P1Y ",
		" load-curve 2023-12-31T07:00:00+01:00 2023-12-31T08:00:00+01:00 1.25 kW.h PT60M ",
	)
	var lines []int
	for _, r := range c.Refusals {
		lines = append(lines, r.Line)
	}
	if !slices.Equal(lines, []int{7, 8, 9, 9, 10, 10}) {
		t.Errorf("refusals %v", c.Refusals)
	}
}

func TestAccount(t *testing.T) {
	c := check(t, `{"21000000000001": {"idPce": "21000000000001", "frequence": null, "releves": [
		{"dateDebutReleve": "2024-03-30T06:00:00+01:00", "dateFinReleve": "2024-03-31T06:00:00+02:00", "journeeGaziere": "2024-03-30",
		 "indexDebut": 10, "indexFin": 12, "volumeBrutConsomme": 2.02, "energieConsomme": 22.5, "qualificationReleve": "Mesuré"},
		{"dateDebutReleve": "2024-01-15T06:00:00+01:00", "dateFinReleve": "2024-02-15T06:00:00+01:00", "journeeGaziere": null,
		 "indexFin": 9, "volumeBrutConsomme": 100, "energieConsomme": 1120, "qualificationReleve": "Estimé"},
		{"journeeGaziere": "2024-04-01", "volumeBrutConsomme": null, "energieConsomme": null, "qualificationReleve": "Absence de Données"}, 3]}}`,
		"21000000000001 daily 2024-03-30 2024-03-31 22.5 kW.h P1D Mesuré",
		"21000000000001 daily-volume 2024-03-30 2024-03-31 2.02 m3 P1D Mesuré",
		"21000000000001 index 2024-03-31  12 m3 P1D Mesuré",
		"21000000000001 index 2024-02-15  9 m3 P1D Estimé",
		"21000000000001 statement 2024-01-15 2024-02-15 1120 kW.h  Estimé",
		"21000000000001 statement-volume 2024-01-15 2024-02-15 100 m3  Estimé",
	)
	if len(c.Refusals) != 1 || !slices.Contains(c.Series[0].Refs, penates.NewRef(penates.RefPCE, "21000000000001")) {
		t.Errorf("refusals %v, refs %v", c.Refusals, c.Series[0].Refs)
	}
}

func TestADICT(t *testing.T) {
	c := check(t, `{"pce": {"id_pce": "GI000001"}, "releve_fin": {"index_brut_fin": {"valeur_index": 333}}, "consommation": {"date_debut_consommation": "2024-01-01T06:00:00+01:00",
		"date_fin_consommation": "2024-01-23T06:00:00+01:00", "volume_brut": 150, "energie": 1690, "type_qualif_conso": "Mesuré", "journee_gaziere": null}}
		{"pce": {"id_pce": "GI000001"}, "consommation": {"journee_gaziere": "2024-01-24", "energie": "37"}}
		{"pce": {"id_pce": "GI000001"}, "consommation": {"energie": null}, "statut_restitution": {"code": "1000008"}}
		{"pce": {"id_pce": "GI000001"}, "donnees_contractuelles": {"tarif_acheminement": "T2", "date_mes": "2019-11-06"}}
		{"pce": {"id_pce": "GI000001"}, "donnees_techniques": {"situation_compteur": {"numero_rue": "4", "nom_rue": "RUE DU FOUR", "code_postal": "69001", "commune": "LYON"}}}
		{"pce": {}, "donnees_techniques": {}}`,
		"GI000001 statement 2024-01-01 2024-01-23 1690 kW.h  Mesuré",
		"GI000001 statement-volume 2024-01-01 2024-01-23 150 m3  Mesuré",
		"GI000001 index 2024-01-23  333 m3  Mesuré",
		"GI000001 daily 2024-01-24 2024-01-25 37 kW.h P1D ",
	)
	want := []schema.Body{
		schema.Contract{Vendor: "GRDF", Kind: "gas", Meter: "GI000001", Option: "T2"},
		schema.Contract{Vendor: "GRDF", Kind: "gas", Meter: "GI000001", Address: "4 RUE DU FOUR, 69001 LYON"},
	}
	if diff := cmp.Diff(want, c.Bodies); diff != "" || c.Documents[0].Time.Start.String() != "2019-11-06" || c.Repeated > 0 {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	if len(c.Refusals) != 1 {
		t.Errorf("refusals %v", c.Refusals)
	}
}

func TestRecognise(t *testing.T) {
	for _, tt := range []struct {
		in   string
		sure bool
	}{
		{`[{"time_period": "2023", "volume_m3": 1}]`, true},
		{`{"21": {"idPce": "21", "releves": []}}`, true},
		{`{"pce": {"id_pce": "GI"}, "consommation": {}}`, true},
		{`[]`, false},
		{`{"2020-12-01": 7.6}`, false},
		{`{"a": "time_period", "b": "volume_m3"}`, false},
		{`time_period;volume_m3`, false},
		{``, false},
	} {
		if got := grdf.Format.Recognise(importertest.File("x", []byte(tt.in)).Head); got > 50 != tt.sure {
			t.Errorf("%q: %d, want sure %t", tt.in, got, tt.sure)
		}
	}
}

func TestBrokenFile(t *testing.T) {
	c, err := importertest.Read(grdf.Format, "x", []byte(`[{"time_period": "2023", "energy_kwh": 1}, {"time_`))
	if !errors.Is(err, penates.Invalid) || c.PointCount() != 1 {
		t.Errorf("%d points, %v", c.PointCount(), err)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`[{"time_period": "Du 25/12/2023 au 31/12/2023", "volume_m3": 27.10, "energy_kwh": 301.0, "end_index_m3": 5}]`,
		`[{"time_period": "Mai 2023", "energy_kwh": 1}, {"time_period": "2023", "energy_kwh": 1}, {"time_period": "01/02/2023 06:00", "energy_kwh": 1}]`,
		`{"21": {"idPce": "21", "releves": [{"journeeGaziere": "2024-03-30", "indexFin": 12, "energieConsomme": 22.5}, {"dateDebutReleve": "2024-01-15", "dateFinReleve": "2024-02-15", "energieConsomme": 1}]}}`,
		`{"pce": {"id_pce": "GI"}, "consommation": {"journee_gaziere": "2024-01-24", "energie": "37"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Add(sheettest.XLSX(monthly))
	f.Add(sheettest.ODS(monthly))
	f.Fuzz(func(t *testing.T, b []byte) {
		grdf.Format.Recognise(importertest.File("x", b).Head)
		c, _ := importertest.Read(grdf.Format, "x", b)
		for _, s := range c.Series {
			for _, p := range s.Points {
				if _, err := penates.ParseDecimal(string(p.Value)); err != nil || p.Start.IsZero() {
					t.Errorf("point %+v of %s", p, s.Source.NativeID)
				}
				if !p.End.IsZero() && !p.End.Time().After(p.Start.Time()) {
					t.Errorf("point %+v ends before it starts", p)
				}
			}
		}
	})
}

// expected names the series that has a point for each record which the manifest
// counts in a file.
var expected = map[string]string{
	"energy/grdf/pygazpar/daily_data_sample.json":   "daily",
	"energy/grdf/pygazpar/weekly_data_sample.json":  "weekly",
	"energy/grdf/pygazpar/monthly_data_sample.json": "monthly",
	"energy/grdf/pygazpar/yearly_data_sample.json":  "yearly",
}

// none are files that are not recognised, with the reason.
var none = map[string]string{
	"energy/grdf/pygazpar/hourly_data_sample.json": "an empty list, which could be anything",
	"energy/grdf/pygazpar/temperatures.json":       "the weather of a region, nothing in it says of what",
}

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		fields := strings.Split(line, "\t")
		name := fields[0]
		if !strings.HasPrefix(name, "energy/") && !strings.HasPrefix(name, "mesinfos/") {
			continue
		}
		content, _ := importertest.Corpus(t, name)
		sure := grdf.Format.Recognise(importertest.File(name, content).Head) > 50
		if strings.HasPrefix(name, "energy/grdf/") && strings.HasSuffix(name, ".json") {
			files++
			_, mine := expected[name]
			_, not := none[name]
			if !mine && !not {
				t.Errorf("%s: nothing is expected of it", name)
			}
		}
		want, mine := expected[name]
		if sure != mine {
			t.Errorf("%s: recognised %t, want %t", name, sure, mine)
		}
		if !mine {
			continue
		}
		c, err := importertest.Read(grdf.Format, name, content)
		if err != nil || len(c.Refusals) > 0 {
			t.Errorf("%s: %v, refusals %v", name, err, c.Refusals)
		}
		found := map[string]int{}
		for _, s := range c.Series {
			found[s.Source.NativeID] += len(s.Points)
		}
		records, err := strconv.Atoi(strings.Trim(fields[2], "[]"))
		if err != nil || found[want] != records {
			t.Errorf("%s: %v, want %s of %s", name, found, fields[2], want)
		}
		t.Logf("%s: %s: %v", name, fields[2], found)
	}
	if files == 0 {
		t.Error("the manifest has no file of GRDF")
	}
}
