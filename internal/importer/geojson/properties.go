package geojson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"penates"
	"penates/internal/importer/track"
	"penates/internal/jsonstream"
	"penates/internal/schema"
)

// The names under which loggers write what they measure, the surest first.
var (
	times     = []string{"timestamp", "time", "datetime", "date", "when", "recorded_at", "tst", "time_long", "locationTimestamp", "gps_time"}
	devices   = []string{"tracker_id", "device_id", "deviceId", "device", "tid"}
	accuracys = []string{"accuracy", "horizontal_accuracy", "horizontalAccuracy", "acc", "precision"}
	altitudes = []string{"altitude", "alt", "ele", "elevation", "height"}
	titles    = []string{"name", "title", "Title"}
	abouts    = []string{"description", "desc", "address"}
	corners   = []string{"coordTimes", "times", "timestamps", "coordinateProperties"}
)

// text returns the first property of names that is a text, number or boolean.
func (f *feature) text(names []string) string {
	for _, name := range names {
		if raw, ok := f.Properties[name]; ok {
			if s, ok := jsonstream.Text(raw); ok && strings.TrimSpace(s) != "" {
				return strings.TrimSpace(s)
			}
		}
	}
	return ""
}

// point reads a position; some write its numbers as texts.
func point(raw json.RawMessage) (*penates.Place, error) {
	var c []json.RawMessage
	if json.Unmarshal(raw, &c) != nil || len(c) < 2 {
		return nil, bad("coordinates %.40q", raw)
	}
	lon, _ := jsonstream.Text(c[0])
	lat, _ := jsonstream.Text(c[1])
	p, err := track.ParsePosition(lat, lon)
	if err != nil {
		return nil, badFeature{err}
	}
	if len(c) > 2 {
		alt, _ := jsonstream.Text(c[2])
		p.Alt = track.Metres(alt)
	}
	return p, nil
}

// point gives out a position with a time, or a place.
func (r *reader) point(f *feature, p *penates.Place) error {
	if saved, ok := f.saved(); ok {
		return r.place(f, p, saved)
	}
	stamp := f.text(times)
	if stamp == "" {
		return r.place(f, p, "")
	}
	at, err := track.Time(stamp, time.UTC)
	if err != nil {
		return badFeature{err}
	}
	if p.Alt == 0 {
		p.Alt = track.Metres(f.text(altitudes))
	}
	p.Accuracy = max(track.Metres(f.text(accuracys)), 0)
	device := track.Line(f.text(devices))
	return r.tracks.Add("device/"+device, at, p, f.line, func(s *penates.Series) {
		s.Text = track.Line("Positions " + device)
	})
}

// saved reports what a place of Google Maps is: "saved" or "reviewed".
func (f *feature) saved() (string, bool) {
	if _, ok := f.Properties["five_star_rating_published"]; ok {
		return "reviewed", true
	}
	for _, key := range []string{"google_maps_url", "Google Maps URL"} {
		if _, ok := f.Properties[key]; ok {
			return "saved", true
		}
	}
	return "", false
}

func (r *reader) place(f *feature, p *penates.Place, kind string) error {
	var location struct { // of Google Maps
		Name    string `json:"name"`
		Address string `json:"address"`
		Old     string `json:"Address"`
		Country string `json:"country_code"`
	}
	for _, key := range []string{"location", "Location"} {
		if raw := f.Properties[key]; len(raw) > 0 && raw[0] == '{' {
			json.Unmarshal(raw, &location) // what has another shape stays empty
		}
	}
	name := track.Line(track.First(f.text(titles), location.Name))
	about := track.Line(track.First(f.text(abouts), location.Address, location.Old))
	p.Name = name
	id, _ := jsonstream.Text(f.ID)
	link := f.text([]string{"google_maps_url", "Google Maps URL"})
	d := &penates.Document{
		Source: penates.Source{NativeID: "place/" + r.names.Hash(id, fmt.Sprint(p.Lat), fmt.Sprint(p.Lon), name, link), Locator: track.Locator(f.line)},
		Place:  p, Text: track.First(name, about, fmt.Sprintf("place %.5f, %.5f", p.Lat, p.Lon)),
	}
	return r.out.Document(d, schema.Place{Name: name, Kind: track.First(kind, track.Line(f.text([]string{"type", "category"}))), Address: about})
}

// lines gives out a line with times as a series, and any other shape as a record.
func (r *reader) lines(f *feature, kind string, raw json.RawMessage, timed bool) error {
	var flat []json.RawMessage
	if err := flatten(raw, &flat, 0); err != nil {
		return err
	}
	places := make([]*penates.Place, len(flat))
	for i, c := range flat {
		var err error
		if places[i], err = point(c); err != nil {
			return err
		}
	}
	if len(places) == 0 {
		return bad("a %s without coordinates", kind)
	}
	if stamps := f.stamps(); timed && len(stamps) == len(places) {
		return r.series(f, places, stamps)
	}
	shape := track.Shape{}
	for _, p := range places {
		shape.Add(p)
	}
	if shape.Left > 0 {
		return bad("a %s of %d corners", kind, len(places))
	}
	name := track.Line(f.text(titles))
	d, body := shape.Record(kind, name, map[string]any{"properties": f.Properties})
	if kind != "LineString" { // which corners belong together is in the shape itself
		body.Fields["coordinates"] = raw
	}
	sum := r.names.Hash(kind, name, string(bytes.TrimSpace(raw)))
	d.Source = penates.Source{NativeID: "shape/" + sum, Locator: track.Locator(f.line)}
	return r.out.Document(d, body)
}

// flatten collects the positions of nested lists.
func flatten(raw json.RawMessage, flat *[]json.RawMessage, depth int) error {
	var list []json.RawMessage
	if depth > 3 || json.Unmarshal(raw, &list) != nil {
		return bad("coordinates %.40q", raw)
	}
	for _, c := range list {
		var deeper []json.RawMessage
		if json.Unmarshal(c, &deeper) == nil && len(deeper) > 0 && len(bytes.TrimSpace(deeper[0])) > 0 && bytes.TrimSpace(deeper[0])[0] == '[' {
			if err := flatten(c, flat, depth+1); err != nil {
				return err
			}
			continue
		}
		*flat = append(*flat, c)
	}
	return nil
}

// stamps returns the times of the corners of a line.
func (f *feature) stamps() []string {
	for _, name := range corners {
		raw := f.Properties[name]
		var nested map[string]json.RawMessage // {"times": […]}
		if json.Unmarshal(raw, &nested) == nil {
			raw = nested["times"]
		}
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
			continue
		}
		stamps := make([]string, len(list))
		for i, s := range list {
			stamps[i], _ = jsonstream.Text(s)
		}
		return stamps
	}
	return nil
}

func (r *reader) series(f *feature, places []*penates.Place, stamps []string) error {
	moments := make([]penates.Moment, len(stamps))
	for i, s := range stamps {
		var err error
		if moments[i], err = track.Time(s, time.UTC); err != nil {
			return badFeature{err}
		}
	}
	name := track.Line(f.text(titles))
	native := "track/" + track.Stamp(moments[0]) + "/" + r.names.Hash(track.Stamp(moments[0]), name)
	for i, p := range places {
		if err := r.tracks.Add(native, moments[i], p, f.line, func(s *penates.Series) {
			s.Text = track.First(name, "Track of "+moments[0].Date())
		}); err != nil {
			return err
		}
	}
	return nil
}
