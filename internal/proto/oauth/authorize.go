package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"penates"
	"penates/internal/serve"
	"penates/internal/vault"
)

const (
	kindPushed  = "oauth.pushed"
	kindPending = "oauth.pending"
	urnPushed   = "urn:ietf:params:oauth:request_uri:"
)

// push is RFC 9126: a client says what it asks for before the browser goes.
func (s *Server) push(w http.ResponseWriter, r *http.Request) error {
	state, err := s.State()
	if err != nil {
		return err
	}
	if err := s.rates.allow(r); err != nil {
		return err
	}
	form, err := serve.ReadForm(r)
	if err != nil {
		return err
	}
	c, err := s.Authenticate(r, state, form)
	if err != nil {
		return err
	}
	if form.Has("request_uri") {
		return Fail("invalid_request", "a pushed request has no request_uri")
	}
	q, err := begin(c, form)
	if err != nil {
		return err
	}
	if err := s.read(r.Context(), state, q, c, form); err != nil {
		return plain(err)
	}
	if len(r.Header.Values("DPoP")) > 0 { // RFC 9449, section 10.1
		key, err := s.proof(r, s.issuer+pathPush, "")
		if err != nil {
			return err
		}
		if q.Key != "" && q.Key != key {
			return Fail("invalid_dpop_proof", "the dpop_jkt is not that of the proof")
		}
		q.Key = key
	}
	if err := state.Remember(r.Context(), kindPushed, q.ID, encode(q), s.Now().Add(PushedLife)); err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusCreated, map[string]any{"request_uri": urnPushed + q.ID, "expires_in": int(PushedLife.Seconds())})
}

func plain(err error) error {
	var b returnable
	if errors.As(err, &b) {
		return b.what
	}
	return err
}

// authorize is where a client sends the person's browser. The request is kept,
// and the person is led to the consent page, by way of the door if need be.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) error {
	params := r.URL.Query()
	if r.Method == http.MethodPost {
		form, err := serve.ReadForm(r)
		if err != nil {
			return err
		}
		params = form
	}
	state, err := s.State()
	if errors.Is(err, penates.Locked) && s.cfg.Vault.Vault() != nil {
		next := pathAuthorize + "?" + params.Encode()
		s.lead(w, r, "/unlock?"+url.Values{"next": {next}}.Encode())
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.rates.allow(r); err != nil {
		return err
	}
	q, err := s.asked(r.Context(), state, params)
	var b returnable
	if errors.As(err, &b) {
		return s.sendBack(w, r, state, q, b.what)
	}
	if err != nil {
		return err
	}
	if q.Silent {
		return s.sendBack(w, r, state, q, Fail("login_required", "the person has to be asked"))
	}
	if err := state.Remember(r.Context(), kindPending, q.ID, encode(q), q.Expires); err != nil {
		return err
	}
	target := pathConsent + q.ID
	if !q.Fresh.IsZero() && !q.MaxAge {
		target = "/unlock?" + url.Values{"next": {target}}.Encode()
	}
	s.lead(w, r, target)
	return nil
}

// asked reads the request, pushed or not. With a returnable error comes where to
// return to.
func (s *Server) asked(ctx context.Context, state *vault.Session, params url.Values) (*request, error) {
	if len(params["client_id"]) != 1 {
		return nil, Fail("invalid_request", "client_id is missing")
	}
	c, err := s.Client(ctx, state, params.Get("client_id"))
	if errors.Is(err, penates.NotExist) {
		return nil, Fail("invalid_client", "the client is not known here")
	}
	if err != nil {
		return nil, err
	}
	if params.Has("request_uri") {
		return s.pushed(ctx, state, c, params["request_uri"])
	}
	q, err := begin(c, params)
	if err != nil {
		return nil, err
	}
	if c.MustPush {
		return q, back("invalid_request", "the client registered to push its requests")
	}
	return q, s.read(ctx, state, q, c, params)
}

// pushed returns a pushed request of c. It may be looked at until it is decided or
// its time is over, as people reload pages; it is decided once.
func (s *Server) pushed(ctx context.Context, state *vault.Session, c *Client, uris []string) (*request, error) {
	id, ok := strings.CutPrefix(uris[0], urnPushed)
	if !ok || len(uris) != 1 || len(id) != idLength {
		return nil, Fail("invalid_request_uri", "only request_uris of this server are taken")
	}
	b, err := state.Recall(ctx, kindPushed, id)
	if errors.Is(err, penates.NotExist) {
		return nil, Fail("invalid_request_uri", "the pushed request is over, or was used")
	}
	if err != nil {
		return nil, err
	}
	q := new(request)
	if err := json.Unmarshal(b, q); err != nil {
		return nil, err
	}
	if q.Client != c.ID {
		return nil, Fail("invalid_request_uri", "the pushed request is of another client")
	}
	return q, nil
}

// sendBack tells the client of an error at its address. A browser follows by
// itself only where the person trusted the client once: else whoever registers
// could make this server send people anywhere (RFC 9700, section 4.11).
func (s *Server) sendBack(w http.ResponseWriter, r *http.Request, state *vault.Session, q *request, e *Error) error {
	c, err := s.Client(r.Context(), state, q.Client)
	if err != nil {
		return err
	}
	return s.SendBack(w, r, c, s.answerURI(q, url.Values{"error": {e.Code}, "error_description": {ascii(e.Description)}}), e)
}

// SendBack leads a browser to target, an address that c registered, with e in it:
// by itself when the person trusted the client once, else by a link that says where
// it leads.
func (s *Server) SendBack(w http.ResponseWriter, r *http.Request, c *Client, target string, e *Error) error {
	if c.Trusted {
		s.lead(w, r, target)
		return nil
	}
	return showPage(w, r, http.StatusBadRequest, page{Title: "oauth.error.title", Text: "oauth.error.text", Detail: e.Code + ": " + ascii(e.Description),
		Href: target, Link: "oauth.error.back", Arg: c.describe(target).Returns})
}

// An Offer is a page with one link, which who reads it follows or not. What it says
// are keys of package words.
type Offer struct {
	Title, Text, Link, Arg, Target string
	Args                           []any // of Text
}

// Offer shows a page with one link.
func (s *Server) Offer(w http.ResponseWriter, r *http.Request, o Offer) error {
	return showPage(w, r, http.StatusOK, page{Title: o.Title, Text: o.Text, Args: o.Args, Href: o.Target, Link: o.Link, Arg: o.Arg})
}

// answerURI is the client's address with the answer to q, and who answers
// (RFC 9207), so that a client of several servers cannot mix them up.
func (s *Server) answerURI(q *request, answer url.Values) string {
	u, err := url.Parse(q.Redirect)
	if err != nil {
		return s.issuer // cannot be: it was checked when the client registered
	}
	answer.Set("iss", s.issuer)
	if q.State != "" {
		answer.Set("state", q.State)
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += answer.Encode()
	return u.String()
}

// failPage shows the person what is wrong with a request.
func (s *Server) failPage(w http.ResponseWriter, r *http.Request, err error) {
	e := s.errorOf(err)
	if e.Code == "server_error" {
		s.cfg.Log.Error("request failed", "path", r.URL.Path, "error", err)
	}
	status := e.Status
	if status == 0 || status == http.StatusUnauthorized {
		status = http.StatusBadRequest
	}
	if err := showPage(w, r, status, page{Title: "oauth.error.title", Text: "oauth.error.text", Detail: e.Code + ": " + ascii(e.Description)}); err != nil {
		s.cfg.Log.Error("page", "error", err)
	}
}

// Lead shows a page that goes on to target, an address that a client registered.
func (s *Server) Lead(w http.ResponseWriter, r *http.Request, target string) { s.lead(w, r, target) }

// lead shows a page that goes on to target by itself. A redirect would count as
// coming from the site the browser came from, which the page's cookie is not sent
// with (SameSite=Strict), and after a form the content policy would forbid it.
func (s *Server) lead(w http.ResponseWriter, r *http.Request, target string) {
	if err := showPage(w, r, http.StatusOK, page{Title: "oauth.lead.title", Href: target, Link: "oauth.lead.link", Go: true}); err != nil {
		s.cfg.Log.Error("page", "error", fmt.Errorf("lead: %w", err))
	}
}
