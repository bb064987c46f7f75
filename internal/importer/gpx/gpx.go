// Package gpx reads GPS Exchange Format files, versions 1.0 and 1.1
// (topografix.com/GPX/1/0 and /1/1): tracks, routes and waypoints.
//
// A track whose points have times becomes a series of positions, named by its
// first instant and its name, so that the same track from a longer file is the
// same series. Points without times (which planners write) become one record
// of the track's line, as a route does: nobody was there at a known time. A
// waypoint becomes a place. Times without a zone are UTC, as the schema says.
// The dilution of precision is no accuracy in metres and is left out.
package gpx

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/track"
	"penates/internal/schema"
)

// Format reads GPX files.
var Format = importer.Format{Name: "gpx", Title: "GPX track", Recognise: recognise, Read: read}

var root = regexp.MustCompile(`<(?:[A-Za-z_][\w.-]*:)?gpx[\s>]`)

func recognise(h importer.Head) int {
	b := bytes.ReplaceAll(h.Bytes[:min(len(h.Bytes), 16<<10)], []byte{0}, nil) // of UTF-16
	switch {
	case !root.Match(b):
		return 0
	case bytes.Contains(b, []byte("topografix.com/GPX/")):
		return 99
	}
	return 80
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	r := &reader{ctx: ctx, out: out, tracks: track.Tracks{Out: out}}
	walk := track.Walk{
		Whole: map[string]bool{"trkpt": true, "rtept": true, "wpt": true, "metadata": true, "extensions": true, "link": true},
		Begin: r.begin, End: r.end,
	}
	err = walk.Run(source)
	// What was read of a track that the file's end cuts off is kept.
	if ended := r.close(); err == nil {
		err = ended
	}
	return err
}

type reader struct {
	ctx    context.Context
	out    importer.Sink
	tracks track.Tracks
	names  bank.Namer
	line   line // the track or route being read
}

// A line is a track or a route.
type line struct {
	kind, name, sort, about string
	series                  string
	shape                   track.Shape
	at                      int
}

func (r *reader) begin(n *track.Node, _ []*track.Node) error {
	if n.Name == "trk" || n.Name == "rte" {
		if err := r.close(); err != nil {
			return err
		}
		r.line = line{kind: map[string]string{"trk": "track", "rte": "route"}[n.Name], at: n.Line}
	}
	return r.ctx.Err()
}

func (r *reader) end(n *track.Node, path []*track.Node) error {
	switch n.Name {
	case "trkpt", "rtept":
		return r.point(n)
	case "wpt":
		return r.waypoint(n)
	case "trk", "rte":
		return r.close()
	}
	if len(path) == 0 {
		return nil
	}
	if up := path[len(path)-1].Name; up != "trk" && up != "rte" {
		return nil
	}
	switch n.Name {
	case "name":
		r.line.name = track.Line(n.Text)
	case "type":
		r.line.sort = track.Line(n.Text)
	case "desc":
		r.line.about = track.Line(n.Text)
	}
	return nil
}

func place(n *track.Node) (*penates.Place, error) {
	p, err := track.ParsePosition(n.Value("lat"), n.Value("lon"))
	if err == nil {
		p.Alt = track.Metres(n.Kid("ele").Text)
	}
	return p, err
}

func (r *reader) point(n *track.Node) error {
	p, err := place(n)
	if err != nil {
		return r.out.Refuse(n.Line, err)
	}
	stamp := n.Kid("time").Text
	if stamp == "" || n.Name == "rtept" { // the time of a route's point is when it was drawn
		r.line.shape.Add(p)
		return nil
	}
	at, err := track.Time(stamp, time.UTC)
	if err != nil {
		return r.out.Refuse(n.Line, err)
	}
	l := &r.line
	if l.series == "" {
		l.series = "track/" + track.Stamp(at) + "/" + r.names.Hash(track.Stamp(at), l.name)
	}
	return r.tracks.Add(l.series, at, p, n.Line, func(s *penates.Series) {
		s.Kind, s.Text = track.First(l.sort, "track"), track.First(l.name, l.about, "Track of "+at.Date())
	})
}

// close gives out what is left of the track or route.
func (r *reader) close() error {
	l := r.line
	r.line = line{}
	if err := r.tracks.Flush(); err != nil || len(l.shape.Corners) == 0 {
		return err
	}
	if l.shape.Left > 0 {
		if err := r.out.Refuse(l.at, fmt.Errorf("%d points beyond %d of a %s without times: %w", l.shape.Left, len(l.shape.Corners), l.kind, penates.TooLarge)); err != nil {
			return err
		}
	}
	fields := map[string]any{}
	for key, value := range map[string]string{"type": l.sort, "description": l.about} {
		if value != "" {
			fields[key] = value
		}
	}
	d, body := l.shape.Record(l.kind, l.name, fields)
	d.Source = penates.Source{NativeID: l.kind + "/" + r.names.Hash(l.name, fmt.Sprint(l.shape.Corners[0])), Locator: track.Locator(l.at)}
	return r.out.Document(d, body)
}

func (r *reader) waypoint(n *track.Node) error {
	p, err := place(n)
	if err != nil {
		return r.out.Refuse(n.Line, err)
	}
	name, stamp := track.Line(n.Kid("name").Text), n.Kid("time").Text
	d := &penates.Document{Place: p, Source: penates.Source{Locator: track.Locator(n.Line)}}
	if stamp != "" {
		at, err := track.Time(stamp, time.UTC)
		if err != nil {
			return r.out.Refuse(n.Line, err)
		}
		d.Time.Start, stamp = at, track.Stamp(at)
	}
	d.Source.NativeID = "waypoint/" + r.names.Hash(fmt.Sprint(p.Lat), fmt.Sprint(p.Lon), name, stamp)
	p.Name = name
	about := track.Line(n.Kid("desc").Text)
	d.Text = track.First(name, about, track.Line(n.Kid("cmt").Text), fmt.Sprintf("waypoint %.5f, %.5f", p.Lat, p.Lon))
	return r.out.Document(d, schema.Place{
		Name: track.First(name, about), Kind: track.Line(track.First(n.Kid("type").Text, n.Kid("sym").Text, "waypoint")),
	})
}
