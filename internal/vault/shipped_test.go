package vault_test

import (
	"context"
	"testing"
	"time"

	"penates/internal/ship"
	"penates/internal/vault/vaulttest"
)

// Readers that stay at a state of the database between reads do not keep a snapshot
// from being taken, nor do those that begin meanwhile.
func TestSnapshotAmongReaders(t *testing.T) {
	v, s := vaulttest.Vault(t)
	vaulttest.Fill(t, s, note("a", "a text"))
	ask := func() {
		if _, err := s.Query(t.Context(), "SELECT count(*) FROM documents", 1); err != nil {
			t.Error(err)
		}
	}
	ask()
	source, err := v.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	release, err := source.Still(ctx, func(ship.Point) error {
		ask()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ask()
	release()
	ask()
}
