package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A surfer is a browser with a person at it: it goes where pages lead, gives the
// passphrase at the door and agrees to what it is asked.
type surfer struct {
	t     *testing.T
	http  *http.Client
	stop  string // an address that is not gone to: where a client waits
	asked string // the consent page it agreed to
}

func newSurfer(t *testing.T, stop string) *surfer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &surfer{t: t, stop: stop, http: &http.Client{Jar: jar, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

var (
	onward = regexp.MustCompile(`http-equiv="refresh" content="0;url=([^"]*)"`)
	next   = regexp.MustCompile(`name="next" value="([^"]*)"`)
	ends   = regexp.MustCompile(`name="ends" value="([^"]*)" checked`)
)

// visit goes to an address and on from there until a page leads nowhere, which it
// returns, or to where it stops.
func (s *surfer) visit(at string) (where, page string) {
	s.t.Helper()
	var form url.Values
	for range 30 {
		if s.stop != "" && strings.HasPrefix(at, s.stop) {
			return at, ""
		}
		var r *http.Request
		var err error
		if form == nil {
			r, err = http.NewRequestWithContext(s.t.Context(), http.MethodGet, at, nil)
		} else {
			r, err = http.NewRequestWithContext(s.t.Context(), http.MethodPost, at, strings.NewReader(form.Encode()))
		}
		if err != nil {
			s.t.Fatal(err)
		}
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Accept-Language", "en")
		status, header, body := s.send(r)
		to, posted := header.Get("Location"), url.Values(nil)
		switch m := onward.FindStringSubmatch(body); {
		case to != "":
		case m != nil:
			to = html.UnescapeString(m[1])
		case r.URL.Path == "/unlock":
			posted = url.Values{"passphrase": {passphrase}}
			if m := next.FindStringSubmatch(body); m != nil {
				posted.Set("next", html.UnescapeString(m[1]))
			}
			to = "/unlock"
		case strings.HasPrefix(r.URL.Path, "/consent/") && r.Method == http.MethodGet && status == http.StatusOK:
			s.asked = body
			posted, to = url.Values{"answer": {"accept"}}, r.URL.Path
			if m := ends.FindStringSubmatch(body); m != nil {
				posted.Set("ends", html.UnescapeString(m[1]))
			}
		default:
			return at, body
		}
		on, err := r.URL.Parse(to)
		if err != nil {
			s.t.Fatal(err)
		}
		at, form = on.String(), posted
	}
	s.t.Fatalf("it goes on for ever, now at %s", at)
	return "", ""
}

func (s *surfer) send(r *http.Request) (status int, header http.Header, body string) {
	s.t.Helper()
	res, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// TestOpenIDClient lets openid-client, a certified client of others, go all the way
// against the program: discovery, registration, pushed request, PKCE, bound tokens,
// user information, refresh, giving back.
func TestOpenIDClient(t *testing.T) {
	const folder = "testdata/openid"
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "openid-client")); err != nil {
		t.Fatalf("%v: run npm ci --prefix cmd/penates/%s, as ./test does", err, folder)
	}
	m := newMachine(t)
	s := m.serve()
	defer s.end(os.Interrupt)
	issuer := address.FindString(s.first)
	for _, method := range []string{"none", "client_secret_basic", "private_key_jwt"} {
		c := exec.CommandContext(t.Context(), "node", "flow.mjs", issuer, method)
		c.Dir = folder
		c.Stderr = t.Output()
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatalf("%v: install Node.js 20 or later", err)
		}
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			_ = c.Wait() // what it said tells why
			t.Fatalf("%s: the client ended before it sent the person anywhere", method)
		}
		person := newSurfer(t, "http://127.0.0.1:9/")
		where, page := person.visit(lines.Text())
		if page != "" {
			t.Fatalf("%s: the person is left at %s:\n%.800s", method, where, page)
		}
		if !strings.Contains(person.asked, "openid-client") {
			t.Errorf("%s: the person is not told who asks:\n%.800s", method, person.asked)
		}
		fmt.Fprintln(in, where)
		if !lines.Scan() {
			_ = c.Wait() // what it said tells why
			t.Fatalf("%s: the client failed", method)
		}
		checkFlow(t, method, issuer, lines.Bytes())
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
}

func checkFlow(t *testing.T, method, issuer string, line []byte) {
	t.Helper()
	var got struct {
		Issuer, Sub, Type, Reused string
		Nonce, Rotated            bool
		Before, After             any
		AuthTime                  int64 `json:"auth_time"`
		Info                      map[string]any
		Details                   []map[string]any
	}
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("%s: %v: %s", method, err, line)
	}
	if got.Issuer != issuer || got.Sub == "" || !strings.EqualFold(got.Type, "dpop") || !got.Nonce || !got.Rotated || got.AuthTime == 0 {
		t.Errorf("%s: %s", method, line)
	}
	if got.Before != 200.0 || got.After != 401.0 || got.Reused != "invalid_grant" {
		t.Errorf("%s: before giving back %v, after %v, refreshed %v", method, got.Before, got.After, got.Reused)
	}
	if len(got.Details) != 1 || !strings.HasPrefix(fmt.Sprint(got.Details[0]["grant"]), "grt_") {
		t.Errorf("%s: it was given %v", method, got.Details)
	}
	if got.Info["sub"] != got.Sub || got.Info["locale"] == nil {
		t.Errorf("%s: it knows %v", method, got.Info)
	}
}
