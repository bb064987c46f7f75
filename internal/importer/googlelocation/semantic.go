package googlelocation

import (
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/track"
)

// An object is one of a month of Semantic Location History.
type object struct {
	Visit *visit    `json:"placeVisit"`
	Trip  *activity `json:"activitySegment"`
}

type location struct {
	Lat      text `json:"latitudeE7"`
	Lon      text `json:"longitudeE7"`
	ID       text `json:"placeId"`
	Name     text `json:"name"`
	Address  text `json:"address"`
	Semantic text `json:"semanticType"`
}

func (l location) place() *penates.Place {
	p, err := e7(l.Lat, l.Lon)
	if err != nil {
		return nil
	}
	return p
}

type duration struct {
	Start   text `json:"startTimestamp"`
	StartMs text `json:"startTimestampMs"`
	End     text `json:"endTimestamp"`
	EndMs   text `json:"endTimestampMs"`
}

// span returns the time; the end may be missing, the start may not.
func (d duration) span() (penates.Span, error) {
	start, err := moment(d.Start, d.StartMs)
	if err != nil {
		return penates.Span{}, err
	}
	end, err := moment(d.End, d.EndMs)
	if err != nil || end.Time().Before(start.Time()) {
		end = penates.Moment{}
	}
	return penates.Span{Start: start, End: end}, nil
}

type visit struct {
	Location  location   `json:"location"`
	Others    []location `json:"otherCandidateLocations"`
	CenterLat text       `json:"centerLatE7"`
	CenterLon text       `json:"centerLngE7"`
	Duration  duration   `json:"duration"`
	Children  []visit    `json:"childVisits"`
	Path      rawPath    `json:"simplifiedRawPath"`
}

type rawPath struct {
	Points []struct {
		Lat      text `json:"latE7"`
		Lon      text `json:"lngE7"`
		Accuracy text `json:"accuracyMeters"`
		Stamp    text `json:"timestamp"`
		Ms       text `json:"timestampMs"`
	} `json:"points"`
}

type activity struct {
	Start     location `json:"startLocation"`
	End       location `json:"endLocation"`
	Duration  duration `json:"duration"`
	Distance  text     `json:"distance"`
	Kind      text     `json:"activityType"`
	Waypoints struct {
		Points []struct {
			Lat text `json:"latE7"`
			Lon text `json:"lngE7"`
		} `json:"waypoints"`
		Distance text `json:"distanceMeters"`
		Mode     text `json:"travelMode"`
	} `json:"waypointPath"`
	Path rawPath `json:"simplifiedRawPath"`
}

func (r *reader) object(v *object, line int) (bad, fatal error) {
	switch {
	case v.Visit != nil:
		return r.oldVisit(v.Visit, 0, line)
	case v.Trip != nil:
		return r.oldTrip(v.Trip, line)
	}
	return fmt.Errorf("neither a visit nor a trip: %w", penates.Unsupported), nil
}

const maxLevel = 8 // visits within visits

func (r *reader) oldVisit(v *visit, level, line int) (bad, fatal error) {
	span, err := v.Duration.span()
	if err != nil {
		return err, nil
	}
	s := stay{span: span, level: level, line: line, id: v.Location.ID, name: v.Location.Name,
		address: v.Location.Address, kind: v.Location.Semantic, place: v.Location.place()}
	if s.place == nil {
		s.place, _ = e7(v.CenterLat, v.CenterLon) // nil when there is none
	}
	for i := 0; s.place == nil && i < len(v.Others); i++ {
		s.place = v.Others[i].place() // the likeliest comes first
	}
	if bad, fatal = r.stay(s); bad != nil || fatal != nil {
		return bad, fatal
	}
	if bad, fatal = r.rawPath(v.Path, line); fatal != nil || level >= maxLevel {
		return bad, fatal
	}
	for i := range v.Children {
		wrong, fatal := r.oldVisit(&v.Children[i], level+1, line)
		if fatal != nil {
			return nil, fatal
		}
		if bad == nil {
			bad = wrong
		}
	}
	return bad, nil
}

func (r *reader) oldTrip(v *activity, line int) (bad, fatal error) {
	span, err := v.Duration.span()
	if err != nil {
		return err, nil
	}
	t := trip{span: span, line: line, mode: track.First(string(v.Kind), string(v.Waypoints.Mode)),
		distance: track.First(string(v.Distance), string(v.Waypoints.Distance)), from: v.Start.place(), to: v.End.place()}
	if points := v.Waypoints.Points; t.from == nil && len(points) > 0 {
		t.from, _ = e7(points[0].Lat, points[0].Lon)
		if last := points[len(points)-1]; t.to == nil {
			t.to, _ = e7(last.Lat, last.Lon)
		}
	}
	if err := r.trip(t); err != nil {
		return nil, err
	}
	return r.rawPath(v.Path, line)
}

// rawPath gives out the positions that have a time; bad is what is wrong with
// the first that cannot be taken.
func (r *reader) rawPath(p rawPath, line int) (bad, fatal error) {
	for _, v := range p.Points {
		place, err := e7(v.Lat, v.Lon)
		at, timeless := moment(v.Stamp, v.Ms)
		if err == nil {
			err = timeless
		}
		if err != nil {
			if bad == nil {
				bad = err
			}
			continue
		}
		place.Accuracy = max(track.Metres(string(v.Accuracy)), 0)
		if err := r.path(place, at, line); err != nil {
			return nil, err
		}
	}
	return bad, nil
}

// kinds are the words of Google for places that have a meaning.
var kinds = map[string]string{
	"HOME": "home", "WORK": "work", "INFERRED_HOME": "home", "INFERRED_WORK": "work",
	"TYPE_HOME": "home", "TYPE_WORK": "work", "SEARCHED_ADDRESS": "searched", "TYPE_SEARCHED_ADDRESS": "searched", "ALIASED_LOCATION": "named",
}

// kindOf returns the kind of a place, "" for UNKNOWN and what says nothing.
func kindOf(s text) string {
	return kinds[strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(string(s)), " ", "_"))]
}
