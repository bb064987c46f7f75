package receipt_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/receipt"
	"penates/internal/vault"
)

func signer(seed byte) (ed25519.PublicKey, func([]byte) ([]byte, error)) {
	secret := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(seed), ed25519.SeedSize)))
	return secret.Public().(ed25519.PublicKey), func(m []byte) ([]byte, error) { return ed25519.Sign(secret, m), nil }
}

func example() *vault.Granted {
	return &vault.Granted{Added: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Grant: grant.Grant{
		ID: "grt_a", Grantee: "app:budget", Actions: []penates.Action{penates.Read}, Purpose: "budget check",
		Expires: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Statement: "Budget asks to read your health records.",
		Client: &grant.Client{Name: "Budget", URI: "https://budget.example", Policy: "https://budget.example/privacy", Returns: "budget.example"},
		Selections: []grant.Selection{{Type: penates.Health, From: "2025-01-01", Fields: []string{"day"}, Source: "fhir",
			Where: []grant.Condition{{Field: "code", Op: grant.In, Values: []string{"a", "b"}}}}},
	}}
}

func TestReceipt(t *testing.T) {
	public, sign := signer('a')
	jws, err := receipt.Of(example(), "vlt_1", "fr").Sign(public, sign)
	if err != nil {
		t.Fatal(err)
	}
	again, err := receipt.Of(example(), "vlt_1", "fr").Sign(public, sign)
	if err != nil || again != jws {
		t.Error("the same consent has two receipts")
	}
	r, err := receipt.Verify(jws, public)
	if err != nil {
		t.Fatal(err)
	}
	use := r.Purposes[0]
	if r.ID != "grt_a" || r.Principal != "vlt_1" || use.Purpose != "budget check" || use.LawfulBasis != "dpv:Consent" || use.Notice != "https://budget.example/privacy" ||
		!use.PII[0].Sensitive || use.PII[0].Condition[0] != "code in a,b" || r.Parties[1].Name != "Budget" || r.Events[0].State != "given" || len(r.Events) != 1 {
		t.Errorf("%+v", r)
	}
	ended := example()
	ended.Ended = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	if r := receipt.Of(ended, "vlt_1", "fr"); len(r.Events) != 2 || r.Events[1].State != "withdrawn" {
		t.Errorf("after it was stopped: %+v", r.Events)
	}
}

func TestVerifyRefuses(t *testing.T) {
	public, sign := signer('a')
	other, _ := signer('b')
	jws, err := receipt.Of(example(), "vlt_1", "fr").Sign(public, sign)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(jws, ".")
	changed := strings.Replace(parts[1], parts[1][20:24], "AAAA", 1)
	for name, bad := range map[string]string{
		"empty": "", "two parts": parts[0] + "." + parts[1], "changed": parts[0] + "." + changed + "." + parts[2], "no signature": parts[0] + "." + parts[1] + ".",
		"no algorithm": "eyJhbGciOiJub25lIn0." + parts[1] + ".", "padding": jws + "=", "long": strings.Repeat("a", 2<<20),
	} {
		if _, err := receipt.Verify(bad, public); !errors.Is(err, penates.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := receipt.Verify(jws, other); !errors.Is(err, penates.Invalid) {
		t.Errorf("another key: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	public, sign := signer('a')
	jws, err := receipt.Of(example(), "vlt_1", "fr").Sign(public, sign)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(jws)
	f.Add("e30.e30.e30")
	f.Add("..")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := receipt.Verify(s, public)
		if err != nil && !errors.Is(err, penates.Invalid) {
			t.Error(err)
		}
		if err == nil && s != jws {
			t.Errorf("a forged receipt passes: %+v", r)
		}
	})
}
