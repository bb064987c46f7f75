package applehealth

import (
	"strings"
	"unicode"

	"penates/internal/importer/health"
)

// measures are what HealthKit measures and others do too.
var measures = map[string]health.Measure{
	"HKQuantityTypeIdentifierBodyMass":               health.BodyWeight,
	"HKQuantityTypeIdentifierHeight":                 health.BodyHeight,
	"HKQuantityTypeIdentifierBodyMassIndex":          health.BodyMassIndex,
	"HKQuantityTypeIdentifierBodyFatPercentage":      health.BodyFat,
	"HKQuantityTypeIdentifierBodyTemperature":        health.BodyTemperature,
	"HKQuantityTypeIdentifierHeartRate":              health.HeartRate,
	"HKQuantityTypeIdentifierRestingHeartRate":       health.RestingHeartRate,
	"HKQuantityTypeIdentifierRespiratoryRate":        health.RespiratoryRate,
	"HKQuantityTypeIdentifierOxygenSaturation":       health.OxygenSaturation,
	"HKQuantityTypeIdentifierBloodPressureSystolic":  health.Systolic,
	"HKQuantityTypeIdentifierBloodPressureDiastolic": health.Diastolic,
	"HKCorrelationTypeIdentifierBloodPressure":       health.BloodPressure,
	"HKQuantityTypeIdentifierBloodGlucose":           health.BloodGlucose,
	"HKQuantityTypeIdentifierStepCount":              health.Steps,
}

// prefixes stand before the names of types, and say of what class they are.
var prefixes = [...][2]string{
	{"HKQuantityTypeIdentifier", ""}, {"HKCategoryTypeIdentifier", "event"}, {"HKCorrelationTypeIdentifier", "correlation"},
	{"HKDataTypeIdentifier", ""}, {"HKDataType", ""}, {"HKWorkoutActivityType", "workout"},
}

// measureOf returns what a type measures.
func measureOf(kind string) health.Measure {
	if m, ok := measures[kind]; ok {
		return m
	}
	name := kind
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(kind, p[0]); ok {
			name = rest
			break
		}
	}
	m := health.Measure{Name: words(name)}
	if strings.HasPrefix(kind, "HK") {
		m.System = "healthkit|" + health.Clean(kind)
	}
	return m
}

func category(kind string) string {
	for _, p := range prefixes {
		if strings.HasPrefix(kind, p[0]) {
			return p[1]
		}
	}
	return ""
}

// choice returns the value of a category in words: what stands behind
// HKCategoryValue and the name of the type.
func choice(kind, value string) string {
	value = health.Clean(value)
	if !strings.HasPrefix(value, "HK") {
		return value
	}
	for _, prefix := range [...]string{"HKCategoryValue", "HK"} {
		if rest, ok := strings.CutPrefix(value, prefix); ok {
			value = rest
			break
		}
	}
	for _, p := range prefixes {
		kind = strings.TrimPrefix(kind, p[0])
	}
	if rest := strings.TrimPrefix(value, kind); rest != "" {
		value = rest
	}
	return words(value)
}

// words takes a name in camel case apart: "HeartRateVariabilitySDNN" is "Heart rate
// variability SDNN".
func words(name string) string {
	name = health.Clean(name)
	runes := []rune(name)
	var b strings.Builder
	for i, c := range runes {
		if i > 0 && unicode.IsUpper(c) && c != ' ' {
			after := !unicode.IsUpper(runes[i-1])
			before := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if after || before {
				b.WriteByte(' ')
			}
			if before || after && (i+1 == len(runes) || !unicode.IsUpper(runes[i+1])) {
				c = unicode.ToLower(c)
			}
		}
		if i == 0 {
			c = unicode.ToUpper(c)
		}
		b.WriteRune(c)
	}
	return health.Clean(b.String())
}

// units are the unit strings of HealthKit whose UCUM code is another.
var units = map[string]string{
	"count": "{count}", "hr": "h", "mmHg": "mm[Hg]", "cmAq": "cm[H2O]", "inHg": "[in_i'Hg]", "degC": "Cel", "degF": "[degF]",
	"lb": "[lb_av]", "oz": "[oz_av]", "st": "[stone_av]", "mcg": "ug", "ft": "[ft_i]", "in": "[in_i]", "mi": "[mi_i]", "yd": "[yd_i]",
	"Cal": "kcal", "fl_oz_us": "[foz_us]", "fl_oz_imp": "[foz_br]", "cup_us": "[cup_us]", "pt_us": "[pt_us]", "pt_imp": "[pt_br]",
	"IU": "[iU]", "dBASPL": "dB[SPL]", "dBHL": "dB", "d": "d", "l": "L", "ml": "mL", "dl": "dL",
}

// ucum returns the UCUM code of a unit of HealthKit, in which "·" multiplies and
// the mass of a mole stands in angle brackets.
func ucum(unit string) string {
	unit = health.Clean(unit)
	if i := strings.IndexByte(unit, '<'); i >= 0 {
		if j := strings.IndexByte(unit, '>'); j > i {
			unit = unit[:i] + unit[j+1:]
		}
	}
	if !strings.ContainsAny(unit, "/·") {
		return one(unit)
	}
	above, below, divided := strings.Cut(unit, "/")
	above, below = product(above), product(below)
	if above == "{count}" {
		above = ""
	}
	switch {
	case !divided:
		return above
	case strings.Contains(below, "."):
		return above + "/(" + below + ")"
	}
	return above + "/" + below
}

func product(s string) string {
	factors := strings.Split(strings.Trim(s, "()"), "·")
	for i, f := range factors {
		factors[i] = one(f)
	}
	return strings.Join(factors, ".")
}

func one(unit string) string {
	if u, ok := units[unit]; ok {
		return u
	}
	return unit
}

// shownUnit returns a unit as people write it.
func shownUnit(unit string) string {
	unit = health.Clean(unit)
	before, rest, ok := strings.Cut(unit, "<")
	if _, after, end := strings.Cut(rest, ">"); ok && end {
		unit = before + after
	}
	return shownUnits.Replace(unit)
}

var shownUnits = strings.NewReplacer("count/min", "/min", "degC", "°C", "degF", "°F", "fl_oz_us", "fl oz", "fl_oz_imp", "fl oz", "mcg", "µg", "hr", "h")
