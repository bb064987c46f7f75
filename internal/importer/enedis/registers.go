package enedis

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"penates"
)

const (
	// maxCells bounds the states of registers that wait until their meter's last one.
	maxCells = 500_000
	// maxRegisters bounds the registers of a meter: 10 of a supplier, 4 of the
	// distributor, for each direction, and the older kinds.
	maxRegisters = 64
)

// A tableKey tells the tables of indexes of a file apart.
type tableKey struct {
	meta    meta
	dayOnly bool // a reading says its day and no hour
}

// cells are the states of the registers of a meter, by stamp and register.
type cells map[string]map[string]cell

type cell struct {
	value, quality string
	line           int
}

// endValue takes the text of an element "valeur", or the state of a register
// that it holds with its stamp.
func (f *flow) endValue(s string) error {
	if f.point.stamp == "" {
		f.point.value = s
		return nil
	}
	stamp := f.point.stamp
	return f.state(f.register("eas"), stamp, f.meta, false)
}

// endDated takes a value of R171: the state of a register, or another index of
// its class.
func (f *flow) endDated(string) error {
	stamp := f.until
	f.from, f.until = "", ""
	f.point.stamp = stamp
	return f.state(f.register("eas"), stamp, f.meta, false)
}

// endRegister takes the state of a register of the supplier's tariff (f) or of
// the distributor's (d), which are numbered, in R15 and R151.
func (f *flow) endRegister(owner string) error {
	c := f.class
	f.class = class{}
	sense := "eas"
	if c.sense == "1" {
		sense = "eai"
	}
	name := sense + " " + owner + c.rank
	if c.rank == "" {
		name = sense + " " + owner + "-" + strings.ToLower(c.id)
	}
	m := f.meta
	m.physical = "EA"
	if m.unit == "" {
		m.unit = "Wh"
	}
	return f.state(name, f.day, m, len(f.day) <= len("2006-01-02"))
}

// register names the register of the open class, as tables in CSV do where the
// class says which it is: "IDX_EAS_F2" is "eas f2".
func (f *flow) register(sense string) string {
	if f.meta.produces() {
		sense = "eai"
	}
	code := strings.ToLower(strings.ReplaceAll(f.class.code, "_", " "))
	if name, ok := strings.CutPrefix(code, "idx "); ok && strings.HasPrefix(name, "ea") && len(name) >= len("eas t") {
		return name
	}
	return sense + " " + strings.ToLower(strings.TrimSpace(f.class.id))
}

// state keeps the state of a register until all of its meter are known.
func (f *flow) state(name, stamp string, m meta, dayOnly bool) error {
	p := f.point
	f.point = row{}
	line := f.line()
	switch {
	case m.prm == "":
		return f.w.refuse(line, fmt.Errorf("an index before its meter is named: %w", penates.Unsupported))
	case !strings.EqualFold(m.physical, "EA"):
		return f.otherIndex(p, stamp, m)
	case len(name) < len("eas t") || p.value == "":
		return f.w.refuse(line, fmt.Errorf("an index without value or register: %w", penates.Invalid))
	case f.held >= maxCells:
		return fmt.Errorf("more than %d indexes of one meter: %w", maxCells, penates.TooLarge)
	}
	key := tableKey{meta{prm: m.prm, business: m.business, unit: m.unit}, dayOnly}
	t := f.tables[key]
	if t == nil {
		t = &cells{}
		f.tables[key] = t
		f.order = append(f.order, key)
	}
	row := (*t)[stamp]
	if row == nil {
		row = map[string]cell{}
		(*t)[stamp] = row
	}
	if len(row) >= maxRegisters {
		return f.w.refuse(line, fmt.Errorf("more than %d registers: %w", maxRegisters, penates.TooLarge))
	}
	row[name] = cell{p.value, p.quality, line}
	f.held++
	return nil
}

// otherIndex takes the index of something that is not energy taken or given: of
// reactive energy, of the time of use, or the maximum of power in a class.
func (f *flow) otherIndex(p row, stamp string, m meta) error {
	p.stamp = stamp
	f.point = p
	m.data, m.stage = "Index", ""
	if strings.EqualFold(m.physical, "PMA") {
		m.data = "Puissance maximale"
	}
	m.physical = strings.TrimSpace(m.physical + " " + f.class.id)
	return f.take(m)
}

// endMaximum takes the maximum of power of the day of a reading.
func (f *flow) endMaximum(string) error {
	f.point.stamp = f.day
	m := meta{prm: f.meta.prm, business: f.meta.business, data: "Puissance maximale", unit: f.power}
	if f.point.value == "" {
		f.point = row{}
		return nil
	}
	return f.take(m)
}

// flush gives out the tables of indexes.
func (f *flow) flush() error {
	order, tables := f.order, f.tables
	f.order, f.tables, f.held = nil, map[tableKey]*cells{}, 0
	for _, key := range order {
		if err := f.table(key, *tables[key]); err != nil {
			return err
		}
	}
	return nil
}

// table gives out the states of the registers of a meter, with their totals.
func (f *flow) table(key tableKey, rows cells) error {
	names := map[string]bool{}
	for _, row := range rows {
		for name := range row {
			names[name] = true
		}
	}
	if len(names) > maxRegisters {
		return f.w.refuse(0, fmt.Errorf("indexes of %d registers: %w", len(names), penates.TooLarge))
	}
	sums := totals(slices.Sorted(maps.Keys(names)))
	for total := range sums {
		names[total] = true
	}
	columns := map[int]string{}
	for i, name := range slices.Sorted(maps.Keys(names)) {
		columns[i] = name
	}
	t := newIndexTable(f.w, key.meta, columns)
	t.undated = key.dayOnly
	for _, stamp := range slices.Sorted(maps.Keys(rows)) {
		if err := t.take(fieldsOf(rows[stamp], columns, sums, stamp)); err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf writes the states of one moment as the row of a table.
func fieldsOf(row map[string]cell, columns map[int]string, sums map[string][]string, moment string) (line int, stamp, quality string, fields []string) {
	fields = make([]string, len(columns))
	for i, name := range columns {
		c, ok := row[name]
		if ok && (line == 0 || c.line < line) {
			line, quality = c.line, c.quality
		}
		if fields[i] = c.value; !ok {
			fields[i] = sum(row, sums[name])
		}
	}
	return line, moment, quality, fields
}

// totals returns the total register of each sense that has none, with those it
// is the sum of: the distributor's, of which every meter has a complete set, else
// the supplier's, else all.
func totals(names []string) map[string][]string {
	sums := map[string][]string{}
	for _, sense := range []string{"eas", "eai"} {
		if slices.Contains(names, sense+" t") {
			continue
		}
		var parts []string
		for _, owner := range []string{" d", " f", " "} {
			for _, name := range names {
				digit := name[len(name)-1] >= '0' && name[len(name)-1] <= '9'
				if strings.HasPrefix(name, sense+owner) && (digit || owner == " " || strings.Contains(name, "-")) {
					parts = append(parts, name)
				}
			}
			if len(parts) > 0 {
				sums[sense+" t"] = parts
				break
			}
		}
	}
	return sums
}

// sum adds up the states of registers; it is "" when one is missing or no number.
func sum(row map[string]cell, parts []string) string {
	var total number
	for _, name := range parts {
		c, ok := row[name]
		n, err := parseNumber(c.value)
		if !ok || err != nil {
			return ""
		}
		total = total.plus(n)
	}
	if len(parts) == 0 {
		return ""
	}
	return string(total.decimal())
}
