// Package googlelocation reads the location history of Google in all its forms:
// Records.json of Takeout (raw positions), the months of Semantic Location
// History (2021_JUNE.json), and the timeline that telephones export themselves,
// of Android (Timeline.json, an object of semanticSegments, rawSignals and
// userLocationProfile) and of iOS (location-history.json, an array). Google
// publishes no schema; the fields are those that locationhistoryformat.com
// describes. Folder names are in the person's language and are not looked at.
//
// Positions with a time become series: one for each device of Records.json, one
// for the paths of the timeline, one for raw signals. A visit becomes a place, a
// trip an activity with its distance. Positions along a trip that Google guessed
// without a time are left out, and so are Wi-Fi scans, which show neighbours
// rather than the person.
package googlelocation

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"

	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/track"
	"penates/internal/jsonstream"
	"penates/internal/locale"
)

// Format reads the location history.
var Format = importer.Format{Name: "googlelocation", Title: "Google location history", Recognise: recognise, Read: read}

const maxValue = 16 << 20 // bytes of one record, visit or trip

var (
	records  = regexp.MustCompile(`^\s*\{\s*"locations"\s*:\s*\[\s*(\{|\]\s*\}\s*$)`)
	semantic = regexp.MustCompile(`^\s*\{\s*"timelineObjects"\s*:\s*\[`)
	android  = regexp.MustCompile(`^\s*\{\s*"(semanticSegments|rawSignals|userLocationProfile)"\s*:`)
	apple    = regexp.MustCompile(`^\s*\[\s*\{`)
)

func recognise(h importer.Head) int {
	b := bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF"))
	has := func(s string) bool { return bytes.Contains(b, []byte(`"`+s+`"`)) }
	switch {
	case semantic.Match(b):
		return 98
	case records.Match(b):
		if has("latitudeE7") || has("timestampMs") || has("deviceTag") {
			return 98
		}
	case android.Match(b):
		if has("startTime") || has("wifiScan") || has("position") || has("frequentPlaces") || has("activityRecord") {
			return 96
		}
	case apple.Match(b) && has("startTime") && has("endTime"):
		if has("timelinePath") || has("timelineMemory") || (has("topCandidate") && (has("visit") || has("activity"))) {
			return 96
		}
	}
	return 0
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
	scalar := func(any) error { return nil }
	err = r.j.Any(r.member, each(r, r.segment), scalar)
	if ended := r.tracks.Flush(); err == nil {
		err = ended
	}
	return err
}

// member reads one of the lists of a file that is an object.
func (r *reader) member(key string) error {
	switch key {
	case "locations":
		return r.j.Array(each(r, r.record))
	case "timelineObjects":
		return r.j.Array(each(r, r.object))
	case "semanticSegments":
		return r.j.Array(each(r, r.segment))
	case "rawSignals":
		return r.j.Array(each(r, r.signal))
	case "userLocationProfile":
		return r.j.Object(func(key string) error {
			if key == "frequentPlaces" {
				return r.j.Array(each(r, r.frequent))
			}
			return r.j.Skip()
		})
	}
	return r.j.Skip()
}

// each returns what reads one element of a list. take's error says what is wrong
// with the element; what the sink says comes as fatal.
func each[T any](r *reader, take func(v *T, line int) (bad, fatal error)) func() error {
	return func() error {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		v := new(T)
		err := r.j.Value(v)
		line := r.j.Line()
		switch {
		case jsonstream.Mismatch(err):
			return r.out.Refuse(line, err)
		case err != nil:
			return err
		}
		bad, fatal := take(v, line)
		if bad != nil && fatal == nil {
			return r.out.Refuse(line, bad)
		}
		return fatal
	}
}

// A text is a string, number or boolean, whichever an export writes.
type text string

// UnmarshalJSON takes any value that is no list or object; those are "".
func (t *text) UnmarshalJSON(b []byte) error {
	s, _ := jsonstream.Text(json.RawMessage(b))
	*t = text(s)
	return nil
}
