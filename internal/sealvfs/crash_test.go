package sealvfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/sealvfs"
)

// commitForEver is the child of TestKill: it prints the number of each commit
// after it was made.
func commitForEver(t *testing.T, path, mode string) {
	s := newSystem(t)
	c := open(t, s, path, "journal_mode="+mode, "cache_size=10", "wal_autocheckpoint=20")
	run(t, c, "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b BLOB)")
	for i := 0; ; i++ {
		run(t, c, "BEGIN")
		for range 1 + i%7 {
			run(t, c, fmt.Sprintf("INSERT INTO t(b) VALUES('%s'||hex(randomblob(%d)))", canary, rand.IntN(3000)))
			run(t, c, "UPDATE t SET b=randomblob(3000) WHERE a=(abs(random())%(1+(SELECT max(a) FROM t)))")
		}
		run(t, c, "COMMIT")
		last, err := value(c, "SELECT max(a) FROM t")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("done %s\n", last)
	}
}

// A process killed at any moment loses nothing that it had committed.
func TestKill(t *testing.T) {
	if path := os.Getenv("SEALED_CHILD"); path != "" {
		commitForEver(t, path, os.Getenv("SEALED_MODE"))
		return
	}
	kills := 4
	if *long {
		kills = 60
	}
	for _, mode := range []string{"WAL", "DELETE", "PERSIST"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.db")
		s := newSystem(t)
		for k := range kills {
			last := killed(t, path, mode)
			noCanary(t, dir)
			if _, err := sealvfs.Check(t.Context(), theKey(t), vault, path, nil); err != nil && mode == "WAL" {
				t.Fatal(mode, k, err)
			}
			if k%2 == 1 {
				tear(t, path+"-wal")
			}
			c := open(t, s, path)
			want(t, c, "PRAGMA integrity_check", "ok")
			got := 0
			text, err := value(c, "SELECT coalesce(max(a),0) FROM t")
			if err == nil {
				_, err = fmt.Sscan(text, &got)
			}
			if err != nil || got < last {
				t.Fatalf("%s, kill %d: row %d of %d, %v", mode, k, got, last, err)
			}
			run(t, c, "PRAGMA journal_mode="+mode)
			closeConn(t, c)
		}
	}
}

// killed runs a child until a moment after its first commit and returns the last
// commit it told of.
func killed(t *testing.T, path, mode string) (last int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKill$")
	child.Env = append(os.Environ(), "SEALED_CHILD="+path, "SEALED_MODE="+mode)
	out := telling{first: make(chan struct{})}
	child.Stdout = &out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-out.first:
	case <-time.After(time.Minute):
		t.Error("no commit within a minute")
	}
	time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); child.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v\n%s", err, out.said.String())
	}
	for line := range strings.Lines(out.said.String()) {
		if n := 0; strings.HasSuffix(line, "\n") {
			if _, err := fmt.Sscanf(line, "done %d", &n); err != nil {
				t.Fatalf("the child said %q", line)
			}
			last = n
		}
	}
	return last
}

// A telling keeps what is written to it and says when it begins.
type telling struct {
	said  bytes.Buffer
	first chan struct{}
	once  sync.Once
}

func (o *telling) Write(b []byte) (int, error) {
	o.once.Do(func() { close(o.first) })
	return o.said.Write(b)
}

// tear adds part of a frame to the log, if there is one.
func tear(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil || len(raw) < sealvfs.FramesAt {
		return
	}
	whole := (len(raw) - sealvfs.FramesAt) / sealvfs.SealedFrame * sealvfs.SealedFrame
	write(t, path, append(raw[:sealvfs.FramesAt+whole], make([]byte, 1777)...))
}

// Readers, a writer, checkpoints and connections that come and go.
func TestConcurrent(t *testing.T) {
	duration := time.Second
	if *long {
		duration = 30 * time.Second
	}
	s := newSystem(t)
	path := filepath.Join(t.TempDir(), "a.db")
	c := open(t, s, path, "wal_autocheckpoint=5", "busy_timeout=10000")
	fill(t, c, 200)
	const sum = "SELECT count(*) FROM t WHERE length(b)>=0 AND length(c)>=0"
	stop := make(chan struct{})
	var wg sync.WaitGroup
	running := func(work func() error) {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := work(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	opens, scans := 0, 0
	running(func() error {
		c, err := s.Open(t.Context(), path, sealvfs.ReadWrite)
		if err != nil {
			return err
		}
		defer c.Close()
		opens++
		if err := c.BusyTimeout(10 * time.Second); err != nil {
			return err
		}
		if n, err := value(c, sum); err != nil || n != "200" {
			return fmt.Errorf("%s rows, %w", n, err)
		}
		return nil
	})
	reader := open(t, s, path, "busy_timeout=10000", "cache_size=5")
	running(func() error {
		scans++
		if n, err := value(reader, sum); err != nil || n != "200" {
			return fmt.Errorf("%s rows, %w", n, err)
		}
		return nil
	})
	checkpointer := open(t, s, path, "busy_timeout=10000")
	running(func() error {
		time.Sleep(5 * time.Millisecond)
		_, _, err := checkpointer.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE)
		if errors.Is(err, sqlite3.BUSY) {
			return nil // the writer is at it
		}
		return err
	})
	writes := 0
	for end := time.Now().Add(duration); time.Now().Before(end); writes++ {
		run(t, c, fmt.Sprintf("BEGIN IMMEDIATE; INSERT INTO t(b,c) VALUES('x',randomblob(%d)); DELETE FROM t WHERE a=(SELECT min(a) FROM t); COMMIT", writes%6000))
	}
	close(stop)
	wg.Wait()
	want(t, c, "PRAGMA integrity_check", "ok")
	for _, c := range []*sqlite3.Conn{reader, checkpointer, c} {
		closeConn(t, c)
	}
	if writes == 0 || opens == 0 || scans == 0 {
		t.Error("somebody never had a turn:", writes, opens, scans)
	}
	t.Log("writes", writes, "opens", opens, "scans", scans)
}
