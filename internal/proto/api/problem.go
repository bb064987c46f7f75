package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/serve"
)

// A problem is a failure as RFC 9457 writes it, with what is wrong in detail.
type problem struct {
	serve.Problem
	Errors []fault `json:"errors,omitempty"`
}

// A fault is one thing wrong with what was sent.
type fault struct {
	Pointer string `json:"pointer"` // JSON pointer into the request's body
	Detail  string `json:"detail"`
}

const problemBase = "urn:penates:problem:"

// refuse makes a problem.
func refuse(status int, name, title, detail string) *problem {
	return &problem{Problem: serve.Problem{Type: problemBase + name, Title: title, Status: status, Detail: detail}}
}

// kinds name the problems of kinds of error; the first that matches counts. What
// has no advice is told in the error's own words: they speak of what the caller
// sent.
var kinds = []struct {
	kind         penates.Kind
	name, advice string
}{
	{penates.NotExist, "not-found", "there is no such thing, or your grant does not cover it"},
	{penates.Denied, "denied", "your grant does not allow this; ask the person for more with an authorisation request"},
	{penates.Locked, "locked", "the person has to unlock the vault first; try again later"},
	{penates.TooLong, "too-long", "ask for less at a time"},
	{penates.TooLarge, "too-large", ""},
	{penates.Exists, "exists", ""},
	{penates.Invalid, "invalid", ""},
	{penates.Unsupported, "unsupported", ""},
}

// maxReason bounds the reason of a refusal that is told.
const maxReason = 300

// problemOf says of an error what the caller may know.
func problemOf(err error) *problem {
	var own *problem
	if errors.As(err, &own) {
		return own
	}
	p := &problem{Problem: *serve.ProblemOf(err)}
	if p.Type != "" {
		return p
	}
	for _, k := range kinds {
		if errors.Is(err, k.kind) {
			p.Type, p.Detail = problemBase+k.name, k.advice
			own := strings.TrimSuffix(err.Error(), ": "+string(k.kind))
			switch {
			case k.advice == "":
				p.Detail = own
			case k.kind == penates.Denied && own != string(k.kind) && len(own) <= maxReason:
				p.Detail = own + ": " + k.advice // the reason speaks of the grant only
			}
			return p
		}
	}
	p.Type = problemBase + "internal"
	switch p.Status {
	case http.StatusUnauthorized:
		p.Type = problemBase + "token"
	case http.StatusRequestEntityTooLarge: // the request itself
		p.Type = problemBase + "too-large"
	}
	return p
}

// fail answers with an error.
func (srv *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
	}
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError {
		srv.cfg.Log.Error("request failed", "method", r.Method, "error", err)
	}
	b, err := json.Marshal(p)
	if err != nil {
		http.Error(w, p.Title, p.Status)
		return
	}
	for name, values := range p.Header {
		w.Header()[name] = values
	}
	if p.Status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "30")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(b, '\n')) // who asked is gone if it fails
}

// tooMany is the answer to who asks too much at a time.
func tooMany(wait time.Duration, detail string) error {
	p := refuse(http.StatusTooManyRequests, "too-many", "too many requests", detail)
	p.Header = http.Header{"Retry-After": {strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second)))}}
	return p
}
