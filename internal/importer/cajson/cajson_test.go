package cajson_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/cajson"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const accounts = `[
 {"solde": 250.10, "numeroCompte": "00123456789", "libelleProduit": "Compte de Dépôt", "libellePartenaire": "MME LEROY ZOE",
  "grandeFamilleProduitCode": "1", "idDevise": "EUR", "operationsInfo": {"hasNext": false, "listeOperations": [
   {"dateOperation": "Jan 5, 2026, 12:00:00 AM", "libelleOperation": "VIREMENT DU PORT", "libelleTypeOperation": "VIREMENT EN VOTRE FAVEUR", "montant": "1 200,50", "libelleDevise": "€", "fitid": "F1"}]}, "operations": null},
 {"solde": 99, "numeroCompte": "00987654321", "libelleProduit": "Livret A", "libelleCompte": "MME LEROY ZOE", "grandeFamilleProduitCode": 3,
  "dateValorisationEpargne": "2026-01-31", "idDevise": "EUR", "operations": []}
]`

const operations = `[
 {"dateOperation": "Jan 15, 2026 12:00:00 AM", "dateValeur": "Jan 16, 2026 12:00:00 AM", "libelleOperation": "PAIEMENT CB BOULANGERIE DUVAL", "libelleTypeOperation": "PAIEMENT PAR CARTE",
  "montant": -3.5, "idDevise": "EUR", "libelleComplementaire": "CARTE 1234", "referenceMandat": "", "referenceClient": "R1", "fitid": "F2"},
 {"dateOperation": "Jan 15, 2026 12:00:00 AM", "libelleOperation": "PRELEVEMENT", "libelleTypeOperation": "PRELEVEMENT", "montant": -20, "idDevise": "EUR", "referenceMandat": "M-1", "referenceClient": "R2", "fitid": "F3"}
]`

const cards = `[{"idPorteur": "1", "idContratCarte": "0001", "porteur": "MME ZOE LEROY", "typeCarte": "VISA", "idCarte": "4970 10XX XXXX 4321", "idCompte": "00123456789", "encoursCarteM": 9.9}]`

const cardOperations = `{"hasNext": true, "listeOperations": [
 {"datePrelevement": "Jan 31, 2026, 12:00:00 AM", "dateOperation": "Jan 12, 2026, 12:00:00 AM", "libelleOperation": "QUAI DES LIVRES", "montant": -9.9, "idDevise": "EUR", "fitid": ""},
 {"datePrelevement": "Jan 31, 2026, 12:00:00 AM", "dateOperation": "Jan 12, 2026, 12:00:00 AM", "libelleOperation": "QUAI DES LIVRES", "montant": -9.9, "idDevise": "EUR", "fitid": ""}]}`

const iban = `{"ibanData": {"ibanData": {"ibanCode": "FR14 2004 1010 0505 0001 3M02 606"}}}`

func describe(c *importertest.Collector) string {
	var lines []string
	for i, d := range c.Documents {
		switch body := c.Bodies[i].(type) {
		case schema.BankOperation:
			lines = append(lines, fmt.Sprintf("%s | %s %s %s %s | %s | %s | %s | %s", d.Source.Connection, d.Time.Start, body.ValueDate,
				d.Money.Amount, d.Money.Currency, d.Text, body.Counterparty, body.Kind, body.Reference))
		case schema.BankAccount:
			lines = append(lines, fmt.Sprintf("%s = %s %v %s %s %s %s", d.Source.Connection, d.Text, d.Money, body.Kind, body.BalanceDate, d.Party("owner").Literal, d.Ref(penates.RefAccount)))
		}
	}
	return strings.Join(lines, "\n")
}

func TestRead(t *testing.T) {
	for _, tt := range []struct{ name, content, want string }{
		{"accounts.json", accounts, `00123456789 | 2026-01-05  1200.50 EUR | VIREMENT DU PORT | PORT | transfer | 
00123456789 = Compte de Dépôt 00123456789 &{250.10 EUR} checking  MME LEROY ZOE 00123456789
00987654321 = Livret A 00987654321 &{99 EUR} savings 2026-01-31 MME LEROY ZOE 00987654321`},
		{"export/account_00123456789_operations.json", operations, `00123456789 | 2026-01-15 2026-01-16 -3.5 EUR | PAIEMENT CB BOULANGERIE DUVAL CARTE 1234 | BOULANGERIE DUVAL | card | R1
00123456789 | 2026-01-15  -20 EUR | PRELEVEMENT |  | debit | M-1`},
		{"other.json", operations, `OPERATIONS | 2026-01-15 2026-01-16 -3.5 EUR | PAIEMENT CB BOULANGERIE DUVAL CARTE 1234 | BOULANGERIE DUVAL | card | R1
OPERATIONS | 2026-01-15  -20 EUR | PRELEVEMENT |  | debit | M-1`},
		{"cards.json", cards, `XXXXXXXXXXXX4321 = VISA XXXX XXXX XXXX 4321 <nil> card  MME ZOE LEROY XXXXXXXXXXXX4321`},
		{"Card_4321_operations.json", cardOperations, `XXXXXXXXXXXX4321 | 2026-01-12 2026-01-31 -9.9 EUR | QUAI DES LIVRES | QUAI DES LIVRES | card | 
XXXXXXXXXXXX4321 | 2026-01-12 2026-01-31 -9.9 EUR | QUAI DES LIVRES | QUAI DES LIVRES | card | `},
		{"account_1_iban.json", iban, `FR1420041010050500013M02606 = Crédit Agricole FR1420041010050500013M02606 <nil>    0500013M026`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := cajson.Format.Recognise(importertest.File(tt.name, []byte(tt.content)).Head); got != 95 {
				t.Errorf("recognised at %d", got)
			}
			c, err := importertest.Read(cajson.Format, tt.name, []byte(tt.content))
			if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
				t.Fatalf("%v, %v, %d repeated", err, c.Refusals, c.Repeated)
			}
			if got := describe(c); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
	c, err := importertest.Read(cajson.Format, "account_00123456789_operations.json", []byte(operations))
	if err != nil || c.Documents[0].Source.NativeID != "F2@2026-01-15@-3.5" || c.Documents[0].Source.Locator != "line=3" {
		t.Errorf("%v, %+v", err, c.Documents[0].Source)
	}
}

func TestBadRecords(t *testing.T) {
	content := `[1,
{"a": 1},
{"dateOperation": "soon", "montant": 1},
{"dateOperation": "Jan 1, 2026", "montant": "x"},
{"dateOperation": "Jan 1, 2026", "montant": 1},
{"ibanData": {"ibanData": {"ibanCode": "FR00"}}},
{"ibanData": []},
{"numeroCompte": "12", "operations": 5},
{"numeroCompte": "12", "operations": [[], {"dateOperation": "Jan 1, 2026", "montant": 1e400}]},
{"dateOperation": "Jan 1, 2026", "montant": 1, "idDevise": "EUR"},
{"cut": `
	c, err := importertest.Read(cajson.Format, "x", []byte(content))
	if !errors.Is(err, penates.Invalid) {
		t.Error(err)
	}
	var got []string
	for _, r := range c.Refusals {
		got = append(got, fmt.Sprintf("%d: %v", r.Line, r.Err))
	}
	want := `1: no object where a record is expected: not valid
2: a record that is no account, card or operation: not supported
3: dateOperation: date "soon": not valid
4: montant: amount "x": not valid
5: the operation of 2026-01-01 has no currency: not valid
6: ibanCode "FR00": not valid
7: ibanData: not valid
8: no list where operations are expected: not valid
9: no object where an operation is expected: not valid
9: montant: amount "1e400": not valid`
	if strings.Join(got, "\n") != want || len(c.OfType(penates.BankOperations)) != 1 {
		t.Errorf("%s\nrefusals\n%s", describe(c), strings.Join(got, "\n"))
	}
}

func TestRecogniseOthers(t *testing.T) {
	for _, s := range []string{"", "{}", "[]", `{"montant": 1, "dateOperation": ""}`, "numeroCompte libelleProduit solde", `{"numeroCompte": "1"}`} {
		if got := cajson.Format.Recognise(importer.Head{Bytes: []byte(s)}); got != 0 {
			t.Errorf("%q recognised at %d", s, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{accounts, operations, cards, cardOperations, iban, `[[]]`, `{"listeOperations": {"listeOperations": [{}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		cajson.Format.Recognise(importertest.File("x", b).Head)
		c, err := importertest.Read(cajson.Format, "account_0012_operations", b)
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
	one := strings.Trim(operations, "[]\n ")
	content := []byte("[" + strings.Repeat(one+",\n", 10_000) + one + "]")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(cajson.Format, "account_0012_operations", content); err != nil || len(c.Documents) != 20_002 {
			b.Fatal(err)
		}
	}
}
