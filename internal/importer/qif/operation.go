package qif

import (
	"cmp"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/locale"
	"penates/internal/schema"
)

// The bounds of what a file tells.
const (
	maxAccounts = 10_000
	maxText     = 500
	maxSplits   = 500
)

// An account is one that a file tells of, with the names of its operations.
type account struct {
	bank.Account
	seen bank.Namer
}

// A builder makes documents of the records of a file.
type builder struct {
	*conventions
	out      importer.Sink
	named    *account // by the last record of "!Account", nil when there was none
	current  *account
	accounts map[string]*account
	order    []*account
}

func newBuilder(out importer.Sink, c *conventions) *builder {
	return &builder{conventions: c, out: out, accounts: map[string]*account{}}
}

// take takes a record, whatever it is.
func (b *builder) take(r *record) error {
	switch {
	case r.section.name == "account":
		return b.account(r)
	case !r.section.isTransactions():
		return nil
	case r.tooLong:
		return b.refuse(r, fmt.Errorf("a record of more than %d lines or a line of more than %d bytes: %w", maxFields, maxLine, penates.TooLarge))
	}
	if err := b.choose(r); err != nil {
		return err
	}
	o, err := b.operation(r)
	if err != nil {
		return b.refuse(r, err)
	}
	return o.Give(b.out, &b.current.Account)
}

func (b *builder) refuse(r *record, err error) error { return b.out.Refuse(r.first, err) }

// account takes a record of "!Account".
func (b *builder) account(r *record) error {
	name := clip(r.get('N'))
	if name == "" {
		return b.refuse(r, fmt.Errorf("an account without name: %w", penates.Invalid))
	}
	a, err := b.keep(name, r.get('T'))
	if err != nil {
		return err
	}
	b.named = a
	balance := bank.Account{}
	if d, err := b.amount(r.get('$')); err == nil {
		balance.Balance = d
		balance.BalanceDay, _ = b.day(r.get('/'))
	}
	a.Merge(&balance)
	return nil
}

// keep returns the account of that name, or of that type when it has none.
func (b *builder) keep(name, kind string) (*account, error) {
	a := bank.Account{Kind: accountKind(kind), Currency: b.currency}
	if iban, ok := locale.IBAN(name); ok {
		a.IBAN = iban
	} else if isNumber(name) {
		a.Number = name
	} else if name != "" {
		a.Label, a.Part = name, locale.Fold(name)
	} else {
		a.Part = cmp.Or(clip(locale.Fold(kind)), "bank")
	}
	if known := b.accounts[a.Connection()]; known != nil {
		known.Merge(&a)
		return known, nil
	}
	if len(b.order) >= maxAccounts {
		return nil, fmt.Errorf("more than %d accounts: %w", maxAccounts, penates.TooLarge)
	}
	kept := &account{Account: a}
	b.accounts[a.Connection()] = kept
	b.order = append(b.order, kept)
	return kept, nil
}

// isNumber reports whether a name is an account number.
func isNumber(name string) bool {
	digits := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c != ' ' && c != '.' && c != '-' && c != '/' && c != 'X' && c != '*':
			return false
		}
	}
	return digits >= 4
}

// choose finds the account a record belongs to: the one named before the section,
// else the one its opening balance is transferred to.
func (b *builder) choose(r *record) (err error) {
	switch name := transfer(r.get('L')); {
	case !r.section.first && b.current != nil:
	case b.named != nil:
		b.current, b.named = b.named, nil
		b.current.Kind = cmp.Or(b.current.Kind, accountKind(r.section.name))
	case name != "" && isOpening(r):
		b.current, err = b.keep(name, r.section.name)
	default:
		b.current, err = b.keep("", r.section.name)
	}
	return err
}

func isOpening(r *record) bool {
	switch locale.Fold(r.get('P')) {
	case "opening balance", "solde initial", "solde d'ouverture", "anfangssaldo":
		return true
	}
	return false
}

// transfer returns the account that a category in brackets names.
func transfer(category string) string {
	name, ok := strings.CutPrefix(category, "[")
	if !ok {
		return ""
	}
	name, _, ok = strings.Cut(name, "]")
	if !ok {
		return ""
	}
	return clip(strings.TrimSpace(name))
}

// operation reads a record of a section of operations.
func (b *builder) operation(r *record) (*bank.Operation, error) {
	s := r.get('D')
	if s == "" {
		return nil, fmt.Errorf("no date: %w", penates.Invalid)
	}
	day, err := b.day(s)
	if err != nil {
		return nil, err
	}
	o := &bank.Operation{Day: day, Currency: b.currency, Locator: bank.Locator(r.first, r.last)}
	if r.section.name == "invst" {
		err = b.trade(r, o)
	} else {
		err = b.payment(r, o)
	}
	if err != nil {
		return nil, err
	}
	o.NativeID = b.current.seen.Hash(day.Date(), bank.Canonical(o.Amount), r.get('N'), r.get('P'), r.get('M'), r.get('Y'))
	return o, nil
}

// payment fills o from a record of an account of money.
func (b *builder) payment(r *record, o *bank.Operation) error {
	payee, memo := clip(r.get('P')), clip(r.get('M'))
	o.Body = schema.BankOperation{Label: cmp.Or(payee, memo, clip(r.get('N')), "operation"), Splits: b.splits(r)}
	if memo != o.Body.Label {
		o.Body.Memo = memo
	}
	o.Text = locale.Line(o.Body.Label + " " + o.Body.Memo)
	if category := clip(r.get('L')); len(o.Body.Splits) == 0 || !strings.HasPrefix(category, "--") { // "--Split--" says only that splits follow
		o.Body.Category = category
	}
	switch number := clip(r.get('N')); {
	case strings.ContainsAny(number, "0123456789"):
		o.Body.Reference = number
	case number != "":
		o.Body.Kind = kindOf(number)
	}
	switch {
	case isOpening(r):
		o.Body.Kind = "other"
	case transfer(o.Body.Category) != "":
		o.Body.Kind = "transfer"
		o.Body.Counterparty = payee
	case bank.ReadLabel(payee, o.Day).Kind == "":
		o.Body.Counterparty = payee
	}
	return b.total(r, o)
}

// total reads the amount, which is the sum of the splits when it stands nowhere else.
func (b *builder) total(r *record, o *bank.Operation) (err error) {
	if s := r.get('T', 'U'); s != "" {
		o.Amount, err = b.amount(s)
		return err
	}
	if len(o.Body.Splits) == 0 {
		return fmt.Errorf("no amount: %w", penates.Invalid)
	}
	o.Amount = "0"
	for _, s := range o.Body.Splits {
		if o.Amount, err = bank.Add(o.Amount, penates.Decimal(cmp.Or(s.Amount, "0"))); err != nil {
			return err
		}
	}
	return nil
}

// splits reads the parts of a record, each of which begins with its category. An
// amount that cannot be read is left out.
func (b *builder) splits(r *record) (splits []schema.OperationSplit) {
	for _, f := range r.fields {
		if f.code == 'S' {
			if len(splits) == maxSplits {
				return splits
			}
			splits = append(splits, schema.OperationSplit{Category: clip(f.text)})
			continue
		}
		if len(splits) == 0 {
			continue
		}
		switch s := &splits[len(splits)-1]; f.code {
		case 'E':
			s.Memo = clip(f.text)
		case '$':
			if d, err := b.amount(f.text); err == nil {
				s.Amount = string(d)
			}
		}
	}
	return splits
}

// kindOf reads what programs write in place of a check's number.
func kindOf(number string) string {
	switch strings.ToUpper(number) {
	case "ATM":
		return "cash"
	case "TXFR", "XFER", "TRANS":
		return "transfer"
	case "CHECK", "CHEQUE", "CHQ":
		return "check"
	}
	return ""
}

// giveAccounts gives out the accounts the file names.
func (b *builder) giveAccounts() error {
	for _, a := range b.order {
		if a.IBAN+a.Number+a.Label+string(a.Balance) == "" {
			continue
		}
		if err := a.Give(b.out, ""); err != nil {
			return err
		}
	}
	return nil
}

func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}
