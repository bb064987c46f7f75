//go:build unix

// Package pgtest starts PostgreSQL for tests: a server of its own in a temporary
// folder, listening on loopback only, that can be stopped, killed and started again.
package pgtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// User and Password are those of the one role of a server.
const (
	User     = "penates"
	Password = "a password that is never shown"
)

// patience bounds how long a server may take to come up or to end.
const patience = 2 * time.Minute

// A Server is a running PostgreSQL.
type Server struct {
	tb     testing.TB
	bin    string // folder of the programs
	folder string
	port   int
	owner  *syscall.SysProcAttr

	mu        sync.Mutex
	running   *exec.Cmd
	databases int
}

// Start makes a server and starts it, with the settings given ("fsync=off").
// It ends with the test.
func Start(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s := place(tb)
	secret := filepath.Join(s.folder, "password")
	if err := os.WriteFile(secret, []byte(Password+"\n"), 0o644); err != nil {
		tb.Fatal(err)
	}
	s.run("initdb", "-D", s.data(), "-U", User, "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--no-locale", "--no-sync")
	s.configure(append([]string{
		"listen_addresses = '127.0.0.1'", fmt.Sprintf("port = %d", s.port), "unix_socket_directories = ''", "max_connections = 200",
	}, settings...)...)
	s.Restart()
	return s
}

// place makes the folder of a server, which is removed when the test ends.
func place(tb testing.TB) *Server {
	tb.Helper()
	folder, err := os.MkdirTemp("", "penates-postgres-")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{tb: tb, bin: programs(tb), folder: folder, port: freePort(tb), owner: owner(tb, folder)}
	tb.Cleanup(func() {
		s.Kill()
		if err := os.RemoveAll(folder); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// configure adds settings, of which the last of a name counts.
func (s *Server) configure(settings ...string) {
	s.tb.Helper()
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		s.tb.Fatal(err)
	}
	if _, err := f.WriteString(strings.Join(settings, "\n") + "\n"); err != nil {
		s.tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		s.tb.Fatal(err)
	}
}

// run runs a program of PostgreSQL to its end.
func (s *Server) run(name string, args ...string) {
	s.tb.Helper()
	if out, err := s.command(name, args...).CombinedOutput(); err != nil {
		s.tb.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// Standby starts a second server that takes what is written from this one, which
// waits for it before it acknowledges a commit.
func (s *Server) Standby() *Server {
	s.tb.Helper()
	other := place(s.tb)
	other.run("pg_basebackup", "-D", other.data(), "-R", "--checkpoint=fast", "--no-sync", "-d", s.URL("postgres", true))
	other.configure(fmt.Sprintf("port = %d", other.port))
	other.Restart()
	s.Exec("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
	s.Exec("postgres", "SELECT pg_reload_conf()")
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if s.text("SELECT coalesce(string_agg(sync_state, ','), '') FROM pg_stat_replication WHERE state = 'streaming'") == "sync" {
			return other
		}
		if time.Now().After(deadline) {
			s.tb.Fatal("the standby does not follow")
		}
	}
}

// Promote lets a standby take writes.
func (s *Server) Promote() {
	s.tb.Helper()
	if s.text(fmt.Sprintf("SELECT pg_promote(true, %d)::text", int(patience.Seconds()))) != "true" {
		s.tb.Fatal("the standby is not promoted")
	}
}

// programs returns the folder of PostgreSQL's programs, the newest there is.
func programs(tb testing.TB) string {
	tb.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		tb.Fatal(err)
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		tb.Fatal("install PostgreSQL, which this test starts (on Debian: apt-get install postgresql)")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(strings.TrimPrefix(path, "/usr/lib/postgresql/"), "/")[0])
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }))
}

// owner gives the folder to somebody who may run PostgreSQL, which refuses root,
// and says how to run as that.
func owner(tb testing.TB, folder string) *syscall.SysProcAttr {
	tb.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		tb.Fatal("PostgreSQL does not run as root, and there is neither a user postgres nor nobody:", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		tb.Fatal(err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.Chown(folder, uid, gid); err != nil {
		tb.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func freePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing was written
	return l.Addr().(*net.TCPAddr).Port
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir, c.SysProcAttr = s.folder, s.owner
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	return c
}

// Restart starts the server, after stopping it if it runs, and waits until it answers.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	log, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer log.Close() //nolint:errcheck // the server has its own
	c := s.command("postgres", "-D", s.data())
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		s.tb.Fatal(err)
	}
	s.mu.Lock()
	s.running = c
	s.mu.Unlock()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(context.Background(), s.URL("postgres", true))
		if err == nil {
			_ = conn.Close(context.Background())
			return
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			s.tb.Fatalf("PostgreSQL does not answer: %v\n%s", err, text)
		}
	}
}

// Stop ends the server as an operator does, closing all connections.
func (s *Server) Stop() { s.end(syscall.SIGINT) }

// Kill ends the server at once, as a crash does: SIGQUIT, on which all its
// processes exit without writing anything more.
func (s *Server) Kill() { s.end(syscall.SIGQUIT) }

func (s *Server) end(signal syscall.Signal) {
	s.mu.Lock()
	c := s.running
	s.running = nil
	s.mu.Unlock()
	if c == nil {
		return
	}
	_ = c.Process.Signal(signal)
	timer := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	_ = c.Wait() // ended by a signal: the error is expected
}

// URL returns the address of a database, with the password or without.
func (s *Server) URL(database string, password bool) string {
	who := User
	if password {
		who += ":" + strings.ReplaceAll(Password, " ", "%20")
	}
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", who, s.port, database)
}

// Database makes an empty database and returns its name.
func (s *Server) Database() string {
	s.tb.Helper()
	s.mu.Lock()
	s.databases++
	name := fmt.Sprintf("test%d", s.databases)
	s.mu.Unlock()
	s.Exec("postgres", "CREATE DATABASE "+name)
	return name
}

// Address returns the address of a database that servers have one after the other,
// without the password.
func Address(database string, servers ...*Server) string {
	hosts := make([]string, len(servers))
	for i, s := range servers {
		hosts[i] = fmt.Sprintf("127.0.0.1:%d", s.port)
	}
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", User, strings.Join(hosts, ","), database)
}

// Exec runs a statement in a database.
func (s *Server) Exec(database, statement string) {
	s.tb.Helper()
	conn, err := pgx.Connect(context.Background(), s.URL(database, true))
	if err != nil {
		s.tb.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // the statement is done
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		s.tb.Fatal(err)
	}
}

// text returns the one value that a query gives.
func (s *Server) text(query string) (text string) {
	s.tb.Helper()
	conn, err := pgx.Connect(context.Background(), s.URL("postgres", true))
	if err != nil {
		s.tb.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // nothing is written
	if err := conn.QueryRow(context.Background(), query).Scan(&text); err != nil {
		s.tb.Fatal(err)
	}
	return text
}
