// Package camt reads the account messages of ISO 20022, in every version:
// camt.052 (account report), camt.053 (statement) and camt.054 (debit and credit
// notification).
//
// Each entry (Ntry) gives one operation, with one exception: an entry that books
// a batch, and lists several transactions (TxDtls) whose own amounts are in the
// entry's currency and add up to the entry's amount, gives one operation for
// each transaction. So the operations of a statement always add up to its
// entries, and every payment of a batch is found where the bank tells it.
//
// The sign is that of the entry (CdtDbtInd): an entry that reverses another
// (RvslInd) is an operation of its own, already with the direction the money
// moved. Entries with status PDNG, INFO or FUTR are pending. The day is the booking
// date, else the value date. The native id is the bank's reference with day and
// amount, since some banks use a reference for several entries; without one it is
// made of the content, and numbered within the statement.
//
// Specification: ISO 20022 message definition reports for Bank-to-Customer Cash
// Management, versions 1 to 13.
package camt

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/locale"
)

// Format reads CAMT messages.
var Format = importer.Format{Name: "camt", Title: "CAMT bank statement (ISO 20022)", Recognise: recognise, Read: read}

const (
	maxPart     = 32 << 20 // bytes of one entry, balance or header
	maxAccounts = 10_000
)

// messages are the elements of the three messages.
var messages = [...]string{"BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn"}

func recognise(h importer.Head) int {
	head := strings.TrimLeft(locale.Decode(h.Bytes[:min(len(h.Bytes), 8<<10)], ""), "\uFEFF \t\r\n")
	if !strings.HasPrefix(head, "<") {
		return 0
	}
	for _, m := range messages {
		if i := strings.Index(head, m); i > 0 && (head[i-1] == '<' || head[i-1] == ':') {
			return 100
		}
	}
	for _, n := range [...]string{"xsd:camt.052.001", "xsd:camt.053.001", "xsd:camt.054.001"} {
		if strings.Contains(head, n) {
			return 100
		}
	}
	return 0
}

// A budget reader stops when more than maxPart bytes are read for one part of
// the message.
type budget struct {
	r    io.Reader
	left int
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("an element longer than %d bytes: %w", maxPart, penates.TooLarge)
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// A reader follows one message.
type reader struct {
	*xml.Decoder
	budget   *budget
	out      importer.Sink
	account  *bank.Account // of the statement, nil until it is known
	created  string        // when the statement was made
	rank     int           // of the balance that was taken, see balanceRank
	seen     bank.Namer
	accounts map[string]*bank.Account
	order    []*bank.Account
	any      bool // a message was found
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	text, _ := locale.UTF8(file, locale.XMLCharset(f.Bytes))
	b := &budget{r: text, left: maxPart}
	r := &reader{Decoder: xml.NewDecoder(b), budget: b, out: out, accounts: map[string]*bank.Account{}}
	r.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 already
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		tok, err := r.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // what was read so far stays
			return errors.Join(r.explain(err), r.giveAccounts())
		}
		if start, ok := tok.(xml.StartElement); ok {
			if err := r.element(start); err != nil {
				return err
			}
		}
	}
	if !r.any {
		return fmt.Errorf("no account message of ISO 20022: %w", penates.Unsupported)
	}
	return r.giveAccounts()
}

// explain gives an error of the decoder its place and kind.
func (r *reader) explain(err error) error {
	if errors.Is(err, penates.TooLarge) {
		return err
	}
	line, _ := r.InputPos()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("line %d: %s: %w", syntax.Line, syntax.Msg, penates.Invalid)
	}
	return fmt.Errorf("line %d: %w", line, err)
}

// element takes an element outside of entries.
func (r *reader) element(start xml.StartElement) error {
	r.budget.left = maxPart
	switch start.Name.Local {
	case messages[0], messages[1], messages[2]:
		r.any = true
	case "Stmt", "Rpt", "Ntfctn":
		r.account, r.created, r.rank, r.seen = nil, "", 0, bank.Namer{}
	case "GrpHdr":
		return r.part(start, nil, func() error { return nil })
	case "CreDtTm":
		return r.part(start, &r.created, func() error { return nil })
	case "Acct":
		var a accountElement
		return r.part(start, &a, func() error { return r.startStatement(&a) })
	case "Bal":
		var b balanceElement
		return r.part(start, &b, func() error { return r.balance(&b) })
	case "Ntry":
		first, _ := r.InputPos()
		var e entryElement
		return r.part(start, &e, func() error {
			last, _ := r.InputPos()
			return r.entry(&e, first, last)
		})
	}
	return nil
}

// part decodes an element into v and then calls use. An error of the decoder
// ends the reading, but not before what is known has been given out.
func (r *reader) part(start xml.StartElement, v any, use func() error) error {
	var err error
	if v == nil {
		err = r.Skip()
	} else {
		err = r.DecodeElement(v, &start)
	}
	if err != nil {
		return errors.Join(r.explain(err), r.giveAccounts())
	}
	return use()
}

// startStatement takes the account a statement is about.
func (r *reader) startStatement(e *accountElement) error {
	a := e.account()
	if a.Connection() == "" {
		line, _ := r.InputPos()
		return r.out.Refuse(line, fmt.Errorf("a statement without account number: %w", penates.Invalid))
	}
	if known := r.accounts[a.Connection()]; known != nil {
		known.Merge(a)
		r.account = known
		return nil
	}
	if len(r.accounts) >= maxAccounts {
		return fmt.Errorf("more than %d accounts: %w", maxAccounts, penates.TooLarge)
	}
	r.accounts[a.Connection()], r.account = a, a
	r.order = append(r.order, a)
	return nil
}

// balanceRank says how well a kind of balance tells what the person has: closing
// before interim before opening. Balances which are expected or forward are none.
var balanceRank = map[string]int{"CLBD": 4, "ITBD": 3, "OPBD": 2, "PRCD": 1}

func (r *reader) balance(e *balanceElement) error {
	line, _ := r.InputPos()
	if r.account == nil {
		return r.out.Refuse(line, fmt.Errorf("a balance without account: %w", penates.Invalid))
	}
	number, err := e.Amount.signed(e.Direction)
	if err != nil {
		return r.out.Refuse(line, fmt.Errorf("balance: %w", err))
	}
	kind := clean(e.Code + e.Code1)
	code := e.Amount.currency()
	if kind == "CLAV" || kind == "ITAV" && r.account.Available == "" {
		if code == cmp.Or(r.account.Currency, code) {
			r.account.Available = number
		}
	}
	rank := balanceRank[kind]
	if rank == 0 || rank < r.rank {
		return nil
	}
	day, err := e.Date.day()
	if err != nil {
		return r.out.Refuse(line, fmt.Errorf("balance: %w", err))
	}
	if r.account.Balance != "" && day.Time().Before(r.account.BalanceDay.Time()) { // an earlier statement
		return nil
	}
	r.rank = rank
	r.account.Balance, r.account.BalanceDay = number, day
	r.account.Currency = cmp.Or(code, r.account.Currency)
	return nil
}

// giveAccounts gives out the accounts, when all that the message says of them is
// known.
func (r *reader) giveAccounts() error {
	for _, a := range r.order {
		if err := a.Give(r.out, ""); err != nil {
			return err
		}
	}
	r.order = nil
	return nil
}
