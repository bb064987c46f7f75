package backup_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"penates/internal/backup"
	"penates/internal/ship"
	"penates/internal/vault"
)

// eventually waits until what happens beside the test has happened, by the clock of the
// test's bubble.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !happened(); time.Sleep(time.Second) {
		if time.Now().After(end) {
			t.Fatalf("after two minutes: %s", what)
		}
	}
}

// TestWatch lets a keeper watch a vault as a server does: changes are stored without
// anybody asking, a target that is added is taken up, each is restored for proof when
// that is due and not before, and nothing runs while the vault is locked.
func TestWatch(t *testing.T) { synctest.Test(t, watched) }

func watched(t *testing.T) {
	v, sh := newVault(t), newShelf()
	s := session(t, v)
	fill(t, s, 0, 20)
	if _, err := backup.Add(t.Context(), s, sh.open, backup.Target{URL: "memory://one", Window: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	k := backup.NewKeeper(sh.open, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		k.Watch(ctx, func() *vault.Vault { return v }, time.Hour)
		close(ended)
	}()
	defer func() { stop(); <-ended; k.Close(0) }()

	var proven time.Time
	eventually(t, "no copy was restored for proof", func() bool {
		targets, err := backup.Targets(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if p := targets[0].Proof; p != nil {
			if p.Failure != "" || p.Documents != 20 {
				t.Fatalf("%+v", p)
			}
			proven = p.At
		}
		return !proven.IsZero()
	})
	fill(t, s, 20, 30)
	want, err := s.Hashes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "what was added is not in the store", func() bool {
		return slices.Equal(stored(t, v, sh), want)
	})
	targets, err := backup.Targets(t.Context(), s)
	if err != nil || !targets[0].Proof.At.Equal(proven) {
		t.Errorf("proven again though it was not due: %+v, %v", targets[0].Proof, err)
	}
	if err := v.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := v.Unlock(t.Context(), []byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	s = session(t, v)
	fill(t, s, 30, 40)
	if want, err = s.Hashes(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "after it was locked and unlocked nothing is stored", func() bool {
		return slices.Equal(stored(t, v, sh), want)
	})
}

// stored returns the hashes of what can be restored.
func stored(t *testing.T, v *vault.Vault, sh *shelf) []vault.TypeHash {
	t.Helper()
	st, err := sh.open(t.Context(), "memory://one", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ship.OpenArchive(t.Context(), st, v.ID())
	if err != nil {
		t.Fatal(err)
	}
	twin, _, err := v.Twin(t.Context(), a, ship.RestoreOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := twin.Close(); err != nil {
			t.Error(err)
		}
	}()
	hashes, err := session(t, twin).Hashes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return hashes
}
