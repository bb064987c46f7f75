// Package psd2 reads the account information that European banks give through
// interfaces after the NextGenPSD2 framework of the Berlin Group, and that
// account aggregators pass on in the same words: accounts, balances and
// transactions, of payment accounts and of cards, one answer or several after
// each other.
//
// Each booked and each pending transaction gives one operation; standing orders
// (information) move no money and give none. The sign is that of the amount. The
// day is the booking date, else the value date, else the day of the transaction.
// The other side is the creditor of what is spent and the debtor of what is
// received. Of the balances, a closing one counts before an interim one, that
// before an opening one, and what is only available or expected last.
//
// An answer without account has the one its links name (_links.account). The
// account may stand behind the transactions, so a file is read twice. The native
// id is the transaction's (transactionId, cardTransactionId, internalTransactionId)
// with day and amount, since some banks give one id to several transactions;
// without an id it is made of the content, and numbered within the file.
//
// Specification: Berlin Group, NextGenPSD2 XS2A Framework, Implementation
// Guidelines 1.3, sections 6 (account information) and 14 (data types).
package psd2

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/jsonstream"
	"penates/internal/locale"
)

// Format reads answers of NextGenPSD2 interfaces.
var Format = importer.Format{Name: "psd2", Title: "PSD2 account information (Berlin Group JSON)", Recognise: recognise, Read: read}

const (
	maxValue    = 8 << 20 // bytes of one account or transaction
	maxAnswers  = 10_000
	maxAccounts = 10_000
	headSize    = 32 << 10
)

// marks are members that occur together in nothing else.
var marks = [...][]string{
	{"transactionAmount", "booked"}, {"transactionAmount", "pending"}, {"balanceAmount", "balanceType"},
	{"accounts", "resourceId", "iban", "currency"}, {"cardAccounts", "resourceId"}, {"account", "resourceId", "iban", "currency"},
	{"accounts", "cashAccountType"}, {"account", "cashAccountType"}, {"account", "iban", "currency", "booked"},
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
			return 90
		}
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	r := &reader{ctx: ctx, out: out, accounts: map[string]*account{}}
	if err := r.pass(f, r.survey); err != nil && (r.stopped || len(r.answers) == 0) {
		return err
	}
	err := r.pass(f, r.answer)
	if r.stopped {
		return err
	}
	return errors.Join(err, r.giveAccounts()) // what was read before an error stays
}

// A reader reads the answers of a file.
type reader struct {
	ctx      context.Context
	out      importer.Sink
	json     *jsonstream.Reader
	answers  []*account // whose each answer is
	at       int        // the answer in hand
	accounts map[string]*account
	order    []*account
	stopped  bool // the sink or the context said so
}

// pass reads all answers of the file.
func (r *reader) pass(f *importer.File, answer func() error) error {
	file, err := f.Open()
	if err != nil {
		return r.stop(err)
	}
	defer file.Close()
	utf8, _ := locale.UTF8(file, "")
	r.json, r.at = jsonstream.New(utf8, maxValue), -1
	return r.json.Each(func() error {
		r.at++
		return answer()
	})
}

func (r *reader) stop(err error) error {
	r.stopped = r.stopped || err != nil
	return err
}

func (r *reader) refuse(place string, err error) error {
	return r.stop(r.out.Refuse(r.json.Line(), fmt.Errorf("%s: %w", place, err)))
}

// value decodes what follows. A value of another shape is passed over, and refused
// in the second pass only.
func (r *reader) value(v any) (ok bool, err error) {
	if err := r.ctx.Err(); err != nil {
		return false, r.stop(err)
	}
	err = r.json.Value(v)
	if jsonstream.Mismatch(err) {
		return false, nil
	}
	return err == nil, err
}

// survey finds out whose an answer is.
func (r *reader) survey() error {
	if len(r.answers) >= maxAnswers {
		return r.stop(fmt.Errorf("more than %d answers: %w", maxAnswers, penates.TooLarge))
	}
	var named *bank.Account
	link := ""
	err := r.json.Object(func(key string) error {
		switch key {
		case "account", "cardAccount":
			e := accountElement{card: key == "cardAccount"}
			ok, err := r.value(&e)
			if ok {
				named = new(e.account())
			}
			return err
		case "transactions", "cardTransactions":
			return r.json.Object(func(key string) error {
				if key == "_links" {
					return r.link(&link)
				}
				return r.each(r.json.Skip)
			})
		case "_links":
			return r.link(&link)
		case "accounts", "cardAccounts", "balances":
			return r.each(r.json.Skip)
		}
		return r.json.Skip()
	})
	if named == nil || named.Connection() == "" {
		named = &bank.Account{Part: cmp.Or(link, "account")}
	}
	own, keepErr := r.keep(*named)
	r.answers = append(r.answers, own)
	return errors.Join(err, keepErr)
}

// each visits the elements of the array that follows.
func (r *reader) each(element func() error) error {
	return r.json.Array(func() error {
		if err := r.ctx.Err(); err != nil {
			return r.stop(err)
		}
		return element()
	})
}

// link reads the account that links name.
func (r *reader) link(name *string) error {
	var links linksElement
	ok, err := r.value(&links)
	if s := links.account(); ok && s != "" {
		*name = s
	}
	return err
}

// answer gives out what one answer holds.
func (r *reader) answer() error {
	own := r.answers[min(r.at, len(r.answers)-1)] // both passes read the same
	return r.json.Object(func(key string) error {
		switch key {
		case "accounts", "cardAccounts":
			return r.each(func() error { return r.listed(key == "cardAccounts") })
		case "balances":
			return r.each(func() error { return r.balance(own) })
		case "transactions", "cardTransactions":
			return r.json.Object(func(status string) error {
				switch status {
				case bank.Booked, bank.Pending:
					return r.each(func() error { return r.transaction(own, status, key == "cardTransactions") })
				}
				return r.json.Skip()
			})
		}
		return r.json.Skip()
	})
}

// listed takes an account of a list.
func (r *reader) listed(card bool) error {
	e := accountElement{card: card}
	ok, err := r.value(&e)
	if err != nil {
		return err
	}
	a := e.account()
	if !ok || a.Connection() == "" {
		return r.refuse("account", fmt.Errorf("no number: %w", penates.Invalid))
	}
	_, err = r.keep(a)
	return err
}

// balance takes a balance of an answer's account.
func (r *reader) balance(own *account) error {
	var e balanceElement
	ok, err := r.value(&e)
	if err != nil {
		return err
	}
	if !ok {
		return r.refuse("balance", penates.Invalid)
	}
	if err := own.take(&e); err != nil {
		return r.refuse("balance", err)
	}
	return nil
}

// transaction takes a transaction of an answer's account.
func (r *reader) transaction(own *account, status string, card bool) error {
	var e transactionElement
	ok, err := r.value(&e)
	if err != nil {
		return err
	}
	if !ok {
		return r.refuse(status+" transaction", fmt.Errorf("no object, or members of another type: %w", penates.Invalid))
	}
	o, err := e.operation(own, card)
	if err != nil {
		return r.refuse(status+" transaction", err)
	}
	o.Body.Status = status
	line := r.json.Line()
	o.Locator = bank.Locator(line, line)
	return r.stop(o.Give(r.out, &own.Account))
}

// keep returns the account the reader knows by a's name, a itself when it is new.
func (r *reader) keep(a bank.Account) (*account, error) {
	name := a.Connection()
	if known := r.accounts[name]; known != nil {
		known.Merge(&a)
		return known, nil
	}
	if len(r.order) >= maxAccounts {
		return nil, r.stop(fmt.Errorf("more than %d accounts: %w", maxAccounts, penates.TooLarge))
	}
	kept := &account{Account: a}
	r.accounts[name] = kept
	r.order = append(r.order, kept)
	return kept, nil
}

// giveAccounts gives out the accounts of which more is known than a link.
func (r *reader) giveAccounts() error {
	for _, a := range r.order {
		if a.IBAN+a.Number+a.Label+string(a.Balance) == "" {
			continue
		}
		if err := a.Give(r.out, ""); err != nil {
			return err
		}
	}
	return nil
}
