package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"penates"
	"penates/internal/demo"
	"penates/internal/export"
	"penates/internal/importer"
	"penates/internal/intake"
	"penates/internal/seal"
	"penates/internal/vault"
	"penates/internal/web"
)

const passphrase = "marée lampe tiroir cerf"

// cheap makes guessing the passphrase cost next to nothing.
var cheap = seal.Cost{Memory: 64, Passes: 1, Lanes: 1}

// A house is a keeper whose vaults are cheap to open.
type house struct {
	dir string
	mu  sync.Mutex
	v   *vault.Vault
}

func (h *house) Vault() *vault.Vault {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.v
}

func (h *house) Create(ctx context.Context, pass []byte, o vault.CreateOptions) (*vault.Vault, string, error) {
	o.Cost = cheap
	v, sheet, err := vault.Create(ctx, h.dir, pass, o)
	if err != nil {
		return nil, "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.v = v
	return v, sheet, nil
}

// A world is a page on a vault of its own.
type world struct {
	house *house
	page  *web.Server
	http  *httptest.Server
	sheet string
	clock *clock
	desk  *desk
}

// A clock stands still unless it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// newWorld starts a page for a folder without a vault.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{house: &house{dir: t.TempDir()}, clock: &clock{at: time.Date(2026, 9, 16, 18, 30, 0, 0, time.UTC)}, desk: &desk{}}
	var err error
	w.page, err = web.New(web.Config{
		Vault: w.house, Import: bringIn, Now: w.clock.now, Version: "test", MaxUpload: 64 << 20,
		Export: func(ctx context.Context, s *vault.Session, out io.Writer) error {
			_, err := export.Write(ctx, s, out, w.clock.now())
			return err
		},
		Copies:   w.copies,
		Consents: w.desk, Hosts: []string{"coffre.test"}, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.http = httptest.NewServer(w.page)
	t.Cleanup(func() {
		w.http.CloseClientConnections()
		w.http.Close()
		if v := w.house.Vault(); v != nil {
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return w
}

// withVault makes the world's vault.
func (w *world) withVault(t testing.TB, lang string) *world {
	t.Helper()
	_, sheet, err := w.house.Create(t.Context(), []byte(passphrase), vault.CreateOptions{Name: "Camille", Language: lang, Zone: "Europe/Paris", Country: "FR"})
	if err != nil {
		t.Fatal(err)
	}
	w.sheet = sheet
	return w
}

// session returns the owner's own.
func (w *world) session(t testing.TB) *vault.Session {
	t.Helper()
	s, err := w.house.Vault().As(penates.Owner, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// withHousehold fills the vault with the fictional family's two years.
func (w *world) withHousehold(t testing.TB) *world {
	t.Helper()
	home, err := demo.New(1, w.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	in, err := intake.Start(t.Context(), w.session(t), "vasseur.zip", nil, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	archive := home.Archive()
	if err := in.Stream(t.Context(), "vasseur.zip", int64(len(archive)), bytes.NewReader(archive)); err != nil {
		t.Fatal(err)
	}
	for _, item := range home.Documents() {
		if err := in.Put(&item.Document, item.Body); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// bringIn imports what a browser sends, as penates serve does.
func bringIn(ctx context.Context, s *vault.Session, next func() (*web.Upload, error), progress func(importer.Progress)) (*importer.Report, error) {
	in, err := intake.Start(ctx, s, "upload", progress, slog.Default())
	if err != nil {
		return nil, err
	}
	for err == nil {
		var up *web.Upload
		if up, err = next(); err == nil {
			err = in.Stream(ctx, up.Name, -1, up.Body)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	report, ended := in.End(ctx)
	return report, errors.Join(err, ended)
}

// idOf returns the id of one document of a type, by SQL.
func (w *world) idOf(t testing.TB, query string) string {
	t.Helper()
	table, err := w.session(t).Query(t.Context(), query, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) == 0 {
		t.Fatalf("nothing found by %s", query)
	}
	return strings.TrimSpace(table.Rows[0][0].(string))
}

func penatesID(s string) penates.DocumentID { return penates.DocumentID(s) }
