package fit

import (
	"math"
	"strconv"
	"strings"

	"github.com/muktihari/fit/kit/datetime"
	"github.com/muktihari/fit/kit/semicircles"
	"github.com/muktihari/fit/profile"
	"github.com/muktihari/fit/profile/basetype"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/profile/untyped/mesgnum"
	"github.com/muktihari/fit/proto"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/schema"
)

// Field 253 is the timestamp of every message (Common fields).
const timestamp = 253

// tick keeps the clock: most messages have a full timestamp, those of monitoring
// only its lower half.
func (r *reader) tick(m *proto.Message) {
	if v := m.FieldValueByNum(timestamp); v.Type() == proto.TypeUint32 && v.Uint32() != math.MaxUint32 {
		r.clock = v.Uint32()
		return
	}
	if m.Num != mesgnum.Monitoring {
		return
	}
	if v := m.FieldValueByNum(fieldnum.MonitoringTimestamp16); v.Type() == proto.TypeUint16 {
		r.clock += uint32(v.Uint16() - uint16(r.clock))
	}
}

// firstTime is the least stamp that is a date; below it are seconds since the device
// was switched on (type date_time).
const firstTime = 0x10000000

func moment(stamp uint32) (penates.Moment, bool) {
	if stamp < firstTime || stamp == math.MaxUint32 {
		return penates.Moment{}, false
	}
	return penates.At(datetime.ToTime(stamp)), true
}

func momentOf(m *proto.Message, num byte) (penates.Moment, bool) {
	v := m.FieldValueByNum(num)
	if v.Type() != proto.TypeUint32 {
		return penates.Moment{}, false
	}
	return moment(v.Uint32())
}

func valid(m *proto.Message, num byte) bool {
	f := m.FieldByNum(num)
	return f != nil && f.Value.Valid(f.BaseType)
}

// place returns a position in semicircles, nil when it is none.
func place(lat, lon proto.Value) *penates.Place {
	if lat.Type() != proto.TypeInt32 || lon.Type() != proto.TypeInt32 || lat.Int32() == math.MaxInt32 || lon.Int32() == math.MaxInt32 {
		return nil
	}
	p := &penates.Place{Lat: semicircles.ToDegrees(lat.Int32()), Lon: semicircles.ToDegrees(lon.Int32())}
	if math.Abs(p.Lat) > 90 {
		return nil
	}
	return p
}

// position returns where a record was made, nil when it does not say.
func position(m *proto.Message) *penates.Place {
	p := place(m.FieldValueByNum(fieldnum.RecordPositionLat), m.FieldValueByNum(fieldnum.RecordPositionLong))
	if p == nil {
		return nil
	}
	for _, num := range [...]byte{fieldnum.RecordEnhancedAltitude, fieldnum.RecordAltitude} {
		if f := m.FieldByNum(num); f != nil {
			if n, ok := number(f.Value, f.BaseType, f.Scale, f.Offset); ok {
				p.Alt = n.Float()
				break
			}
		}
	}
	if v := m.FieldValueByNum(fieldnum.RecordGpsAccuracy); v.Type() == proto.TypeUint8 && v.Uint8() != math.MaxUint8 {
		p.Accuracy = float64(v.Uint8())
	}
	return p
}

// text returns a string.
func text(v proto.Value) string {
	if v.Type() != proto.TypeString {
		return ""
	}
	return health.Clean(strings.TrimRight(v.String(), "\x00"))
}

// number returns a value that is one valid number, scaled.
func number(v proto.Value, base basetype.BaseType, scale, offset float64) (penates.Decimal, bool) {
	if !v.Valid(base) {
		return "", false
	}
	var n float64
	switch v.Type() {
	case proto.TypeInt8:
		n = float64(v.Int8())
	case proto.TypeUint8:
		n = float64(v.Uint8())
	case proto.TypeInt16:
		n = float64(v.Int16())
	case proto.TypeUint16:
		n = float64(v.Uint16())
	case proto.TypeInt32:
		n = float64(v.Int32())
	case proto.TypeUint32:
		n = float64(v.Uint32())
	case proto.TypeFloat32:
		n = float64(v.Float32())
	case proto.TypeFloat64:
		n = v.Float64()
	default:
		return "", false
	}
	if scale != 0 {
		n = n/scale - offset
	}
	if math.IsNaN(n) || math.Abs(n) > 1e15 {
		return "", false
	}
	text := strconv.FormatFloat(n, 'f', 6, 64)
	d, err := penates.ParseDecimal(strings.TrimRight(strings.TrimRight(text, "0"), "."))
	return d, err == nil
}

// A measured value is a field people understand.
type measured struct {
	name   string // of the field, as in "total_distance"
	number penates.Decimal
	words  string
	unit   string
}

func (m measured) value() schema.HealthValue {
	v := schema.HealthValue{Code: words(strings.TrimPrefix(m.name, "enhanced_")), Value: string(m.number), Unit: ucum(m.unit)}
	if about, ok := parts[m.name]; ok {
		v.Code, v.System = about.Name, about.System
	}
	if m.number == "" {
		v.Value, v.Unit = m.words, ""
	}
	return v
}

func (m measured) shown() string {
	if m.number == "" {
		return m.words
	}
	return strings.TrimSpace(health.Short(m.number) + " " + m.unit)
}

// parts are fields that others measure too.
var parts = map[string]health.Measure{
	"systolic_pressure": health.Systolic, "diastolic_pressure": health.Diastolic, "heart_rate": health.HeartRate,
	"percent_fat": health.BodyFat, "bmi": health.BodyMassIndex,
}

// silent are fields that say how a message is to be read, not what was measured.
var silent = map[string]bool{
	"message_index": true, "event": true, "event_type": true, "event_group": true, "trigger": true, "lap_trigger": true,
	"first_lap_index": true, "timestamp_16": true, "current_activity_type_intensity": true, "user_profile_index": true,
	"local_id": true, "wkt_step_index": true, "duration_min": true, "device_index": true,
}

// fields returns what the fields of a message say: numbers with their units, and the
// words of the enumerations that are about people. Unknown fields, lists, times and
// positions are left out, and values that another field has in more detail.
func fields(m *proto.Message) (list []measured) {
	better := map[string]bool{}
	for i := range m.Fields {
		if rest, ok := strings.CutPrefix(m.Fields[i].Name, "enhanced_"); ok {
			better[rest] = true
		}
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		if f.Name == "unknown" || f.Num == timestamp || silent[f.Name] || better[f.Name] || f.Units == "semicircles" {
			continue
		}
		if words := enumerated(f); words != "" {
			list = append(list, measured{name: f.Name, words: words})
			continue
		}
		if f.BaseType == basetype.Enum || f.Type == profile.DateTime || f.Type == profile.LocalDateTime {
			continue
		}
		name, units, scale, offset := f.Name, f.Units, f.Scale, f.Offset
		if sub := f.SubFieldSubstitution(m); sub != nil {
			name, units, scale, offset = sub.Name, sub.Units, sub.Scale, sub.Offset
		}
		if n, ok := number(f.Value, f.BaseType, scale, offset); ok {
			list = append(list, measured{name: name, number: n, unit: units})
		} else if s := text(f.Value); s != "" {
			list = append(list, measured{name: name, words: s})
		}
	}
	return list
}

// enumerated returns the word of an enumeration that is about people.
func enumerated(f *proto.Field) string {
	if f.Value.Type() != proto.TypeUint8 || f.Value.Uint8() == math.MaxUint8 {
		return ""
	}
	v := f.Value.Uint8()
	switch f.Type {
	case profile.Sport:
		return words(typedef.Sport(v).String())
	case profile.SubSport:
		if typedef.SubSport(v) != typedef.SubSportGeneric {
			return words(typedef.SubSport(v).String())
		}
	case profile.ActivityType:
		return words(typedef.ActivityType(v).String())
	case profile.SleepLevel:
		return words(typedef.SleepLevel(v).String())
	case profile.Gender:
		return words(typedef.Gender(v).String())
	case profile.HrvStatus:
		return words(typedef.HrvStatus(v).String())
	}
	return ""
}

// words turns a name of the profile into words: "total_distance" is "Total distance".
func words(name string) string {
	name = health.Clean(strings.ReplaceAll(name, "_", " "))
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// units are units of the profile whose UCUM code is another.
var units = map[string]string{
	"bpm": "/min", "rpm": "/min", "strides/min": "/min", "breaths/min": "/min", "Breaths/min": "/min", "C": "Cel", "watts": "W", "degrees": "deg",
	"mmHg": "mm[Hg]", "cycles": "{cycle}", "steps": "{step}", "strides": "{stride}", "strokes": "{stroke}", "percent": "%", "laps": "{lap}",
	"lengths": "{length}", "kcal / day": "kcal/d", "years": "a", "": "1", "minutes": "min", "mL/kg/min": "mL/kg/min",
}

func ucum(unit string) string {
	if u, ok := units[unit]; ok {
		return u
	}
	return unit
}
