package psd2_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/psd2"
	"penates/internal/schema"
)

// transactions is an answer whose account and balances follow.
const transactions = `{
 "transactions": {
  "booked": [
   {"transactionId": "T1", "bookingDate": "2026-01-15", "valueDate": "2026-01-16", "transactionAmount": {"currency": "EUR", "amount": "-12.50"},
    "creditorName": "Quai des Livres", "creditorAccount": {"iban": "DE89 3704 0044 0532 0130 00"}, "debtorName": "Zoé Leroy", "debtorAccount": {"iban": "FR1420041010050500013M02606"},
    "endToEndId": "E-1", "bankTransactionCode": "PMNT-ICDT-ESCT", "remittanceInformationUnstructured": "order 7", "additionalInformation": "thank you"},
   {"internalTransactionId": "T2", "bookingDateTime": "2026-01-17T10:00:00+01:00", "transactionAmount": {"currency": "EUR", "amount": 1500},
    "debtorName": "Werft", "endToEndId": "NOTPROVIDED", "remittanceInformationUnstructuredArray": ["wages", "January"], "proprietaryBankTransactionCode": "NTRF+153"},
   {"bookingDate": "2026-01-18", "transactionAmount": {"currency": "EUR", "amount": "9.99"}, "creditDebitIndicator": "DBIT",
    "remittanceInformationStructured": {"reference": "RF18", "referenceType": "SCOR"}, "mandateId": "M1", "bankTransactionCode": "PMNT-RDDT-ESDD"},
   {"bookingDate": "2026-01-18", "transactionAmount": {"currency": "EUR", "amount": "-1"}, "remittanceInformationUnstructured": "CARTE 17/01 BOULANGERIE DUVAL",
    "currencyExchange": {"instructedAmount": {"amount": "-1.10", "currency": "USD"}}},
   {"bookingDate": "2026-01-18", "transactionAmount": {"currency": "EUR", "amount": "-1"}, "remittanceInformationUnstructured": "CARTE 17/01 BOULANGERIE DUVAL"}
  ],
  "pending": [{"valueDate": "2026-01-20", "transactionAmount": {"amount": "-3.00"}, "creditorName": "Kiosk"}],
  "information": [{"standingOrderDetails": {}}],
  "_links": {"account": {"href": "/v1/accounts/abc?x=1"}}
 },
 "account": {"iban": "FR1420041010050500013M02606", "currency": "EUR", "ownerName": "Zoé Leroy"},
 "balances": [
  {"balanceType": "closingBooked", "balanceAmount": {"currency": "EUR", "amount": "100.00"}, "referenceDate": "2026-01-18"},
  {"balanceType": "openingBooked", "balanceAmount": {"currency": "EUR", "amount": 7}, "referenceDate": "2026-01-19"},
  {"balanceType": "interimAvailable", "balanceAmount": {"currency": "EUR", "amount": "97.00"}}
 ]
}`

const wantTransactions = `FR1420041010050500013M02606 | 2026-01-15 2026-01-16 -12.50 EUR booked | Quai des Livres order 7 | DE89370400440532013000 | transfer | E-1 | thank you | 
FR1420041010050500013M02606 | 2026-01-17  1500 EUR booked | Werft wages January |  | transfer |  |  | 
FR1420041010050500013M02606 | 2026-01-18  -9.99 EUR booked | RF18 |  | debit | M1 |  | 
FR1420041010050500013M02606 | 2026-01-18  -1 EUR booked | CARTE 17/01 BOULANGERIE DUVAL |  | card |  |  | -1.10 USD
FR1420041010050500013M02606 | 2026-01-18  -1 EUR booked | CARTE 17/01 BOULANGERIE DUVAL |  | card |  |  | 
FR1420041010050500013M02606 | 2026-01-20 2026-01-20 -3.00 EUR pending | Kiosk |  |  |  |  | 
FR1420041010050500013M02606 = FR1420041010050500013M02606 &{100.00 EUR}  2026-01-18 97.00 Zoé Leroy`

// list is a list of accounts with balances, one of them without IBAN.
const list = `{"accounts": [
 {"resourceId": "r1", "iban": "FR1420041010050500013M02606", "currency": "EUR", "name": "Everyday", "cashAccountType": "CACC", "ownerNames": [{"name": "Zoé"}],
  "balances": [{"balanceType": "expected", "balanceAmount": {"currency": "EUR", "amount": "5.00"}, "lastChangeDateTime": "2026-01-18T10:00:00Z"}]},
 {"resourceId": "r2", "currency": "EUR", "product": "Savings", "cashAccountType": "SVGS", "_links": {}},
 {"resourceId": "r3", "iban": "NOT-AN-IBAN", "currency": "EUR", "balances": {}}
]}`

const wantList = `FR1420041010050500013M02606 = Everyday FR1420041010050500013M02606 &{5.00 EUR} checking 2026-01-18  Zoé
R2 = Savings <nil> savings   
NOT-AN-IBAN = NOT-AN-IBAN <nil>    `

// cards is a page of card transactions, and one without an account.
const cards = `[{"cardAccount": {"maskedPan": "497010XXXXXX4321", "currency": "EUR"}, "cardTransactions": {"booked": [
 {"cardTransactionId": "C1", "transactionDate": "2026-01-14", "bookingDate": "2026-01-15", "transactionAmount": {"currency": "EUR", "amount": "-20"},
  "originalAmount": {"currency": "USD", "amount": "-21.50"}, "markupFee": {"currency": "EUR", "amount": "0.30"}, "cardAcceptorName": "Harbour Café", "transactionDetails": "HARBOUR CAFE NEW YORK"}], "pending": null}},
 {"transactions": {"booked": [{"transactionId": "T9", "bookingDate": "2026-01-15", "transactionAmount": {"currency": "EUR", "amount": "2"}}], "_links": {"account": "/v1/accounts/xyz/"}}},
 {"transactions": {"pending": [{"bookingDate": "2026-01-15", "transactionAmount": {"currency": "EUR", "amount": "3"}}]}}]`

const wantCards = `497010XXXXXX4321 | 2026-01-15  -20 EUR booked | Harbour Café HARBOUR CAFE NEW YORK |  | card |  |  | -21.50 USD
XYZ | 2026-01-15  2 EUR booked | transaction |  |  |  |  | 
ACCOUNT | 2026-01-15  3 EUR pending | transaction |  |  |  |  | 
497010XXXXXX4321 = 497010XXXXXX4321 <nil> card   `

func describe(c *importertest.Collector) string {
	var lines []string
	for i, d := range c.Documents {
		switch body := c.Bodies[i].(type) {
		case schema.BankOperation:
			lines = append(lines, fmt.Sprintf("%s | %s %s %s %s %s | %s | %s | %s | %s | %s | %s", d.Source.Connection, d.Time.Start, body.ValueDate,
				d.Money.Amount, d.Money.Currency, body.Status, d.Text, body.CounterpartyIBAN, body.Kind, body.Reference, body.Memo, body.OriginalAmount))
		case schema.BankAccount:
			lines = append(lines, fmt.Sprintf("%s = %s %v %s %s %s %s", d.Source.Connection, d.Text, d.Money, body.Kind, body.BalanceDate, body.Available, d.Party("owner").Literal))
		}
	}
	return strings.Join(lines, "\n")
}

func TestRead(t *testing.T) {
	for _, tt := range []struct{ name, content, want string }{
		{"transactions", transactions, wantTransactions},
		{"list", list, wantList},
		{"cards", cards, wantCards},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := psd2.Format.Recognise(importertest.File("x", []byte(tt.content)).Head); got != 90 {
				t.Errorf("recognised at %d", got)
			}
			c, err := importertest.Read(psd2.Format, "x", []byte(tt.content))
			if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
				t.Fatalf("%v, %v, %d repeated", err, c.Refusals, c.Repeated)
			}
			if got := describe(c); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestSources(t *testing.T) {
	c, err := importertest.Read(psd2.Format, "x", []byte(transactions))
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Documents[0].Source; s.NativeID != "T1@2026-01-15@-12.5" || s.Locator != "line=6" {
		t.Errorf("%+v", s)
	}
	if body := c.Bodies[3].(schema.BankOperation); body.Counterparty != "BOULANGERIE DUVAL" || body.RealisationDate != "2026-01-17" {
		t.Errorf("%+v", body)
	}
	if a, b := c.Documents[3].Source.NativeID, c.Documents[4].Source.NativeID; b != a+"#2" {
		t.Errorf("equal transactions are named %s and %s", a, b)
	}
	c, err = importertest.Read(psd2.Format, "x", []byte(cards))
	if body := c.Bodies[0].(schema.BankOperation); err != nil || body.Fees != "0.30" || body.RealisationDate != "2026-01-14" {
		t.Errorf("%v, %+v", err, body)
	}
}

// Whose money moved is told by the accounts, and else by the sign.
func TestOther(t *testing.T) {
	const own, foreign = "FR1420041010050500013M02606", "DE89370400440532013000"
	for _, tt := range []struct{ amount, debtor, creditor, want string }{
		{"-1", own, foreign, "C " + foreign}, {"1", foreign, own, "D " + foreign}, {"1", own, foreign, "C " + foreign},
		{"-1", "", "", "C "}, {"1", "", "", "D "}, {"1", own, own, "D "},
	} {
		content := fmt.Sprintf(`{"account": {"iban": %q}, "transactions": {"booked": [{"bookingDate": "2026-01-15", "transactionAmount": {"currency": "EUR", "amount": %q},
			"debtorName": "D", "creditorName": "C", "debtorAccount": {"iban": %q}, "creditorAccount": {"iban": %q}}]}}`, own, tt.amount, tt.debtor, tt.creditor)
		c, err := importertest.Read(psd2.Format, "x", []byte(content))
		if err != nil || len(c.Refusals) > 0 {
			t.Fatal(err, c.Refusals)
		}
		if body := c.Bodies[0].(schema.BankOperation); body.Counterparty+" "+body.CounterpartyIBAN != tt.want {
			t.Errorf("%v: %s %s", tt, body.Counterparty, body.CounterpartyIBAN)
		}
	}
}

func TestBadRecords(t *testing.T) {
	content := `{"account": {"bban": "12"}, "accounts": [5,
{}],
"transactions": {"booked": [7,
{"bookingDate": "2026-01-01"},
{"transactionAmount": {"amount": "1", "currency": "EUR"}},
{"bookingDate": "soon", "transactionAmount": {"amount": "1", "currency": "EUR"}},
{"bookingDate": "2026-01-01", "transactionAmount": {"amount": "1"}},
{"bookingDate": "2026-01-01", "transactionAmount": {"amount": "1", "currency": "EUR"}, "originalAmount": 5, "creditorAccount": "x", "currencyExchange": [[]]}]},
"balances": ["x",
{"balanceAmount": {"amount": "x"}},
{"balanceAmount": {"amount": "1"}, "referenceDate": "never"}],
"cut": `
	c, err := importertest.Read(psd2.Format, "x", []byte(content))
	if !errors.Is(err, penates.Invalid) {
		t.Error(err)
	}
	var got []string
	for _, r := range c.Refusals {
		got = append(got, fmt.Sprintf("%d: %v", r.Line, r.Err))
	}
	want := `1: account: no number: not valid
2: account: no number: not valid
3: booked transaction: no object, or members of another type: not valid
4: booked transaction: amount "": not valid
5: booked transaction: no date: not valid
6: booked transaction: date "soon": not valid
7: the operation of 2026-01-01 has no currency: not valid
9: balance: not valid
10: balance: amount "x": not valid
11: balance: referenceDate: date "never": not valid`
	if strings.Join(got, "\n") != want || len(c.OfType(penates.BankOperations)) != 1 || len(c.OfType(penates.BankAccounts)) != 1 {
		t.Errorf("%s\nrefusals\n%s", describe(c), strings.Join(got, "\n"))
	}
	if _, err := importertest.Read(psd2.Format, "x", []byte(`{"transactions": [1]}`)); !errors.Is(err, penates.Invalid) {
		t.Errorf("a list of transactions: %v", err)
	}
}

func TestRecogniseOthers(t *testing.T) {
	for _, s := range []string{"", "{}", "[]", `{"account": 1}`, "accounts cashAccountType", `{"booked": [], "pending": []}`} {
		if got := psd2.Format.Recognise(importer.Head{Bytes: []byte(s)}); got != 0 {
			t.Errorf("%q recognised at %d", s, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{transactions, list, cards, `{"transactions": {"booked": [{"remittanceInformationStructuredArray": [[]]}]}}`, `[[]]`, `{"_links": {"account": {"href": "///"}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		psd2.Format.Recognise(importertest.File("x", b).Head)
		c, err := importertest.Read(psd2.Format, "x", b)
		if err != nil && !errors.Is(err, penates.TooLarge) && !errors.Is(err, penates.Invalid) {
			t.Errorf("%v", err)
		}
		for i, d := range c.Documents {
			if _, ok := c.Bodies[i].(schema.BankOperation); ok && (d.Text == "" || d.Time.Start.IsZero() || d.Source.Connection == "") {
				t.Errorf("%+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	before, rest, _ := strings.Cut(transactions, `"booked": [`)
	booked, after, _ := strings.Cut(rest, "\n  ],")
	content := []byte(before + `"booked": [` + strings.Repeat(booked+",", 2_000) + booked + "\n  ]," + after)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(psd2.Format, "x", content); err != nil || len(c.Documents) != 10_007 {
			b.Fatal(err, len(c.Documents))
		}
	}
}
