package sheet

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"penates"
)

// workbook reads the tables of an Office Open XML workbook in their order.
func (b *book) workbook() error {
	targets := map[string]string{}
	err := b.each("xl/_rels/workbook.xml.rels", nil, func(e *element) error {
		if e.name == "Relationship" {
			target := e.value("Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("xl", target)
			}
			targets[e.value("Id")] = strings.TrimPrefix(target, "/")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := b.sharedStrings(); err != nil {
		return err
	}
	if err := b.styles(); err != nil {
		return err
	}
	type table struct{ name, part string }
	var tables []table
	err = b.each("xl/workbook.xml", nil, func(e *element) error {
		switch e.name {
		case "workbookPr":
			b.from04 = e.value("date1904") == "1" || e.value("date1904") == "true"
		case "sheet":
			if len(tables) < maxTables {
				tables = append(tables, table{e.value("name"), targets[e.value("id")]})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := b.worksheet(t.name, t.part); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) sharedStrings() error {
	var text strings.Builder
	left := maxStrings
	return b.each("xl/sharedStrings.xml", nil, func(e *element) error {
		switch {
		case e.name == "t" && e.parent != "rPh": // how a word is said stands beside it
			text.WriteString(e.text)
		case e.name == "si":
			if left -= text.Len() + 16; left < 0 {
				return fmt.Errorf("texts of more than %d bytes: %w", maxStrings, penates.TooLarge)
			}
			b.strings = append(b.strings, text.String())
			text.Reset()
		}
		return nil
	})
}

// A dateKind says what a number format makes of a number.
type dateKind byte

const (
	noDate dateKind = iota
	dayOnly
	dayAndTime
)

// styles finds which styles show numbers as days (18.8.30).
func (b *book) styles() error {
	custom := map[string]dateKind{}
	return b.each("xl/styles.xml", nil, func(e *element) error {
		switch {
		case e.name == "numFmt":
			custom[e.value("numFmtId")] = kindOf(e.value("formatCode"))
		case e.name == "xf" && e.parent == "cellXfs":
			id := e.value("numFmtId")
			kind, known := custom[id]
			if n, err := strconv.Atoi(id); !known && err == nil {
				switch {
				case n == 22:
					kind = dayAndTime
				case n >= 14 && n <= 17, n >= 27 && n <= 31, n >= 36 && n <= 36, n >= 50 && n <= 54, n >= 57 && n <= 58:
					kind = dayOnly
				}
			}
			b.dates = append(b.dates, kind)
		}
		return nil
	})
}

// kindOf looks for years, days and hours in a number format.
func kindOf(format string) dateKind {
	quoted, bracket := false, false
	day, hour := false, false
	for i := range len(format) {
		switch c := format[i]; {
		case c == '"':
			quoted = !quoted
		case quoted || i > 0 && format[i-1] == '\\':
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case bracket:
		case c == 'y' || c == 'Y' || c == 'd' || c == 'D':
			day = true
		case c == 'h' || c == 'H':
			hour = true
		}
	}
	switch {
	case day && hour:
		return dayAndTime
	case day:
		return dayOnly
	}
	return noDate
}

// worksheet reads one table.
func (b *book) worksheet(name, part string) error {
	r := &Row{Table: name}
	var kind, style, value string
	column := 0
	start := func(e *element) error {
		switch e.name {
		case "row":
			r.Number++
			if n, err := strconv.Atoi(e.value("r")); err == nil && n > 0 {
				r.Number = n
			}
			r.Cells, column = r.Cells[:0], 0
		case "c":
			kind, style, value = e.value("t"), e.value("s"), ""
			if i, ok := columnOf(e.value("r")); ok {
				column = i
			}
		}
		return nil
	}
	return b.each(part, start, func(e *element) error {
		switch {
		case e.name == "v", e.name == "t" && e.parent != "rPh":
			value += e.text
		case e.name == "c":
			r.Cells = set(r.Cells, column, b.cell(kind, style, value))
			column++
		case e.name == "row":
			return b.row(r)
		}
		return nil
	})
}

// columnOf reads the column of a reference as "AB12", from 0.
func columnOf(ref string) (n int, ok bool) {
	for i := range len(ref) {
		c := ref[i]
		if c < 'A' || c > 'Z' {
			return n - 1, i > 0
		}
		if n = n*26 + int(c-'A') + 1; n > 20_000 {
			return 0, false
		}
	}
	return 0, false
}

func (b *book) cell(kind, style, value string) Cell {
	switch kind {
	case "s":
		if i, err := strconv.Atoi(value); err == nil && i >= 0 && i < len(b.strings) {
			return Cell{Text: b.strings[i]}
		}
		return Cell{}
	case "str", "inlineStr", "b", "d":
		return Cell{Text: value}
	case "e": // an error, as #N/A
		return Cell{}
	}
	if value == "" {
		return Cell{}
	}
	if i, err := strconv.Atoi(style); err == nil && i >= 0 && i < len(b.dates) && b.dates[i] != noDate {
		if text, ok := b.date(value, b.dates[i]); ok {
			return Cell{Text: text}
		}
	}
	return Cell{Text: plain(value), Number: true}
}

// date writes a number of days (18.17.4.1).
func (b *book) date(value string, kind dateKind) (string, bool) {
	days, err := strconv.ParseFloat(value, 64)
	if err != nil || days < 0 || days > 2_958_466 {
		return "", false
	}
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if b.from04 {
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	whole := int(days)
	t := first.AddDate(0, 0, whole).Add(time.Duration((days-float64(whole))*86_400_000+0.5) * time.Millisecond)
	if t = t.Round(time.Second); kind == dayOnly {
		return t.Format(time.DateOnly), true
	}
	return t.Format("2006-01-02T15:04:05"), true
}

// plain writes a number without exponent, as people would: workbooks store the
// nearest number of 64 bits, whose 17 digits hide the 15 that were meant.
func plain(value string) string {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || !strings.ContainsAny(value, "eE") && len(value) < 17 {
		return value
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	if err != nil {
		return value
	}
	return strconv.FormatFloat(short, 'f', -1, 64)
}
