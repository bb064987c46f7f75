package enedis

import (
	"encoding/csv"
	"strings"

	"penates/internal/locale"
)

// maxLine bounds the bytes of a line, maxFields the fields of one.
const (
	maxLine   = 1 << 20
	maxFields = 500
)

// splitLine splits a line at semicolons, else tabs; buf is used again.
func splitLine(line string, buf []string) []string {
	line = strings.TrimRight(line, "\r\n")
	mark := ";"
	if !strings.Contains(line, mark) {
		mark = "\t"
	}
	if strings.Contains(line, `"`) {
		r := csv.NewReader(strings.NewReader(line))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = rune(mark[0]), true, -1
		if fields, err := r.Read(); err == nil {
			return fields[:min(len(fields), maxFields)]
		}
	}
	buf = buf[:0]
	for len(buf) < maxFields {
		field, rest, more := strings.Cut(line, mark)
		buf = append(buf, field)
		if !more {
			break
		}
		line = rest
	}
	return buf
}

// A place says in which columns the parts of a meta are; -1 is nowhere.
type place struct {
	prm, data, physical, business, stage, unit, step, from int
}

func (p place) of(fields []string) meta {
	return meta{
		prm: at(fields, p.prm), data: at(fields, p.data), physical: at(fields, p.physical),
		business: at(fields, p.business), stage: at(fields, p.stage), unit: at(fields, p.unit),
		from: firstDay(at(fields, p.from)),
	}
}

// at returns field i without blanks, "" when there is none.
func at(fields []string, i int) string {
	if i < 0 || i >= len(fields) {
		return ""
	}
	return strings.TrimSpace(fields[i])
}

// findPreamble finds the columns that describe the values.
func findPreamble(fields []string) place {
	p := place{-1, -1, -1, -1, -1, -1, -1, -1}
	for i, name := range fields {
		switch locale.Fold(name) {
		case "identifiant prm", "prm", "identifiant pdl", "pdl", "point de livraison":
			p.prm = i
		case "type de donnees", "type de donnee":
			p.data = i
		case "grandeur physique":
			p.physical = i
		case "grandeur metier":
			p.business = i
		case "etape metier", "statut demande":
			p.stage = i
		case "unite":
			p.unit = i
		case "pas en minutes", "pas":
			p.step = i
		case "date de debut":
			p.from = i
		}
	}
	return p
}

// columns are those of a table of values.
type columns struct {
	meta      place // when each row describes itself
	stamp     int   // date and time, or date
	hour      int   // time, when it has a column of its own
	value     int
	quality   int
	registers map[int]string // of an index table, by column
	unit      string         // that the name of the value's column gives
}

// findColumns recognises the names of a table's columns.
func findColumns(fields []string) (columns, bool) {
	c := columns{meta: findPreamble(fields), stamp: -1, hour: -1, value: -1, quality: -1, registers: map[int]string{}}
	for i, name := range fields {
		name = locale.Fold(name)
		word, rest, _ := strings.Cut(name, " ")
		switch {
		case name == "horodate" || name == "date de la mesure" || name == "date":
			c.stamp = i
		case name == "heure de la mesure" || name == "heure":
			c.hour = i
		case name == "nature" || name == "statut de la mesure" || name == "type de releve":
			c.quality = i
		case word == "valeur" && (rest == "" || unitIn(rest) != ""):
			c.value, c.unit = i, unitIn(rest)
		case len(word) == 3 && word[:2] == "ea" && rest != "":
			c.registers[i] = name
		}
	}
	return c, c.stamp >= 0 && (c.value >= 0 || len(c.registers) > 0)
}

// unitIn returns the unit in "(en Wh)", or "".
func unitIn(s string) string {
	s = strings.TrimPrefix(strings.Trim(s, "() "), "en ")
	if _, ok := units[s]; !ok {
		return ""
	}
	return s
}
