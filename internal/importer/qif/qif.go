// Package qif reads Quicken Interchange Format files, as banks let their
// customers download them and as personal finance programs export them.
//
// A file is a list of sections. A line beginning with "!" opens one; its records
// are lines of one letter and a value, each ended by "^". "!Account" names the
// account of the sections that follow, and between "!Option:AutoSwitch" and
// "!Clear:AutoSwitch" lists the accounts there are. The sections "!Type:Bank",
// "Cash", "CCard", "Oth A", "Oth L" and others of that shape give one operation
// for each record, "!Type:Invst" one for each trade. Categories, classes,
// securities, prices, budgets and memorized transactions are no events of a
// person's life and give nothing. An opening balance is a record like others,
// since only with it the operations of an account add up to its balance.
//
// The format leaves open what a date or a number means. Both are decided for a
// whole file, which is read twice for it: the order of day and month by what
// makes all dates exist, then by the decimal mark, by the order and nearness of
// the dates, and at last by the country the person lives in; the decimal mark by
// its place in the amounts. No currency is named either: without a sign in the
// amounts it is that of the country.
//
// Trades are positive numbers in the file; what is bought is taken as money
// spent, what is sold or earned as money received, and shares which come, go or
// are reinvested without money as an operation of zero.
//
// Records have no ids. One is made of day, amount, number, payee and memo, and a
// number when an account has equal records. An account is known by its name in
// the file, else by its type.
//
// Grammar: Intuit's "Quicken Interchange Format (QIF) files" help page, and the
// Wikipedia article of that name.
package qif

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"

	"penates/internal/importer"
	"penates/internal/locale"
)

// Format reads QIF files.
var Format = importer.Format{Name: "qif", Title: "QIF (Quicken) statement", Recognise: recognise, Read: read}

// headSize is how much of a file is looked at to recognise it.
const headSize = 16 << 10

func recognise(h importer.Head) int {
	head := locale.Decode(h.Bytes[:min(len(h.Bytes), headSize)], "")
	sure, ended := 0, false
	for n, line := range strings.FieldsFunc(head, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "\uFEFF"))
		if line == "^" {
			ended = true
			continue
		}
		if _, ok := sectionOf(line); !ok || sure > 0 {
			continue
		}
		if n == 0 {
			return 100
		}
		sure = 80
	}
	if !ended {
		return 0
	}
	return sure
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	c, err := survey(ctx, f)
	if err != nil {
		return err
	}
	r, err := open(f)
	if err != nil {
		return err
	}
	defer r.Close()
	b := newBuilder(out, c)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			return b.giveAccounts()
		}
		if err != nil { // what was read so far stays
			return errors.Join(err, b.giveAccounts())
		}
		if err := b.take(&rec); err != nil {
			return err
		}
	}
}

// The kinds of sections.
type section struct {
	name  string // "account", "bank", "ccard", "invst" …
	list  bool   // of things that are not read
	first bool   // the first record of the section
}

// isTransactions reports whether the records of s are operations of an account.
func (s section) isTransactions() bool { return s.name != "" && s.name != "account" && !s.list }

// lists are the sections that hold no operations.
var lists = map[string]bool{
	"cat": true, "class": true, "security": true, "prices": true, "memorized": true, "budget": true, "tag": true, "template": true, "payee": true,
}

// sectionOf reads a line that opens a section or sets an option.
func sectionOf(line string) (section, bool) {
	if !strings.HasPrefix(line, "!") || len(line) > 80 {
		return section{}, false
	}
	kind, name, _ := strings.Cut(locale.Fold(line[1:]), ":")
	name = strings.TrimSpace(name)
	switch strings.TrimSpace(kind) {
	case "account":
		return section{name: "account"}, true
	case "type":
		return section{name: cmp.Or(name, "bank"), list: lists[name]}, true
	case "option", "clear":
		return section{}, true
	}
	return section{}, false
}

// accountKind returns the kind of account, as in schema.BankAccount, for a type
// of section or the type in a list of accounts.
func accountKind(name string) string {
	switch locale.Fold(name) {
	case "ccard":
		return "card"
	case "invst", "port", "401(k)/403(b)", "mutual":
		return "investment"
	case "oth l":
		return "loan"
	}
	return ""
}
