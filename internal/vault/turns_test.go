package vault

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/form"
	"penates/internal/schema"
	"penates/internal/seal"
	"penates/internal/vault/rows"
)

// TestWritersShareACommit holds the writer until several wait for it: one commit
// writes what all of them do, and the one that fails undoes nothing of the others.
func TestWritersShareACommit(t *testing.T) {
	v, _, err := Create(t.Context(), t.TempDir(), []byte("a passphrase for tests"), CreateOptions{Name: "Germaine", Cost: seal.Cost{Memory: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	w, before := v.open.w, v.open.w.ledger.Point().Commit
	const writers = 20
	w.mu.Lock()
	var all sync.WaitGroup
	errs := make([]error, writers)
	wrong := errors.New("wrong")
	for i := range writers {
		all.Go(func() {
			errs[i] = w.Do(t.Context(), func(c *conn) error {
				if err := setSetting(c, fmt.Sprint("test-", i), "x"); err != nil {
					return err
				}
				if i == 7 {
					return wrong
				}
				return nil
			})
		})
	}
	awaitTurns(t, w, writers)
	w.mu.Unlock()
	all.Wait()
	for i, err := range errs {
		if i == 7 != errors.Is(err, wrong) || i != 7 && err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if n := w.ledger.Point().Commit - before; n != 1 {
		t.Errorf("%d commits, want 1", n)
	}
	there := 0
	err = v.open.read(t.Context(), v.open.self, func(c *conn) error {
		_, err := c.One("SELECT count(*) FROM settings WHERE name LIKE 'test-%'", func(r *sqlite3.Stmt) error { there = r.ColumnInt(0); return nil })
		return err
	})
	if err != nil || there != writers-1 {
		t.Errorf("%d settings are there, want %d (%v)", there, writers-1, err)
	}
}

// awaitTurns waits until so many wait for the writer.
func awaitTurns(t *testing.T, w *writer, want int) {
	t.Helper()
	queued := func() int {
		w.queued.Lock()
		defer w.queued.Unlock()
		return len(w.queue)
	}
	for end := time.Now().Add(2 * time.Minute); queued() < want; {
		if time.Now().After(end) {
			t.Fatalf("%d wait for the writer, want %d", queued(), want)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestWordsOfASharedCommit lets turns that add documents share a commit with some that
// make full-text search learn all words so far and then fail, and some that fail with
// words of their own: it knows those of all documents that are there, once, and no
// others.
func TestWordsOfASharedCommit(t *testing.T) {
	v, _, err := Create(t.Context(), t.TempDir(), []byte("a passphrase for tests"), CreateOptions{Name: "Germaine", Cost: seal.Cost{Memory: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	w, wrong := v.open.w, errors.New("wrong")
	s, err := v.As(penates.Owner, "")
	if err != nil {
		t.Fatal(err)
	}
	add := func(name string) error {
		d := &penates.Document{Text: "carnet " + name, Source: penates.Source{Connector: "test", NativeID: name}}
		_, err := s.PutNew(t.Context(), d, schema.Note{Title: name})
		return err
	}
	if err := add("known"); err != nil {
		t.Fatal(err)
	}
	known := penates.NewDocumentID("test", "", "known")
	learn := func() error {
		return w.Do(t.Context(), func(c *conn) error {
			old, _, err := rows.ReadStored(c, known)
			return errors.Join(err, w.Unindex(c, old.N), wrong)
		})
	}
	lose := func() error {
		return w.Do(t.Context(), func(c *conn) error {
			r, err := form.Recode([]byte(`{"id":"` + string(penates.NewDocumentID("test", "", "lost")) + `","type":"penates.notes","source":{"connector":"test","native_id":"lost"},"text":"carnet lost","body":{"title":"lost"}}`))
			if err != nil {
				return err
			}
			if _, err := w.Put(c, rows.Row{Record: r, Origin: 1}, time.Now()); err != nil {
				return err
			}
			return wrong
		})
	}
	edit := func() error {
		_, err := s.Edit(t.Context(), known, func(d *penates.Document) error { d.Text = "cahier"; return nil })
		return err
	}
	before := w.ledger.Point().Commit
	w.mu.Lock()
	var all sync.WaitGroup
	turns := []func() error{
		func() error { return add("a") }, lose, func() error { return add("b") }, learn, lose, func() error { return add("c") },
		learn, edit, func() error { return add("d") }, lose, learn,
	}
	errs := make([]error, len(turns))
	for i, turn := range turns {
		all.Go(func() { errs[i] = turn() })
		awaitTurns(t, w, i+1)
	}
	w.mu.Unlock()
	all.Wait()
	for i, err := range errs {
		if fails := i == 1 || i == 3 || i == 4 || i == 6 || i >= 9; fails != errors.Is(err, wrong) || !fails && err != nil {
			t.Errorf("turn %d: %v", i, err)
		}
	}
	if n := w.ledger.Point().Commit - before; n != 1 {
		t.Errorf("%d commits, want 1", n)
	}
	for words, want := range map[string]int{"carnet": 4, "a": 1, "b": 1, "c": 1, "d": 1, "lost": 0, "cahier": 1} {
		if found, err := s.Search(t.Context(), SearchQuery{Words: words}); err != nil || found.Total != want {
			t.Errorf("%q finds %+v, %v; want %d", words, found, err, want)
		}
	}
	checked, err := s.CheckDeep(t.Context(), nil)
	if err != nil || len(checked.Problems) > 0 {
		t.Error(checked, err)
	}
}
