// Package fit reads FIT files (Flexible and Interoperable Data Transfer Protocol,
// developer.garmin.com/fit), as watches, bicycle computers and scales write them.
//
// Each session of an activity is a document of penates.health with what was
// measured all through it, or, in a file that ends without one, all its records
// together. The records with a position are the points of one track. Of files about
// the body each message is a document: weight, blood pressure, steps, heart rate,
// sleep, stress. Courses and settings tell of nothing that happened; they are kept
// as files.
//
// Checksums are not looked at: too many devices and programs write wrong ones. What
// cannot be read ends the reading; what came before stays.
//
// The native id is the kind and the time of the message within the device, so that
// the same measure in another file is the same document.
package fit

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/muktihari/fit/decoder"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/profile/untyped/mesgnum"
	"github.com/muktihari/fit/proto"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/health"
)

// Format reads FIT files.
var Format = importer.Format{Name: "fit", Title: "FIT activity or health file", Recognise: recognise, Read: read}

const (
	chunk       = 100_000 // points held back until it is known what sport they belong to
	maxFiles    = 1000    // files one after the other in one
	maxSessions = 1000    // of one activity
	maxLaps     = 1000
)

func recognise(h importer.Head) int {
	if len(h.Bytes) >= 12 && (h.Bytes[0] == 12 || h.Bytes[0] == 14) && string(h.Bytes[8:12]) == proto.DataTypeFIT {
		return 100
	}
	return 0
}

// A reader follows one file, or several after each other in one.
type reader struct {
	ctx context.Context
	out importer.Sink
	err error // what the sink said; nothing is read any more then

	kind     typedef.File
	device   string // serial number, what times are unique within
	maker    string
	track    penates.Series
	name     string // of the track
	first    penates.Moment
	last     penates.Moment
	past     penates.Moment // of the last point
	clock    uint32         // the last full timestamp
	distance proto.Value
	sessions []*session
	laps     []string
	seen     map[string]int // how often a native id was met
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	r := &reader{ctx: ctx, out: out, seen: map[string]int{}}
	d := decoder.New(&source{r: bufio.NewReader(file), reader: r}, decoder.WithMesgListener(r), decoder.WithBroadcastOnly(), decoder.WithIgnoreChecksum())
	for n := 0; d.Next(); n++ {
		if n >= maxFiles {
			return fmt.Errorf("more than %d files in one: %w", maxFiles, penates.TooLarge)
		}
		r.begin()
		_, bad := d.Decode()
		r.finish()
		switch {
		case r.err != nil:
			return r.err
		case ctx.Err() != nil:
			return ctx.Err()
		case bad != nil && n > 0 && errors.Is(bad, decoder.ErrNotFITFile):
			return nil // blanks behind the last one
		case bad != nil:
			return fmt.Errorf("%w (%w)", penates.Invalid, bad)
		}
	}
	return nil
}

// A source ends when the sink wants no more.
type source struct {
	r      io.Reader
	reader *reader
}

var errStopped = errors.New("stopped")

func (s *source) Read(p []byte) (int, error) {
	if s.reader.err != nil || s.reader.ctx.Err() != nil {
		return 0, errStopped
	}
	return s.r.Read(p)
}

func (r *reader) begin() {
	*r = reader{ctx: r.ctx, out: r.out, err: r.err, seen: r.seen, kind: typedef.FileInvalid}
}

// finish gives out what is only known at the end of a file.
func (r *reader) finish() {
	if len(r.sessions) == 0 && !r.first.IsZero() && r.kind != typedef.FileCourse {
		r.sessions = append(r.sessions, r.unfinished())
	}
	for _, s := range r.sessions {
		r.give(s)
	}
	r.flush()
}

// OnMesg takes one message from the decoder.
func (r *reader) OnMesg(m proto.Message) {
	if r.err != nil {
		return
	}
	r.tick(&m)
	switch m.Num {
	case mesgnum.FileId:
		r.header(&m)
	case mesgnum.DeviceInfo:
		r.info(&m)
	case mesgnum.Record:
		r.record(&m)
	case mesgnum.Lap:
		if len(r.laps) < maxLaps {
			r.laps = append(r.laps, lap(&m))
		}
	case mesgnum.Session:
		if len(r.sessions) < maxSessions {
			r.sessions = append(r.sessions, r.session(&m))
			r.laps = nil
		}
	case mesgnum.Activity:
		r.local(&m)
	case mesgnum.UserProfile:
		r.person(&m)
	default:
		if about, ok := bodies[m.Num]; ok {
			r.body(&m, about)
		}
	}
}

// header takes what kind of file it is and which device wrote it.
func (r *reader) header(m *proto.Message) {
	if v := m.FieldValueByNum(fieldnum.FileIdType); v.Type() == proto.TypeUint8 {
		r.kind = typedef.File(v.Uint8())
	}
	if v := m.FieldValueByNum(fieldnum.FileIdSerialNumber); v.Type() == proto.TypeUint32 && v.Uint32() != 0 {
		r.device = fmt.Sprint(v.Uint32())
	}
	if v := m.FieldValueByNum(fieldnum.FileIdManufacturer); v.Type() == proto.TypeUint16 {
		if name := typedef.Manufacturer(v.Uint16()).String(); v.Uint16() != 0xFFFF && len(name) < 50 {
			r.maker = health.Clean(words(name))
		}
	}
	r.name = "unknown"
	if v := m.FieldValueByNum(fieldnum.FileIdTimeCreated); v.Type() == proto.TypeUint32 {
		r.name = fmt.Sprint(v.Uint32())
	}
}

// info takes the name of the product that made the file.
func (r *reader) info(m *proto.Message) {
	v := m.FieldValueByNum(fieldnum.DeviceInfoProductName)
	index := m.FieldValueByNum(fieldnum.DeviceInfoDeviceIndex)
	if name := text(v); name != "" && (index.Type() != proto.TypeUint8 || index.Uint8() == 0) {
		r.maker = name
	}
}

// record takes a moment of an activity; with a position it is a point of the track.
func (r *reader) record(m *proto.Message) {
	if r.kind == typedef.FileCourse {
		return
	}
	at, ok := moment(r.clock)
	if !ok {
		r.err = r.out.Refuse(0, fmt.Errorf("a record without a date: %w", penates.Invalid))
		return
	}
	if r.first.IsZero() {
		r.first = at
	}
	r.last = at
	if v := m.FieldValueByNum(fieldnum.RecordDistance); valid(m, fieldnum.RecordDistance) {
		r.distance = v
	}
	place := position(m)
	if place == nil || at == r.past { // of several at one time the first one is taken
		return
	}
	r.past = at
	r.track.Points = append(r.track.Points, penates.Point{Start: at, Place: place})
	if len(r.track.Points) >= chunk {
		r.flush()
	}
}

// flush gives out the points that are held back.
func (r *reader) flush() {
	if len(r.track.Points) == 0 || r.err != nil {
		return
	}
	s := r.track
	s.Type, s.Measure, s.Sensitivity = penates.Positions, "position", penates.Sensitive
	s.Source = penates.Source{Connection: r.device, NativeID: "track:" + r.name}
	s.Kind, s.Text = cmp.Or(s.Kind, "track"), r.maker
	if len(r.sessions) > 0 && r.track.Kind == "" {
		s.Kind = r.sessions[0].sport
	}
	r.err = r.out.Points(&s)
	r.track = penates.Series{Kind: s.Kind}
}
