package psd2

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/jsonstream"
	"penates/internal/locale"
)

// text returns a string, number or boolean as one line, "" for anything else.
func text(raw json.RawMessage) string {
	s, _ := jsonstream.Text(raw)
	return clip(locale.Line(s))
}

func clip(s string) string {
	if len(s) <= 1000 {
		return s
	}
	return strings.ToValidUTF8(s[:1000], "")
}

// An account is one that the file tells of, with the rank of its balance and the
// names of its transactions.
type account struct {
	bank.Account
	seen bank.Namer
	rank int
}

// An accountElement is an account (details) or a reference to one. Members whose type is
// not certain are kept as they stand.
type accountElement struct {
	ResourceID json.RawMessage `json:"resourceId"`
	IBAN       json.RawMessage `json:"iban"`
	BBAN       json.RawMessage `json:"bban"`
	MaskedPAN  json.RawMessage `json:"maskedPan"`
	PAN        json.RawMessage `json:"pan"`
	Currency   json.RawMessage `json:"currency"`
	Name       json.RawMessage `json:"name"`
	Display    json.RawMessage `json:"displayName"`
	Product    json.RawMessage `json:"product"`
	Type       json.RawMessage `json:"cashAccountType"`
	BIC        json.RawMessage `json:"bic"`
	Owner      json.RawMessage `json:"ownerName"`
	Owners     json.RawMessage `json:"ownerNames"`
	Balances   json.RawMessage `json:"balances"`

	card bool
}

// account reads the account, or the reference to one.
func (e *accountElement) account() bank.Account {
	a := bank.Account{
		Label: cmp.Or(text(e.Display), text(e.Name), text(e.Product)), Owner: text(e.Owner), BIC: text(e.BIC),
		Currency: locale.Currency(text(e.Currency)), Kind: kindOf(text(e.Type)),
	}
	if a.Owner == "" {
		var owners []struct{ Name string }
		if json.Unmarshal(e.Owners, &owners) == nil && len(owners) > 0 {
			a.Owner = clip(locale.Line(owners[0].Name))
		}
	}
	if e.card {
		a.Kind = "card"
	}
	written := strings.Join(strings.Fields(text(e.IBAN)), "")
	if iban, ok := locale.IBAN(written); ok {
		a.IBAN = iban
	} else {
		a.Number = cmp.Or(written, text(e.BBAN), text(e.MaskedPAN), masked(text(e.PAN)))
	}
	if a.IBAN+a.Number == "" {
		a.Part = text(e.ResourceID)
	}
	var balances []balanceElement
	if json.Unmarshal(e.Balances, &balances) != nil {
		return a
	}
	best := account{Account: a}
	for i := range balances {
		if err := best.take(&balances[i]); err != nil {
			return a // a list of accounts may say more than is certain; the account's own answer tells it again
		}
	}
	return best.Account
}

// masked hides all but the ends of a card's number, as a maskedPan does.
func masked(pan string) string {
	if len(pan) < 11 {
		return ""
	}
	return pan[:6] + strings.Repeat("X", len(pan)-10) + pan[len(pan)-4:]
}

// kindOf returns the kind of account of an ExternalCashAccountType1Code.
func kindOf(code string) string {
	switch code {
	case "CACC", "TRAN", "SLRY", "CASH", "ODFT":
		return "checking"
	case "SVGS", "LLSV", "MOMA", "ONDP", "TRAS":
		return "savings"
	case "CARD":
		return "card"
	case "LOAN", "MGLD":
		return "loan"
	}
	return ""
}

// An amountElement is an amount with its currency; "content" is what version 1.0
// called the amount.
type amountElement struct {
	Amount   json.RawMessage `json:"amount"`
	Content  json.RawMessage `json:"content"`
	Currency json.RawMessage `json:"currency"`
}

// UnmarshalJSON leaves what is no object empty.
func (e *amountElement) UnmarshalJSON(b []byte) error {
	type plain amountElement
	if json.Unmarshal(b, (*plain)(e)) != nil {
		*e = amountElement{}
	}
	return nil
}

func (e *amountElement) read() (penates.Decimal, string, error) {
	d, err := locale.AmountComma(cmp.Or(text(e.Amount), text(e.Content)), '.')
	return d, locale.Currency(text(e.Currency)), err
}

// A balanceElement is a balance.
type balanceElement struct {
	Amount  amountElement   `json:"balanceAmount"`
	Type    json.RawMessage `json:"balanceType"`
	Day     json.RawMessage `json:"referenceDate"`
	Changed json.RawMessage `json:"lastChangeDateTime"`
}

// ranks say how well a kind of balance tells what the person has; the others are
// forecasts, or limits.
var ranks = map[string]int{
	"closingBooked": 5, "CLBD": 5, "interimBooked": 4, "ITBD": 4, "openingBooked": 3, "OPBD": 3, "previouslyClosedBooked": 2, "PRCD": 2,
	"interimAvailable": 1, "ITAV": 1, "closingAvailable": 1, "CLAV": 1, "authorised": 1, "expected": 1, "XPCD": 1,
}

// available are the balances that tell what the person may spend.
var available = map[string]bool{"interimAvailable": true, "ITAV": true, "closingAvailable": true, "CLAV": true, "authorised": true}

// take takes a balance when it is better than the one known.
func (a *account) take(e *balanceElement) error {
	amount, code, err := e.Amount.read()
	if err != nil {
		return err
	}
	kind := text(e.Type)
	rank := ranks[kind]
	if a.Currency != "" && code != a.Currency {
		return nil // of another currency's sub-account
	}
	if available[kind] {
		a.Available = amount
	}
	var day penates.Moment
	if s := cmp.Or(text(e.Day), text(e.Changed)); s != "" {
		if day, err = locale.Day(s, locale.YMD); err != nil {
			return fmt.Errorf("referenceDate: %w", err)
		}
	}
	if rank == 0 || rank < a.rank || rank == a.rank && day.Time().Before(a.BalanceDay.Time()) {
		return nil
	}
	a.rank, a.Balance, a.BalanceDay, a.Currency = rank, amount, day, code
	return nil
}

// A linksElement has the links of an answer.
type linksElement struct {
	Account json.RawMessage `json:"account"`
}

// account returns the last part of the link to the account.
func (e *linksElement) account() string {
	var link struct{ Href string }
	if json.Unmarshal(e.Account, &link) != nil {
		link.Href = text(e.Account)
	}
	s := strings.TrimRight(clip(link.Href), "/")
	s, _, _ = strings.Cut(s, "?")
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		s = s[i+1:]
	}
	return locale.Line(s)
}
