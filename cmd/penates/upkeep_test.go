package main_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/seal"
	"penates/internal/sealvfs"
)

const mailWithFile = "From: Ada <ada@example.org>\r\nTo: zoe@example.org\r\nSubject: Tea\r\n" +
	"Date: Sat, 14 Mar 2026 10:00:00 +0100\r\nMessage-ID: <tea@example.org>\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nAt four?\r\n" +
	"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=\"list.txt\"\r\n\r\nmilk and biscuits\r\n--b--\r\n"

// lived returns a vault that holds a bank's statements, a mail with a file, the
// link between them, and history.
func lived(t *testing.T, rows int) *machine {
	t.Helper()
	m := newMachine(t)
	m.imported(m.file("a.csv", statement(rows)), m.file("b.eml", mailWithFile))
	m.imported(m.file("c.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:ada\r\nFN:Ada\r\nEMAIL:ada@example.org\r\nEND:VCARD\r\n"))
	return m
}

// database opens the vault's database behind the program's back and runs sql.
func (m *machine) database(sql string, row func(*sqlite3.Stmt)) {
	m.t.Helper()
	h, _, err := seal.Load(m.dir)
	if err != nil {
		m.t.Fatal(err)
	}
	master, err := h.Unlock([]byte(passphrase))
	if err != nil {
		m.t.Fatal(err)
	}
	system, err := sealvfs.New(master.Derive("penates/database/1"), h.Vault())
	if err != nil {
		m.t.Fatal(err)
	}
	c, err := system.Open(m.t.Context(), filepath.Join(m.dir, "vault.db"), sealvfs.ReadWrite)
	if err != nil {
		m.t.Fatal(err)
	}
	for tail := sql; strings.TrimSpace(tail) != ""; {
		var s *sqlite3.Stmt
		if s, tail, err = c.Prepare(tail); err != nil {
			m.t.Fatal(err)
		}
		for s.Step() {
			if row != nil {
				row(s)
			}
		}
		if err := s.Close(); err != nil {
			m.t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		m.t.Fatal(err)
	}
	if err := system.Close(); err != nil {
		m.t.Fatal(err)
	}
}

// number returns what a query of one number gives.
func (m *machine) number(sql string) (n int) {
	m.t.Helper()
	m.database(sql, func(s *sqlite3.Stmt) { n = s.ColumnInt(0) })
	return n
}

type checkup struct {
	Pages, Documents, Blobs, Journal int
	Problems                         []string
	Deep                             struct{ Links, Waiting, Views, Rows, Breaks, Unused, Orphans int }
}

// checked checks the vault to its depth and returns what was found.
func (m *machine) checked() (k checkup) {
	m.t.Helper()
	a := m.run("check", "--deep", "--json")
	if a.code != 0 && a.code != 5 {
		m.t.Fatalf("check: code %d\n%s%s", a.code, a.out, a.errors)
	}
	if err := json.Unmarshal([]byte(a.out), &k); err != nil {
		m.t.Fatal(err)
	}
	if (a.code == 5) != (len(k.Problems) > 0) {
		m.t.Errorf("code %d with %d problems", a.code, len(k.Problems))
	}
	return k
}

// keepCopy returns a function that makes the vault what it is now.
func (m *machine) keepCopy() (restore func()) {
	m.t.Helper()
	kept := filepath.Join(m.t.TempDir(), "kept")
	if err := os.CopyFS(kept, os.DirFS(m.dir)); err != nil {
		m.t.Fatal(err)
	}
	return func() {
		m.t.Helper()
		if err := os.RemoveAll(m.dir); err != nil {
			m.t.Fatal(err)
		}
		if err := os.CopyFS(m.dir, os.DirFS(kept)); err != nil {
			m.t.Fatal(err)
		}
	}
}

// TestDeepCheck makes a vault inconsistent in ways no page's seal can tell; each is
// found, named, and told what to do about.
func TestDeepCheck(t *testing.T) {
	m := lived(t, 30)
	k := m.checked()
	if len(k.Problems) > 0 || k.Deep.Links == 0 || k.Deep.Views < 20 || k.Deep.Rows < 60 || k.Deep.Orphans != 0 {
		t.Fatalf("%+v", k)
	}
	restore := m.keepCopy()
	for _, c := range []struct{ sql, want string }{
		{`UPDATE stored_links SET "to" = 'doc_gone', rule = 'x' WHERE n = (SELECT min(n) FROM stored_links)`, "one of which is gone"},
		{`INSERT INTO duplicates SELECT max(n), 'doc_other' FROM stored_documents`, "table duplicates: 1 documents"},
		{`DELETE FROM words WHERE rowid = (SELECT max(n) FROM stored_documents)`, "full-text search does not know it"},
		{`INSERT INTO words (rowid, text, content) VALUES (100000, 'a', 'b')`, "row 100000 is of no document"},
		{`UPDATE stored_documents SET doc = jsonb_set(doc, '$.source.raw', 'sha256-0000000000000000000000000000000000000000000000000000000000000000') WHERE n = 1`, "its raw bytes sha256-0000"},
		{`UPDATE blobs SET size = size + 1 WHERE name = 'b.eml'`, "b.eml: blob sha256-"},
		{`DELETE FROM journal WHERE n = 2`, "entry 2 is missing"},
		{`UPDATE journal SET entry = replace(entry, 'owner', 'other') WHERE n = 2`, "entry 2 does not follow"},
		{`UPDATE stored_documents SET doc = jsonb('{"id":7}') WHERE n = 2`, "(stored_documents): not readable"},
	} {
		m.database(c.sql, nil)
		got := strings.Join(m.checked().Problems, "\n")
		if !strings.Contains(got, c.want) || !strings.Contains(got, " → ") {
			t.Errorf("%s\nfound %q, want %q", c.sql, got, c.want)
		}
		restore()
	}
	m.database("DELETE FROM blobs WHERE name = 'a.csv'; DELETE FROM stored_documents WHERE doc ->> '$.source.connector' LIKE 'bank%'", nil)
	if k := m.checked(); k.Deep.Orphans != 1 || k.Blobs != 1+m.number("SELECT count(*) FROM blobs") {
		t.Errorf("orphans: %+v", k)
	}
}

// TestCompact: what was deleted gives its space back, orphans go once they are old,
// and nothing else changes, whenever the program is killed.
func TestCompact(t *testing.T) {
	m := lived(t, 3000)
	m.database("DELETE FROM stored_documents WHERE n > 50 AND n < 2900; DELETE FROM words WHERE rowid > 50 AND rowid < 2900; PRAGMA wal_checkpoint(TRUNCATE)", nil)
	orphan := filepath.Join(m.dir, "blobs", "zz", "orphan")
	for _, path := range []string{orphan, orphan + "-young"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("left over"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(orphan, old, old); err != nil {
		t.Fatal(err)
	}
	hashes, restore := m.must("types", "--hash"), m.keepCopy()
	kills := 2
	if *long {
		kills = 60
	}
	killed := 0
	for range kills {
		if m.killedAt("compact", time.Duration(rand.Int64N(int64(700*time.Millisecond)))) {
			killed++
		}
		if got := m.must("types", "--hash"); got != hashes {
			t.Fatalf("after a kill it holds\n%s\nit held\n%s", got, hashes)
		}
	}
	t.Logf("%d of %d compactions were killed", killed, kills)
	restore()
	if err := os.Chtimes(orphan, old, old); err != nil {
		t.Fatal(err)
	}
	var r struct{ Before, After, Orphans, Removed, Left int }
	if err := json.Unmarshal([]byte(m.must("compact", "--json")), &r); err != nil {
		t.Fatal(err)
	}
	if r.After*2 > r.Before || r.Orphans != 1 || r.Removed != 9 || r.Left != 1 {
		t.Errorf("%+v", r)
	}
	if info, err := os.Stat(filepath.Join(m.dir, "vault.db")); err != nil || int(info.Size()) > r.After {
		t.Errorf("the file: %v, %v", info, err)
	}
	if got := m.must("types", "--hash"); got != hashes {
		t.Errorf("it holds\n%s\nit held\n%s", got, hashes)
	}
	if err := os.Remove(orphan + "-young"); err != nil {
		t.Fatal(err)
	}
	if k := m.checked(); len(k.Problems) > 0 {
		t.Errorf("%q", k.Problems)
	}
}

// killedAt runs a command and kills it after a while; it reports whether the command
// was still running.
func (m *machine) killedAt(command string, after time.Duration) bool {
	m.t.Helper()
	c := m.command(command)
	if err := c.Start(); err != nil {
		m.t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() }) // it may have ended by itself
	defer timer.Stop()
	_ = c.Wait() // its exit code says the same
	return c.ProcessState.ExitCode() < 0
}
