package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"penates"
)

// A client speaks to the server that holds a vault.
type client struct {
	http *http.Client
}

// dialServer returns a client of the server that holds the vault in dir, or nil
// when none does.
func dialServer(ctx context.Context, dir string) *client {
	path := socketPath(dir)
	var d net.Dialer
	probe, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := d.DialContext(probe, "unix", path)
	if err != nil {
		return nil
	}
	_ = conn.Close() // it only showed that somebody listens
	return &client{&http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", path) },
	}}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

func (c *client) post(ctx context.Context, path string, body any) (*http.Response, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://penates"+path, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the server that holds the vault: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close() // of an error page
		return nil, fmt.Errorf("the server that holds the vault answers %s; is it the same release?", resp.Status)
	}
	return resp, nil
}

func (c *client) keys(ctx context.Context, what string, req keysRequest) (string, error) {
	resp, err := c.post(ctx, "/keys/"+what, req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var a keysAnswer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return "", err
	}
	switch {
	case a.Error == "":
		return a.Sheet, nil
	case a.Kind != "":
		return "", told{a.Error, a.Kind}
	}
	return "", errors.New(a.Error)
}

// told is an error as the server worded it, with its kind.
type told struct {
	text string
	kind penates.Kind
}

func (t told) Error() string { return t.text }
func (t told) Unwrap() error { return t.kind }

func (c *client) unlock(ctx context.Context, passphrase []byte) error {
	_, err := c.keys(ctx, "unlock", keysRequest{Passphrase: passphrase})
	return err
}

func (c *client) lock(ctx context.Context) error {
	_, err := c.keys(ctx, "lock", keysRequest{})
	return err
}

func (c *client) changePassphrase(ctx context.Context, old, fresh []byte) error {
	_, err := c.keys(ctx, "passphrase", keysRequest{Passphrase: old, New: fresh})
	return err
}

func (c *client) newSheet(ctx context.Context, passphrase []byte) (string, error) {
	return c.keys(ctx, "sheet", keysRequest{Passphrase: passphrase})
}

func (c *client) recover(ctx context.Context, code string, fresh []byte) error {
	_, err := c.keys(ctx, "recover", keysRequest{Sheet: code, New: fresh})
	return err
}

func (c *client) locked(ctx context.Context) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://penates/state", nil)
	if err != nil {
		return false, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	var state struct{ Exists, Locked bool }
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		return false, err
	}
	if !state.Exists {
		return false, fmt.Errorf("%w: make it on the server's page", errNoVault)
	}
	return state.Locked, nil
}

// forward has the server run this command. A locked vault is unlocked for the
// command, and locked again.
func (p *program) forward(ctx context.Context, c *client) (err error) {
	locked, err := c.locked(ctx)
	if err != nil {
		return err
	}
	if locked {
		phrase, err := p.passphrase("Passphrase / Phrase secrète : ")
		if err != nil {
			return err
		}
		defer clear(phrase)
		if err := c.unlock(ctx, phrase); err != nil {
			return err
		}
		defer func() { _ = c.lock(context.WithoutCancel(ctx)) }()
	}
	resp, err := c.post(ctx, "/run", runRequest{Args: p.args, Dir: p.cwd, Terminal: p.terminal})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	code, err := p.relay(bufio.NewReader(resp.Body))
	if err != nil {
		return fmt.Errorf("the server that holds the vault hung up: %w", err)
	}
	if code != exitOK {
		return codeError{errors.New(""), code}
	}
	return nil
}

// relay writes the frames of an answer to where they belong and returns the exit
// code.
func (p *program) relay(r io.Reader) (int, error) {
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(r, head); err != nil {
			return 0, err
		}
		n := int64(binary.BigEndian.Uint32(head[1:]))
		if n > maxFrame {
			return 0, fmt.Errorf("a frame of %d bytes: %w", n, penates.TooLarge)
		}
		out := p.stdout
		switch head[0] {
		case frameErr:
			out = p.stderr
		case frameExit:
			code := []byte{0}
			_, err := io.ReadFull(r, code)
			return int(code[0]), err
		}
		if _, err := io.CopyN(out, r, n); err != nil {
			return 0, err
		}
	}
}
