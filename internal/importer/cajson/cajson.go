// Package cajson reads the JSON in which the web pages of Crédit Agricole get a
// customer's accounts, cards and operations, as programs of customers save it:
// lists or single objects, and pages of operations (listeOperations). The bank
// documents none of it; members are known by their names.
//
// Accounts (numeroCompte, solde) and cards (idCarte, idContratCarte) give
// accounts, with the operations they contain. An operation (dateOperation, montant)
// does not say which account it is of: when it stands alone that is taken from
// the name of its file, "account_NUMBER_operations.json" or
// "card_DIGITS_operations.json", where DIGITS are the card's last four. Operations
// of a card with deferred debit bear their day of debit as value date; the bank
// debits their sum from the account too. An answer about an IBAN (ibanData) gives
// the account with its IBAN.
//
// The native id is the bank's (fitid) with day and amount; operations of cards
// have none, and get one made of the content, and numbered within the file.
package cajson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/jsonstream"
	"penates/internal/locale"
)

// Format reads JSON of Crédit Agricole.
var Format = importer.Format{Name: "cajson", Title: "Crédit Agricole accounts and operations (JSON)", Recognise: recognise, Read: read}

const (
	maxRecord   = 32 << 20 // bytes of one record; an account may hold its operations
	maxAccounts = 10_000
	headSize    = 16 << 10
)

// marks are members that occur together in nothing else.
var marks = [...][]string{
	{"dateOperation", "libelleOperation", "montant", "idDevise"},
	{"numeroCompte", "grandeFamilleProduitCode", "solde"},
	{"numeroCompte", "libelleProduit", "solde"},
	{"idContratCarte", "typeCarte", "idCarte"},
	{"ibanData", "ibanCode"},
}

func recognise(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes[:min(len(h.Bytes), headSize)], []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return 0
	}
	for _, mark := range marks {
		found := 0
		for _, m := range mark {
			if bytes.Contains(b, []byte(`"`+m+`"`)) {
				found++
			}
		}
		if found == len(mark) {
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
	utf8, _ := locale.UTF8(file, "")
	r := &reader{ctx: ctx, out: out, json: jsonstream.New(utf8, maxRecord), owner: accountInName(f.Path), accounts: map[string]*account{}}
	err = r.json.Each(func() error {
		var raw json.RawMessage
		if err := r.json.Value(&raw); err != nil {
			return err
		}
		return r.take(raw)
	})
	if r.stopped {
		return err
	}
	return errors.Join(err, r.giveAccounts()) // what was read before an error stays
}

// A reader reads the records of a file.
type reader struct {
	ctx      context.Context
	out      importer.Sink
	json     *jsonstream.Reader
	owner    bank.Account // of operations that stand alone, by the file's name
	accounts map[string]*account
	order    []*account
	stopped  bool // the sink or the context said so
}

// An account is one that the file tells of, with the names of its operations.
type account struct {
	bank.Account
	seen bank.Namer
}

var fileName = regexp.MustCompile(`(?i)(account|card|compte|carte)[_-](\d{4,20})[_-]op[^/]*$`)

// accountInName reads the name of a file of operations.
func accountInName(path string) bank.Account {
	a := bank.Account{Institution: institution}
	m := fileName.FindStringSubmatch(path)
	switch {
	case m == nil:
		a.Part = "operations"
	case m[1][1] == 'a' || m[1][1] == 'A': // card, carte
		a.Kind, a.Number = "card", cardNumber(m[2])
	default:
		a.Number = m[2]
	}
	return a
}

func (r *reader) refuse(err error) error { return r.stop(r.out.Refuse(r.json.Line(), err)) }

func (r *reader) stop(err error) error {
	r.stopped = r.stopped || err != nil
	return err
}

// take takes one record, whatever it is.
func (r *reader) take(raw json.RawMessage) error {
	if err := r.ctx.Err(); err != nil {
		return r.stop(err)
	}
	var rec record
	if err := json.Unmarshal(raw, &rec); err != nil {
		return r.refuse(fmt.Errorf("no object where a record is expected: %w", penates.Invalid))
	}
	var a bank.Account
	switch {
	case text(rec.Day)+text(rec.Amount) != "":
		return r.single(raw)
	case text(rec.Number) != "", text(rec.Contract) != "" && text(rec.CardID) != "":
		a = rec.account()
	case len(rec.IBAN) > 0:
		return r.iban(rec.IBAN)
	case len(rec.Page) > 0:
		a = r.owner
	default:
		return r.refuse(fmt.Errorf("a record that is no account, card or operation: %w", penates.Unsupported))
	}
	kept, err := r.keep(a)
	if err != nil {
		return err
	}
	for _, list := range [...]json.RawMessage{rec.Operations, rec.Page, rec.Info} {
		if err := r.giveAll(list, kept); err != nil {
			return err
		}
	}
	return nil
}

// single takes an operation that stands alone.
func (r *reader) single(raw json.RawMessage) error {
	a, err := r.keep(r.owner)
	if err != nil {
		return err
	}
	return r.give(raw, a)
}

// keep returns the account the reader knows by a's name, a itself when it is new.
func (r *reader) keep(a bank.Account) (*account, error) {
	name := a.Connection()
	if known := r.accounts[name]; known != nil {
		known.Merge(&a)
		return known, nil
	}
	if len(r.order) >= maxAccounts {
		return nil, fmt.Errorf("more than %d accounts: %w", maxAccounts, penates.TooLarge)
	}
	kept := &account{Account: a}
	r.accounts[name] = kept
	r.order = append(r.order, kept)
	return kept, nil
}

// giveAll gives out the operations of a list, or of a page.
func (r *reader) giveAll(list json.RawMessage, a *account) error {
	var page struct {
		List json.RawMessage `json:"listeOperations"`
	}
	if err := json.Unmarshal(list, &page); err == nil {
		list = page.List
	}
	if len(list) == 0 || string(list) == "null" {
		return nil
	}
	var operations []json.RawMessage
	if err := json.Unmarshal(list, &operations); err != nil {
		return r.refuse(fmt.Errorf("no list where operations are expected: %w", penates.Invalid))
	}
	for _, raw := range operations {
		if err := r.give(raw, a); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) give(raw json.RawMessage, a *account) error {
	var in operation
	if err := json.Unmarshal(raw, &in); err != nil {
		return r.refuse(fmt.Errorf("no object where an operation is expected: %w", penates.Invalid))
	}
	o, err := in.operation(a)
	if err != nil {
		return r.refuse(err)
	}
	line := r.json.Line()
	o.Locator = bank.Locator(line, line)
	return r.stop(o.Give(r.out, &a.Account))
}

// iban takes an answer about an IBAN, which may be empty.
func (r *reader) iban(raw json.RawMessage) error {
	var answer struct {
		Data struct {
			Code json.RawMessage `json:"ibanCode"`
		} `json:"ibanData"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return r.refuse(fmt.Errorf("ibanData: %w", penates.Invalid))
	}
	iban, ok := locale.IBAN(text(answer.Data.Code))
	if !ok {
		return r.refuse(fmt.Errorf("ibanCode %q: %w", clip(text(answer.Data.Code), 60), penates.Invalid))
	}
	a := bank.Account{Institution: institution, IBAN: iban}
	if len(iban) == 27 && iban[:2] == "FR" {
		a.Number = iban[14:25] // so that it is linked to the account that is known by its number
	}
	_, err := r.keep(a)
	return err
}

// giveAccounts gives out the accounts that records told of.
func (r *reader) giveAccounts() error {
	for _, a := range r.order {
		if a.IBAN+a.Label == "" { // it is known by operations only
			continue
		}
		if err := a.Give(r.out, ""); err != nil {
			return err
		}
	}
	return nil
}
