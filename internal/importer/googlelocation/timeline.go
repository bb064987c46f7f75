package googlelocation

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/importer/track"
	"penates/internal/schema"
)

// A spot is a position as Android ({"latLng": …}) or iOS ("geo:…") writes it.
type spot struct{ text }

// UnmarshalJSON takes either.
func (s *spot) UnmarshalJSON(b []byte) error {
	var android struct {
		LatLng text `json:"latLng"`
	}
	if json.Unmarshal(b, &android) == nil {
		s.text = android.LatLng
		return nil
	}
	return s.text.UnmarshalJSON(b)
}

type candidate struct {
	AndroidID text `json:"placeId"`
	AppleID   text `json:"placeID"`
	Semantic  text `json:"semanticType"`
	Kind      text `json:"type"`
	Location  spot `json:"placeLocation"`
}

// A segment is one of the timeline of a telephone.
type segment struct {
	Start text `json:"startTime"`
	End   text `json:"endTime"`
	Visit *struct {
		Level text      `json:"hierarchyLevel"`
		Top   candidate `json:"topCandidate"`
	} `json:"visit"`
	Trip *struct {
		Start    spot      `json:"start"`
		End      spot      `json:"end"`
		Distance text      `json:"distanceMeters"`
		Top      candidate `json:"topCandidate"`
	} `json:"activity"`
	Path []struct {
		Point  text `json:"point"`
		Stamp  text `json:"time"`
		Offset text `json:"durationMinutesOffsetFromStartTime"`
	} `json:"timelinePath"`
	Memory map[string]any `json:"timelineMemory"`
}

func (r *reader) segment(v *segment, line int) (bad, fatal error) {
	span, err := duration{Start: v.Start, End: v.End}.span()
	if err != nil {
		return err, nil
	}
	switch {
	case v.Visit != nil:
		level, _ := strconv.Atoi(string(v.Visit.Level)) // 0 when it is not written
		top := v.Visit.Top
		place, _ := latLng(top.Location.text)
		return r.stay(stay{span: span, level: level, line: line, place: place, kind: top.Semantic,
			id: text(track.First(string(top.AndroidID), string(top.AppleID)))})
	case v.Trip != nil:
		from, _ := latLng(v.Trip.Start.text)
		to, _ := latLng(v.Trip.End.text)
		return nil, r.trip(trip{span: span, line: line, mode: string(v.Trip.Top.Kind), distance: string(v.Trip.Distance), from: from, to: to})
	case v.Memory != nil:
		return nil, r.out.Document(&penates.Document{
			Source: penates.Source{NativeID: "memory/" + r.names.Unique(track.Stamp(span.Start)), Locator: track.Locator(line)},
			Time:   span, Text: "Google timeline: a journey",
		}, schema.Record{Kind: "timelineMemory", Fields: v.Memory})
	case v.Path == nil:
		return fmt.Errorf("neither a visit nor a trip nor a path: %w", penates.Unsupported), nil
	}
	return r.timelinePath(v, span.Start, line)
}

func (r *reader) timelinePath(v *segment, start penates.Moment, line int) (bad, fatal error) {
	for _, p := range v.Path {
		place, err := latLng(p.Point)
		at, timeless := moment(p.Stamp)
		if minutes, e := strconv.ParseFloat(string(p.Offset), 64); p.Stamp == "" && e == nil && minutes >= 0 && minutes < 1e6 {
			at, timeless = penates.At(start.Time().Add(time.Duration(minutes*float64(time.Minute)))), nil
		}
		if err == nil {
			err = timeless
		}
		if err != nil {
			if bad == nil {
				bad = err
			}
			continue
		}
		if err := r.path(place, at, line); err != nil {
			return nil, err
		}
	}
	return bad, nil
}

// A frequent place is one of the profile, without a time.
type frequentPlace struct {
	ID       text `json:"placeId"`
	Location spot `json:"placeLocation"`
	Label    text `json:"label"`
}

func (r *reader) frequent(v *frequentPlace, line int) (bad, fatal error) {
	place, err := latLng(v.Location.text)
	if err != nil {
		return err, nil
	}
	kind := kindOf(v.Label)
	return nil, r.out.Document(&penates.Document{
		Source: penates.Source{NativeID: "frequent/" + r.names.Hash(string(v.ID), string(v.Location.text), kind), Locator: track.Locator(line)},
		Place:  place, Text: track.First(kind, "a place often visited"),
	}, schema.Place{Kind: track.First(kind, "frequent")})
}

// A stay is a visit of any of the forms.
type stay struct {
	span              penates.Span
	level, line       int
	place             *penates.Place
	id, name, address text
	kind              text
}

func (r *reader) stay(s stay) (bad, fatal error) {
	name, address, kind := track.Line(string(s.name)), track.Line(string(s.address)), kindOf(s.kind)
	if s.place == nil && name == "" && address == "" {
		return fmt.Errorf("a visit without a place: %w", penates.Invalid), nil
	}
	what := track.First(name, address, kind, "a place")
	if s.place != nil {
		s.place.Name = track.First(name, address)
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: fmt.Sprintf("visit/%d/%s", s.level, r.names.Unique(track.Stamp(s.span.Start)+"/"+track.Line(string(s.id)))), Locator: track.Locator(s.line)},
		Time:   s.span, Place: s.place, Text: "visited: " + what,
	}
	if s.id != "" {
		d.Refs = []penates.Ref{penates.NewRef("google-place", track.Line(string(s.id)))}
	}
	return nil, r.out.Document(d, schema.Place{Name: name, Kind: kind, Address: address})
}

// A trip is a way from one place to another, of any of the forms.
type trip struct {
	span           penates.Span
	line           int
	mode, distance string
	from, to       *penates.Place
}

// trip gives out the trip, and its two ends as positions.
func (r *reader) trip(t trip) error {
	mode := track.Words(t.mode)
	if mode == "unknown activity type" || mode == "unknown" {
		mode = ""
	}
	object := track.First(mode, "a trip")
	d := &penates.Document{
		Source: penates.Source{NativeID: "trip/" + r.names.Unique(track.Stamp(t.span.Start)), Locator: track.Locator(t.line)},
		Time:   t.span, Place: t.from,
	}
	if metres, err := health.Number(strings.TrimSpace(t.distance)); err == nil && !metres.Negative() {
		d.Quantity = &penates.Quantity{Value: metres, Unit: "m", Kind: "distance"}
		object += ", " + health.Short(metres) + " m"
	}
	d.Text = "travelled: " + object
	if err := r.out.Document(d, schema.Activity{Verb: "travelled", Object: object}); err != nil {
		return err
	}
	if t.from != nil {
		from := *t.from
		if err := r.path(&from, t.span.Start, t.line); err != nil {
			return err
		}
	}
	if t.to == nil || t.span.End.IsZero() {
		return nil
	}
	return r.path(t.to, t.span.End, t.line)
}
