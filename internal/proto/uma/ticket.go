package uma

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/proto/oauth"
	"penates/internal/rule"
	"penates/internal/serve"
	"penates/internal/vault"
)

const (
	kindTicket     = "uma.ticket"
	maxPermissions = 20
)

// A ticket stands for what was asked for when there was no token, and for what was
// proven since. It is good once.
type ticket struct {
	Server      string            `json:"server"` // the resource server's client id; "" for the vault
	Permissions []rule.Permission `json:"permissions"`
	Client      string            `json:"client,omitempty"` // whose it is, once somebody showed it
	Proven      []rule.Proven     `json:"proven,omitempty"`
}

// never is the time of what is kept for good.
var never time.Time

// keep returns a new name for t, which is good until a time. Only its hash is kept.
func (t *ticket) keep(ctx context.Context, state *vault.Session, until time.Time) (string, error) {
	var b [32]byte
	rand.Read(b[:])
	name := base64.RawURLEncoding.EncodeToString(b[:])
	value, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	return name, state.Remember(ctx, kindTicket, ticketKey(name), value, until)
}

func ticketKey(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// take returns the ticket of a name, which is void from then on.
func take(ctx context.Context, state *vault.Session, name string) (*ticket, error) {
	key := ticketKey(name)
	b, err := state.Recall(ctx, kindTicket, key)
	if err == nil {
		err = state.Forget(ctx, kindTicket, key)
	}
	if errors.Is(err, penates.NotExist) {
		return nil, oauth.Fail("invalid_grant", "the ticket is not known, was used, or its time is over")
	}
	if err != nil {
		return nil, err
	}
	t := new(ticket)
	return t, json.Unmarshal(b, t)
}

// permission is the permission endpoint: a resource server asks for a ticket on
// behalf of a client that came without a token that is enough.
func (s *Server) permission(w http.ResponseWriter, r *http.Request) error {
	x, err := s.protects(r)
	if err != nil {
		return err
	}
	state, err := s.auth.State()
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := serve.ReadJSON(r, &raw, true); err != nil {
		return err
	}
	var list []rule.Permission
	if raw[0] == '[' {
		err = json.Unmarshal(raw, &list)
	} else {
		list = make([]rule.Permission, 1)
		err = json.Unmarshal(raw, &list[0])
	}
	if err != nil || len(list) == 0 || len(list) > maxPermissions {
		return oauth.Fail("invalid_request", fmt.Sprintf("a permission is needed, or a list of 1 to %d", maxPermissions))
	}
	for _, p := range list {
		if p.Resource == "" || p.Scopes == nil {
			return oauth.Fail("invalid_request", "a permission has a resource_id, and resource_scopes even if there are none")
		}
	}
	name, err := s.ticket(r, state, x.Client, list)
	if err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusCreated, map[string]string{"ticket": name})
}

// ticket makes a ticket for permissions on resources of a server.
func (s *Server) ticket(r *http.Request, state *vault.Session, server string, list []rule.Permission) (string, error) {
	t := &ticket{Server: server}
	for _, p := range list {
		known, err := lookup(r.Context(), state, server, p.Resource)
		if errors.Is(err, penates.NotExist) {
			return "", oauth.Fail("invalid_resource_id", "no such resource of this resource server")
		}
		if err != nil {
			return "", err
		}
		for _, scope := range p.Scopes {
			if !slices.Contains(known, scope) {
				return "", oauth.Fail("invalid_scope", "the resource is not registered with that scope")
			}
		}
		t.Permissions = append(t.Permissions, rule.Permission{Resource: p.Resource, Scopes: p.Scopes})
	}
	return t.keep(r.Context(), state, s.auth.Now().Add(ticketLife))
}

// vaultRows is the vault as a resource server: the documents of one type. Without
// a token there is a ticket; with one, the rows that its grant shows.
func (s *Server) vaultRows(w http.ResponseWriter, r *http.Request) error {
	state, err := s.auth.State()
	if err != nil {
		return err
	}
	id := vaultPrefix + r.PathValue("type")
	if _, err := lookup(r.Context(), state, "", id); err != nil {
		return &oauth.Error{Code: "not_found", Description: "no such resource", Status: http.StatusNotFound}
	}
	session, err := s.sessionFor(r, id)
	var p *serve.Problem
	switch {
	case errors.As(err, &p) && p.Status == http.StatusUnauthorized:
		if p.Header.Get("DPoP-Nonce") != "" && strings.Contains(strings.Join(p.Header.Values("WWW-Authenticate"), " "), "dpop_nonce") {
			return err // the token is enough, the proof is not
		}
		return s.challenge(r, state, id)
	case err != nil:
		return err
	case !session.Grant().Covers(penates.Type(r.PathValue("type"))):
		return s.challenge(r, state, id)
	}
	table, err := session.Query(r.Context(), "SELECT * FROM "+viewOf(r.PathValue("type"))+" ORDER BY day, id", maxRows)
	if errors.Is(err, penates.Denied) || errors.Is(err, penates.NotExist) {
		return s.challenge(r, state, id)
	}
	if err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]any{"columns": table.Columns, "rows": table.Rows, "cut": table.Cut})
}

// sessionFor returns the session under the grant that a token holds for a resource.
func (s *Server) sessionFor(r *http.Request, resource string) (*vault.Session, error) {
	x, err := s.auth.Shown(r)
	if err != nil {
		return nil, err
	}
	if x.Rule == "" {
		return s.auth.Under(x, penates.GrantID(r.Header.Get(oauth.GrantHeader)))
	}
	all, err := permissionsOf(x)
	if err != nil {
		return nil, err
	}
	id := penates.GrantID("")
	for _, h := range all.Given {
		if h.Resource == resource && h.Grant != nil {
			id = h.Grant.ID
		}
	}
	return s.auth.Under(x, id)
}

// maxRows bounds an answer of the vault as a resource server.
const maxRows = 10_000

// challenge is the answer to who shows no token that is enough (UMA grant, section
// 3.2): where to go, with a ticket.
func (s *Server) challenge(r *http.Request, state *vault.Session, id string) error {
	if err := s.auth.Allow(r); err != nil {
		return &oauth.Error{Code: "temporarily_unavailable", Description: "too many requests at once", Status: http.StatusForbidden,
			Header: http.Header{"Warning": {`199 - "UMA Authorization Server Unreachable"`}}}
	}
	name, err := s.ticket(r, state, "", []rule.Permission{{Resource: id, Scopes: []string{vaultScope}}})
	if err != nil {
		return err
	}
	return &oauth.Error{Code: "unauthorized", Description: "ask for a token with the ticket", Status: http.StatusUnauthorized,
		Header: http.Header{"Www-Authenticate": {fmt.Sprintf(`UMA realm="penates", as_uri=%q, ticket=%q`, s.auth.Issuer(), name)}}}
}
