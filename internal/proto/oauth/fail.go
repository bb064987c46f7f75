package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"penates"
	"penates/internal/proto/jwt"
	"penates/internal/serve"
)

// An Error is an error as OAuth tells it.
type Error struct {
	Code        string // as in "invalid_grant"
	Description string
	Status      int            // 400 when zero
	Header      http.Header    // set on the answer
	More        map[string]any // further members of the answer
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Description }

// Fail returns an Error with a code of OAuth and an explanation in ASCII.
func Fail(code, description string) *Error { return &Error{Code: code, Description: description} }

// errorOf returns what OAuth says of any error.
func (s *Server) errorOf(err error) *Error {
	var e *Error
	var proof *jwt.ProofError
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &proof):
		return &Error{Code: proof.Code, Description: proof.Reason, Header: http.Header{"Dpop-Nonce": {s.proofs.Nonce()}}}
	case errors.Is(err, penates.Locked):
		return &Error{Code: "temporarily_unavailable", Description: "the owner has to unlock the vault first", Status: http.StatusServiceUnavailable,
			Header: http.Header{"Retry-After": {"60"}}}
	case errors.Is(err, penates.TooLong):
		return &Error{Code: "temporarily_unavailable", Description: "too many requests at once", Status: http.StatusTooManyRequests,
			Header: http.Header{"Retry-After": {"60"}}}
	}
	switch status := serve.Status(err); {
	case status >= 500:
		return &Error{Code: "server_error", Description: "the server failed", Status: status}
	default:
		return &Error{Code: "invalid_request", Description: err.Error(), Status: status}
	}
}

// FailJSON answers an error as OAuth's endpoints do.
func (s *Server) FailJSON(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
	}
	e := s.errorOf(err)
	if e.Code == "server_error" {
		s.cfg.Log.Error("request failed", "path", r.URL.Path, "error", err)
	}
	for name, values := range e.Header {
		w.Header()[name] = values
	}
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	answer := map[string]any{"error": e.Code, "error_description": ascii(e.Description)}
	for name, value := range e.More {
		answer[name] = value
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // who asked is gone
}

// ascii keeps the characters that OAuth allows in descriptions.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < ' ' || r > '~' || r == '\\':
			return '?'
		}
		return r
	}, s[:min(len(s), 300)])
}

// FailProblem answers an error as a problem document, for resources that tokens of
// this server open.
func (s *Server) FailProblem(w http.ResponseWriter, r *http.Request, err error) {
	serve.Fails(s.cfg.Log)(w, r, err)
}
