// Package sftptest starts hosts of SSH within the process, which fail as they are told.
package sftptest

import (
	"crypto/ed25519"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// Who may use a host.
const (
	User     = "penates"
	Password = "a password that is never shown"
)

// A Host is an SSH server within the process, whose files are served by OpenSSH's own
// program or by one in Go.
type Host struct {
	tb      testing.TB
	Address string        // host and port
	Allowed ssh.PublicKey // opens it too, if not nil
	// Left is how many bytes may still come before all connections are cut, once; below
	// zero they are not counted.
	Left atomic.Int64

	key   atomic.Pointer[ssh.Signer]
	serve func(ssh.Channel)

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	all      sync.WaitGroup
}

// New starts a host whose files serve serves.
func New(tb testing.TB, serve func(ssh.Channel)) *Host {
	tb.Helper()
	h := &Host{tb: tb, serve: serve, open: map[net.Conn]bool{}}
	h.Left.Store(-1)
	h.NewKey()
	h.Start("127.0.0.1:0")
	tb.Cleanup(func() {
		h.Stop()
		h.all.Wait()
	})
	return h
}

// NewKey gives the host another key.
func (h *Host) NewKey() {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		h.tb.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		h.tb.Fatal(err)
	}
	h.key.Store(&signer)
}

// Start lets the host listen at an address, as after [Host.Stop].
func (h *Host) Start(at string) {
	l, err := net.Listen("tcp", at)
	if err != nil {
		h.tb.Fatal(err)
	}
	h.mu.Lock()
	h.listener, h.Address = l, l.Addr().String()
	h.mu.Unlock()
	h.all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.open[c] = true
			h.mu.Unlock()
			h.all.Go(func() { h.connection(c) })
		}
	})
}

// Fingerprint returns that of the host's key.
func (h *Host) Fingerprint() string { return ssh.FingerprintSHA256((*h.key.Load()).PublicKey()) }

// At returns the address of a folder on the host.
func (h *Host) At(folder string) string { return "sftp://" + User + "@" + h.Address + folder }

// Stop ends the host, connections and all.
func (h *Host) Stop() {
	h.mu.Lock()
	_ = h.listener.Close()
	h.mu.Unlock()
	h.cutAll()
}

func (h *Host) cutAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.open {
		_ = c.Close()
	}
}

// Connections says how many there are.
func (h *Host) Connections() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.open)
}

func (h *Host) connection(c net.Conn) {
	defer func() {
		h.mu.Lock()
		delete(h.open, c)
		h.mu.Unlock()
		_ = c.Close()
	}()
	config := &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, given []byte) (*ssh.Permissions, error) {
			if c.User() == User && subtle.ConstantTimeCompare(given, []byte(Password)) == 1 {
				return nil, nil
			}
			return nil, errors.New("no")
		},
		PublicKeyCallback: func(_ ssh.ConnMetadata, given ssh.PublicKey) (*ssh.Permissions, error) {
			if h.Allowed != nil && string(given.Marshal()) == string(h.Allowed.Marshal()) {
				return nil, nil
			}
			return nil, errors.New("no")
		},
	}
	config.AddHostKey(*h.key.Load())
	conn, channels, requests, err := ssh.NewServerConn(&cut{c, h}, config)
	if err != nil {
		return
	}
	var all sync.WaitGroup
	all.Go(func() { ssh.DiscardRequests(requests) })
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			continue
		}
		all.Go(func() {
			for r := range requests {
				is := r.Type == "subsystem" && string(r.Payload[4:]) == "sftp"
				_ = r.Reply(is, nil)
				if is {
					all.Go(func() { h.serve(channel); _ = channel.Close() })
				}
			}
		})
	}
	_ = conn.Close()
	all.Wait()
}

// A cut is a connection that ends, with all others, when the host has got so many bytes.
type cut struct {
	net.Conn
	host *Host
}

func (c *cut) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.host.Left.Load() >= 0 && c.host.Left.Add(-int64(n)) <= 0 {
		c.host.Left.Store(-1)
		c.host.cutAll()
		return 0, io.EOF
	}
	return n, err
}

// OpenSSH serves all files of the machine by OpenSSH's program.
func OpenSSH(tb testing.TB) func(ssh.Channel) {
	tb.Helper()
	const program = "/usr/lib/openssh/sftp-server"
	if _, err := os.Stat(program); err != nil {
		tb.Fatal("install OpenSSH's server of SFTP, which this test starts (on Debian: apt-get install openssh-sftp-server)")
	}
	return func(channel ssh.Channel) {
		server := exec.Command(program)
		in, err := server.StdinPipe()
		if err != nil {
			tb.Error(err)
			return
		}
		server.Stdout = channel
		if err := server.Start(); err != nil {
			tb.Error(err)
			return
		}
		go func() {
			_, _ = io.Copy(in, channel)
			_ = in.Close()
		}()
		_ = server.Wait() // it ends when its input does
	}
}

// InGo serves all files of the machine by a server within the process.
func InGo(channel ssh.Channel) {
	server, err := sftp.NewServer(channel)
	if err == nil {
		_ = server.Serve() // it ends when its input does
		_ = server.Close()
	}
}
