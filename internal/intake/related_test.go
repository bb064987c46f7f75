package intake_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"penates"
	"penates/internal/intake"
	"penates/internal/vault/vaulttest"
)

// A debit pays a bill; when it is thrown away the other debit that may have paid it
// does, and when it comes back things are as they were.
func TestRelatedAfterTrashAndRestore(t *testing.T) {
	s := vaulttest.New(t)
	gather(t, s, map[string]string{
		"releve.csv": "Date d'opération;Date de valeur;Montant;Libellé;Solde\n16/03/2026;16/03/2026;-42,42;PRLV EAU DU LAC;\n02/04/2026;02/04/2026;-42,42;PRLV EAU DU LAC;\n",
		"bills.json": `[{"issuer": "Eau du Lac", "amount": 42.42, "date": "2026-03-14", "invoice_number": "F-1", "currency": "EUR"}]`,
	})
	paid := func() (by string) {
		t.Helper()
		table, err := s.Query(t.Context(), `SELECT "from", day FROM links JOIN bank_operations o ON o.id = "from" WHERE rel = 'pays'`, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range table.Rows {
			by += fmt.Sprint(r[1], " ")
		}
		return by
	}
	if got := paid(); got != "2026-03-16 " {
		t.Fatalf("paid by %q", got)
	}
	table, err := s.Query(t.Context(), "SELECT id FROM bank_operations WHERE day = '2026-03-16'", 1)
	if err != nil {
		t.Fatal(err)
	}
	first := penates.DocumentID(table.Rows[0][0].(string))
	for _, step := range []struct {
		act  func(context.Context, ...penates.DocumentID) error
		want string
	}{{s.Trash, "2026-04-02 "}, {s.Restore, "2026-03-16 "}, {s.Trash, "2026-04-02 "}} {
		if err := intake.Related(s, step.act)(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if got := paid(); got != step.want {
			t.Errorf("paid by %q, want %q", got, step.want)
		}
	}
	if err := intake.Related(s, s.Trash)(t.Context(), "doc_none"); !errors.Is(err, penates.NotExist) {
		t.Error(err)
	}
}
