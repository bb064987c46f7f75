package grdf

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/sheet"
)

// looked is after how many rows without a heading a spreadsheet is not GRDF's.
const looked = 100

// readTable reads the spreadsheet that the customer's account gives, "Données
// informatives" or "publiées": some rows about the place, one of headings, and
// one for each hour, day, week or month. Its rows are known by their headings.
func readTable(ctx context.Context, f *importer.File, out importer.Sink) error {
	content, err := f.ReadAll(sheet.MaxSize)
	if err != nil {
		return fmt.Errorf("%w (%w)", importer.ErrNotMine, err)
	}
	t := &table{sink: newSink(ctx, f.Zone, out)}
	err = sheet.Read(ctx, content, t.row)
	switch {
	case t.sink.stopped || ctx.Err() != nil:
		return err
	case !t.found:
		return fmt.Errorf("no table of a gas meter: %w (%w)", importer.ErrNotMine, errors.Join(err, penates.Invalid))
	}
	if last := t.sink.flush(); err == nil {
		err = last
	}
	return err
}

// A table follows the rows of a spreadsheet.
type table struct {
	sink    *sink
	name    string
	pce     string
	found   bool // a row of headings
	columns map[string]int
}

var errOther = errors.New("another table")

func (t *table) row(r *sheet.Row) error {
	if r.Table != t.name {
		t.name, t.columns = r.Table, nil
	}
	if t.columns == nil {
		t.heading(r)
		if t.columns == nil && !t.found && r.Number > looked {
			return errOther
		}
		return nil
	}
	c := t.columns
	period := r.Text(c["date"])
	if period == "" {
		return nil // a remark below the table
	}
	m := measured{
		pce: t.pce, energy: t.number(r, "energie"), volume: t.number(r, "volume"), endWith: t.number(r, "index fin"),
		quality: r.Text(t.column("qualite")),
	}
	if m.energy == "" && m.volume == "" && len(r.Cells) <= c["date"]+1 {
		return nil
	}
	var err error
	if m.start, m.end, m.measure, m.step, err = span(period, t.sink.zone); err != nil {
		return t.sink.refuse(r.Number, err)
	}
	return t.sink.take(r.Number, m)
}

func (t *table) column(name string) int {
	if i, ok := t.columns[name]; ok {
		return i
	}
	return -1
}

// number returns the number in a column as JSON would write it.
func (t *table) number(r *sheet.Row, name string) word {
	i := t.column(name)
	text := r.Text(i)
	if text == "" || r.Cells[i].Number {
		return word(text)
	}
	if d, err := locale.Amount(text); err == nil {
		return word(d)
	}
	return word(text) // which is refused with the others
}

// heading looks for the number of the meter and for the names of the columns.
func (t *table) heading(r *sheet.Row) {
	columns := map[string]int{}
	for i, cell := range r.Cells {
		name := locale.Fold(strings.TrimSpace(cell.Text))
		switch {
		case strings.HasPrefix(name, "n° pce"), strings.HasPrefix(name, "numero pce"), strings.HasPrefix(name, "pce"):
			t.meter(r, i)
		case strings.HasPrefix(name, "date"), strings.HasPrefix(name, "periode"):
			set(columns, "date", i)
		case strings.HasPrefix(name, "volume"):
			set(columns, "volume", i)
		case strings.HasPrefix(name, "energie"):
			set(columns, "energie", i)
		case strings.HasPrefix(name, "index") && strings.Contains(name, "fin"):
			set(columns, "index fin", i)
		case strings.HasPrefix(name, "type"), strings.HasPrefix(name, "qualif"), strings.HasPrefix(name, "nature"):
			set(columns, "qualite", i)
		}
	}
	_, date := columns["date"]
	_, energy := columns["energie"]
	_, volume := columns["volume"]
	if date && energy && volume {
		t.columns, t.found = columns, true
	}
}

func set(columns map[string]int, name string, i int) {
	if _, known := columns[name]; !known {
		columns[name] = i
	}
}

// meter reads the number beside or within the cell that says "N° PCE :".
func (t *table) meter(r *sheet.Row, i int) {
	_, number, _ := strings.Cut(r.Text(i), ":")
	for number = strings.TrimSpace(number); number == "" && i < len(r.Cells); i++ {
		number = r.Text(i + 1)
	}
	t.pce = strings.Join(strings.Fields(number), "")
}
