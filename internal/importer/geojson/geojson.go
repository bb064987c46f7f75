// Package geojson reads GeoJSON (RFC 7946): a FeatureCollection, one Feature or
// one geometry.
//
// GeoJSON has no place for time, so the properties in use are looked at: a point
// with a time is a position of the series of its device, a line with one time
// for each of its corners (coordTimes, times, timestamps) a series of its own. A
// point without a time is a place, and so is one that was saved on Google Maps
// ("Saved Places.json", "Reviews.json"), whose date says when it was saved
// and not when anybody was there. All other shapes are kept as records.
//
// Foreign members and the coordinate systems of GeoJSON 2008 are not looked at.
package geojson

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/track"
	"penates/internal/jsonstream"
	"penates/internal/locale"
)

// Format reads GeoJSON.
var Format = importer.Format{Name: "geojson", Title: "GeoJSON positions and places", Recognise: recognise, Read: read}

const maxValue = 32 << 20 // bytes of one feature

var (
	begins = regexp.MustCompile(`^(?:\x{FEFF})?\s*\{`)
	typed  = regexp.MustCompile(`"type"\s*:\s*"(FeatureCollection|Feature|Point|MultiPoint|LineString|MultiLineString|Polygon|MultiPolygon|GeometryCollection)"`)
	parts  = regexp.MustCompile(`"(features|geometry|coordinates|geometries)"\s*:`)
)

func recognise(h importer.Head) int {
	if begins.Match(h.Bytes) && typed.Match(h.Bytes) && parts.Match(h.Bytes) {
		if bytes.Contains(h.Bytes, []byte(`"FeatureCollection"`)) {
			return 85
		}
		return 60
	}
	return 0
}

// A feature is one thing with its geometry.
type feature struct {
	Type       string                     `json:"type"`
	ID         json.RawMessage            `json:"id"`
	Geometry   *geometry                  `json:"geometry"`
	Properties map[string]json.RawMessage `json:"properties"`
	line       int
}

type geometry struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
	Geometries  []geometry      `json:"geometries"`
}

type reader struct {
	ctx    context.Context
	out    importer.Sink
	j      *jsonstream.Reader
	tracks track.Tracks
	names  bank.Namer
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	r := &reader{ctx: ctx, out: out, j: jsonstream.New(text, maxValue), tracks: track.Tracks{Out: out}}
	single := feature{}
	err = r.j.Object(func(key string) error { return r.member(key, &single) })
	if err == nil && (single.Geometry != nil || single.Type != "" && single.Type != "Feature" && single.Type != "FeatureCollection") {
		err = r.give(&single)
	}
	if ended := r.tracks.Flush(); err == nil {
		err = ended
	}
	return err
}

// member reads a member of the outermost object, which is a collection, a
// feature or a geometry.
func (r *reader) member(key string, single *feature) error {
	if single.line == 0 {
		single.line = r.j.Line()
	}
	var into any
	switch key {
	case "features":
		return r.j.Array(r.feature)
	case "type":
		into = &single.Type
	case "id":
		into = &single.ID
	case "geometry":
		into = &single.Geometry
	case "properties":
		into = &single.Properties
	case "coordinates", "geometries":
		if single.Geometry == nil {
			single.Geometry = &geometry{}
		}
		into = &single.Geometry.Coordinates
		if key == "geometries" {
			into = &single.Geometry.Geometries
		}
	default:
		return r.j.Skip()
	}
	err := r.j.Value(into)
	if jsonstream.Mismatch(err) {
		return r.out.Refuse(r.j.Line(), err)
	}
	return err
}

func (r *reader) feature() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	var f feature
	err := r.j.Value(&f)
	f.line = r.j.Line()
	switch {
	case jsonstream.Mismatch(err):
		return r.out.Refuse(f.line, err)
	case err != nil:
		return err
	}
	return r.give(&f)
}

// A badFeature is refused, and the others go in.
type badFeature struct{ error }

func bad(format string, args ...any) error {
	return badFeature{fmt.Errorf(format+": %w", append(args, penates.Invalid)...)}
}

func (r *reader) give(f *feature) error {
	if f.Geometry == nil {
		return r.out.Refuse(f.line, fmt.Errorf("a feature without a geometry: %w", penates.Invalid))
	}
	if f.Geometry.Type == "" { // the outermost object is the geometry
		f.Geometry.Type = f.Type
	}
	err := r.shape(f, f.Geometry, 0)
	if wrong, ok := err.(badFeature); ok {
		return r.out.Refuse(f.line, wrong.error)
	}
	return err
}

const maxDepth = 8 // collections within collections

// shape gives out one geometry of f.
func (r *reader) shape(f *feature, g *geometry, depth int) error {
	switch g.Type {
	case "Point":
		p, err := point(g.Coordinates)
		if err != nil {
			return err
		}
		return r.point(f, p)
	case "LineString":
		return r.lines(f, g.Type, g.Coordinates, true)
	case "MultiLineString", "Polygon", "MultiPolygon", "MultiPoint":
		return r.lines(f, g.Type, g.Coordinates, false)
	case "GeometryCollection":
		if depth >= maxDepth {
			return bad("geometries nested more than %d deep", maxDepth)
		}
		for i := range g.Geometries {
			if err := r.shape(f, &g.Geometries[i], depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return bad("a geometry of type %.40q", g.Type)
}
