package passkey

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"penates"
	"penates/internal/vault"
)

// origin is the page's own, as the browser names it. Its host is one of those the
// page goes by.
func origin(r *http.Request) string {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// state returns a session in which passkeys are looked up before anybody is logged
// in. The vault has to be open: a passkey does not unlock it.
func state(v *vault.Vault) (*vault.Session, error) {
	if v == nil || v.Locked() {
		return nil, fmt.Errorf("a passkey does not unlock a vault: %w", penates.Denied)
	}
	return v.As(penates.Owner, "page")
}

// Tell answers the page's script.
func Tell(w http.ResponseWriter, answer any) error {
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) // who asked is gone
	return nil
}

type ceremony struct {
	Token   string `json:"token"`
	Options any    `json:"options"`
}

// A Line is a passkey as the page lists it.
type Line struct{ ID, Label string }

// Lines returns the passkeys that log in at the address of a request.
func Lines(ctx context.Context, s *vault.Session, r *http.Request) (lines []Line, err error) {
	keys, err := Keys(ctx, s, origin(r))
	for _, k := range keys {
		lines = append(lines, Line{k.ID(), k.Label})
	}
	return lines, err
}

// Offered reports whether a passkey logs in at the address of a request now.
func Offered(v *vault.Vault, r *http.Request) bool {
	s, err := state(v)
	if err != nil {
		return false
	}
	keys, err := Keys(r.Context(), s, origin(r))
	return err == nil && len(keys) > 0
}

// ServeLogIn begins to log in.
func (d *Desk) ServeLogIn(w http.ResponseWriter, r *http.Request, v *vault.Vault) error {
	if _, err := state(v); err != nil {
		return err
	}
	options, token, err := d.LogIn(origin(r))
	if err != nil {
		return err
	}
	return Tell(w, ceremony{token, options})
}

// LoggedIn returns nil when the body of a request is the answer of a passkey.
func (d *Desk) LoggedIn(r *http.Request, v *vault.Vault) error {
	s, err := state(v)
	if err != nil {
		return err
	}
	return d.FinishLogIn(r.Context(), s, origin(r), r.URL.Query().Get("token"), r.Body)
}

// ServeAdd begins to make a passkey.
func (d *Desk) ServeAdd(w http.ResponseWriter, r *http.Request, s *vault.Session) error {
	options, token, err := d.Add(r.Context(), s, origin(r))
	if err != nil {
		return err
	}
	return Tell(w, ceremony{token, options})
}

// Added keeps the passkey that the browser made, and tells the journal.
func (d *Desk) Added(r *http.Request, s *vault.Session, label string) error {
	if err := d.FinishAdd(r.Context(), s, origin(r), r.URL.Query().Get("token"), label, r.Body); err != nil {
		return err
	}
	return s.Note(penates.Owner, "", penates.Change, "passkey", nil)
}

// Removed forgets a passkey.
func Removed(r *http.Request, s *vault.Session, id string) error {
	return Remove(r.Context(), s, origin(r), id)
}
