package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"penates"
	"penates/internal/vault"
	"penates/internal/web/words"
)

// A guest is what goes with a browser session.
type guest struct {
	session *vault.Session

	mu    sync.Mutex
	sheet *sheet // shown and not confirmed yet
}

// A sheet is a recovery sheet that the person has to print and confirm.
type sheet struct {
	code  string
	made  time.Time
	first bool // of a new vault
	group int  // which group is asked for, from 0
}

// A visit is one request.
type visit struct {
	srv *Server
	w   http.ResponseWriter
	r   *http.Request
	l   *words.Locale

	// Of the owner, once logged in:
	s           *vault.Session
	g           *guest
	name, theme string
}

func (v *visit) ctx() context.Context { return v.r.Context() }

func (v *visit) now() time.Time { return v.srv.cfg.Now() }

// anyone wraps a page that needs no login: the doors of the vault.
func (srv *Server) anyone(h func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			srv.fail(w, r, badForm(err))
			return
		}
		lang := words.Match(r.Header.Get("Accept-Language"))
		if asked := r.Form.Get("lang"); asked != "" {
			lang = words.For(asked, nil).Lang()
		}
		v := &visit{srv: srv, w: w, r: r, l: words.For(lang, nil)}
		if err := h(v); err != nil {
			srv.fail(w, r, err)
		}
	}
}

// owner wraps a page of the open vault. Who is not logged in is sent to the
// door.
func (srv *Server) owner(h func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{srv: srv, w: w, r: r}
		if err := v.enter(); err != nil {
			v.toDoor(err)
			return
		}
		err := h(v)
		if errors.Is(err, penates.Locked) {
			v.toDoor(err)
		} else if err != nil {
			srv.fail(w, r, err)
		}
	}
}

// badForm says what is wrong with a form that cannot be read.
func badForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fmt.Errorf("form: %w: %w", penates.Invalid, err)
}

// enter finds the browser session and the owner's settings.
func (v *visit) enter() error {
	cookie, err := v.r.Cookie(cookieName(v.r))
	if err != nil {
		return penates.Locked
	}
	g, ok := v.srv.book.Find(cookie.Value)
	if !ok {
		return penates.Locked
	}
	v.g, v.s = g, g.session
	var set [4]string
	for i, name := range [...]string{"language", "zone", "name", "theme"} {
		if set[i], err = v.s.Setting(v.ctx(), name); err != nil {
			return err
		}
	}
	lang := set[0]
	if lang == "" {
		lang = words.Match(v.r.Header.Get("Accept-Language"))
	}
	zone, err := time.LoadLocation(set[1])
	if err != nil || set[1] == "" {
		zone = time.Local
	}
	v.l, v.name, v.theme = words.For(lang, zone), set[2], set[3]
	return nil
}

// toDoor sends to where the vault can be made or opened. A vault that was locked
// ends all browser sessions.
func (v *visit) toDoor(err error) {
	if !errors.Is(err, penates.Locked) {
		v.srv.fail(v.w, v.r, err)
		return
	}
	kept := v.srv.cfg.Vault.Vault()
	if kept == nil {
		v.redirect("/welcome")
		return
	}
	if v.g != nil || kept.Locked() {
		v.srv.forget()
	}
	target := "/unlock"
	if v.r.Method == http.MethodGet && v.r.URL.Path != "/" {
		target += "?" + url.Values{"next": {v.r.URL.RequestURI()}}.Encode()
	}
	v.redirect(target)
}

// forget drops all that is known of an open vault.
func (srv *Server) forget() {
	srv.book.CloseAll()
	srv.runs.forget()
	srv.memo.forget()
	srv.shelf.Clear()
}

// local returns the address to go to after the door, which is always one of this
// server.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

func (v *visit) redirect(target string) { http.Redirect(v.w, v.r, target, http.StatusSeeOther) }

// open begins a browser session on the unlocked vault.
func (v *visit) open(kept *vault.Vault) (*guest, error) {
	s, err := kept.As(penates.Owner, "page")
	if err != nil {
		return nil, err
	}
	g := &guest{session: s}
	http.SetCookie(v.w, &http.Cookie{
		Name: cookieName(v.r), Value: v.srv.book.Open(g), Path: "/",
		HttpOnly: true, Secure: v.r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
	return g, nil
}

// cookieName is different for each port, which cookies do not tell apart, so
// that two vaults on one machine can be open at once.
func cookieName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "0"
	}
	if r.TLS != nil {
		return "__Host-penates-" + port
	}
	return "penates-" + port
}

// show renders a page of the owner.
func (v *visit) show(page string, data any) error { return v.showStatus(http.StatusOK, page, data) }

func (v *visit) showStatus(status int, page string, data any) error {
	f := frame{Lang: v.l.Lang(), Theme: v.theme}
	if v.s != nil {
		f.Nav = places()
		for i := range f.Nav {
			p := &f.Nav[i]
			p.Here = v.r.URL.Path == p.Href || p.Href != "/" && strings.HasPrefix(v.r.URL.Path, p.Href+"/")
		}
		f.Notice = noticeOf(v.r.URL.Query().Get("done"))
	}
	if v.r.URL.Path == "/search" {
		f.Query = v.r.URL.Query().Get("q")
	}
	return v.srv.pages.write(v.w, status, v.l, f, page, data)
}

// notices are what a page may say was done by the request before it.
var notices = map[string]bool{"saved": true, "trashed": true, "restored": true, "purged": true, "passphrase": true, "passkey": true, "sheet": true, "judged": true, "recovered": true, "nofiles": true, "stopped": true, "unlearned": true, "ruled": true, "withdrawn": true, "answered": true}

func noticeOf(done string) string {
	if notices[done] {
		return "done." + done
	}
	return ""
}

// door renders a page outside the vault.
func (v *visit) door(page string, data any) error {
	return v.srv.pages.write(v.w, http.StatusOK, v.l, frame{Lang: v.l.Lang()}, page, data)
}
