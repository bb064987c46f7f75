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
)

const problemBase = "urn:penates:problem:"

// A problem is a failure as RFC 9457 writes it.
type problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail,omitempty"`
	Errors []fault `json:"errors,omitempty"`
}

// A fault is one thing wrong with what was sent.
type fault struct {
	Pointer string `json:"pointer"` // JSON pointer into the request's body
	Detail  string `json:"detail"`
}

// A refusal is an error that has its own status or says more than its kind.
type refusal struct {
	problem
	kind penates.Kind
}

func (e *refusal) Error() string { return e.Title + ": " + e.Detail }
func (e *refusal) Unwrap() error { return e.kind }

// kinds pair the kinds of error with statuses; the first that matches counts.
// Plain says that the error's own words may be told: they speak of what the
// caller sent.
var kinds = []struct {
	kind   penates.Kind
	name   string
	status int
	plain  bool
	advice string
}{
	{penates.NotExist, "not-found", http.StatusNotFound, false, "there is no such thing, or your grant does not cover it"},
	{penates.Denied, "denied", http.StatusForbidden, false, "your grant does not allow this; ask the person for more with an authorisation request"},
	{penates.Locked, "locked", http.StatusServiceUnavailable, false, "the person has to unlock the vault first; try again later"},
	{penates.TooLarge, "too-large", http.StatusRequestEntityTooLarge, true, ""},
	{penates.TooLong, "too-long", http.StatusServiceUnavailable, false, "ask for less at a time"},
	{penates.Exists, "exists", http.StatusConflict, true, ""},
	{penates.Invalid, "invalid", http.StatusBadRequest, true, ""},
	{penates.Unsupported, "unsupported", http.StatusBadRequest, true, ""},
}

// problemOf says of an error what the caller may know.
func problemOf(err error) problem {
	var own *refusal
	if errors.As(err, &own) {
		return own.problem
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return problem{Type: problemBase + "too-large", Title: string(penates.TooLarge), Status: http.StatusRequestEntityTooLarge,
			Detail: "the request has more than " + strconv.FormatInt(tooLarge.Limit, 10) + " bytes"}
	}
	for _, k := range kinds {
		if !errors.Is(err, k.kind) {
			continue
		}
		p := problem{Type: problemBase + k.name, Title: string(k.kind), Status: k.status, Detail: k.advice}
		if k.plain {
			p.Detail = strings.TrimSuffix(err.Error(), ": "+string(k.kind))
		}
		return p
	}
	return problem{Type: problemBase + "internal", Title: "internal error", Status: http.StatusInternalServerError}
}

func writeProblem(w http.ResponseWriter, p problem) {
	b, err := json.Marshal(p)
	if err != nil {
		http.Error(w, p.Title, p.Status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(b, '\n')) // who asked is gone if it fails
}

// fail answers with an error.
func (srv *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
	}
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError {
		srv.cfg.Log.Error("request failed", "method", r.Method, "error", err)
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "30")
	}
	writeProblem(w, p)
}

// tooMany answers who asks too often.
func tooMany(w http.ResponseWriter, wait time.Duration) {
	seconds := max(1, int((wait+time.Second-1)/time.Second))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	writeProblem(w, problem{Type: problemBase + "too-many", Title: "too many requests", Status: http.StatusTooManyRequests,
		Detail: "wait as long as Retry-After says"})
}
