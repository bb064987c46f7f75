// Package tcx reads Training Center XML (garmin.com/xmlschemas/TrainingCenterDatabase,
// versions 1 and 2), as watches and sports services give it.
//
// An activity is a document of penates.health with what its laps sum up to, and its
// track points with a position and a time are the points of one series. Points without
// a position (a gym, a swimming pool) tell only of the activity. Courses and workouts
// that are planned happened to nobody; a course becomes a record of its line.
//
// An activity is named by its Id, which is when it began, and its sport.
package tcx

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/health"
	"penates/internal/importer/track"
	"penates/internal/schema"
)

// Format reads TCX files.
var Format = importer.Format{Name: "tcx", Title: "TCX activity", Recognise: recognise, Read: read}

var root = regexp.MustCompile(`<(?:[A-Za-z_][\w.-]*:)?TrainingCenterDatabase[\s>]`)

func recognise(h importer.Head) int {
	b := bytes.ReplaceAll(h.Bytes[:min(len(h.Bytes), 16<<10)], []byte{0}, nil) // of UTF-16
	if root.Match(b) {
		return 99
	}
	return 0
}

const maxLaps = 1000

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	r := &reader{ctx: ctx, out: out, tracks: track.Tracks{Out: out}}
	walk := track.Walk{
		Whole: map[string]bool{"Trackpoint": true, "Creator": true, "Author": true, "Extensions": true, "CoursePoint": true, "Training": true},
		Begin: r.begin, End: r.end,
	}
	err = walk.Run(source)
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
	what   activity
}

// An activity is one being read, or a course.
type activity struct {
	open, planned     bool
	sport, id, device string
	notes, name       string
	line              int
	first, last       penates.Moment
	start             *penates.Place
	began             penates.Moment // of the first lap
	seconds, metres   float64
	calories, heart   float64
	most              float64
	laps              []string
	shape             track.Shape
}

func (r *reader) begin(n *track.Node, _ []*track.Node) error {
	switch n.Name {
	case "Activity", "Course", "MultiSportSession":
		if err := r.close(); err != nil {
			return err
		}
		r.what = activity{open: n.Name != "MultiSportSession", planned: n.Name == "Course", sport: track.Line(n.Value("Sport")), line: n.Line}
	case "Lap":
		if m, err := track.Time(n.Value("StartTime"), time.UTC); err == nil && r.what.began.IsZero() {
			r.what.began = m
		}
		if len(r.what.laps) < maxLaps {
			r.what.laps = append(r.what.laps, "")
		}
	}
	return r.ctx.Err()
}

func (r *reader) end(n *track.Node, path []*track.Node) error {
	up := ""
	if len(path) > 0 {
		up = path[len(path)-1].Name
	}
	a := &r.what
	switch n.Name {
	case "Trackpoint":
		return r.point(n)
	case "Activity", "Course":
		return r.close()
	case "Id":
		a.id = track.Line(n.Text)
	case "Name":
		a.name = track.Line(n.Text)
	case "Notes":
		a.notes = track.First(a.notes, track.Line(n.Text))
	case "Creator":
		a.device = track.Line(n.Kid("Name").Text)
	case "TotalTimeSeconds", "DistanceMeters", "Calories":
		if up == "Lap" {
			a.lap(n)
		}
	case "Value":
		switch up {
		case "AverageHeartRateBpm":
			a.heart = max(a.heart, number(n.Text))
		case "MaximumHeartRateBpm":
			a.most = max(a.most, number(n.Text))
		}
	}
	return nil
}

// number reads what is measured, and is 0 for what is none.
func number(s string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(v) || v < 0 || v > 1e9 {
		return 0
	}
	return v
}

// lap adds what one lap sums up to.
func (a *activity) lap(n *track.Node) {
	v, unit := number(n.Text), ""
	switch n.Name {
	case "TotalTimeSeconds":
		a.seconds += v
		unit = " s"
	case "DistanceMeters":
		a.metres += v
		unit = " m"
	case "Calories":
		a.calories += v
		unit = " kcal"
	}
	if i := len(a.laps) - 1; i >= 0 && v > 0 {
		a.laps[i] = strings.TrimPrefix(a.laps[i]+", "+short(v)+unit, ", ")
	}
}

func short(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

func (r *reader) point(n *track.Node) error {
	a := &r.what
	stamp := n.Kid("Time").Text
	at, bad := track.Time(stamp, time.UTC)
	if stamp != "" && bad != nil {
		return r.out.Refuse(n.Line, bad)
	}
	if a.first.IsZero() {
		a.first = at
	}
	if !at.IsZero() {
		a.last = at
	}
	position := n.Kid("Position")
	if len(position.Kids) == 0 {
		return nil
	}
	p, err := track.ParsePosition(position.Kid("LatitudeDegrees").Text, position.Kid("LongitudeDegrees").Text)
	if err != nil {
		return r.out.Refuse(n.Line, err)
	}
	p.Alt = track.Metres(n.Kid("AltitudeMeters").Text)
	if a.start == nil {
		a.start = p
	}
	if at.IsZero() || a.planned {
		a.shape.Add(p)
		return nil
	}
	return r.tracks.Add("track/"+a.native(), at, p, n.Line, func(s *penates.Series) {
		s.Kind, s.Text = track.First(a.sport, "track"), track.First(a.name, a.notes, "Track of "+at.Date())
	})
}

// native names an activity by when it began.
func (a *activity) native() string {
	id := a.id
	if m, err := track.Time(a.id, time.UTC); err == nil {
		id = track.Stamp(m)
	} else if !a.began.IsZero() && id == "" {
		id = track.Stamp(a.began)
	} else if !a.first.IsZero() && id == "" {
		id = track.Stamp(a.first)
	}
	return id + "/" + strings.ToLower(a.sport)
}

// close gives out what was read of an activity or a course.
func (r *reader) close() error {
	a := r.what
	r.what = activity{}
	if err := r.tracks.Flush(); err != nil || !a.open {
		return err
	}
	if a.planned {
		return r.course(&a)
	}
	start := a.began
	if m, err := track.Time(a.id, time.UTC); err == nil {
		start = m
	} else if start.IsZero() {
		start = a.first
	}
	if start.IsZero() {
		return r.out.Refuse(a.line, fmt.Errorf("an activity without a date: %w", penates.Invalid))
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: "activity/" + a.native(), Locator: track.Locator(a.line)},
		Time:   penates.Span{Start: start}, Place: a.start, Sensitivity: penates.Sensitive,
	}
	if a.seconds > 0 {
		d.Time.End = penates.At(start.Time().Add(time.Duration(a.seconds * float64(time.Second))))
	}
	if a.last.Time().After(d.Time.End.Time()) {
		d.Time.End = a.last
	}
	body := schema.HealthRecord{Resource: "Workout", Code: track.First(a.sport, "Workout"), Performer: a.device, Note: a.notes, Values: a.values()}
	var shown []string
	if a.seconds > 0 {
		shown = append(shown, (time.Duration(a.seconds) * time.Second).String())
	}
	if metres, err := penates.ParseDecimal(short(a.metres)); err == nil && a.metres > 0 {
		d.Quantity = &penates.Quantity{Value: metres, Unit: "m", Kind: "distance"}
		shown = append(shown, short(a.metres/1000)+" km")
	}
	d.Text = health.Phrase(body.Code, strings.Join(shown, ", "))
	return r.out.Document(d, body)
}

func (a *activity) values() (list []schema.HealthValue) {
	for _, v := range []struct {
		name  string
		value float64
		unit  string
	}{
		{"Total time", a.seconds, "s"}, {"Total distance", a.metres, "m"}, {"Total calories", a.calories, "kcal"},
		{"Avg heart rate", a.heart, "/min"}, {"Max heart rate", a.most, "/min"},
	} {
		if v.value > 0 {
			list = append(list, schema.HealthValue{Code: v.name, Value: short(v.value), Unit: v.unit})
		}
	}
	if len(a.laps) < 2 {
		return list
	}
	for i, lap := range a.laps {
		if lap != "" {
			list = append(list, schema.HealthValue{Code: fmt.Sprintf("Lap %d", i+1), Value: lap})
		}
	}
	return list
}

func (r *reader) course(a *activity) error {
	if len(a.shape.Corners) == 0 {
		return nil
	}
	if a.shape.Left > 0 {
		if err := r.out.Refuse(a.line, fmt.Errorf("%d points beyond %d of a course: %w", a.shape.Left, len(a.shape.Corners), penates.TooLarge)); err != nil {
			return err
		}
	}
	d, body := a.shape.Record("course", a.name, nil)
	d.Source = penates.Source{NativeID: "course/" + r.names.Hash(a.name, fmt.Sprint(a.shape.Corners[0])), Locator: track.Locator(a.line)}
	return r.out.Document(d, body)
}
