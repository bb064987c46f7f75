package rclone_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"penates"
	"penates/internal/store/rclone"
)

const config = `# of rclone
[other]
type = drive
token = {"access_token":"no"}

[box at work]
type = dropbox
client_id = mine
token = {"access_token":"hidden","refresh_token":"hidden too","expiry":"2026-11-29T10:00:00Z"}
env_auth = true
global.config = /etc/passwd
; a remark
[last]
type = sftp
host = example.org
pass = obscured
ssh = sh -c "a program"
key_file = /etc/shadow
`

func TestUseRemote(t *testing.T) {
	s := &rclone.Memory{}
	if err := rclone.UseRemote(s, "dropbox:penates", "box at work", strings.NewReader(config)); err != nil {
		t.Fatal(err)
	}
	token, _ := s.Get("token")
	client, _ := s.Get("client_id")
	if !strings.Contains(token, "hidden too") || client != "mine" || rclone.Asks("dropbox:penates", s) {
		t.Errorf("the token %q of the client %q", token, client)
	}
	if err := rclone.UseRemote(s, "sftp://me@example.org/x", "last", strings.NewReader(config)); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"ssh", "key_file", "env_auth", "global.config", "host"} {
		if value, ok := s.Get(key); ok {
			t.Errorf("%s is taken: %q", key, value)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(text, "hidden") {
		t.Error(text)
	}
	for _, c := range []struct {
		address, name, config string
		kind                  error
	}{
		{"dropbox:x", "none", config, penates.NotExist},
		{"drive:x", "box at work", config, penates.Invalid},
		{"nowhere:x", "other", config, penates.Invalid},
		{"drive:x", "other", "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nxxxx", penates.Unsupported},
		{"drive:x", "other", strings.Repeat("x", 2<<20), penates.TooLarge},
	} {
		if err := rclone.UseRemote(&rclone.Memory{}, c.address, c.name, strings.NewReader(c.config)); !errors.Is(err, c.kind) {
			t.Errorf("%s from %s: %v", c.address, c.name, err)
		}
	}
}

func TestUseToken(t *testing.T) {
	const token = `{"access_token":"hidden","token_type":"bearer"}`
	for _, text := range []string{token, "\n" + token + "\n", "Paste the following into your remote machine --->\n" + token + "\n<---End paste\n"} {
		s := &rclone.Memory{}
		if err := rclone.UseToken(s, "onedrive:penates", strings.NewReader(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got, _ := s.Get("token"); got != token {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
	for address, text := range map[string]string{"dropbox:a": "", "dropbox:b": "{}", "dropbox:c": "hidden", "dropbox:d": `{"access_token":1,"hidden":2}`, "sftp://u@h/x": token} {
		if err := rclone.UseToken(&rclone.Memory{}, address, strings.NewReader(text)); !errors.Is(err, penates.Invalid) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s %q: %v", address, text, err)
		}
	}
}

func FuzzSettings(f *testing.F) {
	f.Add("dropbox:penates", "box at work", config)
	f.Add("sftp://me@host:22/~/folder", "last", config)
	f.Add("drive:", "", "[]\ntype=drive\ntoken={}")
	f.Add("onedrive:a/b", "x", "eyJ0b2tlbiI6IntcImFjY2Vzc190b2tlblwiOlwieFwifSJ9")
	f.Fuzz(func(t *testing.T, address, name, text string) {
		s := &rclone.Memory{}
		_ = rclone.UseRemote(s, address, name, strings.NewReader(text))
		_ = rclone.UseToken(s, address, strings.NewReader(text))
		_ = rclone.UseKey(s, []byte(text))
		s.Set("host_keys", text)
		_, _ = rclone.Fingerprints(s)
		for _, never := range []string{"ssh", "key_file", "known_hosts_file", "server_command"} {
			if _, ok := s.Get(never); ok {
				t.Errorf("%s is taken", never)
			}
		}
	})
}

func TestBadAddresses(t *testing.T) {
	for _, address := range []string{
		"", "sftp:", "sftp://", "sftp://host/x", "sftp://u@/x", "sftp://u:hidden@host/x", "sftp://u@host/a/../b", "sftp://u@host/x?a=b",
		"sftp://u@ho st/x", "sftp://u@host:port/x", "dropbox:a//b", "dropbox:../x", "drive:a\nb", "local:/etc", "crypt:x",
	} {
		if _, err := rclone.Open(t.Context(), address, "hidden", nil); !errors.Is(err, penates.Invalid) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, address := range []string{"dropbox:a", "onedrive:", "pcloud:x/y"} { // no token
		if _, err := rclone.Open(t.Context(), address, "", nil); err == nil || errors.Is(err, penates.Invalid) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// A provider is one that gives tokens.
func provider(t *testing.T, s rclone.Settings) *httptest.Server {
	h := http.NewServeMux()
	h.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		back, err := url.Parse(q.Get("redirect_uri"))
		if err != nil || back.Hostname() != "localhost" && back.Hostname() != "127.0.0.1" || q.Get("client_id") != "mine" {
			t.Errorf("asked for %s", r.URL)
		}
		answer := url.Values{"state": {q.Get("state")}, "code": {"the code"}}
		if r.URL.Query().Get("refuse") != "" {
			answer = url.Values{"state": {q.Get("state")}, "error": {"access_denied"}}
		}
		back.RawQuery = answer.Encode()
		http.Redirect(w, r, back.String(), http.StatusFound)
	})
	h.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("code") != "the code" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "given", "refresh_token": "renews", "token_type": "bearer", "expires_in": 3600})
	})
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	rclone.UseClient(s, "mine", "hidden")
	s.Set("auth_url", server.URL+"/authorize")
	s.Set("token_url", server.URL+"/token")
	return server
}

// The person's browser goes to the address that is shown, and comes back with a code.
func TestAuthorize(t *testing.T) {
	// Rclone has one port, which providers know; somebody may be using it.
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		l, err := net.Listen("tcp", "127.0.0.1:53682")
		if err == nil {
			_ = l.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	s := &rclone.Memory{}
	provider(t, s)
	var all sync.WaitGroup
	defer all.Wait()
	browse := func(address string) {
		all.Go(func() {
			if answer, err := http.Get(address); err == nil { // the last page may be cut off
				_ = answer.Body.Close()
			}
		})
	}
	if err := rclone.Authorize(t.Context(), "dropbox:penates", s, browse); err != nil {
		t.Fatal(err)
	}
	if token, _ := s.Get("token"); !strings.Contains(token, `"given"`) || !strings.Contains(token, `"renews"`) {
		t.Errorf("the token %q", token)
	}
	refused := &rclone.Memory{}
	at := provider(t, refused)
	refused.Set("auth_url", at.URL+"/authorize?refuse=yes")
	if err := rclone.Authorize(t.Context(), "dropbox:penates", refused, browse); !errors.Is(err, penates.Denied) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := rclone.Authorize(ctx, "dropbox:penates", refused, func(string) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := rclone.Authorize(t.Context(), "drive:penates", &rclone.Memory{}, browse); !errors.Is(err, penates.Unsupported) {
		t.Error(err)
	}
}
