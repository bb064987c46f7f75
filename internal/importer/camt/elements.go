package camt

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/locale"
)

// The elements of the messages, as far as they are read. Names without a
// namespace match any, so that every version and dialect is read alike; where
// a version moved a value, both places are listed.

type accountElement struct {
	IBAN   string        `xml:"Id>IBAN"`
	Other  string        `xml:"Id>Othr>Id"`
	Other1 string        `xml:"Id>PrtryAcct>Id"`
	BBAN   string        `xml:"Id>BBAN"`
	Name   string        `xml:"Nm"`
	Ccy    string        `xml:"Ccy"`
	Type   string        `xml:"Tp>Cd"`
	Owner  string        `xml:"Ownr>Nm"`
	Bank   institutionID `xml:"Svcr>FinInstnId"`
}

type institutionID struct {
	BIC   string `xml:"BIC"`
	BICFI string `xml:"BICFI"`
	Name  string `xml:"Nm"`
}

type amountElement struct {
	Value string `xml:",chardata"`
	Ccy   string `xml:"Ccy,attr"`
}

type dateElement struct {
	Day  string `xml:"Dt"`
	Time string `xml:"DtTm"`
}

type balanceElement struct {
	Code      string        `xml:"Tp>CdOrPrtry>Cd"`
	Code1     string        `xml:"Tp>Cd"`
	Amount    amountElement `xml:"Amt"`
	Direction string        `xml:"CdtDbtInd"`
	Date      dateElement   `xml:"Dt"`
}

type entryElement struct {
	Amount     amountElement `xml:"Amt"`
	Direction  string        `xml:"CdtDbtInd"`
	Reversal   string        `xml:"RvslInd"`
	Status     statusElement `xml:"Sts"`
	Booked     dateElement   `xml:"BookgDt"`
	Valued     dateElement   `xml:"ValDt"`
	Reference  string        `xml:"AcctSvcrRef"`
	Code       codeElement   `xml:"BkTxCd"`
	Charges    amountElement `xml:"Chrgs>TtlChrgsAndTaxAmt"`
	Details    transactions  `xml:"NtryDtls>TxDtls"`
	Details1   transactions  `xml:"TxDtls"`
	Additional string        `xml:"AddtlNtryInf"`
}

type statusElement struct {
	Text string `xml:",chardata"`
	Code string `xml:"Cd"`
}

type codeElement struct {
	Family      string `xml:"Domn>Fmly>Cd"`
	SubFamily   string `xml:"Domn>Fmly>SubFmlyCd"`
	Proprietary string `xml:"Prtry>Cd"`
}

// maxTransactions bounds the transactions of an entry; one with more is given
// as a whole.
const maxTransactions = 20_000

type transactions []transaction

// UnmarshalXML adds a transaction, or passes over it when there are too many.
func (t *transactions) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	if len(*t) >= maxTransactions {
		return d.Skip()
	}
	*t = append(*t, transaction{})
	return d.DecodeElement(&(*t)[len(*t)-1], &start)
}

type transaction struct {
	EndToEnd   string        `xml:"Refs>EndToEndId"`
	Mandate    string        `xml:"Refs>MndtId"`
	Cheque     string        `xml:"Refs>ChqNb"`
	ID         string        `xml:"Refs>TxId"`
	Reference  string        `xml:"Refs>AcctSvcrRef"`
	Amount     amountElement `xml:"Amt"`
	Booked     amountElement `xml:"AmtDtls>TxAmt>Amt"`
	Instructed amountElement `xml:"AmtDtls>InstdAmt>Amt"`
	Direction  string        `xml:"CdtDbtInd"`
	Charges    amountElement `xml:"Chrgs>TtlChrgsAndTaxAmt"`
	Code       codeElement   `xml:"BkTxCd"`
	Debtor     partyElement  `xml:"RltdPties>Dbtr"`
	DebtorAcct partyAccount  `xml:"RltdPties>DbtrAcct"`
	Creditor   partyElement  `xml:"RltdPties>Cdtr"`
	CredAcct   partyAccount  `xml:"RltdPties>CdtrAcct"`
	UltDebtor  partyElement  `xml:"RltdPties>UltmtDbtr"`
	UltCredit  partyElement  `xml:"RltdPties>UltmtCdtr"`
	Remittance []string      `xml:"RmtInf>Ustrd"`
	RemitRef   []string      `xml:"RmtInf>Strd>CdtrRefInf>Ref"`
	RemitRef1  []string      `xml:"RmtInf>Strd>CdtrRefInf>CdtrRef"`
	RemitMore  []string      `xml:"RmtInf>Strd>AddtlRmtInf"`
	Additional string        `xml:"AddtlTxInf"`
}

type partyElement struct {
	Name  string `xml:"Nm"`
	Name8 string `xml:"Pty>Nm"`
	Agent string `xml:"Agt>FinInstnId>Nm"`
}

type partyAccount struct {
	IBAN  string `xml:"Id>IBAN"`
	Other string `xml:"Id>Othr>Id"`
}

// maxValue bounds a value that is taken.
const maxValue = 2000

func clean(s string) string {
	return locale.Line(strings.ToValidUTF8(s[:min(len(s), maxValue)], ""))
}

// account returns the account an element names; an IBAN in the place of another
// number is still an IBAN.
func (e *accountElement) account() *bank.Account {
	a := &bank.Account{
		Institution: clean(cmp.Or(e.Bank.Name, e.Bank.BICFI, e.Bank.BIC)),
		BIC:         clean(cmp.Or(e.Bank.BICFI, e.Bank.BIC)),
		Number:      clean(cmp.Or(e.IBAN, e.Other, e.Other1, e.BBAN)),
		Label:       clean(e.Name),
		Owner:       clean(e.Owner),
		Currency:    locale.Currency(e.Ccy),
		Kind:        accountKinds[clean(e.Type)],
	}
	if iban, ok := locale.IBAN(a.Number); ok || e.IBAN != "" {
		a.IBAN, a.Number = cmp.Or(iban, strings.ToUpper(strings.Join(strings.Fields(a.Number), ""))), ""
	} else {
		a.Bank = a.BIC
	}
	return a
}

// accountKinds are the codes of ExternalCashAccountType1Code with a kind.
var accountKinds = map[string]string{"CACC": "checking", "CASH": "checking", "TRAN": "checking", "SVGS": "savings", "LOAN": "loan", "CARD": "card"}

// iban returns the account's IBAN, or "" when it has none.
func (p *partyAccount) iban() string {
	iban, _ := locale.IBAN(cmp.Or(clean(p.IBAN), clean(p.Other)))
	return iban
}

func (p *partyElement) name() string { return clean(cmp.Or(p.Name, p.Name8, p.Agent)) }

func (a *amountElement) currency() string { return locale.Currency(a.Ccy) }

func (a *amountElement) present() bool { return strings.TrimSpace(a.Value) != "" }

// decimal reads the amount, which has no sign.
func (a *amountElement) decimal() (penates.Decimal, error) {
	return penates.ParseDecimal(strings.TrimSpace(a.Value))
}

// signed reads the amount with the sign of its direction.
func (a *amountElement) signed(direction string) (penates.Decimal, error) {
	d, err := a.decimal()
	if err != nil {
		return "", err
	}
	switch strings.TrimSpace(direction) {
	case "CRDT":
		return d, nil
	case "DBIT":
		return d.Neg(), nil
	}
	return "", fmt.Errorf("direction %q: %w", clean(direction), penates.Invalid)
}

// day returns the day, zero when there is none.
func (d *dateElement) day() (penates.Moment, error) {
	s := strings.TrimSpace(cmp.Or(d.Day, d.Time))
	if s == "" {
		return penates.Moment{}, nil
	}
	return locale.Day(s, locale.YMD)
}

func (s *statusElement) status() string {
	switch clean(cmp.Or(s.Code, s.Text)) {
	case "PDNG", "INFO", "FUTR":
		return bank.Pending
	}
	return bank.Booked
}

// kind returns the kind of operation of a bank transaction code (External Code
// Sets of ISO 20022), "" when it does not tell.
func (c *codeElement) kind() string {
	return bank.FamilyKind(clean(c.Family), clean(c.SubFamily))
}
