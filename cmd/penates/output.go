package main

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"penates/internal/vault"
)

// say prints a result: as JSON when asked to, else the sentence.
func (p *program) say(result any, sentence string) error {
	if p.json {
		return p.printJSON(result)
	}
	_, err := fmt.Fprintln(p.stdout, sentence)
	return err
}

func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// plain makes text from outside safe for a terminal: no control characters.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\r' {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

// columns prints rows of cells as aligned columns.
func (p *program) columns(rows [][]string) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = plain(cell)
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	return w.Flush()
}

// cell shows a value of a query's answer.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return number(v)
	case []byte:
		return "x'" + hex.EncodeToString(v) + "'"
	}
	return fmt.Sprint(v)
}

// number shows a number without the noise of its binary form: sums of amounts
// that nearly cancel out carry some in their tenth decimal and beyond.
func number(v float64) string {
	const decimals = 9
	if a := math.Abs(v); a >= 1e-3 && a < 1e6 {
		return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', decimals, 64), "0"), ".")
	}
	s := strconv.FormatFloat(v, 'g', 15, 64)
	if strings.Contains(s, "e+") {
		s = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return s
}

// jsonCell is a value as JSON shows it.
func jsonCell(v any) any {
	switch v := v.(type) {
	case float64:
		return json.Number(number(v))
	case []byte:
		return hex.EncodeToString(v)
	}
	return v
}

// maxCell bounds how wide a column of a table on the terminal gets.
const maxCell = 60

func (p *program) printTable(t *vault.Table, format string) error {
	switch format {
	case "json":
		return printTableJSON(p.stdout, t)
	case "csv":
		w := csv.NewWriter(p.stdout)
		if err := w.Write(t.Columns); err != nil {
			return err
		}
		for _, row := range t.Rows {
			line := make([]string, len(row))
			for i, v := range row {
				line[i] = guard(cell(v), v)
			}
			if err := w.Write(line); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	}
	rows := [][]string{t.Columns}
	for _, row := range t.Rows {
		line := make([]string, len(row))
		for i, v := range row {
			line[i] = cell(v)
			if runes := []rune(line[i]); len(runes) > maxCell {
				line[i] = string(runes[:maxCell-1]) + "…"
			}
		}
		rows = append(rows, line)
	}
	return p.columns(rows)
}

// guard keeps a spreadsheet from taking text from outside for a formula.
func guard(s string, v any) string {
	if _, text := v.(string); text && s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			return "'" + s
		}
	}
	return s
}

// printTableJSON writes an array of objects, a row a line, keys in the order of
// the columns.
func printTableJSON(out io.Writer, t *vault.Table) error {
	w := bufio.NewWriter(out)
	names := make([][]byte, len(t.Columns))
	for i, c := range t.Columns {
		names[i], _ = json.Marshal(c) // strings always marshal
	}
	w.WriteByte('[')
	for i, row := range t.Rows {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString("\n  {")
		for j, v := range row {
			if j > 0 {
				w.WriteString(", ")
			}
			w.Write(names[j])
			w.WriteString(": ")
			b, err := json.Marshal(jsonCell(v))
			if err != nil {
				return err
			}
			w.Write(b)
		}
		w.WriteByte('}')
	}
	w.WriteString("\n]\n")
	return w.Flush()
}
