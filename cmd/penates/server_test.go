package main_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A serving is a server that runs.
type serving struct {
	t     testing.TB
	c     *exec.Cmd
	first string // the first line it printed
	rest  chan string
	errs  bytes.Buffer
}

// serve starts a server on the machine's vault, unlocked.
func (m *machine) serve() *serving {
	m.t.Helper()
	s := m.start("serve", "--listen", "127.0.0.1:0")
	if err := waitFor(filepath.Join(m.dir, "socket")); err != nil {
		m.t.Fatal(err)
	}
	return s
}

// start starts a command that serves, and waits until it says where.
func (m *machine) start(args ...string) *serving {
	m.t.Helper()
	s := &serving{t: m.t, c: m.command(args...), rest: make(chan string, 1)}
	s.c.Stderr = &s.errs
	out, err := s.c.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := s.c.Start(); err != nil {
		m.t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if s.first, err = lines.ReadString('\n'); err != nil {
		_ = s.c.Wait() // what it said tells why
		m.t.Fatalf("penates %q: %v\n%s", args, err, s.errs.String())
	}
	go func() {
		b, _ := io.ReadAll(lines) // until it ends
		s.rest <- string(b)
	}()
	return s
}

// end sends a signal and returns the exit code, -1 if the signal killed it, and
// what the server printed after its first line.
func (s *serving) end(signal os.Signal) (code int, rest string) {
	s.t.Helper()
	if err := s.c.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	rest = <-s.rest
	_ = s.c.Wait() // the exit code says it
	return s.c.ProcessState.ExitCode(), rest
}

// TestDemo starts the demo as a visitor does: its address opens the home page
// once, and Ctrl-C takes all of it away.
func TestDemo(t *testing.T) {
	m := &machine{t: t, dir: "unused", tmp: t.TempDir()}
	s := m.start("demo", "--listen", "127.0.0.1:0", "--language", "en")
	url := regexp.MustCompile(`http://127\.0\.0\.1:\d+/open/\S+`).FindString(s.first)
	if url == "" {
		t.Fatalf("it printed %q", s.first)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	visitor := &http.Client{Jar: jar, Timeout: 2 * time.Minute}
	if status, path, page := fetch(t, visitor, url); status != http.StatusOK || path != "/" || !strings.Contains(page, "<h1") {
		t.Errorf("the visitor gets %d at %s:\n%.400s", status, path, page)
	}
	home := url[:strings.Index(url, "/open/")]
	for _, path := range []string{"/timeline", "/energy", "/money", "/people", "/search?q=EDF", "/journal"} {
		if status, at, page := fetch(t, visitor, home+path); status != http.StatusOK || !strings.HasPrefix(path, at) || len(page) < 1000 {
			t.Errorf("%s: %d at %s, %d bytes", path, status, at, len(page))
		}
	}
	if status, path, _ := fetch(t, &http.Client{Timeout: 2 * time.Minute}, url); path == "/" {
		t.Errorf("the address opens the page twice: %d at %s", status, path)
	}
	folders, err := filepath.Glob(filepath.Join(m.tmp, "penates-demo-*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("folders of the demo: %q, %v", folders, err)
	}
	beside := &machine{t: t, dir: folders[0], tmp: m.tmp}
	if n := beside.count("bank_operations"); n < 500 {
		t.Errorf("the family has %d bank operations", n)
	}
	if n := beside.count("energy"); n < 17_520 { // a year of half-hours
		t.Errorf("the family has %d points of energy", n)
	}
	code, rest := s.end(os.Interrupt)
	if code != 0 || !strings.Contains(rest, folders[0]) {
		t.Errorf("it ended with %d and printed %q, %s", code, rest, s.errs.String())
	}
	if left, err := os.ReadDir(m.tmp); err != nil || len(left) != 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

func fetch(t *testing.T, c *http.Client, url string) (status int, path, page string) {
	t.Helper()
	r, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Request.URL.Path, string(b)
}

// TestInterruptedDemo stops the demo while it is still made: nothing stays.
func TestInterruptedDemo(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		m := &machine{t: t, dir: "unused", tmp: t.TempDir()}
		c := m.command("demo", "--listen", "127.0.0.1:0")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			if made, err := filepath.Glob(filepath.Join(m.tmp, "penates-demo-*", "vault.db")); err == nil && len(made) > 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatal("the demo makes no vault")
			}
		}
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait() // the exit code says it
		if code := c.ProcessState.ExitCode(); code != 130 {
			t.Errorf("%v: exit code %d", signal, code)
		}
		if left, err := os.ReadDir(m.tmp); err != nil || len(left) != 0 {
			t.Errorf("%v: it left %v, %v", signal, left, err)
		}
	}
}
