package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"penates"
	"penates/internal/proto/jwt"
	"penates/internal/serve"
	"penates/internal/vault"
)

// GrantHeader names which grant of a token a request is made under, when the token
// shows several. The first counts without it.
const GrantHeader = "Penates-Grant"

// proof checks the DPoP proof of a request to uri.
func (s *Server) proof(r *http.Request, uri, access string) (key string, err error) {
	proofs := r.Header.Values("DPoP")
	if len(proofs) != 1 {
		return "", &jwt.ProofError{Code: "invalid_dpop_proof", Reason: "one DPoP proof is needed"}
	}
	return s.proofs.Check(proofs[0], r.Method, uri, access)
}

// refused is the answer to a request whose token is not taken (RFC 6750, 9449).
func (s *Server) refused(code, why string) error {
	bearer, dpop := `Bearer realm="penates"`, `DPoP algs="`+strings.Join(jwt.SignatureAlgorithms, " ")+`"`
	if code != "" {
		bearer += fmt.Sprintf(`, error=%q, error_description=%q`, code, ascii(why))
		dpop += fmt.Sprintf(`, error=%q, error_description=%q`, code, ascii(why))
	}
	if code == "use_dpop_nonce" || code == "invalid_dpop_proof" {
		bearer = ""
	}
	h := http.Header{"Dpop-Nonce": {s.proofs.Nonce()}}
	for _, challenge := range []string{dpop, bearer} {
		if challenge != "" {
			h.Add("WWW-Authenticate", challenge)
		}
	}
	return &serve.Problem{Title: "not authorised", Status: http.StatusUnauthorized, Detail: why, Header: h}
}

// A Shown is an access token that a request shows and that holds.
type Shown struct {
	*Authorization
	Access *Access
}

// Shown checks the access token that a request shows, in the Authorization header
// and nowhere else, with the proof of its key if it is bound to one. The error is
// a serve.Problem that says how to do better.
func (s *Server) Shown(r *http.Request) (*Shown, error) {
	state, err := s.State()
	if err != nil {
		return nil, err
	}
	values := r.Header.Values("Authorization")
	if len(values) == 0 {
		return nil, s.refused("", "an access token is needed")
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	id, secret, known := split(token, accessToken)
	if !ok || len(values) != 1 || !known {
		return nil, s.refused("invalid_token", "the access token is not one of this vault")
	}
	x, err := s.find(r.Context(), state, id, secret)
	if err != nil {
		return nil, err
	}
	if x.Key != "" || strings.EqualFold(scheme, "DPoP") {
		err = s.bound(r, x, scheme, token)
	} else if !strings.EqualFold(scheme, "Bearer") {
		err = s.refused("invalid_token", "the token type is not known")
	}
	if err == nil {
		err = s.here(r, x)
	}
	if err != nil {
		s.note(state, x.Actor, "", "token: "+reason(err), penates.Denied)
		return nil, err
	}
	return x, nil
}

func reason(err error) string {
	var p *serve.Problem
	if errors.As(err, &p) {
		return p.Detail
	}
	return err.Error()
}

// find returns the token with an id and a secret.
func (s *Server) find(ctx context.Context, state *vault.Session, id, secret string) (*Shown, error) {
	a, err := s.authorization(ctx, state, id)
	if errors.Is(err, penates.NotExist) {
		return nil, s.refused("invalid_token", "the access token was revoked, or its time is over")
	}
	if err != nil {
		return nil, err
	}
	sum, now := hashOf(secret), s.cfg.Now()
	for i := range a.Access {
		x := &a.Access[i]
		if equal(sum, x.Hash) && now.Before(x.Until) {
			return &Shown{a, x}, nil
		}
	}
	return nil, s.refused("invalid_token", "the access token was revoked, or its time is over")
}

// bound makes sure that who shows the token holds the key it is bound to.
func (s *Server) bound(r *http.Request, x *Shown, scheme, token string) error {
	if x.Key == "" || !strings.EqualFold(scheme, "DPoP") {
		return s.refused("invalid_token", "the token is not of that type")
	}
	key, err := s.proof(r, s.issuer+r.URL.EscapedPath(), token)
	var p *jwt.ProofError
	if errors.As(err, &p) {
		return s.refused(p.Code, p.Reason)
	}
	if err == nil && key != x.Key {
		err = s.refused("invalid_token", "the token is bound to another key")
	}
	return err
}

// here makes sure that the token may be shown at the address of the request.
func (s *Server) here(r *http.Request, x *Shown) error {
	if len(x.Access.Resource) == 0 {
		return nil
	}
	at := s.issuer + r.URL.EscapedPath()
	if slices.ContainsFunc(x.Access.Resource, func(base string) bool { return within(at, base) }) {
		return nil
	}
	return s.refused("invalid_token", "the access token is for another resource")
}

// Session returns the session that the token of a request gives: under the grant
// that the person, or a rule of theirs, gave whoever asks. Every request of a
// protocol that reaches data goes through it.
func (s *Server) Session(r *http.Request) (*vault.Session, error) {
	x, err := s.Shown(r)
	if err != nil {
		return nil, err
	}
	return s.Under(x, penates.GrantID(r.Header.Get(GrantHeader)))
}

// Under returns the session that a token gives under one of its grants, the first
// when none is named.
func (s *Server) Under(x *Shown, id penates.GrantID) (*vault.Session, error) {
	g, err := x.choose(id)
	if err != nil {
		return nil, err
	}
	session, err := s.cfg.Vault.Vault().Under(g.ID, g.Purpose)
	if errors.Is(err, penates.NotExist) || errors.Is(err, penates.Denied) {
		return nil, s.over(x.Actor, g.ID)
	}
	return session, err
}

// over notes that who held a grant came again after its end, and is the answer.
func (s *Server) over(actor penates.Actor, id penates.GrantID) error {
	const why = "the grant was stopped, or its time is over"
	state, err := s.State()
	if err != nil {
		return err
	}
	s.note(state, actor, id, "token: "+why, penates.Denied)
	return s.refused("invalid_token", why)
}

func (x *Shown) choose(id penates.GrantID) (Given, error) {
	if len(x.Access.Grants) == 0 {
		return Given{}, fmt.Errorf("the token gives no data: %w", penates.Denied)
	}
	if id == "" {
		return x.Access.Grants[0], nil
	}
	i := slices.IndexFunc(x.Access.Grants, func(g Given) bool { return g.ID == id })
	if i < 0 {
		return Given{}, fmt.Errorf("the token does not show that grant: %w", penates.Denied)
	}
	return x.Access.Grants[i], nil
}
