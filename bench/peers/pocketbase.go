package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
)

// startPocketBase starts PocketBase with a collection of notes for those who are
// logged in, as its first user.
func startPocketBase(ctx context.Context, dir string) (*running, error) {
	program, data := filepath.Join(filepath.Dir(dir), "pocketbase"), "--dir="+filepath.Join(dir, "data")
	if err := build(ctx, program, ".", "./pocketbase"); err != nil {
		return nil, err
	}
	const admin, mail = "admin@peers.example", "lou@peers.example"
	if _, err := run(ctx, dir, program, data, "superuser", "upsert", admin, passphrase); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s, err := launch(ctx, dir, "http://127.0.0.1:"+port, "/api/health", program, data, "serve", "--http=127.0.0.1:"+port)
	if err != nil {
		return nil, err
	}
	token := ""
	ask := func(path string, in any) (err error) {
		r, err := request("POST", s.base+path, encode(in), "Authorization", token)
		if err != nil {
			return err
		}
		b, err := s.do(r)
		if err != nil {
			return err
		}
		var got struct{ Token string }
		if err = json.Unmarshal(b, &got); got.Token != "" {
			token = got.Token
		}
		return err
	}
	const rule = `@request.auth.id != ""`
	for _, step := range []struct {
		path string
		in   map[string]any
	}{
		{"/api/collections/_superusers/auth-with-password", map[string]any{"identity": admin, "password": passphrase}},
		{"/api/collections", map[string]any{"name": "notes", "type": "base", "createRule": rule, "viewRule": rule, "listRule": rule,
			"fields": []any{map[string]any{"name": "title", "type": "text"}, map[string]any{"name": "content", "type": "text"}}}},
		{"/api/collections/users/records", map[string]any{"email": mail, "password": passphrase, "passwordConfirm": passphrase}},
		{"/api/collections/users/auth-with-password", map[string]any{"identity": mail, "password": passphrase}},
	} {
		if err := ask(step.path, step.in); err != nil {
			return nil, errors.Join(err, s.stop())
		}
	}
	const notes = "/api/collections/notes/records"
	s.put = func(_ int, body []byte) (*http.Request, error) {
		return request("POST", s.base+notes, body, "Authorization", token)
	}
	s.where = func(_ int, answer []byte) (string, error) {
		var got struct{ ID string }
		err := json.Unmarshal(answer, &got)
		return s.base + notes + "/" + got.ID, err
	}
	s.get = func(at string) (*http.Request, error) { return request("GET", at, nil, "Authorization", token) }
	return s, nil
}
