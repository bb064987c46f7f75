// Package vaulttest helps the tests of what stands on a vault.
package vaulttest

import (
	"testing"

	"penates"
	"penates/internal/schema"
	"penates/internal/seal"
	"penates/internal/vault"
)

// New returns the owner's session of a new vault in a folder of the test's own.
// Its passphrase costs next to nothing to guess.
func New(t testing.TB) *vault.Session {
	t.Helper()
	_, s := Vault(t)
	return s
}

// Vault returns a new vault and a session of its owner.
func Vault(t testing.TB) (*vault.Vault, *vault.Session) {
	t.Helper()
	v, _, err := vault.Create(t.Context(), t.TempDir(), []byte("for this test only"), vault.CreateOptions{
		Name: "Lou", Language: "fr", Zone: "Europe/Paris", Country: "FR", Cost: seal.Cost{Memory: 64, Passes: 1, Lanes: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := v.As(penates.Owner, "")
	if err != nil {
		t.Fatal(err)
	}
	return v, s
}

// An Item is a document with its body, or a series.
type Item struct {
	Document *penates.Document
	Body     schema.Body
	Series   *penates.Series
}

// Fill imports items. What lacks a connector is of the connector "test".
func Fill(t testing.TB, s *vault.Session, items ...Item) {
	t.Helper()
	job, err := s.StartJob(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	counter := job.Counter()
	for _, i := range items {
		if i.Series != nil {
			if i.Series.Source.Connector == "" {
				i.Series.Source.Connector = "test"
			}
			err = job.Points(counter, i.Series)
		} else {
			if i.Document.Source.Connector == "" {
				i.Document.Source.Connector = "test"
			}
			err = job.Document(counter, i.Document, i.Body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := job.End(t.Context()); err != nil {
		t.Fatal(err)
	}
}
