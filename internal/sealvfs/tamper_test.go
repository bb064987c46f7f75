package sealvfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/sealvfs"
)

// readAll reads every row and index of a database and returns a digest of the data.
func readAll(c *sqlite3.Conn) (string, error) {
	if r, err := value(c, "PRAGMA integrity_check"); err != nil || r != "ok" {
		return "", fmt.Errorf("integrity: %s, %w", r, err)
	}
	return value(c, "SELECT count(*) || ':' || sum(a*length(c)) || ':' || max(b) || (SELECT group_concat(x) FROM f) FROM t")
}

// openAndRead reads the database at path as a person's program would.
func openAndRead(t *testing.T, s *sealvfs.System, path string) (string, error) {
	t.Helper()
	c, err := s.Open(t.Context(), path, sealvfs.ReadWrite)
	if err != nil {
		return "", err
	}
	v, err := readAll(c)
	return v, errors.Join(s.Explain(err), c.Close())
}

func write(t testing.TB, path string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A damaged database must say so, when read and when checked, and name its file.
func mustNotice(t *testing.T, s *sealvfs.System, path, what, file string) {
	t.Helper()
	if v, err := openAndRead(t, s, path); !errors.Is(err, penates.Damaged) {
		t.Errorf("%s: read %.40q, %v", what, v, err)
	} else if !strings.Contains(err.Error(), file+": ") {
		t.Errorf("%s: read does not name %s: %v", what, file, err)
	}
	if _, err := sealvfs.Check(t.Context(), theKey(t), vault, path, nil); !errors.Is(err, penates.Damaged) {
		t.Errorf("%s: check: %v", what, err)
	} else if !strings.Contains(err.Error(), file+": ") {
		t.Errorf("%s: check does not name %s: %v", what, file, err)
	}
}

func TestTamperMain(t *testing.T) {
	s := newSystem(t)
	path := filepath.Join(t.TempDir(), "a.db")
	c := open(t, s, path)
	fill(t, c, 60)
	closeConn(t, c)
	good := read(t, path)
	pages := len(good) / sealvfs.PageSize

	var places []int
	for page := range pages {
		at := page * sealvfs.PageSize
		tag := at + sealvfs.PageSize - sealvfs.Reserved
		places = append(places, at, at+16+page%90, at+100+(page*37)%3900, tag-1, tag, tag+15, tag+16, tag+27, tag+39)
	}
	step := 7
	if *long {
		step = 1
	}
	for i := 0; i < len(places); i += step {
		bad := bytes.Clone(good)
		bad[places[i]] ^= 1 << (i % 8)
		write(t, path, bad)
		mustNotice(t, s, path, fmt.Sprintf("byte %d", places[i]), "a.db")
	}
	for what, change := range map[string]func(page func(int) []byte){
		"swapped pages": func(page func(int) []byte) {
			three := bytes.Clone(page(3))
			copy(page(3), page(5))
			copy(page(5), three)
		},
		"copied page": func(page func(int) []byte) { copy(page(4), page(6)) },
		"erased page": func(page func(int) []byte) { clear(page(2)) },
	} {
		bad := bytes.Clone(good)
		change(func(i int) []byte { return bad[i*sealvfs.PageSize:][:sealvfs.PageSize] })
		write(t, path, bad)
		mustNotice(t, s, path, what, "a.db")
	}
	for _, size := range []int{len(good) - sealvfs.PageSize, len(good) - 1, len(good) + 1} {
		write(t, path, append(bytes.Clone(good), 0)[:size])
		if _, err := sealvfs.Check(t.Context(), theKey(t), vault, path, nil); !errors.Is(err, penates.Damaged) {
			t.Errorf("cut to %d of %d: %v", size, len(good), err)
		}
	}
	write(t, path, good)
	if _, err := openAndRead(t, s, path); err != nil {
		t.Error("the good file:", err)
	}
}

// liveLog returns the files of a database as they are on disk between commits,
// and the digest of its data.
func liveLog(t *testing.T, s *sealvfs.System) (main, log []byte, digest string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	c := open(t, s, path)
	fill(t, c, 40)
	run(t, c, "PRAGMA wal_checkpoint(TRUNCATE)")
	for i := range 4 {
		run(t, c, fmt.Sprintf("UPDATE t SET c=randomblob(3000+a) WHERE a%%4=%d", i))
	}
	main, log = read(t, path), read(t, path+"-wal")
	digest, err := readAll(c)
	if err != nil {
		t.Fatal(err)
	}
	closeConn(t, c)
	return main, log, digest
}

// Damage to a commit that was on disk must be an error at the next start, never
// a log that seems to end earlier.
func TestTamperLog(t *testing.T) {
	s := newSystem(t)
	main, good, digest := liveLog(t, s)
	path := filepath.Join(t.TempDir(), "a.db")
	frames := (len(good) - sealvfs.FramesAt) / sealvfs.SealedFrame
	frameAt := func(f int) int { return sealvfs.FramesAt + f*sealvfs.SealedFrame }

	places := []int{0, 16, 31, 40, 471, 472, 488, 511, 512, 523, 600, 983, 984, 1023}
	for f := range frames {
		at, page := frameAt(f), frameAt(f)+sealvfs.PageInFrame
		places = append(places, at, at+4, at+10, at+20, at+24, at+40, at+63, page, page+1000, page+4095, page+4096, page+4112, page+4135)
	}
	step := 5
	if *long {
		step = 1
	}
	for i := 0; i < len(places); i++ {
		if i >= 14 && i%step != 0 {
			continue
		}
		bad := bytes.Clone(good)
		bad[places[i]] ^= 1 << (i % 8)
		write(t, path, main)
		write(t, path+"-wal", bad)
		mustNotice(t, s, path, fmt.Sprintf("byte %d of the log", places[i]), "a.db-wal")
	}
	for what, bad := range map[string][]byte{
		"erased frame":  append(append(bytes.Clone(good[:frameAt(2)]), make([]byte, sealvfs.SealedFrame)...), good[frameAt(3):]...),
		"erased header": append(make([]byte, 512), good[512:]...),
		"missing frame": append(bytes.Clone(good[:frameAt(2)]), good[frameAt(3):]...),
		"swapped frames": append(append(append(bytes.Clone(good[:frameAt(1)]), good[frameAt(2):frameAt(3)]...),
			good[frameAt(1):frameAt(2)]...), good[frameAt(3):]...),
		"lost end":  good[:frameAt(frames-1)],
		"cut frame": good[:len(good)-1],
	} {
		write(t, path, main)
		write(t, path+"-wal", bad)
		mustNotice(t, s, path, what, "a.db-wal")
	}
	write(t, path, main)
	write(t, path+"-wal", good)
	if got, err := openAndRead(t, s, path); err != nil || got != digest {
		t.Errorf("the good files: %v, data differ: %t", err, got != digest)
	}
}

// A loss of power leaves frames torn after those that were on disk: they are
// not damage.
func TestTornEnd(t *testing.T) {
	s := newSystem(t)
	main, good, digest := liveLog(t, s)
	path := filepath.Join(t.TempDir(), "a.db")
	for what, tail := range map[string][]byte{
		"part of a frame": make([]byte, 1777),
		"zeros":           make([]byte, 3*sealvfs.SealedFrame),
		"garbage":         bytes.Repeat([]byte{0xa5}, 2*sealvfs.SealedFrame+9),
		"old frames":      good[sealvfs.FramesAt : sealvfs.FramesAt+2*sealvfs.SealedFrame],
	} {
		write(t, path, main)
		write(t, path+"-wal", append(bytes.Clone(good), tail...))
		if _, err := sealvfs.Check(t.Context(), theKey(t), vault, path, nil); err != nil {
			t.Errorf("%s: check: %v", what, err)
		}
		if got, err := openAndRead(t, s, path); err != nil || got != digest {
			t.Errorf("%s: %v, data differ: %t", what, err, got != digest)
		}
	}
}

// A committed frame damaged under a running connection is an error, not data.
func TestTamperRunning(t *testing.T) {
	s := newSystem(t)
	path := filepath.Join(t.TempDir(), "a.db")
	c := open(t, s, path, "cache_size=0")
	fill(t, c, 40)
	log := read(t, path+"-wal")
	for at := sealvfs.FramesAt + sealvfs.PageInFrame + 50; at < len(log); at += sealvfs.SealedFrame {
		log[at] ^= 1
	}
	write(t, path+"-wal", log)
	other, err := s.Open(t.Context(), path, sealvfs.ReadWrite)
	if err == nil {
		_, err = readAll(other)
		err = errors.Join(s.Explain(err), other.Close())
	}
	if !errors.Is(err, penates.Damaged) {
		t.Errorf("read %v", err)
	}
	_ = c.Close() // its checkpoint meets the damage
	if _, err := sealvfs.Check(t.Context(), theKey(t), vault, path, nil); !errors.Is(err, penates.Damaged) {
		t.Errorf("check: %v", err)
	}
}

// A rollback journal left by a crash and changed afterwards is refused.
func TestTamperJournal(t *testing.T) {
	s := newSystem(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	c := open(t, s, path, "journal_mode=DELETE", "cache_size=5")
	fill(t, c, 40)
	run(t, c, "BEGIN; UPDATE t SET c=randomblob(5000)")
	main, journal := read(t, path), read(t, path+"-journal")
	run(t, c, "ROLLBACK")
	digest, err := readAll(c)
	if err != nil {
		t.Fatal(err)
	}
	closeConn(t, c)
	crashed := filepath.Join(dir, "crashed.db")
	for at := 3; at < len(journal); at += 5*512 + 61 {
		bad := bytes.Clone(journal)
		bad[at] ^= 4
		write(t, crashed, main)
		write(t, crashed+"-journal", bad)
		if v, err := openAndRead(t, s, crashed); !errors.Is(err, penates.Damaged) {
			t.Errorf("byte %d of the journal: read %.30q, %v", at, v, err)
		}
		write(t, crashed+"-journal", bad)
		if _, err := sealvfs.Check(t.Context(), theKey(t), vault, crashed, nil); !errors.Is(err, penates.Damaged) || !strings.Contains(err.Error(), "-journal: block") {
			t.Errorf("byte %d of the journal: check: %v", at, err)
		}
	}
	write(t, crashed, main)
	write(t, crashed+"-journal", journal)
	if got, err := openAndRead(t, s, crashed); err != nil || got != digest {
		t.Errorf("the good journal: %v, data differ: %t", err, got != digest)
	}
}
