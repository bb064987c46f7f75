// Package owntracks reads what OwnTracks keeps: the .rec files of its recorder
// (a time, the kind of message and the message, separated by tabs and blanks), and the messages alone, as JSON lines, a list, or the "data" of the
// recorder's answers. The messages are those of the booklet
// (owntracks.org/booklet/tech/json).
//
// Locations are positions of the series of their topic, which names person and
// device; tst, when the position was taken, is their time. Waypoints are places,
// transitions are activities: a region was entered or left. Other messages (last
// will, status, steps, cards, commands) say nothing of where anybody was and are
// passed over; encrypted ones are refused.
package owntracks

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/track"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads recordings and messages of OwnTracks.
var Format = importer.Format{Name: "owntracks", Title: "OwnTracks recording", Recognise: recognise, Read: read}

const maxLine = 256 << 10 // bytes of a message

var (
	recorded = regexp.MustCompile(`^(?:\x{FEFF})?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z[ \t]+\S+[ \t]+\{`)
	message  = regexp.MustCompile(`"_type"\s*:\s*"(location|transition|waypoint|waypoints|lwt|steps|encrypted|card|status)"`)
	begins   = regexp.MustCompile(`^(?:\x{FEFF})?\s*[\[{]`)
)

func recognise(h importer.Head) int {
	switch {
	case recorded.Match(h.Bytes):
		return 95
	case begins.Match(h.Bytes) && message.Match(h.Bytes) && bytes.Contains(h.Bytes, []byte(`"tst"`)):
		return 92
	}
	return 0
}

// A text is a string or a number, whichever a sender writes.
type text string

// UnmarshalJSON takes any value that is no list or object; those are "".
func (t *text) UnmarshalJSON(b []byte) error {
	s, _ := jsonstream.Text(json.RawMessage(b))
	*t = text(s)
	return nil
}

// A packet is a message, or what holds messages.
type packet struct {
	Type      string `json:"_type"`
	Topic     text   `json:"topic"`
	TID       text   `json:"tid"`
	Stamp     text   `json:"tst"`
	Lat       text   `json:"lat"`
	Lon       text   `json:"lon"`
	Alt       text   `json:"alt"`
	Accuracy  text   `json:"acc"`
	Event     text   `json:"event"`
	Desc      text   `json:"desc"`
	Radius    text   `json:"rad"`
	Waypoints []packet
	line      int
}

type reader struct {
	ctx    context.Context
	out    importer.Sink
	tracks track.Tracks
	names  bank.Namer
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	r := &reader{ctx: ctx, out: out, tracks: track.Tracks{Out: out}}
	content, _ := locale.UTF8(source, "")
	if recorded.Match(f.Bytes) {
		err = r.recording(content)
	} else {
		j := jsonstream.New(content, maxLine)
		err = j.Each(func() error { return r.value(j, 0) })
	}
	if ended := r.tracks.Flush(); err == nil {
		err = ended
	}
	return err
}

// recording reads the lines of a .rec file.
func (r *reader) recording(content io.Reader) error {
	lines := bufio.NewReaderSize(content, maxLine)
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n')
		long := false
		for ; errors.Is(err, bufio.ErrBufferFull); _, err = lines.ReadSlice('\n') {
			long = true
		}
		if err != nil && err != io.EOF {
			return err
		}
		switch {
		case long:
			if err := r.out.Refuse(n, fmt.Errorf("a line of more than %d bytes: %w", maxLine, penates.TooLarge)); err != nil {
				return err
			}
		case len(bytes.TrimSpace(line)) > 0:
			if err := r.line(string(line), n); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

func (r *reader) line(line string, n int) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	begin := strings.IndexByte(line, '{')
	if begin < 0 || len(strings.Fields(line[:begin])) != 2 {
		return r.out.Refuse(n, fmt.Errorf("not a time, a kind and a message: %w", penates.Invalid))
	}
	p := packet{line: n}
	if err := json.Unmarshal([]byte(line[begin:]), &p); err != nil {
		return r.out.Refuse(n, fmt.Errorf("the message: %w (%w)", penates.Invalid, err))
	}
	return r.give(&p)
}

const maxDepth = 6

// value reads a message, or an answer of the recorder with its data.
func (r *reader) value(j *jsonstream.Reader, depth int) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if depth > maxDepth {
		return j.Skip()
	}
	var members = map[string]json.RawMessage{}
	within := false
	err := j.Any(func(key string) error {
		if key == "data" || key == "locations" {
			within = true
			return r.value(j, depth+1)
		}
		var raw json.RawMessage
		if err := j.Value(&raw); err != nil {
			return err
		}
		if len(members) < 200 {
			members[key] = raw
		}
		return nil
	}, func() error { within = true; return r.value(j, depth+1) }, func(any) error { within = true; return nil })
	if err != nil || within {
		return err
	}
	p := packet{line: j.Line()}
	raw, err := json.Marshal(members)
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		return r.out.Refuse(p.line, fmt.Errorf("the message: %w (%w)", penates.Invalid, err))
	}
	return r.give(&p)
}

// give gives out what a message says.
func (r *reader) give(p *packet) error {
	var err error
	switch p.Type {
	case "location":
		return r.location(p)
	case "transition":
		return r.transition(p)
	case "waypoint":
		return r.waypoint(p)
	case "waypoints":
		for i := range p.Waypoints {
			p.Waypoints[i].line = p.line
			if err := r.waypoint(&p.Waypoints[i]); err != nil {
				return err
			}
		}
		return nil
	case "encrypted":
		err = fmt.Errorf("a message that the telephone encrypted: %w", penates.Unsupported)
	case "":
		err = fmt.Errorf("a message without _type: %w", penates.Invalid)
	default:
		return nil
	}
	return r.out.Refuse(p.line, err)
}

func (p *packet) where() (*penates.Place, penates.Moment, error) {
	place, err := track.ParsePosition(string(p.Lat), string(p.Lon))
	if err != nil {
		return nil, penates.Moment{}, err
	}
	place.Alt, place.Accuracy = track.Metres(string(p.Alt)), max(track.Metres(string(p.Accuracy)), 0)
	at, err := track.Time(string(p.Stamp), time.UTC)
	return place, at, err
}

func (r *reader) location(p *packet) error {
	place, at, err := p.where()
	if err != nil {
		return r.out.Refuse(p.line, err)
	}
	topic := track.Line(track.First(string(p.Topic), string(p.TID)))
	return r.tracks.Add("topic/"+topic, at, place, p.line, func(s *penates.Series) {
		s.Kind, s.Text = "phone", track.Line("OwnTracks "+topic)
	})
}

func (r *reader) transition(p *packet) error {
	place, at, err := p.where()
	if err != nil {
		return r.out.Refuse(p.line, err)
	}
	region := track.First(track.Line(string(p.Desc)), "a region")
	verb := map[string]string{"enter": "entered", "leave": "left"}[string(p.Event)]
	if verb == "" {
		return r.out.Refuse(p.line, fmt.Errorf("event %.40q: %w", p.Event, penates.Invalid))
	}
	return r.out.Document(&penates.Document{
		Source: penates.Source{NativeID: "transition/" + r.names.Hash(track.Stamp(at), verb, region, string(p.TID)), Locator: track.Locator(p.line)},
		Time:   penates.Span{Start: at}, Place: place, Text: verb + ": " + region,
	}, schema.Activity{Verb: verb, Object: region, Device: track.Line(string(p.TID))})
}

// waypoint gives out a region; its tst says when it was defined, which names it.
func (r *reader) waypoint(p *packet) error {
	place, err := track.ParsePosition(string(p.Lat), string(p.Lon))
	if err != nil {
		return r.out.Refuse(p.line, err)
	}
	name := track.Line(string(p.Desc))
	place.Name, place.Accuracy = name, max(track.Metres(string(p.Radius)), 0)
	return r.out.Document(&penates.Document{
		Source: penates.Source{NativeID: "waypoint/" + r.names.Hash(string(p.Stamp), name), Locator: track.Locator(p.line)},
		Place:  place, Text: track.First(name, "a region"),
	}, schema.Place{Name: name, Kind: "region"})
}
