package intake_test

import (
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// An import of an export names each grant that others held, and says in both
// languages why this vault does not give it.
func TestGrantsOfTheFormerVault(t *testing.T) {
	there, here := vaulttest.New(t), vaulttest.New(t)
	give := func(who penates.Actor, client *grant.Client, expires time.Time) penates.GrantID {
		t.Helper()
		g, err := there.AddGrant(t.Context(), grant.Grant{
			Grantee: who, Client: client, Actions: []penates.Action{penates.Read}, Purpose: "dpv:PersonalFinancialManagement",
			Selections: []grant.Selection{{Type: penates.BankOperations}}, Expires: expires,
		})
		if err != nil {
			t.Fatal(err)
		}
		return g.ID
	}
	later := time.Now().Add(time.Hour)
	give("app:budget", &grant.Client{ID: "budget", Actor: "app:budget", Name: "My budget"}, later)
	give("person:zoe@example.org", nil, later)
	if err := there.Revoke(t.Context(), give("service:tax", nil, later)); err != nil {
		t.Fatal(err)
	}
	soon := []byte(`"expires":"2020-01-01T00:00:00Z","grantee":"insight:old"`)
	give("insight:old", nil, later)
	whole := changed(t, exported(t, there), "grants.jsonl", func(b []byte) []byte {
		for line := range strings.Lines(string(b)) {
			if strings.Contains(line, "insight:old") {
				b = append(b, "{"+string(soon)+`,"id":"grt_past","actions":["read"],"selections":[{"type":"penates.notes"}]}`+"\n"...)
				b = append(b, `{"grantee":"app:other","id":"grt_on","parent":"grt_x","actions":["read"],"selections":[{"type":"penates.notes"}]}`+"\n"...)
			}
		}
		return b
	})
	notes := strings.Join(bring(t, here, "penates.zip", whole).Notes, "\n")
	for _, want := range []string{
		"My budget (app:budget) (read: io.cozy.bank.operations) is not taken over: it is bound to the client", "qu'il s'enregistre ici et redemande",
		"person:zoe@example.org (read: io.cozy.bank.operations) is not taken over: it is bound to the key", "partagez de nouveau depuis ce coffre",
		"service:tax (read: io.cozy.bank.operations) is not taken over: it was withdrawn on " + time.Now().UTC().Format(time.DateOnly), "il a été retiré le ",
		"insight:old (read: penates.notes) is not taken over: it ended on 2020-01-01", "il a pris fin le 2020-01-01",
		"app:other (read: penates.notes) is not taken over: it was passed on", "il a été transmis",
		"insight:old (read: io.cozy.bank.operations) is not taken over: it is bound to the keys", "accordez-le de nouveau",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is not in\n%s", want, notes)
		}
	}
	if strings.Contains(notes, "owner") {
		t.Errorf("the owner's own grant is named:\n%s", notes)
	}
	granted, err := here.Grants(t.Context(), vault.GrantFilter{})
	if err != nil || len(granted) != 0 {
		t.Errorf("%+v, %v", granted, err)
	}
}
