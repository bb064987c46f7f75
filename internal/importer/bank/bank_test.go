package bank_test

import (
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/importer/importertest"
	"penates/internal/schema"

	"pgregory.net/rapid"
)

func TestReadLabel(t *testing.T) {
	for label, want := range map[string]string{
		"PRLV SEPA EDF CLIENTS PARTICULIERS":        "debit|EDF CLIENTS PARTICULIERS|",
		"PRELEVEMENT EUROPEEN 1234567890 DE: MAIF":  "debit|MAIF|",
		"VIR SEPA RECU DE MME LEROY MOTIF loyer":    "transfer|MME LEROY|",
		"VIREMENT EN VOTRE FAVEUR CLUB DE VOILE":    "transfer|CLUB DE VOILE|",
		"CARTE 14/01/26 BOULANGERIE DUVAL CB*9876":  "card|BOULANGERIE DUVAL|2026-01-14",
		"FACTURE CARTE DU 140126 BOULANGERIE DUVAL": "card|BOULANGERIE DUVAL|2026-01-14",
		"PAIEMENT CB 1401 BOULANGERIE DUVAL":        "card|BOULANGERIE DUVAL|2026-01-14",
		"CARTE X9876 30/12 BOULANGERIE DUVAL":       "card|BOULANGERIE DUVAL|2025-12-30",
		"Duval | CARTE 14/01/26 BOULANGERIE DUVAL":  "card|BOULANGERIE DUVAL|2026-01-14",
		"RETRAIT DAB 13/01 GARE DE LYON":            "cash||2026-01-13",
		"CHEQUE 0001234":                            "check||",
		"COTISATION CARTE BANCAIRE":                 "fee||",
		"Intérêts créditeurs 2025":                  "interest||",
		"Boulangerie Duval":                         "||",
		"":                                          "||",
		"CARTE":                                     "card||",
		"CARTE 14/01/20 BOULANGERIE DUVAL":          "card|BOULANGERIE DUVAL|",
		"To Zoé Martin":                             "transfer|Zoé Martin|",
	} {
		told := bank.ReadLabel(label, penates.Day(2026, 1, 15))
		if got := told.Kind + "|" + told.Counterparty + "|" + told.Day.Date(); got != want {
			t.Errorf("%q tells %s, want %s", label, got, want)
		}
	}
}

func TestConnection(t *testing.T) {
	for _, c := range []struct {
		account bank.Account
		want    string
		refs    string
	}{
		{bank.Account{Bank: "30 003", Number: "123 456a"}, "30003:123456A", "[{account 123456A}]"},
		{bank.Account{Number: "4970"}, "4970", "[{account 4970}]"},
		{bank.Account{Bank: "x", Part: "current:EUR"}, "X:CURRENT:EUR", "[]"},
		{bank.Account{IBAN: "FR1420041010050500013M02606", Number: "0500013M026"}, "FR1420041010050500013M02606",
			"[{iban FR1420041010050500013M02606} {account 0500013M026}]"},
	} {
		if got := c.account.Connection(); got != c.want {
			t.Errorf("connection %q, want %q", got, c.want)
		}
		if got := fmt.Sprint(c.account.Refs()); got != c.refs {
			t.Errorf("refs %s, want %s", got, c.refs)
		}
	}
}

func TestMergeKeepsTheLaterBalance(t *testing.T) {
	a := bank.Account{Label: "Livret", Balance: "10", BalanceDay: penates.Day(2026, 1, 31)}
	a.Merge(&bank.Account{Label: "other", Number: "1", Balance: "5", BalanceDay: penates.Day(2025, 12, 31)})
	if a.Balance != "10" || a.Label != "Livret" || a.Number != "1" {
		t.Errorf("an older balance changed the account: %+v", a)
	}
	a.Merge(&bank.Account{Balance: "20", BalanceDay: penates.Day(2026, 2, 28)})
	if a.Balance != "20" || a.BalanceDay.Date() != "2026-02-28" {
		t.Errorf("a later balance was not taken: %+v", a)
	}
}

func TestGive(t *testing.T) {
	c := &importertest.Collector{Connector: "test"}
	a := &bank.Account{IBAN: "FR1420041010050500013M02606", Owner: "Mme Leroy", Balance: "12.50", Currency: "EUR"}
	o := bank.Operation{NativeID: "1", Locator: "line=7-9", Day: penates.Day(2026, 1, 15), Amount: "-3", Currency: "EUR",
		Body: schema.BankOperation{Label: "CARTE 14/01 DUVAL", CounterpartyIBAN: "DE89370400440532013000"}}
	if err := o.Give(c, a); err != nil {
		t.Fatal(err)
	}
	o.Currency = ""
	if err := o.Give(c, a); err != nil || len(c.Refusals) != 1 || c.Refusals[0].Line != 7 {
		t.Errorf("without currency: %v, %v", err, c.Refusals)
	}
	if err := a.Give(c, "line=1"); err != nil {
		t.Fatal(err)
	}
	d := c.Documents[0]
	if d.Money.Amount != "-3" || d.Party("counterparty") != (penates.Party{Role: "counterparty", Literal: "DUVAL", Address: "DE89370400440532013000"}) ||
		d.Ref(penates.RefIBAN) != a.IBAN || !d.Time.Start.DateOnly() || d.Text != "CARTE 14/01 DUVAL" {
		t.Errorf("operation %+v", d)
	}
	if body := c.Bodies[0].(schema.BankOperation); body.RealisationDate != "2026-01-14" || body.Kind != "card" || body.Status != bank.Booked || body.Account != a.IBAN {
		t.Errorf("body %+v", body)
	}
	if d := c.Documents[1]; d.Money.Amount != "12.50" || d.Party("owner").Literal != "Mme Leroy" || d.Type != penates.BankAccounts {
		t.Errorf("account %+v", d)
	}
}

func TestNamer(t *testing.T) {
	var one, two bank.Namer
	a, b, c := one.Hash("x", "y"), one.Hash("x", "y"), one.Hash("xy", "")
	if a == b || a == c || b != a+"#2" {
		t.Errorf("names %s %s %s", a, b, c)
	}
	for i := range 250_000 { // more than is remembered
		one.Unique(fmt.Sprint(i))
	}
	if got := one.Hash("x", "y"); got != a {
		t.Errorf("a record long past is %s, want %s again", got, a)
	}
	if x, y := two.Unique("n"), two.Unique("n"); x != "n" || y != "n#2" || two.Repeat("n") != 2 {
		t.Errorf("names %s %s", x, y)
	}
	if x, y := bank.Canonical("-12.500"), bank.Canonical("100"); x != "-12.5" || y != "100" {
		t.Errorf("canonical %s %s", x, y)
	}
}

func TestAdd(t *testing.T) {
	for _, c := range [][3]penates.Decimal{
		{"1", "-1", "0"}, {"0.1", "0.25", "0.35"}, {"-0.05", "0.01", "-0.04"}, {"100", "-99.995", "0.005"}, {"12.50", "0", "12.50"},
	} {
		if got, err := bank.Add(c[0], c[1]); err != nil || got != c[2] {
			t.Errorf("%s + %s = %s, %v, want %s", c[0], c[1], got, err, c[2])
		}
	}
	if _, err := bank.Add("x", "1"); err == nil {
		t.Error("x was added")
	}
	if _, err := bank.Add(penates.Decimal(strings.Repeat("9", 80)), "1"); err == nil {
		t.Error("a number beyond all bounds was added")
	}
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.Int64Range(-1e15, 1e15).Draw(t, "x"), rapid.Int64Range(-1e15, 1e15).Draw(t, "y")
		a, b := penates.Decimal(fmt.Sprint(x)), penates.Decimal(fmt.Sprint(y))
		if got, err := bank.Add(a, b); err != nil || string(got) != fmt.Sprint(x+y) {
			t.Fatalf("%d + %d = %s, %v", x, y, got, err)
		}
		if got, err := bank.Subtract(a, b); err != nil || string(got) != fmt.Sprint(x-y) || bank.Equal(a, b) != (x == y) {
			t.Fatalf("%d - %d = %s, %v", x, y, got, err)
		}
	})
}

func FuzzReadLabel(f *testing.F) {
	for _, s := range []string{"CARTE 14/01/26 BOULANGERIE CB*9876", "VIR SEPA", "PRLV \xff", "CB 3112 |", "a | b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		booked := penates.Day(2026, 1, 15)
		told := bank.ReadLabel(s, booked)
		if gap := booked.Time().Sub(told.Day.Time()).Hours() / 24; !told.Day.IsZero() && (gap < -1 || gap > 62) {
			t.Fatalf("%q was paid on %s", s, told.Day)
		}
		for word := range strings.FieldsSeq(strings.TrimSuffix(told.Counterparty, "…")) {
			if !strings.Contains(s, word) {
				t.Fatalf("%q is not in %q", told.Counterparty, s)
			}
		}
	})
}
