package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxAnswer = 64 << 20 // bytes of an answer
	maxError  = 64 << 10
	patience  = time.Minute // for an answer that is no stream
)

// ErrTooLarge says that an answer is larger than this package reads.
var ErrTooLarge = errors.New("the answer is too large")

// An Error is a refusal of the vault.
type Error struct {
	Status int    // of HTTP
	Code   string // of OAuth, as in "invalid_grant", or the problem's type (RFC 9457)
	Detail string // for people
}

// Error implements error.
func (e *Error) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Detail), ": ")
}

// An exchange is one request and what it needs.
type exchange struct {
	method, address string
	query           url.Values
	form            url.Values
	json            any
	proof           bool
	access          string // token, shown with a proof
	accept, under   string
	last            string // event seen, of a stream
	match           string // the state a document has to be in
	part            string // of the bytes that are wanted
	heard           *http.Header
}

// request makes the request of x.
func (c *Client) request(ctx context.Context, x exchange) (*http.Request, error) {
	var body io.Reader
	media := ""
	switch {
	case x.form != nil:
		body, media = strings.NewReader(x.form.Encode()), "application/x-www-form-urlencoded"
	case x.json != nil:
		b, err := json.Marshal(x.json)
		if err != nil {
			return nil, err
		}
		body, media = bytes.NewReader(b), "application/json"
	}
	r, err := http.NewRequestWithContext(ctx, x.method, x.address, body)
	if err != nil {
		return nil, err
	}
	r.URL.RawQuery = x.query.Encode()
	for name, value := range map[string]string{"Content-Type": media, "Accept": x.accept, "Penates-Grant": x.under, "Last-Event-ID": x.last, "If-Match": x.match, "Range": x.part} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if x.access != "" {
		r.Header.Set("Authorization", "DPoP "+x.access)
	}
	if x.proof || x.access != "" {
		proof, err := c.proof(x.method, x.address, x.access)
		if err != nil {
			return nil, err
		}
		r.Header.Set("DPoP", proof)
	}
	return r, nil
}

// send makes the request of x, once more if the vault wants another nonce in its
// proof. The answer is one of success.
func (c *Client) send(ctx context.Context, x exchange) (*http.Response, error) {
	for again := false; ; again = true {
		r, err := c.request(ctx, x)
		if err != nil {
			return nil, err
		}
		res, err := c.http.Do(r)
		if err != nil {
			return nil, err
		}
		fresh := c.heed(res.Header)
		if res.StatusCode/100 == 2 {
			return res, nil
		}
		refusal := readError(res)
		_ = res.Body.Close() // all that was of use is read
		if !again && fresh && r.Header.Get("DPoP") != "" && (res.StatusCode == http.StatusUnauthorized || refusal.Code == "use_dpop_nonce") {
			continue
		}
		return nil, refusal
	}
}

// exchange sends x and reads the answer's JSON into v, or nothing when v is nil.
func (c *Client) exchange(ctx context.Context, x exchange, v any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	res, err := c.send(ctx, x)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if x.heard != nil {
		*x.heard = res.Header
	}
	if v == nil {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return err
	}
	if len(b) > maxAnswer {
		return ErrTooLarge
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	return nil
}

// readError reads why the vault refuses, as OAuth or RFC 9457 say it.
func readError(res *http.Response) *Error {
	e := &Error{Status: res.StatusCode}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxError))
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || media != "application/json" && !strings.HasSuffix(media, "+json") {
		return e
	}
	e.read(b)
	return e
}

func (e *Error) read(b []byte) {
	var said struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Type        string `json:"type"`
		Title       string `json:"title"`
		Detail      string `json:"detail"`
	}
	if json.Unmarshal(b, &said) != nil {
		return
	}
	if e.Code, e.Detail = said.Error, said.Description; said.Error != "" {
		return
	}
	if e.Code, e.Detail = said.Type, said.Detail; e.Code == "" {
		e.Code = said.Title
	}
}
