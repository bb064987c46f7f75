package fit

import (
	"fmt"

	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/profile/untyped/mesgnum"
	"github.com/muktihari/fit/proto"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/schema"
)

// An about says what a message about the body measures: its name, and the field
// that is its number.
type about struct {
	health.Measure
	field string
}

// bodies are the messages about the body.
var bodies = map[typedef.MesgNum]about{
	mesgnum.WeightScale:      {health.BodyWeight, "weight"},
	mesgnum.BloodPressure:    {health.BloodPressure, ""},
	mesgnum.Monitoring:       {health.Measure{Name: "Activity"}, ""},
	mesgnum.MonitoringHrData: {health.RestingHeartRate, "current_day_resting_heart_rate"},
	mesgnum.StressLevel:      {health.Measure{Name: "Stress level"}, "stress_level_value"},
	mesgnum.Spo2Data:         {health.OxygenSaturation, "reading_spo2"},
	mesgnum.RespirationRate:  {health.RespiratoryRate, "respiration_rate"},
	mesgnum.SleepLevel:       {health.Measure{Name: "Sleep level"}, "sleep_level"},
	mesgnum.SleepAssessment:  {health.Measure{Name: "Sleep assessment"}, "overall_sleep_score"},
	mesgnum.HrvValue:         {health.Measure{Name: "Heart rate variability"}, "value"},
	mesgnum.HrvStatusSummary: {health.Measure{Name: "Heart rate variability, summary"}, "last_night_average"},
	mesgnum.MaxMetData:       {health.Measure{Name: "VO2 max"}, "vo2_max"},
}

// alone are measures inside of monitoring messages that have a name of their own.
var alone = map[string]health.Measure{
	"heart_rate": health.HeartRate, "steps": health.Steps,
}

// body gives out a message about the body.
func (r *reader) body(m *proto.Message, a about) {
	stamp := r.clock
	if v := m.FieldValueByNum(fieldnum.StressLevelStressLevelTime); m.Num == mesgnum.StressLevel && v.Type() == proto.TypeUint32 {
		stamp = v.Uint32()
	}
	at, ok := moment(stamp)
	if !ok {
		r.err = r.out.Refuse(0, fmt.Errorf("%s without a date: %w", m.Num, penates.Invalid))
		return
	}
	d := &penates.Document{
		Source:      penates.Source{Connection: r.device, NativeID: r.unique(m.Num.String() + ":" + fmt.Sprint(stamp) + discriminator(m))},
		Time:        penates.Span{Start: at},
		Sensitivity: penates.Sensitive,
	}
	body := schema.HealthRecord{Resource: "Observation", Performer: r.maker}
	shown := ""
	for _, f := range fields(m) {
		if len(body.Values) >= maxValues {
			break
		}
		named, known := alone[f.name]
		switch {
		case m.Num == mesgnum.Monitoring && known:
			a.Measure, a.field = named, f.name
			fallthrough
		case f.name == a.field && d.Quantity == nil:
			if f.number != "" {
				d.Quantity = &penates.Quantity{Value: f.number, Unit: ucum(f.unit)}
			} else {
				body.Result = f.words
			}
			shown = f.shown()
		default:
			body.Values = append(body.Values, f.value())
		}
	}
	if shown == "" && len(body.Values) > 0 {
		shown = join(body.Values)
	}
	body.Code, body.System = a.Name, a.System
	d.Text = health.Phrase(body.Code, shown)
	r.err = r.out.Document(d, body)
}

const maxValues = 500

// join returns the values as people read them, as many as fit into a line.
func join(values []schema.HealthValue) string {
	s := ""
	for i, v := range values {
		if i == 4 {
			break
		}
		if i > 0 {
			s += ", "
		}
		s += v.Code + " " + v.Value
	}
	return health.Clean(s)
}

// discriminator tells messages of one moment apart: those of several people on one
// scale, and of several activities of one day.
func discriminator(m *proto.Message) string {
	switch m.Num {
	case mesgnum.WeightScale:
		if v := m.FieldValueByNum(fieldnum.WeightScaleUserProfileIndex); v.Type() == proto.TypeUint16 {
			return fmt.Sprintf(":%d", v.Uint16())
		}
	case mesgnum.BloodPressure:
		if v := m.FieldValueByNum(fieldnum.BloodPressureUserProfileIndex); v.Type() == proto.TypeUint16 {
			return fmt.Sprintf(":%d", v.Uint16())
		}
	case mesgnum.Monitoring:
		if v := m.FieldValueByNum(fieldnum.MonitoringActivityType); v.Type() == proto.TypeUint8 {
			return fmt.Sprintf(":%d", v.Uint8())
		}
	}
	return ""
}

// unique numbers what would have one id.
func (r *reader) unique(id string) string {
	if len(r.seen) > maxSeen {
		return id
	}
	key := r.device + " " + id
	r.seen[key]++
	if n := r.seen[key]; n > 1 {
		return fmt.Sprintf("%s:%d", id, n)
	}
	return id
}

const maxSeen = 500_000

// person gives out whom a scale or watch knows.
func (r *reader) person(m *proto.Message) {
	body := schema.HealthRecord{Resource: "Patient", Code: "User profile", Performer: r.maker}
	for _, f := range fields(m) {
		if f.name == "friendly_name" {
			body.Code = f.words
		}
		if len(body.Values) < maxValues {
			body.Values = append(body.Values, f.value())
		}
	}
	id := "user_profile"
	for _, num := range [...]byte{fieldnum.UserProfileMessageIndex, fieldnum.UserProfileLocalId} {
		if v := m.FieldValueByNum(num); v.Type() == proto.TypeUint16 {
			id += fmt.Sprintf(":%d", v.Uint16())
		}
	}
	if len(body.Values) == 0 {
		return
	}
	d := &penates.Document{Source: penates.Source{Connection: r.device, NativeID: id}, Text: body.Code, Sensitivity: penates.Sensitive}
	r.err = r.out.Document(d, body)
}
