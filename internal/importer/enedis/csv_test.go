package enedis_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/importer/enedis"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const (
	preamble = "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite;Pas en minutes\n"
	curve    = preamble + "99000000000001;Courbe de charge;01/03/2024;02/03/2024;Energie active;Consommation;Comptage Brut;W;\n\nHorodate;Valeur\n"
)

// points returns the points of a file, "series start end value unit quality".
func points(t *testing.T, text string) (got []string, c *importertest.Collector) {
	t.Helper()
	c, err := importertest.Read(enedis.Format, "x", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Series {
		if s.Type != penates.Energy || len(s.Points) > 5000 {
			t.Errorf("a stretch of %d points of type %q", len(s.Points), s.Type)
		}
		for _, p := range s.Points {
			got = append(got, strings.Join([]string{s.Source.NativeID, p.Start.String(), p.End.String(), string(p.Value), s.Unit, s.Step, p.Quality}, " "))
		}
	}
	return got, c
}

func check(t *testing.T, text string, want ...string) *importertest.Collector {
	t.Helper()
	got, c := points(t, text)
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	return c
}

func TestLoadCurve(t *testing.T) {
	c := check(t, "\ufeff"+curve+
		"2024-03-01T00:30:00+01:00;300;\r\n2024-03-01T01:00:00+01:00;\r\n2024-03-01T01:30:00+01:00;101\r\n2024-03-01T02:00:00+01:00;0\r\n",
		"load-curve 2024-03-01T00:00:00+01:00 2024-03-01T00:30:00+01:00 150 W.h PT30M Comptage Brut",
		"load-curve 2024-03-01T01:00:00+01:00 2024-03-01T01:30:00+01:00 50.5 W.h PT30M Comptage Brut",
		"load-curve 2024-03-01T01:30:00+01:00 2024-03-01T02:00:00+01:00 0 W.h PT30M Comptage Brut",
	)
	s := c.Series[0]
	if len(c.Refusals) != 0 || s.Source.Connection != "99000000000001" || s.Kind != "electricity" || s.Measure != "load-curve" ||
		!slices.Contains(s.Refs, penates.NewRef(penates.RefPRM, "99000000000001")) {
		t.Errorf("got %+v, refusals %v", s, c.Refusals)
	}
}

// The step changes from an hour to half an hour to ten minutes, and stamps are
// missing on both sides of changes.
func TestStepsChange(t *testing.T) {
	check(t, curve+`2024-03-01T01:00:00+01:00;600
2024-03-01T02:00:00+01:00;600
2024-03-01T04:00:00+01:00;600
2024-03-01T05:00:00+01:00;600
2024-03-01T05:30:00+01:00;600
2024-03-01T06:00:00+01:00;600
2024-03-01T18:10:00+01:00;600
2024-03-01T18:20:00+01:00;100
2024-03-01T19:00:00+01:00;600
2024-03-01T19:10:00+01:00;600
`,
		"load-curve 2024-03-01T00:00:00+01:00 2024-03-01T01:00:00+01:00 600 W.h PT60M Comptage Brut",
		"load-curve 2024-03-01T01:00:00+01:00 2024-03-01T02:00:00+01:00 600 W.h PT60M Comptage Brut",
		"load-curve 2024-03-01T03:00:00+01:00 2024-03-01T04:00:00+01:00 600 W.h PT60M Comptage Brut",
		"load-curve 2024-03-01T04:00:00+01:00 2024-03-01T05:00:00+01:00 600 W.h PT60M Comptage Brut",
		"load-curve 2024-03-01T05:00:00+01:00 2024-03-01T05:30:00+01:00 300 W.h PT30M Comptage Brut",
		"load-curve 2024-03-01T05:30:00+01:00 2024-03-01T06:00:00+01:00 300 W.h PT30M Comptage Brut",
		"load-curve 2024-03-01T18:00:00+01:00 2024-03-01T18:10:00+01:00 100 W.h PT10M Comptage Brut",
		"load-curve 2024-03-01T18:10:00+01:00 2024-03-01T18:20:00+01:00 16.666667 W.h PT10M Comptage Brut",
		"load-curve 2024-03-01T18:50:00+01:00 2024-03-01T19:00:00+01:00 100 W.h PT10M Comptage Brut",
		"load-curve 2024-03-01T19:00:00+01:00 2024-03-01T19:10:00+01:00 100 W.h PT10M Comptage Brut",
	)
}

func TestStepIsNotKnown(t *testing.T) {
	c := check(t, curve+"2024-03-01T01:00:00+01:00;600\n")
	if len(c.Refusals) != 1 || c.Refusals[0].Line != 5 {
		t.Errorf("refusals %v", c.Refusals)
	}
	// A step in the preamble is believed.
	check(t, strings.Replace(curve, ";W;\n", ";W;15\n", 1)+"2024-03-01T01:00:00+01:00;600\n",
		"load-curve 2024-03-01T00:45:00+01:00 2024-03-01T01:00:00+01:00 150 W.h PT15M Comptage Brut")
}

// A flat table has all columns in every row. Its stamps have no offset here: the
// night the clocks go back has the hour from 2 to 3 twice, also when the file
// goes back in time.
func TestFlatTableAcrossClockChanges(t *testing.T) {
	const names = "Identifiant PRM;Date de début;Date de fin;Grandeur physique;Grandeur métier;Etape métier;Unité;Horodate;Valeur;Nature;Pas;Indice de vraisemblance;Etat complémentaire\n"
	row := func(stamp, value string) string {
		return "99000000000001;2024-01-01;2025-01-01;PA;CONS;BRUT;W;" + stamp + ";" + value + ";B;PT30M;0;0\n"
	}
	autumn := []string{"2024-10-27 02:00:00", "2024-10-27 02:30:00", "2024-10-27 02:00:00", "2024-10-27 02:30:00", "2024-10-27 03:00:00"}
	want := []string{
		"load-curve 2024-10-27T01:30:00+02:00 2024-10-27T02:00:00+02:00 100 W.h PT30M B",
		"load-curve 2024-10-27T02:00:00+02:00 2024-10-27T02:30:00+02:00 101 W.h PT30M B",
		"load-curve 2024-10-27T02:30:00+02:00 2024-10-27T02:00:00+01:00 102 W.h PT30M B",
		"load-curve 2024-10-27T02:00:00+01:00 2024-10-27T02:30:00+01:00 103 W.h PT30M B",
		"load-curve 2024-10-27T02:30:00+01:00 2024-10-27T03:00:00+01:00 104 W.h PT30M B",
	}
	text := names
	for i, stamp := range autumn {
		text += row(stamp, fmt.Sprint(200+2*i))
	}
	check(t, text, want...)

	text = names + row("2024-10-27 04:00:00", "0") + row("2024-10-27 03:30:00", "0")
	backwards := []string{
		"load-curve 2024-10-27T03:30:00+01:00 2024-10-27T04:00:00+01:00 0 W.h PT30M B",
		"load-curve 2024-10-27T03:00:00+01:00 2024-10-27T03:30:00+01:00 0 W.h PT30M B",
	}
	for i := len(autumn) - 1; i >= 0; i-- {
		text += row(autumn[i], fmt.Sprint(200+2*i))
		backwards = append(backwards, want[i])
	}
	check(t, text, backwards...)

	// In spring the clocks show 3 where 2 is due; a file may write either.
	check(t, names+row("2024-03-31 01:30:00", "200")+row("2024-03-31 02:00:00", "202")+row("2024-03-31 03:30:00", "204"),
		"load-curve 2024-03-31T01:00:00+01:00 2024-03-31T01:30:00+01:00 100 W.h PT30M B",
		"load-curve 2024-03-31T01:30:00+01:00 2024-03-31T03:00:00+02:00 101 W.h PT30M B",
		"load-curve 2024-03-31T03:00:00+02:00 2024-03-31T03:30:00+02:00 102 W.h PT30M B",
	)
}

// A year of half hours has no gap and no overlap, whichever way it is stamped.
func TestYearWithoutOffsets(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, layout := range []string{"2006-01-02 15:04:05", time.RFC3339, "02/01/2006 15:04"} {
		var b strings.Builder
		b.WriteString(curve)
		first := time.Date(2024, 1, 1, 0, 0, 0, 0, paris)
		for i := range 366 * 48 {
			fmt.Fprintf(&b, "%s;%d\n", first.Add(time.Duration(i+1)*30*time.Minute).Format(layout), i)
		}
		_, c := points(t, b.String())
		next, n := first, 0
		for _, s := range c.Series {
			for _, p := range s.Points {
				if !p.Start.Time().Equal(next) {
					t.Fatalf("%s: point %d starts at %v, want %v", layout, n, p.Start, next)
				}
				next = p.End.Time()
				n++
			}
		}
		if n != 366*48 || len(c.Refusals) > 0 {
			t.Errorf("%s: %d points, %d refusals", layout, n, len(c.Refusals))
		}
	}
}

func TestIndexes(t *testing.T) {
	const head = "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite\n" +
		"99000000000001;Index;23/03/2024;08/04/2024;Energie active;Consommation;Comptage Brut;Wh\n" +
		"Horodate;Type de releve;EAS F1;EAS F2;EAS F3;EAS D1;EAS D2;EAS T\n"
	c := check(t, head+`2024-03-30T00:00:00+01:00;Arrêté quotidien;1000;200;;1200;0;1200
2024-03-31T00:00:00+01:00;Arrêté quotidien;1100;250;;1350;0;1350
2024-04-01T01:00:00+02:00;Arrêté quotidien;;;;;;
2024-04-02T01:00:00+02:00;Arrêté quotidien;1200;300;;1500;0;1500
2024-04-03T01:00:00+02:00;Arrêté quotidien;1201;300;;1501;0;1501
2024-04-04T01:00:00+02:00;Arrêté quotidien;5;0;;5;0;5
Periode;Identifiant calendrier fournisseur;Libelle calendrier fournisseur;Identifiant classe temporelle 1;Libelle classe temporelle 1;Cadran classe temporelle 1
Du 2024-03-01T00:00:00+01:00 au 2024-03-20T00:00:00+01:00;INCONNU;INCONNU;;;EAS F1
Du 2024-03-20T00:00:00+01:00 au;FC000001;Soir;HC;Heures creuses;EAS F1;HP;Heures pleines;EAS F2;;;EAS F3;DI1;Sans;BASE;Base;EAS D1
`,
		"index/eas-f1 2024-03-30T00:00:00+01:00  1000 W.h P1D Arrêté quotidien",
		"index/eas-f1 2024-03-31T00:00:00+01:00  1100 W.h P1D Arrêté quotidien",
		"index/eas-f1 2024-04-02T01:00:00+02:00  1200 W.h P1D Arrêté quotidien",
		"index/eas-f1 2024-04-03T01:00:00+02:00  1201 W.h P1D Arrêté quotidien",
		"index/eas-f2 2024-03-30T00:00:00+01:00  200 W.h P1D Arrêté quotidien",
		"index/eas-f2 2024-03-31T00:00:00+01:00  250 W.h P1D Arrêté quotidien",
		"index/eas-f2 2024-04-02T01:00:00+02:00  300 W.h P1D Arrêté quotidien",
		"index/eas-f2 2024-04-03T01:00:00+02:00  300 W.h P1D Arrêté quotidien",
		"index 2024-03-30T00:00:00+01:00  1200 W.h P1D Arrêté quotidien",
		"index 2024-03-31T00:00:00+01:00  1350 W.h P1D Arrêté quotidien",
		"index 2024-04-02T01:00:00+02:00  1500 W.h P1D Arrêté quotidien",
		"index 2024-04-03T01:00:00+02:00  1501 W.h P1D Arrêté quotidien",
		"index 2024-04-04T01:00:00+02:00  5 W.h P1D Arrêté quotidien",
		"daily 2024-03-30 2024-03-31 150 W.h P1D Arrêté quotidien",
		"daily 2024-04-02 2024-04-03 1 W.h P1D Arrêté quotidien",
	)
	if len(c.Refusals) > 0 || len(c.Bodies) != 1 {
		t.Fatalf("refusals %v, documents %v", c.Refusals, c.Bodies)
	}
	want := schema.Contract{Vendor: "Enedis", Name: "Soir", Kind: "electricity", Meter: "99000000000001", Option: "Heures creuses, Heures pleines"}
	if c.Bodies[0] != want || c.Documents[0].Time.Start.String() != "2024-03-20" || c.Documents[0].Source.Locator != "line=12" {
		t.Errorf("contract %+v from %s, want %+v", c.Bodies[0], c.Documents[0].Time.Start, want)
	}
}

func TestOtherTables(t *testing.T) {
	check(t, "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite\n"+
		"99000000000001;Injection quotidienne;01/06/2024;03/06/2024\n\nDate;Valeur (en kWh)\n2024-06-01;12,571\n02/06/2024;9\n"+
		"Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite\n"+
		"99000000000001;Puissance maximale quotidienne;30/03/2024;25/04/2024;Puissance maximale atteinte;Consommation;;\n"+
		"Horodate;Valeur\n2024-03-30T18:12:01+01:00;4210\n2024-03-31T00:00:00+01:00;\n",
		"daily/production 2024-06-01 2024-06-02 12571 W.h P1D ",
		"daily/production 2024-06-02 2024-06-03 9000 W.h P1D ",
		"max-power 2024-03-30T18:12:01+01:00  4210 V.A P1D ",
	)
	check(t, "Date de la mesure;Heure de la mesure;Valeur;Statut de la mesure;PRM;Type de données;Date de début;Date de fin;Grandeur métier;Grandeur physique;Statut demandé;Unité;Pas en minutes\n"+
		"01/03/2024;00:10:00;1,2;R;99000000000002;Courbe de charge;01/03/2024;02/03/2024;Consommation;Energie active;Brut;kW;10\n"+
		"01/03/2024;00:10:00;0,6;R;99000000000002;Courbe de charge;01/03/2024;02/03/2024;Consommation;Energie réactive;Brut;kVAr;10\n",
		"load-curve 2024-03-01T00:00:00+01:00 2024-03-01T00:10:00+01:00 200 W.h PT10M R",
		"load-curve/energie-reactive 2024-03-01T00:00:00+01:00 2024-03-01T00:10:00+01:00 100 V.A{reactive}.h PT10M R",
	)
	check(t, "Identifiant PRM;99000000000001;Type de donnees;Courbe de charge;Unite;W;Pas en minutes;30\nHorodate;Valeur\n2024-03-01T00:30:00+01:00;2\n",
		"load-curve 2024-03-01T00:00:00+01:00 2024-03-01T00:30:00+01:00 1 W.h PT30M ")
}

func TestRefusedRows(t *testing.T) {
	c := check(t, curve+`2024-03-01T00:30:00+01:00;300
2024-02-30T01:00:00+01:00;300
yesterday;300
2024-03-01T01:00:00+01:00;much
2024-03-01T01:30:00+01:00;1e9
2024-03-01T02:00:00+01:00;999999999999999
2024-03-01T02:30:00+01:00
2024-03-01T03:00:00+01:00;20
2024-03-01T03:30:00+01:00;40
`,
		"load-curve 2024-03-01T00:00:00+01:00 2024-03-01T00:30:00+01:00 150 W.h PT30M Comptage Brut",
		"load-curve 2024-03-01T02:30:00+01:00 2024-03-01T03:00:00+01:00 10 W.h PT30M Comptage Brut",
		"load-curve 2024-03-01T03:00:00+01:00 2024-03-01T03:30:00+01:00 20 W.h PT30M Comptage Brut",
	)
	var lines []int
	for _, r := range c.Refusals {
		lines = append(lines, r.Line)
		if !errors.Is(r.Err, penates.Invalid) {
			t.Errorf("line %d: %v", r.Line, r.Err)
		}
	}
	slices.Sort(lines)
	if !slices.Equal(lines, []int{6, 7, 8, 9, 10, 11}) {
		t.Errorf("refused lines %v", lines)
	}
	c = check(t, strings.Replace(curve, ";W;", ";furlong;", 1)+"2024-03-01T00:30:00+01:00;300\n")
	if len(c.Refusals) != 1 || !errors.Is(c.Refusals[0].Err, penates.Unsupported) {
		t.Errorf("refusals %v", c.Refusals)
	}
}

func TestRecognise(t *testing.T) {
	for _, tt := range []struct {
		in   string
		sure bool
	}{
		{curve, true},
		{"\ufeff" + curve + "2024-03-01T00:30:00+01:00;300", true},
		{`{"meter_reading": {"usage_point_id": "9", "reading_type": {}, "interval_reading": []}}`, true},
		{`[{"customer_id": "1", "segment": "C5", "identity": {"natural_person": {}}}]`, true},
		{`{"mesures": [{"idPrm": "9"}]}`, true},
		{`{"propName": "meter_reading", "other": "reading_type"}`, false},
		{"Date;Libelle;Montant\n01/01/2024;x;1", false},
		{"Horodate;Valeur\n", false},
		{"", false},
		{"{", false},
		{`{"access_token": "x", "expires_in": 3}`, false},
	} {
		if got := enedis.Format.Recognise(importertest.File("x", []byte(tt.in)).Head); got > 50 != tt.sure {
			t.Errorf("%.40q: %d, want sure %t", tt.in, got, tt.sure)
		}
	}
}
