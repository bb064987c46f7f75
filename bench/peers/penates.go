package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	passphrase = "only for this measurement"
	back       = "https://peers.example/back"
)

// startPenates makes a vault, starts the server as a person does, and gets a token
// for a grant of notes: the vault's own costly passphrase, its sealing and its
// journal are all in use.
func startPenates(ctx context.Context, dir string) (*running, error) {
	program, data := filepath.Join(filepath.Dir(dir), "penates"), filepath.Join(dir, "vault")
	if err := build(ctx, program, "../..", "./cmd/penates"); err != nil {
		return nil, err
	}
	secret := filepath.Join(dir, "passphrase")
	if err := os.WriteFile(secret, []byte(passphrase+"\n"), 0o600); err != nil {
		return nil, err
	}
	if _, err := run(ctx, dir, program, "init", "--data", data, "--passphrase-file", secret); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s, err := launch(ctx, dir, "http://127.0.0.1:"+port, "/api/v1/types", program, "serve", "--data", data, "--passphrase-file", secret,
		"--listen", "127.0.0.1:"+port, "--requests", "1000000")
	if err != nil {
		return nil, err
	}
	token, err := s.consent()
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	authorization := "Bearer " + token
	s.put = func(_ int, body []byte) (*http.Request, error) {
		var in struct {
			Data struct {
				Type       string         `json:"type"`
				Attributes map[string]any `json:"attributes"`
			} `json:"data"`
		}
		in.Data.Type, in.Data.Attributes = "penates.notes", map[string]any{"body": json.RawMessage(body)}
		return request("POST", s.base+"/api/v1/documents", encode(in), "Authorization", authorization)
	}
	s.where = func(_ int, answer []byte) (string, error) {
		var got struct{ Data struct{ ID string } }
		err := json.Unmarshal(answer, &got)
		return s.base + "/api/v1/documents/" + got.Data.ID, err
	}
	s.get = func(at string) (*http.Request, error) { return request("GET", at, nil, "Authorization", authorization) }
	return s, nil
}

// build builds a Go program of the module in a folder, once.
func build(ctx context.Context, program, module, path string) error {
	if _, err := os.Stat(program); err == nil {
		return nil
	}
	_, err := run(ctx, ".", "go", "-C", module, "build", "-o", program, path)
	return err
}

// run runs a command to its end and returns what it wrote.
func run(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return out, err
}

// consent goes the way of docs/api.md: a program registers, asks for notes, the
// person agrees in the browser, and the program takes its token.
func (s *running) consent() (token string, err error) {
	var registered struct {
		ID string `json:"client_id"`
	}
	err = s.ask(&registered, "/oauth/register", encode(map[string]any{
		"client_name": "Peers", "redirect_uris": []string{back}, "token_endpoint_auth_method": "none",
		"grant_types": []string{"authorization_code", "refresh_token"},
	}), "application/json")
	if err != nil {
		return "", err
	}
	verifier := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	ask := url.Values{"client_id": {registered.ID}, "response_type": {"code"}, "state": {"state"}, "redirect_uri": {back},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
		"authorization_details": {string(encode([]any{map[string]any{
			"type": "penates_grant", "actions": []string{"read", "add"}, "purpose": "notebook",
			"expires":    time.Now().Add(200 * time.Hour).UTC().Format(time.RFC3339),
			"selections": []any{map[string]any{"type": "penates.notes"}},
		}}))}}
	code, err := s.agree("/oauth/authorize?" + ask.Encode())
	if err != nil {
		return "", err
	}
	var given struct {
		Token string `json:"access_token"`
	}
	err = s.ask(&given, "/oauth/token", []byte(url.Values{"grant_type": {"authorization_code"}, "client_id": {registered.ID}, "code": {code},
		"redirect_uri": {back}, "code_verifier": {verifier}}.Encode()), "application/x-www-form-urlencoded")
	return given.Token, err
}

// ask posts a body and reads the JSON of the answer.
func (s *running) ask(v any, path string, body []byte, media string) error {
	r, err := request("POST", s.base+path, body, "Content-Type", media)
	if err != nil {
		return err
	}
	b, err := s.do(r)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// agree is the person at the browser: it gives the passphrase, and what is asked.
func (s *running) agree(address string) (code string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	browser := &running{base: s.base, http: &http.Client{Jar: jar, Timeout: time.Minute}}
	form := func(path string, v url.Values) (string, error) {
		r, err := request("POST", s.base+path, []byte(v.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
		if err != nil {
			return "", err
		}
		b, err := browser.do(r)
		return string(b), err
	}
	if _, err := form("/unlock", url.Values{"passphrase": {passphrase}}); err != nil {
		return "", err
	}
	r, err := request("GET", s.base+address, nil, "Sec-Fetch-Site", "same-origin")
	if err != nil {
		return "", err
	}
	page, err := browser.do(r)
	if err != nil {
		return "", err
	}
	question := regexp.MustCompile(`/consent/[\w-]+`).Find(page)
	if question == nil {
		return "", fmt.Errorf("no question: %.500s", page)
	}
	text, err := form(string(question), url.Values{"answer": {"accept"}})
	if err != nil {
		return "", err
	}
	u, err := url.Parse(html.UnescapeString(regexp.MustCompile(regexp.QuoteMeta(back) + `[^"]*`).FindString(text)))
	if err != nil || u.Query().Get("code") == "" {
		return "", fmt.Errorf("no code: %.500s", text)
	}
	return u.Query().Get("code"), nil
}
