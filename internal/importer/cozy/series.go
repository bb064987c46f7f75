package cozy

import (
	"fmt"
	"strconv"
	"time"

	"penates"
	"penates/internal/locale"
)

// A fluid is a doctype of Ecolyo: what a household used in a day or a month.
type fluid struct{ kind, unit, measure, step string }

var fluids = map[string]fluid{
	"com.grandlyon.enedis.day":   {"electricity", "kW.h", "daily", "P1D"},
	"com.grandlyon.enedis.month": {"electricity", "kW.h", "monthly", "P1M"},
	"com.grandlyon.grdf.day":     {"gas", "kW.h", "daily", "P1D"},
	"com.grandlyon.grdf.month":   {"gas", "kW.h", "monthly", "P1M"},
	"com.grandlyon.egl.day":      {"water", "L", "daily", "P1D"},
	"com.grandlyon.egl.month":    {"water", "L", "monthly", "P1M"},
}

// load gives out one value of Ecolyo.
func (r *reader) load(d document, f fluid) error {
	value, err := d.amount("load")
	year, errYear := strconv.Atoi(d.text("year"))
	month, errMonth := strconv.Atoi(d.text("month"))
	day, errDay := strconv.Atoi(d.text("day"))
	if f.step == "P1M" {
		day, errDay = 1, nil
	}
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if err != nil || value == "" || errYear != nil || errMonth != nil || errDay != nil || at.Day() != day || int(at.Month()) != month || year < 1900 || year > 9999 {
		return r.refuse(fmt.Errorf("a load without value or day: %w", penates.Invalid))
	}
	end := at.AddDate(0, 0, 1)
	if f.step == "P1M" {
		end = at.AddDate(0, 1, 0)
	}
	return r.out.Points(&penates.Series{
		Type: penates.Energy, Source: penates.Source{Connection: "ecolyo/" + f.kind, NativeID: f.measure, Locator: "line=" + strconv.Itoa(r.line)},
		Kind: f.kind, Measure: f.measure, Unit: f.unit, Step: f.step, Text: "Ecolyo " + f.kind,
		Points: []penates.Point{{Start: penates.DayOf(at), End: penates.DayOf(end), Value: value}},
	})
}

// trip gives out the positions of a trip, which are features of GeoJSON (RFC
// 7946) with the times of their points beside them. A trip without any is kept
// whole.
func (r *reader) trip(d document) error {
	var points []penates.Point
	kind := ""
	for _, collection := range d.list("series") {
		for _, f := range flatten(collection, 3) {
			if mode := f.sub("properties").text("sensed_mode"); kind == "" {
				kind = mode
			}
			points = append(points, r.line2points(f)...)
		}
	}
	if len(points) == 0 {
		return r.record("io.cozy.timeseries.geojson", d)
	}
	return r.out.Points(&penates.Series{
		Type: penates.Positions, Source: penates.Source{Connection: "trips", NativeID: d.id(), Locator: "line=" + strconv.Itoa(r.line)},
		Kind: locale.Line(kind), Measure: "position", Text: "Trip of " + points[0].Start.Date(), Points: points,
	})
}

// flatten returns the features of a collection and of those within it.
func flatten(collection document, depth int) (features []document) {
	for _, f := range collection.list("features") {
		if f.text("type") == "FeatureCollection" && depth > 0 {
			features = append(features, flatten(f, depth-1)...)
		} else {
			features = append(features, f)
		}
	}
	return features
}

func (r *reader) line2points(f document) (points []penates.Point) {
	geometry := f.sub("geometry")
	if geometry.text("type") != "LineString" {
		return nil
	}
	coordinates, _ := geometry["coordinates"].([]any)
	times, _ := f.sub("properties")["timestamps"].([]any)
	for i, c := range coordinates {
		pair, _ := c.([]any)
		if i >= len(times) || len(pair) < 2 {
			continue
		}
		at, err := r.moment(document{"t": times[i]}.text("t"))
		where := place(fmt.Sprint(pair[1]), fmt.Sprint(pair[0]))
		if err == nil && !at.IsZero() && !at.DateOnly() && where != nil {
			points = append(points, penates.Point{Start: at, Place: where})
		}
	}
	return points
}

// place returns the position, or nil when it is none.
func place(lat, lon string) *penates.Place {
	y, err1 := strconv.ParseFloat(lat, 64)
	x, err2 := strconv.ParseFloat(lon, 64)
	if err1 != nil || err2 != nil || !(y >= -90 && y <= 90 && x >= -180 && x <= 180) {
		return nil
	}
	return &penates.Place{Lat: y, Lon: x}
}
