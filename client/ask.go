package client

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const detailType = "penates_grant"

// A Wish is what a program asks for, or was given: an element of
// authorization_details (RFC 9396).
type Wish struct {
	Grant      string      `json:"grant,omitempty"` // the name of what was given
	Actions    []string    `json:"actions"`         // read, add, change, delete, share, compute
	Selections []Selection `json:"selections"`
	Purpose    string      `json:"purpose,omitempty"`
	Expires    time.Time   `json:"expires,omitzero"`
	Limits     Limits      `json:"limits,omitzero"`
}

// A Selection says which documents of a type, and which of their fields.
type Selection struct {
	Type   string      `json:"type"`
	Where  []Condition `json:"where,omitempty"`
	Fields []string    `json:"fields,omitempty"` // columns of the type's view; all when empty
	From   string      `json:"from,omitempty"`   // first day, as in 2025-01-31
	Until  string      `json:"until,omitempty"`  // last day
	Folder string      `json:"folder,omitempty"`
	Source string      `json:"source,omitempty"`
}

// A Condition compares a field with values; Op is eq, ne, lt, le, gt, ge, in or
// prefix.
type Condition struct {
	Field  string   `json:"field"`
	Op     string   `json:"op"`
	Values []string `json:"values"`
}

// Limits bound what is taken. What is zero is not bounded.
type Limits struct {
	RowsPerDay  int64      `json:"rows_per_day,omitempty"`
	BytesPerDay int64      `json:"bytes_per_day,omitempty"`
	Aggregate   *Aggregate `json:"aggregate,omitempty"`
}

// An Aggregate lets only figures over groups leave the vault.
type Aggregate struct {
	MinGroup int `json:"min_group"`
	Budget   int `json:"budget"` // how many different questions
}

// A Question is a request the person has not answered yet. It can be kept as JSON;
// its verifier is a secret.
type Question struct {
	URL      string `json:"url"` // where the person's browser goes
	State    string `json:"state"`
	Verifier string `json:"verifier"`
}

// typed is a Wish with the type that RFC 9396 wants in each.
type typed struct {
	Type string `json:"type"`
	Wish
}

// Ask tells the vault what the program asks for. Nothing is given before the
// person's browser was at the question's address and they agreed.
func (c *Client) Ask(ctx context.Context, wishes ...Wish) (*Question, error) {
	details := make([]typed, len(wishes))
	for i, w := range wishes {
		details[i] = typed{detailType, w}
	}
	b, err := json.Marshal(details)
	if err != nil {
		return nil, err
	}
	q := &Question{State: secret(), Verifier: secret()}
	var pushed struct {
		URI string `json:"request_uri"`
	}
	form := url.Values{
		"client_id": {c.id}, "response_type": {"code"}, "redirect_uri": {c.back}, "state": {q.State},
		"code_challenge": {hashed(q.Verifier)}, "code_challenge_method": {"S256"}, "authorization_details": {string(b)},
	}
	if err := c.exchange(ctx, exchange{method: http.MethodPost, address: c.server.Push, form: form, proof: true}, &pushed); err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	q.URL = c.server.Authorize + "?" + url.Values{"client_id": {c.id}, "request_uri": {pushed.URI}}.Encode()
	return q, nil
}

// Finish turns the answer that the browser brought back, the query of the redirect
// address, into access. An Error with the code access_denied says that the person
// refused.
func (c *Client) Finish(ctx context.Context, q *Question, returned url.Values) (*Access, error) {
	if subtle.ConstantTimeCompare([]byte(returned.Get("state")), []byte(q.State)) != 1 {
		return nil, errors.New("the answer is not to this question")
	}
	if returned.Get("iss") != c.server.Issuer { // RFC 9207
		return nil, errors.New("the answer is not of this vault")
	}
	if code := returned.Get("error"); code != "" {
		return nil, &Error{Status: http.StatusForbidden, Code: code, Detail: returned.Get("error_description")}
	}
	a := &Access{c: c}
	return a, a.take(ctx, url.Values{"grant_type": {"authorization_code"}, "code": {returned.Get("code")}, "redirect_uri": {c.back}, "code_verifier": {q.Verifier}})
}
