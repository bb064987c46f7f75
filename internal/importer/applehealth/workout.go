package applehealth

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/schema"
)

// totals are the attributes of a workout up to iOS 15; later ones have
// WorkoutStatistics.
var totals = [...][2]string{
	{"duration", "Duration"}, {"totalDistance", "Distance"}, {"totalEnergyBurned", "Energy burned"},
	{"totalSwimmingStrokeCount", "Strokes"}, {"totalFlightsClimbed", "Flights climbed"},
}

// workout gives out a workout and the tracks inside it.
func (r *reader) workout(e element, locator string) (bad, err error) {
	kind := words(strings.TrimPrefix(e.get("workoutActivityType"), "HKWorkoutActivityType"))
	body := schema.HealthRecord{Resource: "Workout", Code: cmp.Or(kind, "Workout"), Performer: health.Clean(e.get("sourceName"))}
	d := &penates.Document{Source: penates.Source{Locator: locator}, Sensitivity: penates.Sensitive}
	if d.Time, bad = span(&e); bad != nil {
		return bad, nil
	}
	d.Source.NativeID = nativeID("workout", e.get("workoutActivityType"), e.get("sourceName"), e.get("startDate"), e.get("endDate"))
	shown := []string{}
	if bad := total(&e, d, &body, &shown); bad != nil {
		return bad, nil
	}
	var routes []element
	for _, p := range e.parts {
		switch {
		case p.name == "WorkoutRoute":
			routes = append(routes, p)
		case len(body.Values) >= maxValues:
		case p.name == "MetadataEntry":
			body.Values = append(body.Values, schema.HealthValue{Code: health.Clean(p.get("key")), Value: health.Clean(p.get("value"))})
		case p.name == "WorkoutStatistics":
			if bad := statistics(&p, d, &body, &shown); bad != nil {
				return bad, nil
			}
		}
	}
	d.Text = health.Clean(health.Phrase(body.Code, strings.Join(shown, ", ")))
	tracks, refused := r.tracks(routes, d, body.Code)
	if len(tracks) > 0 {
		d.Place = tracks[0].Points[0].Place
	}
	if err := r.out.Document(d, body); err != nil {
		return nil, err
	}
	for _, bad := range refused {
		if err := r.out.Refuse(r.line(), bad); err != nil {
			return nil, err
		}
	}
	for i := range tracks {
		if err := r.out.Points(&tracks[i]); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// total reads the attributes that say how much a workout was.
func total(e *element, d *penates.Document, body *schema.HealthRecord, shown *[]string) error {
	for _, t := range totals {
		value := e.get(t[0])
		if value == "" {
			continue
		}
		m, err := measure("", value, cmp.Or(e.get(t[0]+"Unit"), "count"))
		if err != nil {
			return fmt.Errorf("%s: %w", t[0], err)
		}
		body.Values = append(body.Values, schema.HealthValue{Code: t[1], Value: string(m.number), Unit: m.unit})
		if d.Quantity == nil || t[0] == "totalDistance" && m.number.Float() > 0 { // the distance, else the duration
			d.Quantity = &penates.Quantity{Value: m.number, Unit: m.unit}
		}
		*shown = append(*shown, m.text())
	}
	return nil
}

// statistics reads what was measured all through a workout.
func statistics(p *element, d *penates.Document, body *schema.HealthRecord, shown *[]string) error {
	about := measureOf(p.get("type"))
	for _, key := range [...]string{"sum", "average", "minimum", "maximum"} {
		value := p.get(key)
		if value == "" {
			continue
		}
		m, err := measure(p.get("type"), value, cmp.Or(p.get("unit"), "count"))
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		name := about.Name
		if key != "sum" {
			name += ", " + key
		}
		body.Values = append(body.Values, schema.HealthValue{Code: name, System: about.System, Value: string(m.number), Unit: m.unit})
		if key == "sum" {
			*shown = append(*shown, m.text())
		}
		if key == "sum" && strings.Contains(p.get("type"), "IdentifierDistance") {
			d.Quantity = &penates.Quantity{Value: m.number, Unit: m.unit}
		}
	}
	return nil
}

// tracks returns the routes of a workout as series, and why places of them cannot
// be taken. Of places with the same time the first one is taken.
func (r *reader) tracks(routes []element, d *penates.Document, kind string) (tracks []penates.Series, refused []error) {
	for i, route := range routes {
		source := d.Source
		source.NativeID = fmt.Sprintf("%s:route:%d", d.Source.NativeID, i+1)
		s := penates.Series{
			Type: penates.Positions, Source: source, Kind: kind, Measure: "position",
			Text: d.Text, Sensitivity: penates.Sensitive,
		}
		var last penates.Moment
		for _, p := range route.parts {
			if p.name != "Location" {
				continue
			}
			point, err := location(&p)
			if err != nil {
				refused = append(refused, fmt.Errorf("place of a route: %w", err))
				continue
			}
			if point.Start == last {
				continue
			}
			last = point.Start
			s.Points = append(s.Points, point)
		}
		if len(s.Points) > 0 {
			tracks = append(tracks, s)
		}
	}
	return tracks, refused
}

func location(e *element) (p penates.Point, err error) {
	if p.Start, err = moment(e.get("date")); err != nil {
		return p, err
	}
	p.Place = &penates.Place{}
	for _, field := range [...]struct {
		name string
		to   *float64
		most float64
	}{
		{"latitude", &p.Place.Lat, 90}, {"longitude", &p.Place.Lon, 180},
		{"altitude", &p.Place.Alt, 1e6}, {"horizontalAccuracy", &p.Place.Accuracy, 1e8},
	} {
		text := e.get(field.name)
		if text == "" && field.most > 180 {
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.Abs(v) > field.most {
			return p, fmt.Errorf("%s %q: %w", field.name, health.Clean(text), penates.Invalid)
		}
		*field.to = v
	}
	p.Place.Accuracy = max(p.Place.Accuracy, 0) // below zero it is not known
	return p, nil
}
