package enedis

import (
	"fmt"
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
)

// A meta says what the values of a row are, in Enedis' words or codes.
type meta struct {
	prm      string
	data     string // "Courbe de charge", "Index", "Puissance maximale quotidienne" …
	physical string // "Energie active", "PA", "PMA" …
	business string // "Consommation", "CONS", "Production" …
	stage    string // "Comptage Brut", "BRUT", "BEST" …
	unit     string
	step     string // of all rows, when it is fixed
	from     string // first day of the rows, when it is said
}

// A unit is how a unit of Enedis becomes one of UCUM.
type unit struct {
	ucum  string
	exp   int  // power of ten to multiply with
	power bool // a mean power, which becomes energy
}

var units = map[string]unit{
	"w": {"W.h", 0, true}, "kw": {"W.h", 3, true}, "mw": {"W.h", 6, true},
	"wh": {"W.h", 0, false}, "kwh": {"W.h", 3, false}, "mwh": {"W.h", 6, false},
	"va": {"V.A", 0, false}, "kva": {"V.A", 3, false},
	"var": {"V.A{reactive}.h", 0, true}, "kvar": {"V.A{reactive}.h", 3, true},
	"varh": {"V.A{reactive}.h", 0, false}, "kvarh": {"V.A{reactive}.h", 3, false},
	"v": {"V", 0, false}, "kv": {"V", 3, false}, "s": {"s", 0, false},
}

// The measures.
const (
	loadCurve = "load-curve"
	daily     = "daily"
	monthly   = "monthly"
	index     = "index"
	maxPower  = "max-power"
	voltage   = "voltage"
)

var titles = map[string]string{
	loadCurve: "Load curve", daily: "Daily energy", monthly: "Monthly energy",
	index: "Meter index", maxPower: "Maximum power", voltage: "Voltage",
}

// A row is one value of a channel.
type row struct {
	line    int
	stamp   string
	value   string
	quality string
	step    string // "" when the file leaves it to the distance of the stamps
}

// A channel takes the rows of one measure.
type channel struct {
	w       *writer
	meta    meta
	unit    unit
	measure string
	clock   *clock
	series  *series
	err     error // why no row can be taken
	steps   stepper
	begun   bool // a row was read
	opening bool // stamps are those of beginnings
}

func newChannel(w *writer, m meta) *channel {
	c := &channel{w: w, meta: m, clock: newClock(w.zone), measure: m.measure()}
	name := strings.ToLower(strings.TrimSpace(m.unit))
	switch {
	case name != "":
	case c.measure == maxPower:
		name = "va"
	case c.measure == loadCurve && strings.Contains(locale.Fold(m.data), "courbe de charge") && locale.Fold(m.physical) == "energie active":
		name = "w" // files of large meters leave it out
	}
	known := false
	if c.unit, known = units[name]; !known {
		c.err = unknownUnit(m.unit)
		return c
	}
	if c.unit.ucum == "V" && c.measure == loadCurve {
		c.measure = voltage
	}
	c.series = w.open(m.prm, m.native(c.measure), func(s *penates.Series) {
		s.Kind, s.Measure, s.Unit = m.kind(c.unit), c.measure, c.unit.ucum
		s.Text = strings.TrimSpace(titles[c.measure] + ", meter " + m.prm)
	})
	c.steps.emit = c.interval
	return c
}

func unknownUnit(name string) error {
	return fmt.Errorf("unit %q of the values: %w", clip(name), penates.Unsupported)
}

// measure tells the measures apart.
func (m meta) measure() string {
	data, physical := locale.Fold(m.data), locale.Fold(m.physical)
	switch {
	case strings.Contains(data, "index"):
		return index
	case strings.Contains(data, "puissance max") || strings.Contains(physical, "maximale") || physical == "pma":
		return maxPower
	case strings.Contains(data, "quotidien") || strings.Contains(data, "journali"):
		return daily
	case strings.Contains(data, "mensuel"):
		return monthly
	}
	return loadCurve
}

// produces reports whether the energy flows from the person to the grid.
func (m meta) produces() bool {
	business, data := locale.Fold(m.business), locale.Fold(m.data)
	return strings.HasPrefix(business, "prod") || strings.HasPrefix(business, "inj") || business == "reverse" ||
		strings.Contains(data, "production") || strings.Contains(data, "injection")
}

func (m meta) kind(u unit) string {
	switch {
	case m.produces():
		return "electricity-production"
	case strings.Contains(u.ucum, "reactive"):
		return "electricity-reactive"
	}
	return "electricity"
}

// native names the series within the meter.
func (m meta) native(measure string) string {
	if m.produces() {
		measure += "/production"
	}
	switch physical := locale.Fold(m.physical); {
	case physical == "", physical == "energie active", physical == "pa", physical == "ea", physical == "pma",
		strings.Contains(physical, "maximale"), strings.Contains(physical, "puissance active"):
	default:
		measure += "/" + strings.ReplaceAll(physical, " ", "-")
	}
	return measure
}

// take takes a row, which may have no value. The error is the sink's; a row that
// is no good is refused.
func (c *channel) take(r row) error {
	if c.err != nil {
		return c.w.refuse(r.line, c.err)
	}
	at, err := c.clock.read(strings.TrimSpace(r.stamp))
	if err != nil {
		return c.w.refuse(r.line, err)
	}
	c.begin(at)
	v := reading{line: r.line, at: at, quality: r.quality}
	if v.quality == "" {
		v.quality = c.meta.stage
	}
	if r.value = strings.TrimSpace(r.value); r.value != "" {
		if v.number, err = parseNumber(r.value); err == nil {
			v.known = true
		} else if err = c.w.refuse(r.line, err); err != nil {
			return err
		} // the stamp still tells the step of its neighbours
	}
	return c.place(v, r.step)
}

// begin looks at the first stamp. Meters of low power (C5) stamp an interval with
// its end, so that the first stamp comes a step after midnight; the others (C1 to
// C4) stamp it with its beginning, and the first is midnight itself.
func (c *channel) begin(at penates.Moment) {
	if c.begun {
		return
	}
	c.begun = true
	t := at.Time().In(c.clock.zone)
	c.opening = c.meta.from != "" && !at.DateOnly() && t.Format("2006-01-02 15:04:05") == c.meta.from+" 00:00:00"
}

// place gives the reading the interval it stands for.
func (c *channel) place(v reading, step string) error {
	if step == "" {
		step = c.meta.step
	}
	n := minutes(step, false)
	switch {
	case c.measure == index, c.measure == maxPower:
		if !v.known {
			return nil
		}
		p := penates.Point{Start: v.at, Value: v.number.shift(c.unit.exp).decimal(), Quality: v.quality}
		return c.series.add(p, "P1D")
	case c.measure == monthly:
		return c.month(v)
	case c.measure == daily || v.at.DateOnly() || n == 24*60:
		return c.day(v)
	case n > 0:
		return c.interval(v, n)
	}
	return c.steps.push(v)
}

// day gives out the energy of a day, which is stamped with its day or beginning.
func (c *channel) day(v reading) error {
	switch {
	case !v.known:
		return nil
	case c.unit.power:
		return c.w.refuse(v.line, fmt.Errorf("a mean power of a whole day: %w", penates.Unsupported))
	}
	s := c.series
	if c.measure != daily {
		s = c.w.open(c.meta.prm, c.meta.native(daily), func(d *penates.Series) {
			d.Kind, d.Measure, d.Unit = c.meta.kind(c.unit), daily, c.unit.ucum
			d.Text = strings.TrimSpace(titles[daily] + ", meter " + c.meta.prm)
		})
	}
	start, end := dayAfter(v.at.Time())
	return s.add(penates.Point{Start: start, End: end, Value: v.number.shift(c.unit.exp).decimal(), Quality: v.quality}, "P1D")
}

// month gives out the energy of the month in which the stamp is.
func (c *channel) month(v reading) error {
	if !v.known {
		return nil
	}
	t := v.at.Time()
	first := t.AddDate(0, 0, 1-t.Day())
	return c.series.add(penates.Point{
		Start: penates.DayOf(first), End: penates.DayOf(first.AddDate(0, 1, 0)),
		Value: v.number.shift(c.unit.exp).decimal(), Quality: v.quality,
	}, "P1M")
}

// dayAfter returns the day of t, as written, and the next.
func dayAfter(t time.Time) (start, end penates.Moment) {
	return penates.DayOf(t), penates.DayOf(t.AddDate(0, 0, 1))
}

// interval gives out the energy of the minutes that end, or begin, at the stamp.
func (c *channel) interval(v reading, minutes int) error {
	switch {
	case !v.known:
		return nil
	case minutes == 0:
		return c.w.refuse(v.line, fmt.Errorf("nothing says how long the interval is: %w", penates.Invalid))
	}
	n := v.number
	if c.unit.power {
		n = n.over(minutes)
	}
	p := penates.Point{Value: n.shift(c.unit.exp).decimal(), Quality: v.quality}
	step := time.Duration(minutes) * time.Minute
	if c.opening {
		p.Start, p.End = v.at, penates.At(v.at.Time().Add(step))
	} else {
		p.Start, p.End = penates.At(v.at.Time().Add(-step)), v.at
	}
	return c.series.add(p, stepName(minutes))
}

// stepName writes a step as Enedis does: "PT30M".
func stepName(minutes int) string {
	switch minutes {
	case 30:
		return "PT30M"
	case 60:
		return "PT60M"
	case 10:
		return "PT10M"
	}
	return fmt.Sprintf("PT%dM", minutes)
}

func (c *channel) close() error {
	if c.err != nil {
		return nil
	}
	return c.steps.close()
}
