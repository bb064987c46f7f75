package cajson

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"penates/internal/importer/bank"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

const institution = "Crédit Agricole"

// text returns a string, number or boolean as one line, "" for anything else.
func text(raw json.RawMessage) string {
	s, _ := jsonstream.Text(raw)
	return clip(locale.Line(s), 500)
}

// A record has the members that tell records apart, and those of accounts and cards.
type record struct {
	Day    json.RawMessage `json:"dateOperation"` // of an operation
	Amount json.RawMessage `json:"montant"`

	Number   json.RawMessage `json:"numeroCompte"` // of an account
	Product  json.RawMessage `json:"libelleProduit"`
	Holder   json.RawMessage `json:"libelleCompte"`
	Partner  json.RawMessage `json:"libellePartenaire"`
	Family   json.RawMessage `json:"grandeFamilleProduitCode"`
	Balance  json.RawMessage `json:"solde"`
	Currency json.RawMessage `json:"idDevise"`
	ValuedOn json.RawMessage `json:"dateValorisationEpargne"`
	ValueDay json.RawMessage `json:"dateValeur"`

	CardID   json.RawMessage `json:"idCarte"` // of a card
	Contract json.RawMessage `json:"idContratCarte"`
	CardType json.RawMessage `json:"typeCarte"`
	Bearer   json.RawMessage `json:"porteur"`

	Operations json.RawMessage `json:"operations"` // of an account or a page
	Page       json.RawMessage `json:"listeOperations"`
	Info       json.RawMessage `json:"operationsInfo"`

	IBAN json.RawMessage `json:"ibanData"`
}

// cardNumber returns a card's number with all but its last four digits hidden, by
// which a card is known to its own record and to its operations alike.
func cardNumber(s string) string {
	digits := strings.Join(strings.Fields(s), "")
	return "XXXX XXXX XXXX " + digits[max(0, len(digits)-4):]
}

// account reads an account or a card.
func (r *record) account() bank.Account {
	a := bank.Account{Institution: institution, Currency: locale.Currency(text(r.Currency))}
	if text(r.Number) == "" {
		a.Kind, a.Number, a.Owner = "card", cardNumber(text(r.CardID)), text(r.Bearer)
		a.Label = cmp.Or(text(r.CardType), "Carte")
		return a
	}
	a.Number, a.Label = text(r.Number), cmp.Or(text(r.Product), "Compte")
	a.Owner = cmp.Or(text(r.Partner), text(r.Holder))
	a.Kind = kindOf(text(r.Family))
	if d, err := locale.Amount(text(r.Balance)); err == nil {
		a.Balance = d
		a.Currency = cmp.Or(a.Currency, "EUR")
		for _, s := range [...]string{text(r.ValuedOn), text(r.ValueDay)} {
			if day, err := locale.Day(s, locale.DMY); err == nil {
				a.BalanceDay = day
				break
			}
		}
	}
	return a
}

// kindOf returns the kind of account of a family of products.
func kindOf(family string) string {
	switch family {
	case "1":
		return "checking"
	case "3", "7":
		return "savings"
	}
	return ""
}

// An operation is a movement on an account or card.
type operation struct {
	Day       json.RawMessage `json:"dateOperation"`
	ValueDay  json.RawMessage `json:"dateValeur"`
	DebitDay  json.RawMessage `json:"datePrelevement"`
	Kind      json.RawMessage `json:"libelleTypeOperation"`
	Label     json.RawMessage `json:"libelleOperation"`
	More      json.RawMessage `json:"libelleComplementaire"`
	Cash1     json.RawMessage `json:"libelleCash1"`
	Cash2     json.RawMessage `json:"libelleCash2"`
	Amount    json.RawMessage `json:"montant"`
	Currency  json.RawMessage `json:"idDevise"`
	Sign      json.RawMessage `json:"libelleDevise"`
	Mandate   json.RawMessage `json:"referenceMandat"`
	Reference json.RawMessage `json:"referenceClient"`
	ID        json.RawMessage `json:"fitid"`
}

// operation makes an operation of account a.
func (in *operation) operation(a *account) (*bank.Operation, error) {
	day, err := locale.Day(text(in.Day), locale.DMY)
	if err != nil {
		return nil, fmt.Errorf("dateOperation: %w", err)
	}
	amount, err := locale.Amount(text(in.Amount))
	if err != nil {
		return nil, fmt.Errorf("montant: %w", err)
	}
	o := &bank.Operation{Day: day, Amount: amount}
	o.Currency = cmp.Or(locale.Currency(text(in.Currency)), locale.Currency(text(in.Sign)), a.Currency)
	var memo []string
	for _, v := range [...]json.RawMessage{in.More, in.Cash1, in.Cash2} {
		if s := text(v); s != "" {
			memo = append(memo, s)
		}
	}
	kind := text(in.Kind)
	o.Body = schema.BankOperation{
		Label: cmp.Or(text(in.Label), kind, "operation"), Kind: bank.ReadLabel(kind, day).Kind,
		Reference: cmp.Or(text(in.Mandate), text(in.Reference)), Memo: strings.Join(memo, " | "),
	}
	if a.Kind == "card" {
		o.Body.Kind = "card"
	}
	if valued, err := locale.Day(cmp.Or(text(in.DebitDay), text(in.ValueDay)), locale.DMY); err == nil {
		o.Body.ValueDate = valued.Date()
	}
	o.Text = locale.Line(o.Body.Label + " " + strings.Join(memo, " "))
	o.NativeID = in.nativeID(a, o)
	return o, nil
}

// nativeID follows the rule of the package comment.
func (in *operation) nativeID(a *account, o *bank.Operation) string {
	if id := text(in.ID); id != "" && len(id) < 200 {
		return a.seen.Unique(id + "@" + o.Day.Date() + "@" + bank.Canonical(o.Amount))
	}
	return a.seen.Hash(o.Day.Date(), o.Body.ValueDate, bank.Canonical(o.Amount), o.Currency, o.Text, o.Body.Reference)
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
