package enedis

import (
	"slices"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// A calendar collects the periods of the supplier's tariff that follow a table
// of indexes: "Du … au …; id; label; classes".
type calendar struct {
	label string
	names []string // of the classes of hours
	start string
	line  int
}

// findCalendar recognises the names of the calendar's columns.
func findCalendar(fields []string) *calendar {
	if locale.Fold(at(fields, 0)) != "periode" || !strings.HasPrefix(locale.Fold(at(fields, 1)), "identifiant calendrier") {
		return nil
	}
	return &calendar{}
}

// take takes a period and reports whether fields are one. The last period whose
// tariff is known is kept.
func (c *calendar) take(line int, fields []string) bool {
	period := strings.Fields(at(fields, 0))
	if len(period) < 3 || locale.Fold(period[0]) != "du" || locale.Fold(period[2]) != "au" {
		return false
	}
	label := at(fields, 2)
	if label == "" || locale.Fold(label) == "inconnu" {
		return true
	}
	c.label, c.start, c.names, c.line = label, period[1], nil, line
	// The label of a class stands before its register; the distributor's classes,
	// EAS D, follow those of the supplier.
	for i := 4; i+1 < len(fields); i++ {
		name, register := at(fields, i), at(fields, i+1)
		if strings.HasPrefix(register, "EAS F") && name != "" && !slices.Contains(c.names, name) {
			c.names = append(c.names, name)
		}
	}
	return true
}

// give gives out the contract that the calendar belongs to.
func (c *calendar) give(w *writer, prm string) error {
	if c.label == "" || prm == "" {
		return nil
	}
	d := &penates.Document{
		Source: penates.Source{Connection: prm, NativeID: "calendar"},
		Refs:   []penates.Ref{penates.NewRef(penates.RefPRM, prm)},
		Text:   "Electricity tariff " + c.label + ", meter " + prm,
	}
	if day, err := locale.Day(c.start, locale.YMD); err == nil {
		d.Time.Start = day
	}
	w.line = c.line
	return w.document(d, schema.Contract{
		Vendor: vendor, Name: c.label, Kind: "electricity", Meter: prm, Option: strings.Join(c.names, ", "),
	})
}

const vendor = "Enedis"
