package enedis

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"penates"
)

// An indexTable takes the rows of a table of meter indexes: a stamp, and the
// state of every register. EAS are registers of energy taken, EAI of energy
// given; F1 to F10 those of the supplier's tariff, D1 to D4 of the distributor's,
// T their total (Enedis, "index quotidiens").
//
// The difference of the totals of two following days is the energy of the day.
type indexTable struct {
	w         *writer
	clock     *clock
	meta      meta
	unit      unit
	known     bool // the unit
	undated   bool // rows say their day and no hour: what lies between two is not certain
	registers []register
}

type register struct {
	column int
	group  string // "eas f"
	total  bool
	index  *series
	daily  *series // of a total
	// The state before, of a total.
	before    number
	beforeDay time.Time
	hasBefore bool
}

func newIndexTable(w *writer, m meta, columns map[int]string) *indexTable {
	t := &indexTable{w: w, clock: newClock(w.zone), meta: m}
	if m.unit == "" {
		m.unit = "Wh"
	}
	t.unit, t.known = units[strings.ToLower(m.unit)]
	for _, i := range slices.SortedFunc(maps.Keys(columns), cmp.Compare[int]) {
		name := columns[i]
		r := register{column: i, group: name[:5], total: strings.HasSuffix(name, " t")}
		give := meta{prm: m.prm, business: m.business}
		if strings.HasPrefix(name, "eai") {
			give.business = "injection"
		}
		native := give.native(index)
		if !r.total {
			native += "/" + strings.ReplaceAll(name, " ", "-")
		}
		r.index = w.open(m.prm, native, t.describe(give, index, strings.ToUpper(name)))
		if r.total {
			r.daily = w.open(m.prm, give.native(daily), t.describe(give, daily, ""))
		}
		t.registers = append(t.registers, r)
	}
	return t
}

func (t *indexTable) describe(m meta, measure, name string) func(*penates.Series) {
	return func(s *penates.Series) {
		s.Kind, s.Measure, s.Unit = m.kind(t.unit), measure, t.unit.ucum
		s.Text = strings.TrimSpace(strings.TrimSpace(titles[measure]+" "+name) + ", meter " + m.prm)
	}
}

func (t *indexTable) take(line int, stamp, quality string, fields []string) error {
	if !t.known {
		return t.w.refuse(line, unknownUnit(t.meta.unit))
	}
	moment, err := t.clock.read(stamp)
	if err != nil {
		return t.w.refuse(line, err)
	}
	states := make([]number, len(t.registers))
	for i, r := range t.registers {
		if text := at(fields, r.column); text != "" {
			if states[i], err = parseNumber(text); err != nil {
				return t.w.refuse(line, err)
			}
			states[i] = states[i].shift(t.unit.exp)
		}
	}
	for i := range t.registers {
		r := &t.registers[i]
		if at(fields, r.column) == "" || t.redundant(i, states) {
			continue
		}
		p := penates.Point{Start: moment, Value: states[i].decimal(), Quality: quality}
		if err := r.index.add(p, "P1D"); err != nil {
			return err
		}
		if r.total && !t.undated {
			if err := r.difference(moment, states[i], quality); err != nil {
				return err
			}
		}
	}
	return nil
}

// redundant reports whether register i says nothing that the total does not:
// one of its group has the total's state and the others have none.
func (t *indexTable) redundant(i int, states []number) bool {
	mine := t.registers[i]
	if mine.total {
		return false
	}
	var total *number
	for j, r := range t.registers {
		if r.total && r.group[:3] == mine.group[:3] {
			total = &states[j]
		}
	}
	if total == nil || *total == (number{}) {
		return false
	}
	alone := false
	for j, r := range t.registers {
		if r.group != mine.group || states[j].mantissa == 0 {
			continue
		}
		if states[j] != *total {
			return false
		}
		alone = true
	}
	return alone
}

// difference gives out the energy since the state before, when that was the day
// before and the meter is the same.
func (r *register) difference(at penates.Moment, state number, quality string) error {
	day := nominalDay(at)
	used := state.minus(r.before)
	follows := r.hasBefore && day.Equal(r.beforeDay.AddDate(0, 0, 1)) && used.mantissa >= 0
	r.before, r.beforeDay, r.hasBefore = state, day, true
	if !follows {
		return nil
	}
	start, end := dayAfter(day.AddDate(0, 0, -1))
	return r.daily.add(penates.Point{Start: start, End: end, Value: used.decimal(), Quality: quality}, "P1D")
}

// winter is the time that meters keep all year.
var winter = time.FixedZone("", 3600)

// nominalDay returns the day which a state at that moment opens: meters take it
// at midnight of winter time.
func nominalDay(m penates.Moment) time.Time {
	t := m.Time()
	if !m.DateOnly() {
		t = t.In(winter)
	}
	y, month, d := t.Date()
	return time.Date(y, month, d, 0, 0, 0, 0, time.UTC)
}
