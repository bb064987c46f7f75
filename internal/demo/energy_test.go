package demo_test

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"penates/internal/demo"
)

// readCurve returns the points of the load curve by the end of their interval.
func readCurve(t testing.TB, h *demo.Household) (ends []time.Time, watts []int64) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(file(t, h, "Enedis_Conso_Heure.csv"))), "\r\n")
	if len(lines) < 4 || lines[2] != "Horodate;Valeur" {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines[3:] {
		stamp, value, _ := strings.Cut(line, ";")
		end, err := time.Parse(time.RFC3339, stamp)
		if err != nil {
			t.Fatal(err)
		}
		w, err := strconv.ParseInt(value, 10, 64)
		if err != nil || w <= 0 || w > 9000 || w%2 != 0 {
			t.Fatalf("%s: power %q", stamp, value)
		}
		ends, watts = append(ends, end), append(watts, w)
	}
	return ends, watts
}

// checkCurve adds the curve up by month and looks for gaps.
func checkCurve(t *testing.T, h *demo.Household) {
	t.Helper()
	f := h.Facts()
	ends, watts := readCurve(t, h)
	if len(ends) != f.Points {
		t.Errorf("%d points, want %d", len(ends), f.Points)
	}
	months, perDay := map[string]int64{}, map[string]int{}
	for i, end := range ends {
		if i > 0 && end.Sub(ends[i-1]) != 30*time.Minute {
			t.Fatalf("%s follows %s", end, ends[i-1])
		}
		begin := demo.Paris(end.Add(-30 * time.Minute))
		months[begin.Format("2006-01")] += watts[i] / 2
		perDay[begin.Format(time.DateOnly)]++
	}
	for month, want := range f.WattHours {
		if months[month] != want {
			t.Errorf("%s: %d Wh, want %d", month, months[month], want)
		}
	}
	for d := h.First; !d.After(h.Last); d = d.AddDate(0, 0, 1) {
		want := 48
		if d.Weekday() == time.Sunday && d.Day() > 24 && d.Month() == time.March {
			want = 46
		} else if d.Weekday() == time.Sunday && d.Day() > 24 && d.Month() == time.October {
			want = 50
		}
		if got := perDay[d.Format(time.DateOnly)]; got != want {
			t.Errorf("%s: %d points, want %d", d.Format(time.DateOnly), got, want)
		}
	}
}

// The curve looks like a house that is heated with electricity.
func TestCurveShape(t *testing.T) {
	h := household(t, 1, lastDay)
	checkCurve(t, h)
	ends, watts := readCurve(t, h)
	mean := func(keep func(time.Time) bool) float64 {
		sum, n := int64(0), 0
		for i, end := range ends {
			if keep(demo.Paris(end.Add(-30 * time.Minute))) {
				sum, n = sum+watts[i], n+1
			}
		}
		return float64(sum) / float64(max(n, 1))
	}
	winter := mean(func(at time.Time) bool { return at.Month() == time.January })
	summer := mean(func(at time.Time) bool { return at.Month() == time.June })
	if winter < 1.8*summer {
		t.Errorf("January %.0f W, June %.0f W", winter, summer)
	}
	evening := mean(func(at time.Time) bool { return at.Hour() == 19 })
	night := mean(func(at time.Time) bool { return at.Hour() == 3 })
	if evening < 1.3*night {
		t.Errorf("evening %.0f W, night %.0f W", evening, night)
	}
	away := mean(func(at time.Time) bool { return at.Month() == time.July && at.Day() > 20 && at.Day() < 30 })
	if away > summer/2 {
		t.Errorf("on holiday %.0f W, June %.0f W", away, summer)
	}
}

func TestGas(t *testing.T) {
	h := household(t, 1, lastDay)
	var meters map[string]struct {
		Readings []struct {
			Day    string  `json:"journeeGaziere"`
			Start  float64 `json:"indexDebut"`
			End    float64 `json:"indexFin"`
			Volume float64 `json:"volumeBrutConsomme"`
			Energy float64 `json:"energieConsomme"`
			Factor float64 `json:"coeffConversion"`
		} `json:"releves"`
	}
	if err := json.Unmarshal(file(t, h, "grdf-consommation-jour.json"), &meters); err != nil || len(meters) != 1 {
		t.Fatalf("%d meters: %v", len(meters), err)
	}
	var meter string
	for number := range meters {
		meter = number
	}
	for _, b := range h.Facts().Bills {
		if b.Vendor == "Gaz Brindille" && b.Meter != meter {
			t.Errorf("%s bills the meter %s, the readings are of %s", b.Number, b.Meter, meter)
		}
	}
	days := meters[meter].Readings
	months := map[string]float64{}
	for i, d := range days {
		on, err := time.Parse(time.DateOnly, d.Day)
		if err != nil || !on.Equal(h.First.AddDate(0, 0, i)) {
			t.Fatalf("day %d is %q", i, d.Day)
		}
		if i > 0 && d.Start != days[i-1].End {
			t.Errorf("%s begins at %v, the day before ended at %v", d.Day, d.Start, days[i-1].End)
		}
		if math.Abs(d.End-d.Start-d.Volume) > 1e-6 || math.Abs(d.Volume*d.Factor-d.Energy) > 0.5+1e-6 {
			t.Errorf("%s: %+v does not add up", d.Day, d)
		}
		months[on.Format("2006-01")] += d.Energy
	}
	for month, want := range h.Facts().GasKWh {
		if months[month] != float64(want) {
			t.Errorf("%s: %v kWh, want %d", month, months[month], want)
		}
	}
}
