package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A running program, and how it is asked.
type running struct {
	cmd   *exec.Cmd
	base  string // its address
	ready time.Duration
	http  *http.Client
	said  bytes.Buffer // what it wrote

	// A write of document i gives its address.
	put   func(i int, body []byte) (*http.Request, error)
	where func(i int, answer []byte) (address string, err error)
	get   func(address string) (*http.Request, error)
	found sync.Map // address by i
}

// launch starts a program and waits until probe below its address answers.
func launch(ctx context.Context, dir, base, probe string, name string, args ...string) (*running, error) {
	s := &running{base: base, http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	s.cmd = exec.Command(name, args...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, &s.said, &s.said
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return s, s.begin(ctx, probe)
}

func (s *running) begin(ctx context.Context, probe string) error {
	start := time.Now()
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for time.Since(start) < time.Minute && ctx.Err() == nil {
		res, err := s.http.Get(s.base + probe)
		if err == nil {
			s.ready = time.Since(start)
			return res.Body.Close()
		}
		time.Sleep(2 * time.Millisecond)
	}
	return errors.Join(fmt.Errorf("%s does not answer: %s", s.cmd.Path, s.said.String()), ctx.Err(), s.stop())
}

// stop ends the program and what it started.
func (s *running) stop() error {
	s.http.CloseIdleConnections()
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGTERM)
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case <-ended: // a program that is told to stop may say what it likes
		return nil
	case <-time.After(10 * time.Second):
		err := syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		return err
	}
}

// do sends a request and reads the answer whole.
func (s *running) do(r *http.Request) ([]byte, error) {
	res, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s %.300s", r.Method, r.URL.Path, res.Status, b)
	}
	return b, err
}

func (s *running) write(i int) error {
	r, err := s.put(i, document(i))
	if err != nil {
		return err
	}
	b, err := s.do(r)
	if err != nil {
		return err
	}
	at, err := s.where(i, b)
	s.found.Store(i, at)
	return err
}

func (s *running) read(i int) error {
	at, ok := s.found.Load(i)
	if !ok {
		return fmt.Errorf("document %d was not written", i)
	}
	r, err := s.get(at.(string))
	if err != nil {
		return err
	}
	b, err := s.do(r)
	if err == nil && !bytes.Contains(b, []byte(content(i))) {
		err = fmt.Errorf("document %d is not what was written: %.300s", i, b)
	}
	return err
}

// measure asks for documents from to to, by a number of clients.
func (s *running) measure(ctx context.Context, clients, from, to int, ask func(int) error) (sample, error) {
	next := atomic.Int64{}
	next.Store(int64(from))
	errs := make([]error, clients)
	before, start := s.cpu(), time.Now()
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for errs[c] == nil && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= to {
					return
				}
				errs[c] = ask(i)
			}
		})
	}
	all.Wait()
	took, n := time.Since(start), to-from
	return sample{float64(n) / took.Seconds(), (s.cpu() - before) / time.Duration(n)}, cmp.Or(append(errs, ctx.Err())...)
}

// processes returns the program and those it started.
func (s *running) processes() (pids []string) {
	all, _ := filepath.Glob("/proc/[0-9]*/stat") // Linux only
	for _, name := range all {
		if f := fields(name); len(f) > 2 && f[2] == strconv.Itoa(s.cmd.Process.Pid) {
			pids = append(pids, filepath.Dir(name))
		}
	}
	return pids
}

// fields returns those of a process's stat after its name.
func fields(name string) []string {
	b, _ := os.ReadFile(name) // it may have ended
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}

// cpu returns the processor time of the program so far.
func (s *running) cpu() (sum time.Duration) {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux
	for _, p := range s.processes() {
		f := fields(filepath.Join(p, "stat"))
		for _, i := range []int{11, 12, 13, 14} { // user, system, and those of children that ended
			if i < len(f) {
				n, _ := strconv.Atoi(f[i])
				sum += time.Duration(n) * tick
			}
		}
	}
	return sum
}

// resident returns the memory of the program: what it shares with its own
// processes counts once.
func (s *running) resident() (bytes int64) {
	for _, p := range s.processes() {
		b, _ := os.ReadFile(filepath.Join(p, "smaps_rollup"))
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) == 3 && f[0] == "Pss:" {
				n, _ := strconv.ParseInt(f[1], 10, 64)
				bytes += n * 1024
			}
		}
	}
	return bytes
}

// freePort returns a port of this machine that nothing listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

func onDisk(d fs.DirEntry) int64 {
	info, err := d.Info()
	if err != nil {
		return 0
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512
	}
	return info.Size()
}
