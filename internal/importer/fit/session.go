package fit

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/proto"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/schema"
)

// A session is one stretch of sport; it is given out at the end of the file, which
// is where the local time is told.
type session struct {
	sport string
	doc   penates.Document
	body  schema.HealthRecord
}

// session reads a session message.
func (r *reader) session(m *proto.Message) *session {
	s := &session{sport: "Workout", body: schema.HealthRecord{Resource: "Workout", Performer: r.maker}}
	start, ok := momentOf(m, fieldnum.SessionStartTime)
	if !ok {
		if start, ok = moment(r.clock); !ok {
			start = r.first
		}
	}
	s.doc = penates.Document{
		Source:      penates.Source{Connection: r.device, NativeID: r.unique("session:" + start.String())},
		Time:        penates.Span{Start: start},
		Sensitivity: penates.Sensitive,
	}
	var shown []string
	for _, f := range fields(m) {
		switch f.name {
		case "sport":
			s.sport = f.words
			continue
		case "sub_sport":
			s.body.Category = f.words
			continue
		case "total_elapsed_time":
			if ms := f.number.Float() * 1000; ms > 0 && ms < 1e11 && !start.IsZero() {
				s.doc.Time.End = penates.At(start.Time().Add(time.Duration(ms) * time.Millisecond))
				shown = append(shown, duration(ms))
			}
		case "total_distance":
			if f.number.Float() > 0 {
				s.distance(f.number, &shown)
			}
		}
		if len(s.body.Values) < maxValues {
			s.body.Values = append(s.body.Values, f.value())
		}
	}
	for i, l := range r.laps {
		s.body.Values = append(s.body.Values, schema.HealthValue{Code: fmt.Sprintf("Lap %d", i+1), Value: l})
	}
	s.body.Code = s.sport
	s.doc.Place = place(m.FieldValueByNum(fieldnum.SessionStartPositionLat), m.FieldValueByNum(fieldnum.SessionStartPositionLong))
	s.doc.Text = health.Phrase(s.sport, strings.Join(shown, ", "))
	return s
}

func (s *session) distance(metres penates.Decimal, shown *[]string) {
	s.doc.Quantity = &penates.Quantity{Value: metres, Unit: "m", Kind: "distance"}
	if km, err := health.Shift(metres, -3); err == nil {
		*shown = append(*shown, health.Short(km)+" km")
	}
}

func duration(ms float64) string {
	return (time.Duration(ms) * time.Millisecond).Round(time.Second).String()
}

// unfinished makes a session of the records of a file that has none, because the
// device was switched off.
func (r *reader) unfinished() *session {
	s := &session{sport: "Workout", body: schema.HealthRecord{Resource: "Workout", Code: "Workout", Performer: r.maker, Status: "unfinished"}}
	s.doc = penates.Document{
		Source:      penates.Source{Connection: r.device, NativeID: r.unique("session:" + r.first.String())},
		Time:        penates.Span{Start: r.first},
		Sensitivity: penates.Sensitive,
	}
	var shown []string
	if ms := r.last.Time().Sub(r.first.Time()).Milliseconds(); ms > 0 {
		s.doc.Time.End = r.last
		shown = append(shown, duration(float64(ms)))
	}
	if r.distance.Type() == proto.TypeUint32 {
		metres := fmt.Sprintf("%d.%02d", r.distance.Uint32()/100, r.distance.Uint32()%100)
		if d, err := penates.ParseDecimal(metres); err == nil && d.Float() > 0 {
			s.distance(d, &shown)
		}
	}
	s.doc.Text = health.Phrase(s.sport, strings.Join(shown, ", "))
	return s
}

// lap says what a lap was, in words.
func lap(m *proto.Message) string {
	var parts []string
	for _, f := range fields(m) {
		switch f.name {
		case "total_distance", "total_elapsed_time", "avg_heart_rate", "enhanced_avg_speed", "avg_speed", "avg_power":
			parts = append(parts, f.shown())
		}
	}
	return health.Clean(strings.Join(parts, ", "))
}

// local takes the offset of the local time from an activity message, for the
// sessions before it.
func (r *reader) local(m *proto.Message) {
	here, there := m.FieldValueByNum(fieldnum.ActivityLocalTimestamp), m.FieldValueByNum(timestamp)
	if here.Type() != proto.TypeUint32 || there.Type() != proto.TypeUint32 {
		return
	}
	const quarter = 15 * 60
	offset := int(here.Uint32()) - int(there.Uint32())
	if offset%quarter != 0 || offset > 15*3600 || offset < -15*3600 {
		return
	}
	zone := time.FixedZone("", offset)
	for _, s := range r.sessions {
		for _, at := range [...]*penates.Moment{&s.doc.Time.Start, &s.doc.Time.End} {
			if !at.IsZero() {
				*at = penates.At(at.Time().In(zone))
			}
		}
	}
}

// give gives out a session.
func (r *reader) give(s *session) {
	if r.err != nil {
		return
	}
	if s.doc.Time.Start.IsZero() {
		r.err = r.out.Refuse(0, fmt.Errorf("a session without a date: %w", penates.Invalid))
		return
	}
	s.body.Performer = cmp.Or(s.body.Performer, r.maker)
	r.err = r.out.Document(&s.doc, s.body)
}
