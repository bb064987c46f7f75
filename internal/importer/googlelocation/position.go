package googlelocation

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer/track"
)

// e7 returns the position of two numbers of ten-millionths of a degree. Some
// exports wrote them as unsigned 32 bits: what is beyond the globe lies 2³² lower.
func e7(lat, lon text) (*penates.Place, error) {
	y, errLat := strconv.ParseFloat(string(lat), 64)
	x, errLon := strconv.ParseFloat(string(lon), 64)
	if errLat != nil || errLon != nil {
		return nil, fmt.Errorf("position %.40q, %.40q: %w", lat, lon, penates.Invalid)
	}
	const wrap = 1 << 32
	if y > 900_000_000 {
		y -= wrap
	}
	if x > 1_800_000_000 {
		x -= wrap
	}
	return track.Position(y/1e7, x/1e7)
}

// latLng reads "48.8566°, 2.3522°" of Android and "geo:48.8566,2.3522" of iOS.
func latLng(s text) (*penates.Place, error) {
	lat, lon, _ := strings.Cut(strings.TrimPrefix(string(s), "geo:"), ",")
	lon, _, _ = strings.Cut(lon, ";") // parameters of a geo URI (RFC 5870)
	degrees := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "°", "")) }
	return track.ParsePosition(degrees(lat), degrees(lon))
}

// moment reads the first stamp that is there.
func moment(stamps ...text) (penates.Moment, error) {
	for _, s := range stamps {
		if s != "" {
			return track.Time(string(s), time.UTC)
		}
	}
	return penates.Moment{}, fmt.Errorf("no time: %w", penates.Invalid)
}

// A record is one of Records.json.
type record struct {
	E7Lat     text `json:"latitudeE7"`
	E7Lon     text `json:"longitudeE7"`
	Accuracy  text `json:"accuracy"`
	Altitude  text `json:"altitude"`
	Stamp     text `json:"timestamp"`
	Ms        text `json:"timestampMs"`
	DeviceTag text `json:"deviceTag"`
}

func (r *reader) record(v *record, line int) (bad, fatal error) {
	if v.E7Lat == "" && v.E7Lon == "" {
		return fmt.Errorf("a record without a position: %w", penates.Invalid), nil
	}
	place, err := e7(v.E7Lat, v.E7Lon)
	if err != nil {
		return err, nil
	}
	at, err := moment(v.Stamp, v.Ms)
	if err != nil {
		return err, nil
	}
	place.Alt, place.Accuracy = track.Metres(string(v.Altitude)), max(track.Metres(string(v.Accuracy)), 0)
	device := track.Line(string(v.DeviceTag))
	return nil, r.tracks.Add("device/"+device, at, place, line, func(s *penates.Series) {
		s.Kind, s.Text = "phone", track.Line("Google location history "+device)
	})
}

// A signal is one of the telephone's measures; only positions are read.
type signal struct {
	Position *struct {
		LatLng   text `json:"LatLng"`
		Accuracy text `json:"accuracyMeters"`
		Altitude text `json:"altitudeMeters"`
		Stamp    text `json:"timestamp"`
	} `json:"position"`
}

func (r *reader) signal(v *signal, line int) (bad, fatal error) {
	p := v.Position
	if p == nil {
		return nil, nil
	}
	place, err := latLng(p.LatLng)
	if err != nil {
		return err, nil
	}
	at, err := moment(p.Stamp)
	if err != nil {
		return err, nil
	}
	place.Alt, place.Accuracy = track.Metres(string(p.Altitude)), max(track.Metres(string(p.Accuracy)), 0)
	return nil, r.tracks.Add("signals", at, place, line, describe)
}

func describe(s *penates.Series) { s.Kind, s.Text = "phone", "Google timeline" }

// path adds one position along a trip.
func (r *reader) path(place *penates.Place, at penates.Moment, line int) error {
	return r.tracks.Add("path", at, place, line, describe)
}
