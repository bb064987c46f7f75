// Package mt940 reads the SWIFT messages MT940 (customer statement) and MT942
// (interim report), as banks of many countries still give them (.sta, .940, .swi).
//
// Each statement line (field 61) with its information (field 86) gives one
// operation, of the account that field 25 names. The day is the entry date, whose
// year is the one nearest to the value date, else the value date. A reversal (RC,
// RD) moves money the other way round than what it reverses; an expected entry
// (EC, ED) is pending. The balance is that of field 62, the available balance that
// of field 64.
//
// Field 86 is free text, but most banks give it a structure: subfields after
// a code of three digits (Germany, Austria, Poland), or keywords between slashes
// (the Netherlands). Both are read; other text is kept as it is. Lines of full
// width continue on the next one without a blank.
//
// What stands around the messages, such as SWIFT's own blocks and the headers of
// banks, is passed over. The native id is the bank's reference with day and
// amount; without one it is made of the content, and numbered within the
// statement, which may span several messages (60M).
//
// Specification: SWIFT Standards, category 9, MT940 and MT942; for subfields
// and their keywords the German "Anlage 3 der Schnittstellenspezifikation für die
// Datenfernübertragung", chapter 8; for slashes the MT940 descriptions of Dutch
// banks.
package mt940

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/locale"
)

// Format reads MT940 and MT942 messages.
var Format = importer.Format{Name: "mt940", Title: "MT940 bank statement (SWIFT)", Recognise: recognise, Read: read}

// headSize is how much of a file is looked at to recognise it.
const headSize = 16 << 10

func recognise(h importer.Head) int {
	head := locale.Decode(h.Bytes[:min(len(h.Bytes), headSize)], "")
	var reference, account, money bool
	for _, line := range strings.FieldsFunc(head, func(r rune) bool { return r == '\n' || r == '\r' }) {
		name, _, ok := tagOf(line)
		if !ok {
			continue
		}
		switch name {
		case "20":
			reference = true
		case "25", "25P":
			account = true
		case "60F", "60M", "61", "62F", "62M", "34F":
			money = true
		}
		if reference && account && money {
			return 95
		}
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	text, _ := locale.UTF8(file, "")
	tags := &tagReader{lines: bank.NewLines(text, maxLine)}
	b := &builder{out: out, accounts: map[string]*bank.Account{}}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		t, err := tags.next()
		if errors.Is(err, io.EOF) {
			return b.finish()
		}
		if err != nil { // what was read so far stays
			return errors.Join(err, b.finish())
		}
		if err := b.take(&t); err != nil {
			return err
		}
	}
}

// maxAccounts bounds the accounts of a file.
const maxAccounts = 10_000

// A builder makes documents of the fields of a file.
type builder struct {
	out      importer.Sink
	account  *bank.Account // of the message, nil until it is known
	currency string        // of the message
	opening  *bank.Account // the opening balance, until a closing one is read
	seen     bank.Namer    // of the statement
	waiting  *entry        // a statement line whose information may follow
	accounts map[string]*bank.Account
	order    []*bank.Account
}

// take takes a field.
func (b *builder) take(t *tag) error {
	if t.name == "86" {
		if b.waiting != nil {
			b.waiting.addDetails(t)
		}
		return nil
	}
	if t.name == "NS" { // a field of the bank's own stands between 61 and 86
		return nil
	}
	if err := b.giveWaiting(); err != nil {
		return err
	}
	switch t.name {
	case "20":
		b.endMessage()
	case "25", "25P":
		return b.startStatement(t)
	case "34F":
		b.currency = cmp.Or(b.currency, currencyOf(t.text()))
	case "60F":
		b.seen = bank.Namer{}
		return b.balance(t)
	case "60M", "62F", "62M", "64":
		return b.balance(t)
	case "61":
		return b.line(t)
	}
	return nil
}

var bic = regexp.MustCompile(`^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$`)

// accountOf reads field 25: an IBAN, or bank and number, with or without the
// currency behind it.
func accountOf(text string) *bank.Account {
	s := strings.ToUpper(strings.Join(strings.Fields(text), ""))
	s = s[:min(len(s), 70)]
	a := &bank.Account{}
	if n := len(s) - 3; n > 0 && s[n-1] >= '0' && s[n-1] <= '9' && currencyOf(s[n:]) != "" {
		s, a.Currency = s[:n], s[n:]
	}
	if iban, ok := locale.IBAN(s); ok {
		a.IBAN = iban
		return a
	}
	before, number, ok := strings.Cut(s, "/")
	if !ok {
		before, number = "", s
	}
	if iban, ok := locale.IBAN(number); ok {
		a.IBAN, number = iban, ""
	}
	if bic.MatchString(before) {
		a.BIC = before
	}
	a.Institution, a.Bank, a.Number = before, before, strings.ToValidUTF8(number, "")
	return a
}

func currencyOf(s string) string {
	if len(s) < 3 || strings.Trim(s[:3], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return s[:3]
}

func (b *builder) startStatement(t *tag) error {
	b.opening = nil
	a := accountOf(t.text())
	if a.Connection() == "" {
		return b.out.Refuse(t.first, fmt.Errorf("a statement without account number: %w", penates.Invalid))
	}
	b.currency = cmp.Or(b.currency, a.Currency)
	if known := b.accounts[a.Connection()]; known != nil {
		known.Merge(a)
		b.account = known
		return nil
	}
	if len(b.order) >= maxAccounts {
		return fmt.Errorf("more than %d accounts: %w", maxAccounts, penates.TooLarge)
	}
	b.accounts[a.Connection()], b.account = a, a
	b.order = append(b.order, a)
	return nil
}

var balancePattern = regexp.MustCompile(`^\s*([CD])(\d{6})([A-Z]{3})\s*([\d.,]+)\s*$`)

// endMessage ends a message; its opening balance counts when it has no closing one.
func (b *builder) endMessage() {
	if b.opening != nil {
		b.account.Merge(b.opening)
	}
	b.account, b.currency, b.opening = nil, "", nil
}

// balance takes a balance.
func (b *builder) balance(t *tag) error {
	m := balancePattern.FindStringSubmatch(t.text())
	if m == nil {
		return b.out.Refuse(t.first, fmt.Errorf("balance %q: %w", clip(t.text()), penates.Invalid))
	}
	b.currency = m[3]
	day, err := dayOf(m[2])
	amount, err2 := amountOf(m[4], m[1] == "D")
	if err := errors.Join(err, err2); err != nil {
		return b.out.Refuse(t.first, fmt.Errorf("balance: %w", err))
	}
	switch {
	case b.account == nil:
		return b.out.Refuse(t.first, fmt.Errorf("a balance without account: %w", penates.Invalid))
	case t.name == "64":
		if !day.Time().Before(b.account.BalanceDay.Time()) {
			b.account.Available = amount
		}
	case t.name[0] == '6' && t.name[1] == '0':
		b.opening = &bank.Account{Balance: amount, BalanceDay: day, Currency: m[3]}
	default:
		b.opening = nil
		b.account.Merge(&bank.Account{Balance: amount, BalanceDay: day, Currency: m[3]})
	}
	return nil
}

// line takes a statement line.
func (b *builder) line(t *tag) error {
	switch {
	case t.tooLong:
		return b.out.Refuse(t.first, fmt.Errorf("a statement line of more than %d lines or %d bytes: %w", maxLines, maxLine, penates.TooLarge))
	case b.account == nil:
		return b.out.Refuse(t.first, fmt.Errorf("a statement line without account: %w", penates.Invalid))
	}
	e, err := parseEntry(t)
	if err != nil {
		return b.out.Refuse(t.first, err)
	}
	b.waiting = e
	return nil
}

// giveWaiting gives out the statement line that waited for its information.
func (b *builder) giveWaiting() error {
	e := b.waiting
	if e == nil {
		return nil
	}
	b.waiting = nil
	o := e.operation()
	o.Currency = cmp.Or(b.currency, b.account.Currency)
	if o.Body.CounterpartyIBAN == b.account.IBAN {
		o.Body.CounterpartyIBAN = ""
	}
	o.NativeID = b.nativeID(e, o)
	return o.Give(b.out, b.account)
}

// nativeID follows the rule of the package comment.
func (b *builder) nativeID(e *entry, o *bank.Operation) string {
	if ref := reference(e.bankRef); len(ref) > 3 {
		return b.seen.Unique(ref + "@" + o.Day.Date() + "@" + bank.Canonical(o.Amount))
	}
	return b.seen.Hash(o.Day.Date(), e.valued.Date(), bank.Canonical(o.Amount), o.Currency, e.kind, e.reference, e.bankRef,
		squeeze(e.extra), squeeze(strings.Join(e.details, "")))
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// finish gives out what waits, and the accounts.
func (b *builder) finish() error {
	if err := b.giveWaiting(); err != nil {
		return err
	}
	b.endMessage()
	for _, a := range b.order {
		if err := a.Give(b.out, ""); err != nil {
			return err
		}
	}
	return nil
}

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 60)], "") }
