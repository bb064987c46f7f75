package backup_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"penates"
	"penates/internal/backup"
	"penates/internal/schema"
	"penates/internal/seal"
	"penates/internal/ship"
	"penates/internal/store"
	"penates/internal/store/storetest"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

const passphrase = "for this test only"

// shelf opens stores in memory by their address.
type shelf struct {
	mu     sync.Mutex
	stores map[string]store.Store
}

func newShelf() *shelf { return &shelf{stores: map[string]store.Store{}} }

func (s *shelf) open(_ context.Context, url string, _ *backup.Settings) (store.Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(url, "memory://") {
		return nil, fmt.Errorf("%s: %w", url, penates.Unsupported)
	}
	if s.stores[url] == nil {
		s.stores[url] = storetest.NewMemory()
	}
	return s.stores[url], nil
}

func newVault(t *testing.T) *vault.Vault {
	t.Helper()
	v, _, err := vault.Create(t.Context(), t.TempDir(), []byte(passphrase), vault.CreateOptions{
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
	return v
}

func session(t *testing.T, v *vault.Vault) *vault.Session {
	t.Helper()
	s, err := v.As(penates.Owner, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fill(t *testing.T, s *vault.Session, from, to int) {
	t.Helper()
	var items []vaulttest.Item
	for i := from; i < to; i++ {
		items = append(items, vaulttest.Item{
			Document: &penates.Document{Type: penates.Notes, Text: fmt.Sprint("note ", i), Source: penates.Source{NativeID: fmt.Sprint(i)}},
			Body:     &schema.Note{},
		})
	}
	vaulttest.Fill(t, s, items...)
}

func none(string, int64, int64) {}

// TestDrill ships a vault, proves the copy, damages the store and sees the drill
// say so.
func TestDrill(t *testing.T) {
	v, sh := newVault(t), newShelf()
	s := session(t, v)
	fill(t, s, 0, 50)
	if _, err := s.Keep(t.Context(), "a file", "text/plain", strings.NewReader(strings.Repeat("raw bytes ", 1000))); err != nil {
		t.Fatal(err)
	}
	target, err := backup.Add(t.Context(), s, sh.open, backup.Target{URL: "memory://one"})
	if err != nil {
		t.Fatal(err)
	}
	k := backup.NewKeeper(sh.open, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { k.Close(0) })
	if err := k.Sync(t.Context(), v, nil); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 50, 80)
	done, err := k.Drill(t.Context(), v, "", none)
	if err != nil {
		t.Fatal(err)
	}
	p := done.Proof
	if p.Failure != "" || p.Documents != 80 || p.Blobs != 1 || p.Proven != p.At || p.Point.Commit == 0 {
		t.Errorf("%+v", p)
	}
	states, err := k.States(t.Context(), s)
	if err != nil || len(states) != 1 || !states[0].Running || states[0].Target.Proof == nil || states[0].Error != "" {
		t.Fatalf("%+v %v", states, err)
	}
	copies, err := k.Copies(t.Context(), v, s)
	if err != nil || !slices.Equal(copies.Missing, []string{"copies"}) {
		t.Errorf("%+v %v", copies, err)
	}
	// Somebody empties the store but for its chain.
	st := sh.stores["memory://one"]
	for o, err := range st.List(t.Context(), v.ID()+"/obj/", "") {
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Delete(t.Context(), o.Name); err != nil {
			t.Fatal(err)
		}
	}
	done, err = k.Drill(t.Context(), v, target.ID, none)
	if !errors.Is(err, ship.Gap) || done.Proof.Failure == "" || done.Proof.Proven != p.Proven {
		t.Errorf("%v: %+v", err, done.Proof)
	}
}

// TestTargets adds, finds and removes targets.
func TestTargets(t *testing.T) {
	v, sh := newVault(t), newShelf()
	s := session(t, v)
	if _, err := backup.Find(t.Context(), s, ""); !errors.Is(err, penates.NotExist) {
		t.Error(err)
	}
	if _, err := backup.Add(t.Context(), s, sh.open, backup.Target{URL: "gopher://x"}); !errors.Is(err, penates.Unsupported) {
		t.Error(err)
	}
	a, err := backup.Add(t.Context(), s, sh.open, backup.Target{URL: "memory://user:secret@one/?key=secret"})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Address(); got != "memory://one/" {
		t.Errorf("address %s", got)
	}
	if _, err := backup.Add(t.Context(), s, sh.open, backup.Target{URL: a.URL}); !errors.Is(err, penates.Exists) {
		t.Error(err)
	}
	if _, err := backup.Add(t.Context(), s, sh.open, backup.Target{URL: "memory://two"}); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Find(t.Context(), s, ""); !errors.Is(err, penates.Invalid) {
		t.Error(err)
	}
	if _, err := backup.Remove(t.Context(), s, "memory://two"); err != nil {
		t.Fatal(err)
	}
	if left, err := backup.Targets(t.Context(), s); err != nil || len(left) != 1 || left[0].ID != a.ID {
		t.Error(left, err)
	}
}

// TestTakeOver lets a durable copy of a vault be taken over: the first is refused
// writes, and its owner reads why.
func TestTakeOver(t *testing.T) {
	v, sh := newVault(t), newShelf()
	s := session(t, v)
	fill(t, s, 0, 20)
	if _, err := backup.Add(t.Context(), s, sh.open, backup.Target{URL: "memory://one", Durable: true}); err != nil {
		t.Fatal(err)
	}
	k := backup.NewKeeper(sh.open, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { k.Close(0) })
	if err := k.Sync(t.Context(), v, nil); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 20, 40)
	a, err := ship.OpenArchive(t.Context(), sh.stores["memory://one"], v.ID())
	if err != nil {
		t.Fatal(err)
	}
	twin, _, err := v.Twin(t.Context(), a, ship.RestoreOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = twin.Close() })
	other := backup.NewKeeper(sh.open, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { other.Close(0) })
	// It is paused until its owner says so.
	if err := other.Sync(t.Context(), twin, nil); err != nil {
		t.Fatal(err)
	}
	if states, err := other.States(t.Context(), session(t, twin)); err != nil || states[0].Running || !states[0].Paused {
		t.Fatalf("%+v %v", states, err)
	}
	if err := ship.Resume(twin.Dir()); err != nil {
		t.Fatal(err)
	}
	if err := other.Sync(t.Context(), twin, nil); err != nil {
		t.Fatal(err)
	}
	fill(t, session(t, twin), 40, 60)
	if err := s.SetSetting(t.Context(), "name", "Zoé"); !errors.Is(err, ship.Fenced) || !errors.Is(err, penates.InUse) {
		t.Errorf("the copy that lost: %v", err)
	}
	if err := s.SetSetting(t.Context(), "name", "Zoé"); !errors.Is(err, ship.Fenced) {
		t.Errorf("the copy that lost, again: %v", err)
	}
}
