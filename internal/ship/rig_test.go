package ship_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/durable"
	"penates/internal/seal"
	"penates/internal/sealvfs"
	"penates/internal/ship"
	"penates/internal/store"
)

// memory is a store in memory. fail, if not nil, is asked before and after each
// call whether to fail; after is true when the effect has taken place.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	fail    func(verb, name string, after bool) error
}

func newMemory() *memory { return &memory{objects: map[string][]byte{}} }

func (m *memory) trouble(verb, name string, after bool) error {
	if m.fail == nil {
		return nil
	}
	return m.fail(verb, name, after)
}

func (m *memory) PutIfAbsent(_ context.Context, name string, data []byte) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.trouble("put", name, false); err != nil {
		return err
	}
	if _, ok := m.objects[name]; ok {
		return fmt.Errorf("%s: %w", name, penates.Exists)
	}
	m.objects[name] = bytes.Clone(data)
	return m.trouble("put", name, true)
}

func (m *memory) Get(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.trouble("get", name, false); err != nil {
		return nil, err
	}
	data, ok := m.objects[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, penates.NotExist)
	}
	return bytes.Clone(data), nil
}

func (m *memory) List(_ context.Context, prefix, after string) iter.Seq2[store.Object, error] {
	m.mu.Lock()
	names := slices.Sorted(maps.Keys(m.objects))
	sizes := map[string]int64{}
	for n, d := range m.objects {
		sizes[n] = int64(len(d))
	}
	m.mu.Unlock()
	return func(yield func(store.Object, error) bool) {
		for _, n := range names {
			if strings.HasPrefix(n, prefix) && n > after && !yield(store.Object{Name: n, Size: sizes[n]}, nil) {
				return
			}
		}
	}
}

func (m *memory) Delete(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.trouble("delete", name, false); err != nil {
		return err
	}
	delete(m.objects, name)
	return nil
}

func (m *memory) names(part string) (names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range slices.Sorted(maps.Keys(m.objects)) {
		if strings.Contains(n, part) {
			names = append(names, n)
		}
	}
	return names
}

func (m *memory) clone() *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &memory{objects: maps.Clone(m.objects)}
}

// person is a vault in small: a sealed database whose every commit is counted, and
// files in the place of blobs.
type person struct {
	t      testing.TB
	dir    string
	header *seal.Header
	master seal.Key
	id     *seal.Identity
	system *sealvfs.System

	mu    sync.Mutex
	c     *sqlite3.Conn
	feed  *ship.Feed
	pages int
	point ship.Point
	now   func() time.Time // time.Now when nil
}

var quiet = slog.New(slog.DiscardHandler)

var cheap = seal.Cost{Memory: 64, Passes: 1, Lanes: 1}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newPerson(t testing.TB) *person {
	t.Helper()
	header, master, _, err := seal.Create([]byte("for this test only"), seal.Options{Cost: cheap})
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, dir: t.TempDir(), header: header, master: master}
	if err := header.Save(p.dir, durable.WriteFile); err != nil {
		t.Fatal(err)
	}
	p.open(sealvfs.ReadWriteCreate)
	return p
}

// at opens the vault that was restored into dir.
func (p *person) at(dir string) *person {
	p.t.Helper()
	header, _, err := seal.Load(dir)
	if err != nil {
		p.t.Fatal(err)
	}
	q := &person{t: p.t, dir: dir, header: header, master: p.master}
	q.open(sealvfs.ReadWrite)
	return q
}

func (p *person) open(mode sealvfs.Mode) {
	p.t.Helper()
	var err error
	if p.id, err = p.header.Identity(p.master); err != nil {
		p.t.Fatal(err)
	}
	if p.system, err = sealvfs.New(p.master.Derive(ship.DatabasePurpose), p.header.Vault()); err != nil {
		p.t.Fatal(err)
	}
	path := filepath.Join(p.dir, "vault.db")
	if p.c, err = p.system.Open(context.Background(), path, mode); err != nil {
		p.t.Fatal(err)
	}
	p.feed = ship.NewFeed(path, true)
	p.c.WALHook(func(_ *sqlite3.Conn, _ string, n int) error { p.pages = n; return nil })
	p.run("CREATE TABLE IF NOT EXISTS commits (n INTEGER PRIMARY KEY, tip TEXT); CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT, c BLOB)")
	p.one("SELECT coalesce(max(n), 0) FROM commits", func(s *sqlite3.Stmt) { p.point.Commit = s.ColumnInt64(0) })
	p.t.Cleanup(p.close)
	p.commit("SELECT 1")
}

// close closes the vault and leaves its log.
func (p *person) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.c == nil {
		return
	}
	if _, err := p.c.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, true); err != nil {
		p.t.Error(err)
	}
	for _, err := range []error{p.feed.Close(), p.c.Close(), p.system.Close()} {
		if err != nil {
			p.t.Error(err)
		}
	}
	p.c = nil
}

func (p *person) run(sql string) {
	p.t.Helper()
	if err := p.c.Exec(sql); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) one(sql string, row func(*sqlite3.Stmt)) {
	p.t.Helper()
	s, _, err := p.c.Prepare(sql)
	if err != nil {
		p.t.Fatal(err)
	}
	defer s.Close()
	if !s.Step() {
		p.t.Fatal(sql, s.Err())
	}
	row(s)
}

func (p *person) clock() time.Time {
	if p.now == nil {
		return time.Now()
	}
	return p.now()
}

// commit runs sql as one commit and returns its point.
func (p *person) commit(sql string, blobs ...string) ship.Point {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	tip := make([]byte, 16)
	rand.Read(tip)
	p.point = ship.Point{Commit: p.point.Commit + 1, Tip: hex.EncodeToString(tip), At: p.clock().UTC().Truncate(time.Millisecond)}
	p.run(fmt.Sprintf("BEGIN IMMEDIATE; %s; INSERT INTO commits VALUES (%d, '%s'); COMMIT", sql, p.point.Commit, p.point.Tip))
	p.feed.Committed(p.point, p.pages, blobs, false)
	if p.feed.Due(p.pages) {
		must2(p.t)(p.c.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE))
	}
	return p.point
}

func must2(t testing.TB) func(int, int, error) {
	return func(_, _ int, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// fill makes commits of n rows each.
func (p *person) fill(commits, rows int) (last ship.Point) {
	p.t.Helper()
	for range commits {
		last = p.commit(fmt.Sprintf("INSERT INTO t (b, c) WITH RECURSIVE r(i) AS (VALUES (1) UNION ALL SELECT i+1 FROM r WHERE i < %d) SELECT 'row '||i, randomblob(600) FROM r", rows))
	}
	return last
}

// blob makes a file in the place of a blob and commits it.
func (p *person) blob(size int) (name string) {
	p.t.Helper()
	data := make([]byte, size)
	rand.Read(data)
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	raw := make([]byte, 52)
	rand.Read(raw)
	for i, c := range raw {
		raw[i] = letters[c%32]
	}
	name = string(raw[:2]) + "/" + string(raw[2:])
	path := filepath.Join(p.dir, "blobs", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.commit("SELECT 1", name)
	return name
}

// says returns a sum over all the vault says.
func (p *person) says() (text string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.one("SELECT count(*) || ':' || coalesce(sum(length(b)), 0) || ':' || (SELECT hex(group_concat(c, '')) FROM (SELECT c FROM t ORDER BY a DESC LIMIT 20)) FROM t", func(s *sqlite3.Stmt) { text = s.ColumnText(0) })
	return text
}

func (p *person) source() ship.Source {
	return ship.Source{
		Vault: p.header.Vault(), Dir: p.dir, Keys: p.header.Marshal, Sign: p.id.Sign,
		Follow: func(name string, durable bool) *ship.Follower {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.feed.Follow(name, durable)
		},
		Still: p.still, Tip: p.tip,
	}
}

func (p *person) still(_ context.Context, f func(ship.Point) error) (func(), error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, _, err := p.c.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE); err != nil {
		return nil, err
	}
	return p.feed.Hold(), f(p.point)
}

func (p *person) tip(_ context.Context, commit int64) (tip string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.one(fmt.Sprintf("SELECT coalesce((SELECT tip FROM commits WHERE n = %d), '')", commit), func(s *sqlite3.Stmt) { tip = s.ColumnText(0) })
	return tip, nil
}

// a running shipper.
type running struct {
	*ship.Shipper
	stop func() error
}

func (p *person) ship(st store.Store, change func(*ship.Config)) *running {
	p.t.Helper()
	r, err := p.tryShip(st, change)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func (p *person) tryShip(st store.Store, change func(*ship.Config)) (*running, error) {
	cfg := ship.Config{Source: p.source(), Store: st, Name: "test", Log: quiet}
	if change != nil {
		change(&cfg)
	}
	s, err := ship.Start(p.t.Context(), cfg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-ended })
	p.t.Cleanup(func() { _ = stop() })
	return &running{s, stop}, nil
}

func (r *running) flush(t testing.TB) {
	t.Helper()
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// restore restores the vault from a store into a new folder.
func (p *person) restore(st store.Store, at time.Time) (*ship.Restored, string, error) {
	a, err := ship.OpenArchive(p.t.Context(), st, p.header.Vault())
	if err != nil {
		return nil, "", err
	}
	dir := filepath.Join(p.t.TempDir(), "restored")
	r, err := a.Restore(p.t.Context(), ship.RestoreOptions{Dir: dir, Master: p.master, At: at})
	return r, dir, err
}

// back restores the vault and compares it.
func (p *person) back(st store.Store, at time.Time, want ship.Point, says string) string {
	p.t.Helper()
	r, dir, err := p.restore(st, at)
	if err != nil {
		p.t.Fatal(err)
	}
	if r.Point.Commit != want.Commit || r.Point.Tip != want.Tip {
		p.t.Fatalf("restored commit %d, want %d", r.Point.Commit, want.Commit)
	}
	q := p.at(dir)
	defer q.close()
	if got := q.says(); got != says {
		p.t.Fatalf("restored %.80s, want %.80s", got, says)
	}
	q.one("PRAGMA integrity_check", func(s *sqlite3.Stmt) {
		if got := s.ColumnText(0); got != "ok" {
			p.t.Fatal(got)
		}
	})
	return dir
}
