package enedis_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/enedis"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

func TestMeterReading(t *testing.T) {
	const readings = `"interval_reading": [
		{"value": "500", "date": "2024-03-01 03:00:00", "interval_length": "PT30M", "measure_type": "B"},
		{"value": "60", "date": "2024-03-01 03:10:00", "interval_length": "PT10M", "measure_type": "R"},
		{"value": null, "date": "2024-03-01 03:20:00", "interval_length": "PT10M"},
		{"value": "x", "date": "2024-03-01 03:30:00", "interval_length": "PT10M"}, 7]`
	const kind = `"reading_type": {"measurement_kind": "power", "unit": "W", "aggregate": "average"}`
	want := []string{
		"load-curve 2024-03-01T02:30:00+01:00 2024-03-01T03:00:00+01:00 250 W.h PT30M B",
		"load-curve 2024-03-01T03:00:00+01:00 2024-03-01T03:10:00+01:00 10 W.h PT10M R",
	}
	c := check(t, `{"meter_reading": {"usage_point_id": "99000000000001", "quality": "BRUT", `+kind+`, `+readings+`}}`, want...)
	if len(c.Refusals) != 2 || c.Refusals[0].Line != 5 || c.Series[0].Source.Connection != "99000000000001" {
		t.Errorf("refusals %v", c.Refusals)
	}
	// The members may come in any order, and answers after each other.
	check(t, `{"meter_reading": {`+readings+`, `+kind+`, "usage_point_id": "99000000000001"}}`, want...)
	check(t, `[{"meter_reading": {`+kind+`, "usage_point_id": "9", `+readings+`}}]`, want...)

	check(t, `{"meter_reading": {"usage_point_id": "9", "start": "2024-03-01", "quality": "BRUT",
		"reading_type": {"measurement_kind": "energy", "measuring_period": "P1D", "unit": "Wh", "aggregate": "sum"},
		"interval_reading": [{"value": "5400", "date": "2024-03-31"}]}}
		{"meter_reading": {"usage_point_id": "9", "reading_type": {"measurement_kind": "power", "measuring_period": "P1D", "unit": "VA", "aggregate": "maximum"},
		"interval_reading": [{"value": "4100", "date": "2024-03-31 19:02:11"}]}}
		{"meter_reading": {"usage_point_id": "9", "reading_type": {"measurement_kind": "energy", "measuring_period": "P1M", "unit": "kWh", "flow_direction": "reverse"},
		"interval_reading": [{"value": "54.5", "date": "2024-02-01"}]}}`,
		"daily 2024-03-31 2024-04-01 5400 W.h P1D BRUT",
		"max-power 2024-03-31T19:02:11+02:00  4100 V.A P1D ",
		"monthly/production 2024-02-01 2024-03-01 54500 W.h P1M ",
	)
}

// Version 3 numbers its values: the first half hour of a day ends at 00:30. The
// 48 half hours of the day make its energy; a day when the clocks go back has 50.
func TestNumberedReadings(t *testing.T) {
	answer := func(day string, n int) string {
		var values []string
		for i := range n {
			values = append(values, fmt.Sprintf(`{"value": "%d", "reading_number": "%d"}`, 2*i, i+1))
		}
		return `[{"contract_power": "6", "fee_schedule": "Base", "business_step": "comptage brut", "usage_point": [{"usage_point_id": "01234567890",
			"meter_reading": {"reading_type": {"measurement_kind": "CDC", "start_measurement_period": "` + day + `", "interval_length": "",
			"time_attribute": "30mn", "unit": "W", "flow_direction": "forward"}, "interval_block": [` + strings.Join(values, ", ") + `]}}]}]`
	}
	for day, n := range map[string]int{"2024-08-17": 48, "2024-10-27": 50, "2024-03-31": 46} {
		got, c := points(t, answer(day, n))
		next := strings.Split(got[n-1], " ")[2]
		if len(got) != n || !strings.HasPrefix(got[0], "load-curve "+day+"T00:00:00") || !strings.Contains(next, "T00:00:00+0") {
			t.Errorf("%s: %d points, the first %s, the last %s", day, len(got), got[0], got[n-1])
		}
		var sum float64
		for _, p := range c.Series[0].Points {
			sum += p.Value.Float()
		}
		if want := float64(n * (n - 1) / 2); sum != want {
			t.Errorf("%s: %v Wh, want %v", day, sum, want)
		}
		want := []schema.Body{schema.Contract{Vendor: "Enedis", Kind: "electricity", Meter: "01234567890", Power: "6 kVA", Option: "Base"}}
		if diff := cmp.Diff(want, c.Bodies); diff != "" {
			t.Errorf("%s: documents (-want +got):\n%s", day, diff)
		}
	}
	check(t, `{"usage_point": [{"meter_reading": {"usage_point_id": "9", "start": "2024-08-17", "reading_type": {"measurement_kind": "energy",
		"measuring_period": "P1D", "unit": "Wh"}, "interval_reading": [{"value": "5", "rank": "1"}, {"value": "6", "rank": "2"}, {"value": "7"}]}}]}`,
		"daily 2024-08-17 2024-08-18 5 W.h P1D ", "daily 2024-08-18 2024-08-19 6 W.h P1D ")
}

func TestR63(t *testing.T) {
	c := check(t, `{"header": {"codeFlux": "R63"}, "mesures": [{"idPrm": "99000000000001", "etapeMetier": "BRUT", "grandeur": [
		{"grandeurMetier": "CONS", "grandeurPhysique": "PA", "unite": "W", "points": [
			{"v": "300", "d": "2024-03-01T00:05:00+01:00", "p": "PT5M", "n": "R"}, "x"]},
		{"points": [{"v": "1"}]}]}]}`,
		"load-curve 2024-03-01T00:00:00+01:00 2024-03-01T00:05:00+01:00 25 W.h PT5M R")
	if len(c.Refusals) != 2 {
		t.Errorf("refusals %v", c.Refusals)
	}
}

func TestCustomers(t *testing.T) {
	_, c := points(t, `{"customer": {"customer_id": "1", "usage_points": [{"usage_point": {"usage_point_id": "99000000000001", "usage_point_status": "com",
		"usage_point_addresses": {"street": "1 rue du Four", "postal_code": "69001", "city": "Lyon", "geo_points": {"latitude": "45.7", "longitude": "4.8", "altitude": "170"}}}},
		{"usage_point": {}}]}}
		{"customer": {"customer_id": "1", "usage_points": [{"usage_point": {"usage_point_id": "99000000000001"}, "contracts": {"segment": "C5", "subscribed_power": "9 kVA",
		"last_activation_date": "2013-08-14+01:00", "distribution_tariff": "BTINFCUST", "offpeak_hours": "HC (23h00-7h30)", "contract_type": "CRAE", "contract_status": "SERVC"}}]}}
		{"customer": {"customer_id": "1", "identity": {"natural_person": {"title": "Mme", "firstname": "Anne", "lastname": "MARTIN"}}}}
		{"customer_id": "1", "identity": {"natural_person": {"title": "M.", "name": "Jean", "last_name": "MARTIN"}}}
		{"customer_id": "1", "contact_data": {"phone": "+33600000000", "email": "Anne@Example.org"}}
		{"customer_id": "1", "usage_point_address": {"street_number": "1", "street": "RUE DU FOUR", "zip": "69001", "city": "LYON"}}
		{"error": "no_data_found", "error_description": "no measure"}`)
	want := []schema.Body{
		schema.Contract{Vendor: "Enedis", Kind: "electricity", Meter: "99000000000001", Address: "1 rue du Four, 69001 Lyon", Status: "com"},
		schema.Contract{Vendor: "Enedis", Kind: "electricity", Meter: "99000000000001", Name: "CRAE", Power: "9 kVA", Option: "BTINFCUST, HC (23h00-7h30)", Status: "SERVC"},
		schema.Identity{Family: "MARTIN", Given: "Anne", Gender: "female", Customer: "1", Issuer: "Enedis"},
		schema.Identity{Family: "MARTIN", Given: "Jean", Gender: "male", Customer: "1", Issuer: "Enedis"},
		schema.Identity{Email: "anne@example.org", Phone: "+33600000000", Customer: "1", Issuer: "Enedis"},
		schema.Contract{Vendor: "Enedis", Kind: "electricity", Address: "1 RUE DU FOUR, 69001 LYON"},
	}
	if diff := cmp.Diff(want, c.Bodies); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	if len(c.Refusals) != 2 || c.Documents[0].Place == nil || c.Documents[0].Place.Lat != 45.7 ||
		c.Documents[1].Time.Start.String() != "2013-08-14" || c.Documents[1].Ref(penates.RefPRM) != "99000000000001" {
		t.Errorf("refusals %v, documents %+v %+v", c.Refusals, c.Documents[0], c.Documents[1])
	}
}

func TestBrokenFiles(t *testing.T) {
	const whole = `{"meter_reading": {"usage_point_id": "9", "reading_type": {"unit": "W"}, "interval_reading": [{"value": "2", "date": "2024-03-01 03:00:00", "interval_length": "PT30M"}`
	c, err := importertest.Read(enedis.Format, "x", []byte(whole))
	if !errors.Is(err, penates.Invalid) || c.PointCount() != 1 {
		t.Errorf("cut file: %d points, %v", c.PointCount(), err)
	}
	_, err = importertest.Read(enedis.Format, "x", []byte(curve+"2024-03-01T00:30:00+01:00;"+strings.Repeat("1", 2<<20)))
	if !errors.Is(err, penates.TooLarge) {
		t.Errorf("endless line: %v", err)
	}
	var many strings.Builder
	many.WriteString("Identifiant PRM;Unité;Horodate;Valeur;Pas\n")
	for i := range 2000 {
		fmt.Fprintf(&many, "%d;W;2024-03-01 00:30:00;1;PT30M\n", i)
	}
	if _, err = importertest.Read(enedis.Format, "x", []byte(many.String())); !errors.Is(err, penates.TooLarge) {
		t.Errorf("too many meters: %v", err)
	}
	stop := errors.New("stop")
	if err := enedis.Format.Read(t.Context(), importertest.File("x", []byte(curve+"2024-03-01T00:30:00+01:00;1\nx;1\n")), stopping{stop, &importertest.Collector{}}); err != stop {
		t.Errorf("the sink's error became %v", err)
	}
}

// A stopping sink refuses to take a refusal.
type stopping struct {
	err error
	*importertest.Collector
}

func (s stopping) Refuse(int, error) error { return s.err }

func (s stopping) Points(*penates.Series) error { panic("the sink had said to stop") }

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		curve + "2024-03-01T00:30:00+01:00;300\n2024-10-27 02:30:00;1,5\n01/02/2024 03:00;x\n",
		"Identifiant PRM;Unité;Horodate;Valeur;Pas\n9;kW;2024-03-01 00:30:00;1;PT30M\n",
		"Identifiant PRM;Unite\n9;Wh\nHorodate;EAS F1;EAS T;EAI T\n2024-03-01T00:00:00+01:00;1;2;3\n2024-03-02T00:00:00+01:00;1;2;3\nPeriode;Identifiant calendrier\nDu x au;1;Base;a;b;EAS F1\n",
		`{"meter_reading": {"usage_point_id": "9", "reading_type": {"unit": "W"}, "interval_reading": [{"value": "2", "date": "2024-03-01 03:00:00", "interval_length": "PT30M"}]}}`,
		`[{"usage_point": [{"meter_reading": {"reading_type": {"unit": "W", "start_measurement_period": "2024-01-01", "time_attribute": "30mn"}, "interval_block": [{"value": 1, "reading_number": 1}]}}]}]`,
		`{"mesures": [{"idPrm": "9", "grandeur": [{"unite": "Wh", "points": [{"v": 1, "d": "2024-03-01T00:05:00+01:00"}]}]}]}`,
		r50, r4x, r151, detailed, registers, r171, statements,
		`{"customer": {"customer_id": "1", "usage_points": [{"usage_point": {"usage_point_id": "9"}, "contracts": {}}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		enedis.Format.Recognise(importertest.File("x", b).Head)
		c, _ := importertest.Read(enedis.Format, "x", b)
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

// discard takes points and counts them.
type discard struct {
	importertest.Collector
	points int
}

func (d *discard) Points(s *penates.Series) error { d.points += len(s.Points); return nil }

func BenchmarkRead(b *testing.B) {
	const n = 200_000
	var table strings.Builder
	table.WriteString(curve)
	var values []string
	for i := range n {
		day := i / 48
		stamp := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:00", 2010+day/336, 1+day/28%12, 1+day%28, i/2%24, i%2*30)
		fmt.Fprintf(&table, "%s+01:00;%d\n", stamp, i%9000)
		values = append(values, fmt.Sprintf(`{"value": "%d", "date": "%s", "interval_length": "PT30M", "measure_type": "B"}`, i%9000, strings.Replace(stamp, "T", " ", 1)))
	}
	answer := `{"meter_reading": {"usage_point_id": "9", "reading_type": {"unit": "W"}, "interval_reading": [` + strings.Join(values, ",\n") + `]}}`
	for name, text := range map[string]string{"csv": table.String(), "json": answer} {
		b.Run(name, func(b *testing.B) {
			f := importertest.File("x", []byte(text))
			b.ReportAllocs()
			for b.Loop() {
				var d discard
				if err := enedis.Format.Read(b.Context(), f, &d); err != nil || d.points != n {
					b.Fatal(d.points, err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "points/s")
		})
	}
}

func TestRepeatable(t *testing.T) {
	first, _ := points(t, curve+"2024-03-01T00:30:00+01:00;300\n2024-03-01T01:00:00+01:00;300\n")
	second, _ := points(t, curve+"2024-03-01T00:30:00+01:00;300\n2024-03-01T01:00:00+01:00;300\n")
	if len(first) != 2 || !slices.Equal(first, second) {
		t.Errorf("%q, then %q", first, second)
	}
}
