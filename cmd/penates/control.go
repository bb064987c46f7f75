package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"penates"
	"penates/internal/backup"
	"penates/internal/vault"
	"penates/internal/web"
)

// A server that holds a vault listens on a socket in the vault's folder, where
// only the vault's owner may connect, and runs commands for whoever does: the
// vault has one process, and commands work beside it all the same.

const maxSocketPath = 100 // some systems allow 104 bytes

// socketPath returns where the server of the vault in dir listens.
func socketPath(dir string) string {
	path := filepath.Join(dir, "socket")
	if len(path) <= maxSocketPath {
		return path
	}
	base := os.Getenv("XDG_RUNTIME_DIR")
	if base == "" {
		base = os.TempDir()
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(base, "penates-"+hex.EncodeToString(sum[:8])+".sock")
}

// The frames of an answer to /run: one byte of these, four bytes of length
// (big-endian), then as many bytes.
const (
	frameOut  = 1
	frameErr  = 2
	frameExit = 3 // one byte: the exit code
)

const maxFrame = 1 << 20

// A frameWriter sends what is written to it as frames of one kind.
type frameWriter struct {
	mu    *sync.Mutex
	w     io.Writer
	flush func() error
	kind  byte
}

func (f *frameWriter) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	written := 0
	for len(p) > 0 {
		part := p[:min(len(p), maxFrame)]
		head := binary.BigEndian.AppendUint32([]byte{f.kind}, uint32(len(part)))
		if _, err := f.w.Write(append(head, part...)); err != nil {
			return written, err
		}
		written += len(part)
		p = p[len(part):]
	}
	return written, f.flush()
}

// A runRequest is what a command sends to have itself run.
type runRequest struct {
	Args     []string `json:"args"`
	Dir      string   `json:"dir"`
	Terminal bool     `json:"terminal"`
}

// A keysRequest carries what concerns the keys.
type keysRequest struct {
	Passphrase []byte `json:"passphrase,omitempty"`
	New        []byte `json:"new,omitempty"`
	Sheet      string `json:"sheet,omitempty"`
}

// A keysAnswer is the answer to one.
type keysAnswer struct {
	Sheet string       `json:"sheet,omitempty"`
	Error string       `json:"error,omitempty"`
	Kind  penates.Kind `json:"kind,omitempty"`
}

// A control serves the socket of one vault.
type control struct {
	keeper  web.Keeper
	logger  *slog.Logger
	backups *backup.Keeper
}

// listen opens the socket. One that a killed server left is replaced: the caller
// holds the vault's lock, so nobody listens on it.
func (c *control) listen(dir string) (net.Listener, error) {
	path := socketPath(dir)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("socket %s: %w", path, err)
	}
	return l, os.Chmod(path, 0o600)
}

func (c *control) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", c.state)
	mux.HandleFunc("POST /run", c.run)
	mux.HandleFunc("POST /keys/{what}", c.keys)
	return http.MaxBytesHandler(mux, 1<<20)
}

func (c *control) state(w http.ResponseWriter, _ *http.Request) {
	v := c.keeper.Vault()
	writeJSON(w, map[string]bool{"exists": v != nil, "locked": v == nil || v.Locked()})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the other side hung up
}

// run runs a command on the unlocked vault and streams its output.
func (c *control) run(w http.ResponseWriter, r *http.Request) {
	var req runRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, "not a request", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	buffered := bufio.NewWriter(w)
	flush := func() error { return errors.Join(buffered.Flush(), http.NewResponseController(w).Flush()) }
	var mu sync.Mutex
	frame := func(kind byte) *frameWriter { return &frameWriter{&mu, buffered, flush, kind} }
	code := c.runProgram(r.Context(), &req, frame(frameOut), frame(frameErr))
	_, _ = frame(frameExit).Write([]byte{byte(code)}) // the other side hung up
}

func (c *control) runProgram(ctx context.Context, req *runRequest, out, errs io.Writer) int {
	v := c.keeper.Vault()
	if v == nil {
		fmt.Fprintln(errs, "penates: the server has no vault yet; make one on its page")
		return exitNoVault
	}
	s, err := v.As(penates.Owner, "")
	if err != nil {
		fmt.Fprintln(errs, "penates: "+err.Error())
		return exitLocked
	}
	p := &program{
		stdin: eofReader{}, stdout: out, stderr: errs, getenv: func(string) string { return "" }, args: req.Args, cwd: req.Dir,
		terminal: req.Terminal, session: s, vault: v, backups: c.backups, dir: v.Dir(),
	}
	return p.run(ctx)
}

type eofReader struct{}

func (eofReader) Read([]byte) (int, error) { return 0, io.EOF }

// keys does what concerns the keys. Wrong passphrases are answered late, so that
// guessing through the socket is no faster than it has to be.
func (c *control) keys(w http.ResponseWriter, r *http.Request) {
	var req keysRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, "not a request", http.StatusBadRequest)
		return
	}
	defer clear(req.Passphrase)
	defer clear(req.New)
	v := c.keeper.Vault()
	if v == nil {
		writeJSON(w, answerOf("", errNoVault))
		return
	}
	sheet, err := c.act(r.Context(), v, r.PathValue("what"), &req)
	if errors.Is(err, penates.WrongKey) {
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
		}
	}
	writeJSON(w, answerOf(sheet, err))
}

func (c *control) act(ctx context.Context, v *vault.Vault, what string, req *keysRequest) (sheet string, err error) {
	keys := localKeys{v}
	switch what {
	case "unlock":
		return "", v.Unlock(ctx, req.Passphrase)
	case "lock":
		return "", v.Lock()
	case "passphrase":
		return "", keys.changePassphrase(ctx, req.Passphrase, req.New)
	case "sheet":
		return keys.newSheet(ctx, req.Passphrase)
	case "recover":
		return "", keys.recover(ctx, req.Sheet, req.New)
	}
	return "", fmt.Errorf("%q: %w", what, penates.NotExist)
}

func answerOf(sheet string, err error) keysAnswer {
	if err == nil {
		return keysAnswer{Sheet: sheet}
	}
	a := keysAnswer{Error: err.Error()}
	var kind penates.Kind
	if errors.As(err, &kind) {
		a.Kind = kind
	}
	return a
}
