// Package bankcsv reads the tables that French and other European banks let
// their customers download: BNP Paribas, Société Générale, Crédit Agricole,
// Banque Populaire and Caisse d'Épargne, CIC and Crédit Mutuel, La Banque
// Postale, BoursoBank, Revolut, N26, and others whose headings are like theirs.
//
// No bank documents its table. A file is recognised by its row of headings,
// whatever stands above it; one table of layouts says which headings belong
// to which bank. Delimiter, charset, decimal mark and order of the columns are
// found, not assumed. What stands above and below the headings gives the account,
// its currency and its balance; such rows, blank ones and totals are not
// operations. A file may hold several tables, one for each account.
//
// Rows have no ids of their own: one is made of day, amount, wording and
// reference, and a number when a statement has equal rows, so that overlapping
// downloads give the same operations. Where a bank lists fees beside the amount
// (Revolut), the operation's amount is what leaves the account, fee included.
package bankcsv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/locale"
)

// Format reads bank statements in CSV.
var Format = importer.Format{Name: "bankcsv", Title: "Bank statement (CSV)", Recognise: recognise, Read: read}

const (
	maxAbove    = 60   // rows above the headings
	maxAccounts = 1000 // accounts in a file
)

var delimiters = [...]byte{';', ',', '\t', '|'}

func recognise(h importer.Head) int {
	head := h.Bytes
	if len(head) == 0 || head[0] == '<' || head[0] == '{' || head[0] == '%' {
		return 0
	}
	c, _ := findHeader(locale.Decode(head[:min(len(head), 16<<10)], ""), locale.DMY)
	switch {
	case c == nil:
		return 0
	case !c.sure:
		return 45
	case c.institution == "":
		return 60
	}
	return 95
}

// findHeader looks for the row of headings at the beginning of a file. Dates are read
// in the order unless, if those below it can be.
func findHeader(head string, unless locale.Order) (*columns, byte) {
	lines := strings.Split(head, "\n")
	for i, line := range lines[:min(len(lines), maxAbove)] {
		if len(line) > maxLine {
			continue
		}
		for _, d := range delimiters {
			if strings.Count(line, string(d)) < 2 {
				continue
			}
			r := rows{delim: d}
			if fields, open := r.split(strings.TrimSuffix(line, "\r")); !open {
				c := matchHeader(fields)
				if c == nil {
					continue
				}
				if c.order = c.dayOrder(lines[i+1:], d, unless); c.sure || c.evident(lines[i+1:], d) {
					return c, d
				}
			}
		}
	}
	return nil, 0
}

// A table is what has been read of a file.
type table struct {
	out      importer.Sink
	columns  *columns // nil above the first headings
	account  bank.Account
	accounts map[string]*held // by connection
	order    []*held
	match    func([]string) *columns // the columns of a row of headings, or nil
	named    naming                  // how the last row named its account
	current  *held                   // that account, nil when it has to be looked up
	seen     bank.Namer
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	usual := locale.DMY
	if f.Country == "US" {
		usual = locale.MDY
	}
	c, delim := findHeader(locale.Decode(f.Bytes[:min(len(f.Bytes), 16<<10)], ""), usual)
	if delim == 0 {
		return fmt.Errorf("no row of headings of a bank statement: %w", penates.Unsupported)
	}
	t := &table{out: out, accounts: map[string]*held{}, match: func(fields []string) *columns {
		again := matchHeader(fields)
		if again != nil {
			again.order = c.order
		}
		return again
	}}
	return t.readText(ctx, f, delim)
}

// readText reads a file whose fields delim separates.
func (t *table) readText(ctx context.Context, f *importer.File, delim byte) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	text, _ := locale.UTF8(file, "")
	r := newRows(text)
	r.delim = delim
	r.begins = t.begins
	for {
		next, err := r.next()
		if errors.Is(err, io.EOF) {
			return t.giveAccounts()
		}
		if err != nil { // what was read so far stays
			return errors.Join(err, t.giveAccounts())
		}
		if err := cmp.Or(ctx.Err(), t.take(next)); err != nil {
			return err
		}
	}
}

// begins reports whether a line is the beginning of an operation.
func (t *table) begins(line string, delim byte) bool {
	if t.columns == nil || strings.Count(line, string(delim)) < t.columns.need {
		return false
	}
	fields := strings.Split(line, string(delim))
	for i, f := range fields {
		fields[i] = strings.Trim(f, `" `)
	}
	return t.columns.dated(fields)
}

// take takes one row, whatever it is.
func (t *table) take(r row) error {
	if r.err != nil {
		return t.out.Refuse(r.line, because(BadQuotes, "", r.err))
	}
	if isBlank(r.fields) {
		return nil
	}
	if t.columns == nil || !t.columns.dated(r.fields) {
		if done, err := t.takeOther(r); done {
			return err
		}
	}
	if len(r.fields) < t.columns.need || r.cut && len(r.fields) < t.columns.width {
		return t.out.Refuse(r.line, because(ShortRow, "", fmt.Errorf("row has %d of %d fields: %w", len(r.fields), t.columns.width, penates.Invalid)))
	}
	o, h, err := t.operation(r)
	if err != nil {
		return t.out.Refuse(r.line, err)
	}
	h.observe(o, t.columns.cell(r.fields, balance))
	return o.Give(t.out, &h.Account)
}

// takeOther takes a row that does not begin as an operation. done is false for
// one that looks like an operation with a bad date.
func (t *table) takeOther(r row) (done bool, err error) {
	if c := t.match(r.fields); c != nil && (c.sure || t.columns == nil || !t.columns.sure) {
		t.columns, t.current = c, nil
		if iban, ok := locale.IBAN(c.account); ok {
			t.account.IBAN = iban
		} else if c.account != "" {
			t.account.Number = c.account
		}
		return true, nil
	}
	if t.columns != nil && t.columns.worded(r.fields) {
		return false, nil
	}
	var facts bank.Account
	readFacts(r.fields, &facts)
	firstFacts(r.fields, &facts)
	told := facts.Number+facts.IBAN+facts.Bank+facts.Label+facts.Currency+string(facts.Balance) != "" || !facts.BalanceDay.IsZero()
	switch {
	case told:
		t.learn(&facts)
	case t.columns != nil && (!isNote(r.fields) || r.cut && r.fields[0] != "" && digits(r.fields[0][:1]) == 1):
		return false, nil
	}
	return true, nil
}

// learn takes what stands above or below a table; another account's number
// begins another account.
func (t *table) learn(facts *bank.Account) {
	a := &t.account
	if facts.Number != "" && a.Number != "" && facts.Number != a.Number || facts.IBAN != "" && a.IBAN != "" && facts.IBAN != a.IBAN {
		*a = bank.Account{Bank: a.Bank}
	}
	a.Merge(facts)
	if t.current != nil && facts.Balance != "" && facts.Number+facts.IBAN == "" { // a balance below the rows
		t.current.Merge(facts)
	}
	t.current = nil
}

// worded reports whether the row has an amount and a wording, as an operation.
func (c *columns) worded(fields []string) bool {
	if c.cell(fields, label)+c.cell(fields, other)+c.cell(fields, memo) == "" {
		return false
	}
	_, err := c.money(fields)
	return err == nil
}

// dated reports whether the row has a date where operations have theirs.
func (c *columns) dated(fields []string) bool {
	for _, r := range [...]role{booking, started} {
		if s := c.cell(fields, r); s != "" {
			_, err := locale.Day(s, c.order)
			return err == nil
		}
	}
	return false
}

func isBlank(fields []string) bool {
	for _, f := range fields {
		if strings.TrimSpace(f) != "" {
			return false
		}
	}
	return true
}

// isNote reports whether a row is a remark or a total, which at most one number
// follows, rather than an operation.
func isNote(fields []string) bool {
	filled := 0
	for _, f := range fields {
		if strings.TrimSpace(f) != "" {
			filled++
		}
	}
	first := locale.Fold(strings.TrimSpace(fields[0]))
	return filled == 1 || strings.HasPrefix(first, "total") || strings.HasPrefix(first, "solde") || strings.HasPrefix(first, "balance")
}
