package main_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A surfer is a browser with a person at it: it goes where pages lead, gives the
// passphrase at the door and decides what it is asked.
type surfer struct {
	t       *testing.T
	http    *http.Client
	stop    string     // an address that is not gone to: where a client waits
	choices url.Values // what it answers on the consent page; it agrees to all of it when nil
	asked   string     // the consent page it answered
}

func newSurfer(t *testing.T, stop string) *surfer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &surfer{t: t, stop: stop, http: &http.Client{Jar: jar, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

var (
	onward = regexp.MustCompile(`http-equiv="refresh" content="0;url=([^"]*)"`)
	next   = regexp.MustCompile(`name="next" value="([^"]*)"`)
	ends   = regexp.MustCompile(`name="ends" value="([^"]*)" checked`)
)

// visit goes to an address and on from there until a page leads nowhere, which it
// returns, or to where it stops.
func (s *surfer) visit(at string) (where, page string) {
	s.t.Helper()
	var form url.Values
	for range 30 {
		if s.stop != "" && strings.HasPrefix(at, s.stop) {
			return at, ""
		}
		r := s.request(at, form)
		status, header, body := s.send(r)
		to, posted := header.Get("Location"), url.Values(nil)
		switch m := onward.FindStringSubmatch(body); {
		case to != "":
		case m != nil:
			to = html.UnescapeString(m[1])
		case r.URL.Path == "/unlock":
			posted = url.Values{"passphrase": {passphrase}}
			if m := next.FindStringSubmatch(body); m != nil {
				posted.Set("next", html.UnescapeString(m[1]))
			}
			to = "/unlock"
		case strings.HasPrefix(r.URL.Path, "/consent/") && r.Method == http.MethodGet && status == http.StatusOK:
			s.asked = body
			posted, to = s.choices, r.URL.Path
			if posted == nil {
				posted = url.Values{"answer": {"accept"}}
				if m := ends.FindStringSubmatch(body); m != nil {
					posted.Set("ends", html.UnescapeString(m[1]))
				}
			}
		default:
			return at, body
		}
		on, err := r.URL.Parse(to)
		if err != nil {
			s.t.Fatal(err)
		}
		at, form = on.String(), posted
	}
	s.t.Fatalf("it goes on for ever, now at %s", at)
	return "", ""
}

// request is one that the browser makes: a form if there is one, else for a page.
func (s *surfer) request(at string, form url.Values) *http.Request {
	s.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, at, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", "en")
	return r
}

func (s *surfer) send(r *http.Request) (status int, header http.Header, body string) {
	s.t.Helper()
	res, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}
