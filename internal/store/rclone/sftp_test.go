//go:build unix

package rclone_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"penates"
	"penates/internal/store"
	"penates/internal/store/rclone"
	"penates/internal/store/rclone/sftptest"
	"penates/internal/store/storetest"
)

const (
	user     = sftptest.User
	password = sftptest.Password
)

var long = flag.Bool("long", false, "run the long versions of the tests")

func open(tb testing.TB, address, secret string, s rclone.Settings) *rclone.Store {
	tb.Helper()
	st, err := rclone.Open(tb.Context(), address, secret, s)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := st.Close(); err != nil {
			tb.Error(err)
		}
	})
	return st
}

// places are folders on a host that it has a key for.
func places(tb testing.TB, address, under string) storetest.NewPlace {
	keys, folders := &rclone.Memory{}, 0
	return func(testing.TB) storetest.Place {
		folders++
		at := fmt.Sprintf("sftp://%s@%s%s/store-%d", user, address, under, folders)
		return func(tb testing.TB) store.Store { return open(tb, at, password, keys) }
	}
}

func TestOpenSSH(t *testing.T) {
	h := sftptest.New(t, sftptest.OpenSSH(t))
	place := places(t, h.Address, t.TempDir())
	if !store.Fenced(place(t)(t)) {
		t.Error("OpenSSH is not found to decide")
	}
	storetest.RunFew(t, place)
	t.Run("Duels", func(t *testing.T) {
		times := 20
		if *long {
			times = 10_000
		}
		storetest.Duels(t, place, times)
	})
}

func BenchmarkOpenSSH(b *testing.B) {
	storetest.Bench(b, places(b, sftptest.New(b, sftptest.OpenSSH(b)).Address, b.TempDir()))
}

// serve starts rclone's own server of SFTP, which has no hard links.
func serve(tb testing.TB) (address string) {
	tb.Helper()
	program, err := exec.LookPath("rclone")
	if err != nil {
		tb.Fatal("install rclone, which this test starts (on Debian: apt-get install rclone)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	address = l.Addr().String()
	_ = l.Close()
	home := tb.TempDir() // where it keeps its key
	server := exec.Command(program, "serve", "sftp", tb.TempDir(), "--addr", address, "--user", user, "--pass", password, "--config", os.DevNull, "--cache-dir", home)
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait() // killed: the error is expected
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
			return address
		}
		if time.Now().After(deadline) {
			tb.Fatalf("rclone does not answer: %v", err)
		}
	}
}

func TestWithoutLinks(t *testing.T) {
	place := places(t, serve(t), "")
	if store.Fenced(place(t)(t)) {
		t.Error("a server without hard links is said to decide")
	}
	storetest.RunFew(t, place)
}

func TestHostKey(t *testing.T) {
	h, keys := sftptest.New(t, sftptest.InGo), &rclone.Memory{}
	at := h.At(t.TempDir())
	if err := open(t, at, password, keys).PutIfAbsent(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	known, _ := keys.Get("host_keys")
	if prints, err := rclone.Fingerprints(keys); err != nil || len(prints) != 1 || prints[0] != h.Fingerprint() {
		t.Errorf("the key %q is said to be %v, %v", known, prints, err)
	}
	if err := open(t, at, password, keys).PutIfAbsent(t.Context(), "a", nil); !errors.Is(err, penates.Exists) {
		t.Error(err)
	}
	for print, kind := range map[string]error{"SHA256:" + strings.Repeat("A", 43): penates.Denied, " " + h.Fingerprint(): nil} {
		other := &rclone.Memory{}
		rclone.Expect(other, print)
		s, err := rclone.Open(t.Context(), at, password, other)
		if err == nil {
			err = s.Close()
		}
		if !errors.Is(err, kind) {
			t.Errorf("expecting %s: %v", print, err)
		}
	}
	h.NewKey()
	_, err := rclone.Open(t.Context(), at, password, keys)
	if !errors.Is(err, penates.Denied) || !strings.Contains(fmt.Sprint(err), "another key") {
		t.Error(err)
	}
	if now, _ := keys.Get("host_keys"); now != known {
		t.Errorf("the key is now %q", now)
	}
}

func TestWhoAsks(t *testing.T) {
	h := sftptest.New(t, sftptest.InGo)
	at := h.At(t.TempDir())
	for _, secret := range []string{"wrong", "hidden\nhidden"} {
		_, err := rclone.Open(t.Context(), at, secret, nil)
		if !errors.Is(err, penates.Denied) || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", secret, err)
		}
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if h.Allowed, err = ssh.NewPublicKey(public); err != nil {
		t.Fatal(err)
	}
	for _, phrase := range []string{"", "a phrase of the key"} {
		block, err := ssh.MarshalPrivateKey(private, "")
		if phrase != "" {
			block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(phrase))
		}
		if err != nil {
			t.Fatal(err)
		}
		keys := &rclone.Memory{}
		if err := rclone.UseKey(keys, pem.EncodeToMemory(block)); err != nil {
			t.Fatal(err)
		}
		if err := open(t, at, phrase, keys).PutIfAbsent(t.Context(), "by/"+fmt.Sprint(len(phrase)), nil); err != nil {
			t.Error(err)
		}
		if _, err := rclone.Open(t.Context(), at, "wrong phrase", keys); phrase != "" && !errors.Is(err, penates.Denied) {
			t.Error(err)
		}
	}
	if err := rclone.UseKey(&rclone.Memory{}, []byte("no key")); !errors.Is(err, penates.Invalid) {
		t.Error(err)
	}
}

// A host that goes away at any byte of a put leaves a whole object or none, and the
// store goes on when the host is back.
func TestHostKilled(t *testing.T) {
	const size = 200_000
	h, keys := sftptest.New(t, sftptest.OpenSSH(t)), &rclone.Memory{}
	folder := t.TempDir()
	s := open(t, h.At(folder), password, keys)
	whole := map[string]bool{}
	for i, after := range []int64{1, 1_000, 50_000, size + 2_000} {
		name, data := fmt.Sprintf("log/%d", i), storetest.Bytes(uint64(i), size)
		h.Left.Store(after)
		mine := s.PutIfAbsent(t.Context(), name, data)
		if errors.Is(mine, penates.Exists) {
			t.Errorf("cut after %d bytes: %v", after, mine)
		}
		h.Left.Store(-1) // if it was not reached
		got, err := s.Get(t.Context(), name)
		switch {
		case err == nil && !bytes.Equal(got, data):
			t.Errorf("cut after %d bytes: %d others are there", after, len(got))
		case err != nil && (!errors.Is(err, penates.NotExist) || mine == nil):
			t.Errorf("cut after %d bytes, the put said %v: %v", after, mine, err)
		}
		whole[name] = err == nil
		if err := s.PutIfAbsent(t.Context(), name, data); err != nil && !errors.Is(err, penates.Exists) {
			t.Error(err)
		}
	}
	h.Stop()
	if _, err := s.Get(t.Context(), "log/0"); err == nil || errors.Is(err, penates.NotExist) {
		t.Error(err)
	}
	h.Start(h.Address)
	if names := storetest.Names(t, s, "", ""); len(names) != len(whole) {
		t.Errorf("there is %q", names)
	}
	// What was left is removed when it is old.
	left, err := filepath.Glob(filepath.Join(folder, ".new", "*"))
	if err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(folder, ".new", "stale")
	old := time.Now().Add(-48 * time.Hour)
	for _, file := range append(left, stale) {
		if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, old, old)); err != nil {
			t.Fatal(err)
		}
	}
	open(t, h.At(folder), password, keys)
	if left, err = filepath.Glob(filepath.Join(folder, ".new", "*")); err != nil || len(left) > 0 {
		t.Errorf("%q is left, %v", left, err)
	}
}

// A host that says nothing does not hold up whoever gives up, and Close ends all
// connections.
func TestSilence(t *testing.T) {
	stuck := make(chan struct{})
	letGo := sync.OnceFunc(func() { close(stuck) })
	var silent atomic.Bool
	h := sftptest.New(t, func(channel ssh.Channel) {
		if silent.Load() {
			<-stuck
			return
		}
		sftptest.InGo(channel)
	})
	t.Cleanup(letGo)
	keys := &rclone.Memory{}
	s, err := rclone.Open(t.Context(), h.At(t.TempDir()), password, keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(time.Minute); h.Connections() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are open after Close", h.Connections())
		}
	}
	silent.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := rclone.Open(ctx, h.At(t.TempDir()), password, keys); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	letGo()
}
