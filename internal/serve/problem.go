package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"penates"
)

// statuses pair the kinds of error with how HTTP says them. The first that matches
// counts.
var statuses = []struct {
	kind   penates.Kind
	status int
}{
	{penates.Locked, http.StatusServiceUnavailable},
	{penates.NotExist, http.StatusNotFound},
	{penates.Denied, http.StatusForbidden},
	{penates.WrongKey, http.StatusUnauthorized},
	{penates.TooLarge, http.StatusRequestEntityTooLarge},
	{penates.TooLong, http.StatusServiceUnavailable},
	{penates.InUse, http.StatusServiceUnavailable},
	{penates.Exists, http.StatusConflict},
	{penates.Unsupported, http.StatusUnprocessableEntity},
	{penates.Invalid, http.StatusBadRequest},
	{penates.Damaged, http.StatusInternalServerError},
	{penates.Newer, http.StatusInternalServerError},
}

// Status returns the HTTP status of an error by its kind: 500 for one of none.
func Status(err error) int {
	var p *Problem
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &p):
		return p.Status
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	}
	for _, s := range statuses {
		if errors.Is(err, s.kind) {
			return s.status
		}
	}
	return http.StatusInternalServerError
}

// A Problem is an error as RFC 9457 tells it to a program. It is itself an error,
// for handlers that know better than their error's kind what to say.
type Problem struct {
	Type   string `json:"type,omitempty"` // a URI that names the problem; about:blank when empty
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Header are set on the answer, as WWW-Authenticate.
	Header http.Header `json:"-"`
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Title + ": " + p.Detail
}

// ProblemOf returns what may be said of err to an outsider: the words of its kind,
// with what was wrong in their own request, but nothing of what the vault holds.
func ProblemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	p = &Problem{Status: Status(err)}
	p.Title = http.StatusText(p.Status)
	var kind penates.Kind
	if errors.As(err, &kind) {
		p.Title = kind.Error()
	}
	switch {
	case errors.Is(err, penates.Locked):
		p.Detail = "the owner has to unlock the vault first"
		p.Header = http.Header{"Retry-After": {"60"}}
	case p.Status == http.StatusBadRequest || p.Status == http.StatusUnprocessableEntity || p.Status == http.StatusRequestEntityTooLarge:
		p.Detail = err.Error()
	}
	return p
}

// A Fail answers a request that ended in an error.
type Fail func(w http.ResponseWriter, r *http.Request, err error)

// Fails returns the Fail that answers with problem documents, and tells log of
// those that are the server's fault.
func Fails(log *slog.Logger) Fail {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return // nobody is there to read it
		}
		p := ProblemOf(err)
		if p.Status >= 500 && !errors.Is(err, penates.Locked) {
			log.Error("request failed", "method", r.Method, "path", r.URL.Path, "status", p.Status, "error", err)
		}
		for name, values := range p.Header {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status)
		_ = json.NewEncoder(w).Encode(p) // who asked is gone
	}
}

// errPanic is what a handler that panicked answers.
func errPanic(p any) error { return fmt.Errorf("panic: %v", p) }
