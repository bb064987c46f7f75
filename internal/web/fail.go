package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"penates"
	"penates/internal/web/words"
)

// A statusError is an HTTP status without further reason.
type statusError struct{ status int }

func (e statusError) Error() string { return http.StatusText(e.status) }

// A failure is how an error is shown: a status and the messages of its page.
type failure struct {
	status int
	key    string
}

// failures pair the kinds of error with how they are shown; the first that
// matches counts.
var failures = []struct {
	kind penates.Kind
	failure
}{
	{penates.NotExist, failure{http.StatusNotFound, "error.notfound"}},
	{penates.Denied, failure{http.StatusForbidden, "error.denied"}},
	{penates.TooLarge, failure{http.StatusRequestEntityTooLarge, "error.toolarge"}},
	{penates.TooLong, failure{http.StatusServiceUnavailable, "error.busy"}},
	{penates.InUse, failure{http.StatusServiceUnavailable, "error.busy"}},
	{penates.Damaged, failure{http.StatusInternalServerError, "error.damaged"}},
	{penates.Newer, failure{http.StatusInternalServerError, "error.newer"}},
	{penates.Exists, failure{http.StatusConflict, "error.exists"}},
	{penates.Invalid, failure{http.StatusBadRequest, "error.invalid"}},
	{penates.Unsupported, failure{http.StatusBadRequest, "error.invalid"}},
}

var statuses = map[int]failure{
	http.StatusNotFound:            {http.StatusNotFound, "error.notfound"},
	http.StatusMethodNotAllowed:    {http.StatusMethodNotAllowed, "error.method"},
	http.StatusMisdirectedRequest:  {http.StatusMisdirectedRequest, "error.host"},
	http.StatusBadRequest:          {http.StatusBadRequest, "error.invalid"},
	http.StatusTooManyRequests:     {http.StatusTooManyRequests, "error.busy"},
	http.StatusInternalServerError: {http.StatusInternalServerError, "error.internal"},
}

func failureOf(err error) failure {
	var status statusError
	if errors.As(err, &status) {
		if f, ok := statuses[status.status]; ok {
			return f
		}
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return failure{http.StatusRequestEntityTooLarge, "error.toolarge"}
	}
	for _, f := range failures {
		if errors.Is(err, f.kind) {
			return f.failure
		}
	}
	return statuses[http.StatusInternalServerError]
}

type errorPage struct {
	What, Means, Todo string // messages
	Detail            string // the kind of error, in English, for who has to look into it
}

// fail answers with the page of an error: what happened, what it means for the
// data, what to do.
func (srv *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
	}
	f := failureOf(err)
	if f.status >= 500 {
		srv.cfg.Log.Error("request failed", "method", r.Method, "status", f.status, "error", err)
	}
	page := errorPage{What: f.key + ".what", Means: f.key + ".means", Todo: f.key + ".todo"}
	var kind penates.Kind
	if errors.As(err, &kind) {
		page.Detail = string(kind)
	}
	l := words.For(srv.languageOf(r), nil)
	if e := srv.pages.write(w, f.status, l, frame{Lang: l.Lang()}, "error", page); e != nil {
		srv.cfg.Log.Error("error page", "error", e)
		http.Error(w, fmt.Sprint(f.status), f.status)
	}
}

// languageOf returns the language of who is logged in, else of the browser.
func (srv *Server) languageOf(r *http.Request) string {
	if cookie, err := r.Cookie(cookieName(r)); err == nil {
		if g, ok := srv.book.Find(cookie.Value); ok {
			if lang, err := g.session.Setting(r.Context(), "language"); err == nil && lang != "" {
				return lang
			}
		}
	}
	return words.Match(r.Header.Get("Accept-Language"))
}
