package psd2

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/locale"
	"penates/internal/schema"
)

// A transactionElement is a transaction of a payment account or of a card.
type transactionElement struct {
	ID         json.RawMessage `json:"transactionId"`
	CardID     json.RawMessage `json:"cardTransactionId"`
	InternalID json.RawMessage `json:"internalTransactionId"` // of aggregators
	Entry      json.RawMessage `json:"entryReference"`
	EndToEnd   json.RawMessage `json:"endToEndId"`
	Mandate    json.RawMessage `json:"mandateId"`
	Check      json.RawMessage `json:"checkId"`

	Amount     amountElement   `json:"transactionAmount"`
	OldAmount  amountElement   `json:"amount"` // of version 1.0
	Indicator  json.RawMessage `json:"creditDebitIndicator"`
	Original   amountElement   `json:"originalAmount"`
	Fee        amountElement   `json:"markupFee"`
	Exchange   json.RawMessage `json:"currencyExchange"`
	BookedOn   json.RawMessage `json:"bookingDate"`
	BookedAt   json.RawMessage `json:"bookingDateTime"`
	ValuedOn   json.RawMessage `json:"valueDate"`
	ValuedAt   json.RawMessage `json:"valueDateTime"`
	ActedOn    json.RawMessage `json:"transactionDate"`
	AcceptedAt json.RawMessage `json:"acceptorTransactionDateTime"`

	Creditor        json.RawMessage `json:"creditorName"`
	UltimateCred    json.RawMessage `json:"ultimateCreditor"`
	CreditorAccount json.RawMessage `json:"creditorAccount"`
	Debtor          json.RawMessage `json:"debtorName"`
	UltimateDebt    json.RawMessage `json:"ultimateDebtor"`
	DebtorAccount   json.RawMessage `json:"debtorAccount"`
	Acceptor        json.RawMessage `json:"cardAcceptorName"`
	Merchant        json.RawMessage `json:"merchantName"`

	Unstructured      json.RawMessage `json:"remittanceInformationUnstructured"`
	UnstructuredArray json.RawMessage `json:"remittanceInformationUnstructuredArray"`
	Structured        json.RawMessage `json:"remittanceInformationStructured"`
	StructuredArray   json.RawMessage `json:"remittanceInformationStructuredArray"`
	Details           json.RawMessage `json:"transactionDetails"`
	Additional        json.RawMessage `json:"additionalInformation"`

	Code        json.RawMessage `json:"bankTransactionCode"`
	Proprietary json.RawMessage `json:"proprietaryBankTransactionCode"`
}

// operation makes an operation of account a.
func (e *transactionElement) operation(a *account, card bool) (*bank.Operation, error) {
	o := &bank.Operation{}
	var err error
	if o.Amount, o.Currency, err = e.money(); err != nil {
		return nil, err
	}
	o.Currency = cmp.Or(o.Currency, a.Currency)
	for _, raw := range [...]json.RawMessage{e.BookedOn, e.BookedAt, e.ValuedOn, e.ValuedAt, e.ActedOn, e.AcceptedAt} {
		if s := text(raw); s != "" {
			if o.Day, err = locale.Day(s, locale.YMD); err != nil {
				return nil, err
			}
			break
		}
	}
	if o.Day.IsZero() {
		return nil, fmt.Errorf("no date: %w", penates.Invalid)
	}
	o.Body = schema.BankOperation{
		ValueDate: dayOf(e.ValuedOn, e.ValuedAt), RealisationDate: dayOf(e.ActedOn, e.AcceptedAt),
		Kind:      e.kind(card),
		Reference: reference(text(e.EndToEnd), text(e.Mandate), text(e.Check), e.structured(true)),
	}
	o.Body.Counterparty, o.Body.CounterpartyIBAN = e.other(a.IBAN, o.Amount.Negative())
	e.word(o)
	e.foreign(o)
	o.NativeID = e.nativeID(a, o)
	return o, nil
}

// money returns the signed amount.
func (e *transactionElement) money() (penates.Decimal, string, error) {
	from := &e.Amount
	if len(from.Amount) == 0 && len(from.Content) == 0 {
		from = &e.OldAmount
	}
	d, code, err := from.read()
	if err != nil {
		return "", "", err
	}
	if i := text(e.Indicator); (i == "DBIT" || i == "debit") && !d.Negative() {
		d = d.Neg()
	}
	return d, code, nil
}

func dayOf(candidates ...json.RawMessage) string {
	for _, raw := range candidates {
		if day, err := locale.Day(text(raw), locale.YMD); err == nil {
			return day.Date()
		}
	}
	return ""
}

// word fills the texts of o.
func (e *transactionElement) word(o *bank.Operation) {
	words := cmp.Or(text(e.Unstructured), joined(e.UnstructuredArray), text(e.Details), e.structured(false))
	more := text(e.Additional)
	o.Body.Label = cmp.Or(words, more, o.Body.Counterparty, text(e.Proprietary), "transaction")
	if more != o.Body.Label {
		o.Body.Memo = more
	}
	o.Text = o.Body.Label
	if name := o.Body.Counterparty; !strings.Contains(o.Text, name) {
		o.Text = name + " " + o.Text
	}
}

// structured returns the structured remittance information: a text, an object with
// a reference, or several of them. What has no object is a reference only when
// asked for one.
func (e *transactionElement) structured(onlyReference bool) string {
	list := []json.RawMessage{e.Structured}
	var more []json.RawMessage
	if json.Unmarshal(e.StructuredArray, &more) == nil {
		list = append(list, more[:min(len(more), 100)]...)
	}
	for _, raw := range list {
		var object struct{ Reference json.RawMessage }
		if json.Unmarshal(raw, &object) == nil && text(object.Reference) != "" {
			return text(object.Reference)
		}
		if s := text(raw); s != "" && !onlyReference {
			return s
		}
	}
	return ""
}

// joined returns the texts of a list as one line.
func joined(raw json.RawMessage) string {
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return ""
	}
	return clip(locale.Line(strings.Join(list, " ")))
}

// other returns name and IBAN of the other side.
func (e *transactionElement) other(own string, spent bool) (name, iban string) {
	creditor := cmp.Or(text(e.Creditor), text(e.UltimateCred), text(e.Acceptor), text(e.Merchant))
	debtor := cmp.Or(text(e.Debtor), text(e.UltimateDebt))
	from, to := ibanOf(e.DebtorAccount), ibanOf(e.CreditorAccount)
	if own != "" && (from == own) != (to == own) { // whatever the sign says
		spent = from == own
	}
	if from == own {
		from = ""
	}
	if to == own {
		to = ""
	}
	if spent && creditor+to == "" || !spent && debtor+from == "" { // one name is better than none
		spent = !spent
	}
	if spent {
		return creditor, to
	}
	return debtor, from
}

func ibanOf(raw json.RawMessage) string {
	var e struct{ IBAN json.RawMessage }
	if json.Unmarshal(raw, &e) != nil {
		return ""
	}
	iban, _ := locale.IBAN(text(e.IBAN))
	return iban
}

// kind reads the codes: domain, family and sub-family ("PMNT-RDDT-ESDD"), or SWIFT's
// and a German one ("NDDT+105").
func (e *transactionElement) kind(card bool) string {
	if parts := strings.Split(text(e.Code), "-"); len(parts) >= 3 {
		if kind := bank.FamilyKind(parts[1], parts[2]); kind != "" {
			return kind
		}
	}
	parts := strings.Split(text(e.Proprietary), "+")
	if len(parts) > 1 {
		if kind := bank.GermanKind(parts[1]); kind != "" {
			return kind
		}
	}
	kind := bank.SwiftKind(parts[0])
	switch {
	case kind != "":
		return kind
	case text(e.Check) != "":
		return "check"
	case card:
		return "card"
	}
	return ""
}

// foreign fills the amount before conversion, and what it cost.
func (e *transactionElement) foreign(o *bank.Operation) {
	original := e.Original
	if len(original.Amount) == 0 {
		var rates []struct {
			Instructed amountElement `json:"instructedAmount"`
		}
		raw := e.Exchange
		if len(raw) > 0 && raw[0] == '{' {
			raw = append(append([]byte{'['}, raw...), ']')
		}
		if json.Unmarshal(raw, &rates) == nil && len(rates) > 0 {
			original = rates[0].Instructed
		}
	}
	if d, code, err := original.read(); err == nil && code != "" && code != o.Currency {
		o.Body.OriginalAmount = string(d) + " " + code
	}
	if d, code, err := e.Fee.read(); err == nil && code == o.Currency && strings.Trim(string(d), "0.-") != "" {
		o.Body.Fees = strings.TrimPrefix(string(d), "-")
	}
}

// reference returns the first that is a reference at all.
func reference(candidates ...string) string {
	for _, s := range candidates {
		switch strings.ToUpper(s) {
		case "", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOTAVAILABLE", "NONE", "0":
		default:
			return s
		}
	}
	return ""
}

// nativeID follows the rule of the package comment.
func (e *transactionElement) nativeID(a *account, o *bank.Operation) string {
	if id := reference(text(e.ID), text(e.CardID), text(e.InternalID), text(e.Entry)); id != "" && len(id) < 200 {
		return a.seen.Unique(id + "@" + o.Day.Date() + "@" + bank.Canonical(o.Amount))
	}
	return a.seen.Hash(o.Day.Date(), o.Body.ValueDate, bank.Canonical(o.Amount), o.Currency, o.Text, o.Body.Reference, o.Body.CounterpartyIBAN, text(e.Proprietary))
}
