package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

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
