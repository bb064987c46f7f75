// Package mapping shows how the columns of a table are read, and takes from a form
// what the person says of them. It knows neither HTTP handlers nor templates.
package mapping

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bankcsv"
	"penates/internal/importer/mapping"
	"penates/internal/intake"
	"penates/internal/vault"
	"penates/internal/web/words"
)

// How much a page shows.
const (
	shownRows    = 12
	shownSamples = 3
	sampleBytes  = 60
)

// A Page shows one table and how it is read.
type Page struct {
	Blob, File              string
	Line                    int // of the headings
	Columns                 []Column
	Orders, Decimals        []Option
	Reversed                bool
	Bank, Currency, Account string
	Rows                    []Row
	Problem                 string // message's name; "" when the mapping is whole
	Result                  string // what remembering it did
	Failed                  bool   // no row could be read
	Known                   bool   // it is remembered
}

// A Column is a column of the table with the roles it may have.
type Column struct {
	Number  int // from 1
	Name    string
	Heading string
	Samples string
	Roles   []Option
}

// An Option is one of several to choose.
type Option struct {
	Value, Label string
	On           bool
}

// A Row is a row as it is read.
type Row struct {
	Line       int
	Day, Label string
	Amount     penates.Decimal
	Currency   string
	Error      string // why it is refused
}

// A Line is a mapping in the list of those that are remembered.
type Line struct{ ID, Name, Headings, Saved string }

// A List is the page of all of them.
type List struct{ Lines []Line }

// All returns the mappings that are remembered.
func All(ctx context.Context, s *vault.Session, l *words.Locale) (List, error) {
	all, err := mapping.All(ctx, s)
	var list List
	for _, m := range all {
		list.Lines = append(list.Lines, Line{m.ID, m.Name, strings.Join(m.Headings, " · "), l.Stamp(m.Saved)})
	}
	return list, err
}

// Show returns the page of a kept file. A form that names columns is followed; else
// what is remembered, or what the headings suggest.
func Show(ctx context.Context, s *vault.Session, blob penates.BlobID, form url.Values, l *words.Locale) (*Page, error) {
	p, _, err := look(ctx, s, blob, form, l)
	return p, err
}

// Learn remembers what a form says of a kept file's columns, unless something is
// wrong with it, which the page then says, and reads all files it is for again.
func Learn(ctx context.Context, s *vault.Session, blob penates.BlobID, form url.Values, l *words.Locale, now time.Time, log *slog.Logger) (*Page, error) {
	p, m, err := look(ctx, s, blob, form, l)
	if err != nil || p.Problem != "" || p.Failed {
		return p, err
	}
	if err := mapping.Save(ctx, s, m, now); err != nil {
		return p, err
	}
	done, err := intake.Relearn(ctx, s, m, log)
	if err != nil {
		return p, err
	}
	p.Known = true
	p.Result = l.T("mapping.result", l.Number(done.Blobs), l.Number(done.Added+done.Updated+done.Unchanged), l.Number(done.Refused), l.Number(done.Trashed))
	return p, nil
}

func look(ctx context.Context, s *vault.Session, blob penates.BlobID, form url.Values, l *words.Locale) (*Page, *mapping.Mapping, error) {
	r, b, err := s.Blob(ctx, blob)
	if err != nil {
		return nil, nil, err
	}
	if err := r.Close(); err != nil {
		return nil, nil, err
	}
	f, err := intake.Raw(ctx, s, b)
	if err != nil {
		return nil, nil, err
	}
	top, err := bankcsv.Top(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	line, err := strconv.Atoi(form.Get("line"))
	if err != nil || line < 0 {
		line = 0
	}
	m, at, err := bankcsv.Suggest(top, line)
	if err != nil {
		return nil, nil, fmt.Errorf("the columns of this file: %w", err)
	}
	p := &Page{Blob: string(blob), File: path.Base(f.Path), Line: top[at].Line}
	switch known, err := mapping.Find(ctx, s, m.ID); {
	case err == nil:
		p.Known, known.Headings = true, m.Headings
		m = known
	case !errors.Is(err, penates.NotExist):
		return nil, nil, err
	}
	doubled := follow(&m, form)
	p.fill(&m, top[at+1:], l)
	if doubled {
		p.Problem = "mapping.problem.doubled"
		return p, &m, nil
	}
	return p, &m, p.read(ctx, &m, f, l)
}

// follow puts what a form says into m. It reports whether two columns were given the
// same role.
func follow(m *mapping.Mapping, form url.Values) (doubled bool) {
	if form.Get("do") == "" {
		return false
	}
	m.Columns = map[mapping.Role]int{}
	for i := range m.Headings {
		r := mapping.Role(form.Get("role." + strconv.Itoa(i+1)))
		if r == "" || !slices.Contains(mapping.Roles(), r) {
			continue
		}
		doubled = doubled || m.Has(r)
		m.Columns[r] = i
	}
	m.Order, m.Decimal, m.Reversed = form.Get("order"), form.Get("decimal"), form.Get("reversed") != ""
	m.Name, m.Account = strings.TrimSpace(form.Get("bank")), strings.TrimSpace(form.Get("account"))
	m.Currency = strings.ToUpper(strings.TrimSpace(form.Get("currency")))
	return doubled
}

// fill shows the mapping in the page's form.
func (p *Page) fill(m *mapping.Mapping, below []bankcsv.Row, l *words.Locale) {
	for i, heading := range m.Headings {
		c := Column{Number: i + 1, Name: "role." + strconv.Itoa(i+1), Heading: strings.TrimSpace(heading)}
		var samples []string
		for _, r := range below {
			if i < len(r.Cells) && strings.TrimSpace(r.Cells[i]) != "" && len(samples) < shownSamples {
				samples = append(samples, cut(strings.TrimSpace(r.Cells[i])))
			}
		}
		c.Samples = strings.Join(samples, " · ")
		c.Roles = append(c.Roles, Option{"", l.T("mapping.role.none"), true})
		for _, r := range mapping.Roles() {
			at, ok := m.Columns[r]
			c.Roles = append(c.Roles, Option{string(r), l.T("mapping.role." + string(r)), ok && at == i})
		}
		p.Columns = append(p.Columns, c)
	}
	for _, o := range [...]string{"dmy", "mdy", "ymd"} {
		p.Orders = append(p.Orders, Option{o, l.T("mapping.order." + o), m.Order == o})
	}
	for _, d := range [...][2]string{{"", "any"}, {",", "comma"}, {".", "point"}} {
		p.Decimals = append(p.Decimals, Option{d[0], l.T("mapping.decimal." + d[1]), m.Decimal == d[0]})
	}
	p.Reversed, p.Bank, p.Currency, p.Account = m.Reversed, m.Name, m.Currency, m.Account
}

// read fills the rows as the mapping reads them.
func (p *Page) read(ctx context.Context, m *mapping.Mapping, f *importer.File, l *words.Locale) error {
	rows, err := bankcsv.Try(ctx, m, f, shownRows)
	if problem := mapping.Problem(""); errors.As(err, &problem) {
		p.Problem = problems[problem]
		if p.Problem == "" {
			p.Problem = "mapping.problem.other"
		}
		return nil
	}
	if err != nil {
		return err
	}
	p.Failed = !slices.ContainsFunc(rows, func(r bankcsv.Tried) bool { return r.Err == nil })
	for _, r := range rows {
		row := Row{Line: r.Line, Label: r.Label, Amount: r.Amount, Currency: r.Currency, Day: l.ISODay(r.Day)}
		if r.Err != nil {
			row = Row{Line: r.Line, Error: refused(r.Err, l)}
		}
		p.Rows = append(p.Rows, row)
	}
	return nil
}

// refused says why a row is refused, and which cell is to blame.
func refused(err error, l *words.Locale) string {
	cause, cell := bankcsv.CauseOf(err)
	if cell == "" {
		return l.T(causes[cause])
	}
	return l.T("mapping.row.cell", l.T(causes[cause]), cell)
}

var causes = map[bankcsv.Cause]string{
	bankcsv.BadDate: "mapping.row.date", bankcsv.BadAmount: "mapping.row.amount", bankcsv.TwoAmounts: "mapping.row.amounts", bankcsv.NoWording: "mapping.row.wording",
	bankcsv.ShortRow: "mapping.row.short", bankcsv.BadQuotes: "mapping.row.quotes", bankcsv.Other: "mapping.row.other",
}

var problems = map[mapping.Problem]string{
	mapping.NoDate: "mapping.problem.date", mapping.NoAmount: "mapping.problem.amount", mapping.TwoAmounts: "mapping.problem.amounts",
	mapping.NoLabel: "mapping.problem.label", mapping.BadCurrency: "mapping.problem.currency", mapping.BadText: "mapping.problem.text",
	mapping.BadHeadings: "mapping.problem.headings", mapping.BadOrder: "mapping.problem.order", mapping.BadDecimal: "mapping.problem.decimal",
}

func cut(s string) string {
	if len(s) <= sampleBytes {
		return s
	}
	return strings.ToValidUTF8(s[:sampleBytes], "") + "…"
}
