package oauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/serve"
	"penates/internal/vault"
)

// DetailType is the type of authorization_details (RFC 9396) that asks for grants
// of this vault.
const DetailType = "penates_grant"

const (
	maxParameter = 2000 // bytes of one parameter
	maxDetails   = 10
	maxDetail    = 32 << 10 // bytes of authorization_details
)

// A request is what a client asks the person, as it is kept until it is decided.
type request struct {
	ID        string        `json:"id"`
	Client    string        `json:"client"`
	Redirect  string        `json:"redirect"`
	State     string        `json:"state,omitempty"`
	Scope     []string      `json:"scope,omitempty"`
	Nonce     string        `json:"nonce,omitempty"`
	Challenge string        `json:"challenge"`
	Key       string        `json:"key,omitempty"` // thumbprint of the client's, RFC 9449 section 10
	Resource  []string      `json:"resource,omitempty"`
	Wanted    []grant.Grant `json:"wanted,omitempty"`
	SignIn    bool          `json:"sign_in,omitempty"`
	Claims    []string      `json:"claims,omitempty"`
	InToken   []string      `json:"in_token,omitempty"` // of Claims, those for the ID token
	// Fresh is when the person has to have logged in after (max_age, prompt=login).
	Fresh   time.Time `json:"fresh,omitzero"`
	MaxAge  bool      `json:"max_age,omitempty"`
	Silent  bool      `json:"silent,omitempty"` // prompt=none: no page may be shown
	Asked   time.Time `json:"asked"`
	Expires time.Time `json:"expires"`
}

// A returnable is an error that the client may be told of at its address, since
// the request surely is its own.
type returnable struct{ what *Error }

func back(code, description string) error { return returnable{Fail(code, description)} }

// Error implements error.
func (r returnable) Error() string { return r.what.Error() }

// Unwrap lets errors.As find the error of OAuth.
func (r returnable) Unwrap() error { return r.what }

// begin reads where to return to. What is wrong before that is shown to the
// person, and never sends a browser anywhere.
func begin(c *Client, params url.Values) (*request, error) {
	q := &request{ID: newID(), Client: c.ID, Redirect: params.Get("redirect_uri")}
	switch {
	case len(params["redirect_uri"]) > 1 || len(params["state"]) > 1 || len(params["client_id"]) > 1:
		return nil, Fail("invalid_request", "a parameter is given twice")
	case !slices.Contains(c.GrantTypes, "authorization_code"):
		return nil, Fail("unauthorized_client", "the client did not register for this")
	case q.Redirect == "" && len(c.Redirects) == 1:
		q.Redirect = c.Redirects[0]
	case !c.match(q.Redirect):
		return nil, Fail("invalid_request", "the redirect_uri is not one that the client registered")
	}
	if q.State = params.Get("state"); len(q.State) > maxParameter {
		q.State = ""
		return nil, Fail("invalid_request", "the state is too long")
	}
	return q, nil
}

// read reads the rest of an authorisation request into q.
func (s *Server) read(ctx context.Context, state *vault.Session, q *request, c *Client, params url.Values) error {
	if err := serve.Once(params, "resource"); err != nil {
		return back("invalid_request", err.Error())
	}
	for name, values := range params {
		if limit := map[bool]int{true: maxDetail, false: maxParameter}[name == "authorization_details"]; len(values[0]) > limit {
			return back("invalid_request", "a parameter is too long")
		}
	}
	q.Asked = s.Now()
	q.Expires = q.Asked.Add(PendingLife)
	q.Nonce, q.Key = params.Get("nonce"), params.Get("dpop_jkt")
	switch {
	case params.Has("request"):
		return back("request_not_supported", "push the request (RFC 9126) in place of signing it")
	case params.Get("response_type") != "code":
		return back("unsupported_response_type", "only response_type=code is offered")
	case params.Has("response_mode") && params.Get("response_mode") != "query":
		return back("invalid_request", "only response_mode=query is offered")
	case params.Get("code_challenge") == "":
		return back("invalid_request", "PKCE is needed: code_challenge is missing")
	case params.Get("code_challenge_method") != "S256":
		return back("invalid_request", "PKCE is needed with code_challenge_method=S256")
	case !isHash(params.Get("code_challenge")):
		return back("invalid_request", "the code_challenge is no SHA-256 in base64url")
	case q.Key != "" && !isHash(q.Key):
		return back("invalid_request", "the dpop_jkt is no thumbprint")
	}
	q.Challenge = params.Get("code_challenge")
	if err := s.readScope(ctx, state, q, c, params); err != nil {
		return err
	}
	if err := s.readPrompt(q, params); err != nil {
		return err
	}
	resource, bad := s.resources(params["resource"])
	if bad != nil {
		return returnable{bad}
	}
	q.Resource = resource
	var err error
	if q.Wanted, err = readDetails(params.Get("authorization_details"), c.Actor(), q.Asked); err != nil {
		return back("invalid_authorization_details", err.Error())
	}
	if len(q.Wanted) == 0 && !q.SignIn && !slices.Contains(q.Scope, ScopeProtection) {
		return back("invalid_scope", "nothing is asked for: neither authorization_details nor a scope that means something here")
	}
	return nil
}

func (s *Server) readScope(ctx context.Context, state *vault.Session, q *request, c *Client, params url.Values) error {
	for _, word := range strings.Fields(params.Get("scope")) {
		if slices.Contains(s.extensions.scopes, word) && !slices.Contains(q.Scope, word) {
			q.Scope = append(q.Scope, word)
		}
	}
	if s.extensions.claims != nil {
		x, bad := s.extensions.claims(ctx, state, c, q.Scope, params.Get("claims"))
		if bad != nil {
			return returnable{bad}
		}
		q.SignIn, q.Claims, q.InToken = x.Wanted, x.Claims, x.InToken
	}
	if slices.Contains(q.Scope, ScopeProtection) {
		if c.Public() {
			return back("invalid_scope", "only a client that can keep a secret may protect resources")
		}
		q.Claims = append(q.Claims, ScopeProtection)
	}
	return nil
}

func (s *Server) readPrompt(q *request, params url.Values) error {
	prompts := strings.Fields(params.Get("prompt"))
	for _, p := range prompts {
		switch p {
		case "none":
			if q.Silent = true; len(prompts) > 1 {
				return back("invalid_request", "prompt=none goes with no other")
			}
		case "login":
			q.Fresh = q.Asked
		case "consent", "select_account":
		default:
			return back("invalid_request", "that prompt is not known")
		}
	}
	if text := params.Get("max_age"); text != "" {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 0 {
			return back("invalid_request", "max_age is no number of seconds")
		}
		q.MaxAge = true
		if fresh := q.Asked.Add(-time.Duration(n) * time.Second); fresh.After(q.Fresh) {
			q.Fresh = fresh
		}
	}
	return nil
}

// isHash reports whether s is a SHA-256 sum as RFC 7636 and 9449 write it.
func isHash(s string) bool {
	return len(s) == secretLength && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// A detail is an element of authorization_details.
type detail struct {
	Type       string            `json:"type"`
	Grant      penates.GrantID   `json:"grant,omitempty"` // only in answers
	Actions    []penates.Action  `json:"actions"`
	Selections []grant.Selection `json:"selections"`
	Purpose    string            `json:"purpose,omitempty"`
	Expires    time.Time         `json:"expires,omitzero"`
	Limits     grant.Limits      `json:"limits,omitzero"`
}

// readDetails reads authorization_details as grants without an id.
func readDetails(text string, to penates.Actor, now time.Time) (wanted []grant.Grant, err error) {
	if text == "" {
		return nil, nil
	}
	var details []detail
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&details); err != nil {
		return nil, fmt.Errorf("authorization_details: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the authorization_details")
	}
	if len(details) == 0 || len(details) > maxDetails {
		return nil, fmt.Errorf("%d authorization_details, want 1 to %d", len(details), maxDetails)
	}
	for _, x := range details {
		if x.Type != DetailType || x.Grant != "" {
			return nil, fmt.Errorf("the type has to be %s, without a grant", DetailType)
		}
		if !x.Expires.IsZero() && !x.Expires.After(now) {
			return nil, errors.New("what is asked for is over already")
		}
		g := grant.Grant{ID: "grt_asked", Grantee: to, Actions: x.Actions, Selections: x.Selections, Purpose: x.Purpose, Expires: x.Expires, Limits: x.Limits}
		if err := g.Validate(); err != nil {
			return nil, err
		}
		g.ID, g.Grantee = "", ""
		wanted = append(wanted, g)
	}
	return wanted, nil
}

// details writes grants as authorization_details say them to a client.
func details(grants []grant.Grant) []detail {
	list := make([]detail, len(grants))
	for i, g := range grants {
		list[i] = detail{DetailType, g.ID, g.Actions, g.Selections, g.Purpose, g.Expires, g.Limits}
	}
	return list
}

// resources checks where tokens are to be shown (RFC 8707): at this vault, at a
// place below its address, or at a resource server that it protects.
func (s *Server) resources(asked []string) ([]string, *Error) {
	if len(asked) > 5 {
		return nil, Fail("invalid_target", "too many resources")
	}
	for _, uri := range asked {
		u, err := url.Parse(uri)
		if err != nil || len(uri) > maxURI || !u.IsAbs() || u.Fragment != "" || strings.Contains(uri, "#") {
			return nil, Fail("invalid_target", "a resource has to be an absolute address without fragment")
		}
		if !within(uri, s.issuer) {
			return nil, Fail("invalid_target", "no such resource is protected by this vault")
		}
	}
	return asked, nil
}

// within reports whether address is base or below it.
func within(address, base string) bool {
	address, base = strings.TrimSuffix(address, "/"), strings.TrimSuffix(base, "/")
	rest, ok := strings.CutPrefix(address, base)
	return ok && (rest == "" || rest[0] == '/')
}

func encode(v any) []byte {
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(v) // what is kept here always encodes
	return bytes.TrimSpace(b.Bytes())
}

// readGrantIDs reads which grants of an authorisation a token is to show.
func readGrantIDs(text string) (ids []penates.GrantID, err error) {
	var list []struct {
		Type  string          `json:"type"`
		Grant penates.GrantID `json:"grant"`
	}
	if len(text) > maxDetail {
		return nil, errors.New("authorization_details are too long")
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("authorization_details: %w", err)
	}
	for _, x := range list {
		if x.Type != DetailType || x.Grant == "" || slices.Contains(ids, x.Grant) || len(ids) >= maxDetails {
			return nil, fmt.Errorf("at the token endpoint, authorization_details are of type %s and name a grant each", DetailType)
		}
		ids = append(ids, x.Grant)
	}
	return ids, nil
}
