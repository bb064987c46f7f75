package webdav

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"sync"
)

// A caller sends requests and proves who asks, as the server wants it.
type caller struct {
	client         *http.Client
	user, password string

	mu     sync.Mutex
	basic  bool
	digest *challenge
	count  int // uses of the digest's nonce
}

// do sends a request, once more if the server asks who that is.
func (c *caller) do(ctx context.Context, method, address string, header map[string]string, body []byte) (*http.Response, error) {
	for try := 1; ; try++ {
		r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		for key, value := range header {
			r.Header.Set(key, value)
		}
		c.authorize(r)
		answer, err := c.client.Do(r)
		if err != nil || answer.StatusCode != http.StatusUnauthorized || try == 2 || !c.learn(answer) {
			return answer, err
		}
		drain(answer)
	}
}

// drain reads what is left of a short answer, so that the connection can be used
// again, and closes it.
func drain(answer *http.Response) {
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	_ = answer.Body.Close()
}

// learn remembers how the server wants to be told who asks, and reports whether
// to ask again.
func (c *caller) learn(answer *http.Response) bool {
	if c.user == "" && c.password == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range answer.Header.Values("WWW-Authenticate") {
		if d, ok := parseChallenge(text); ok && (c.digest == nil || c.digest.nonce != d.nonce) {
			c.digest, c.count = &d, 0
			return true
		}
	}
	for _, text := range answer.Header.Values("WWW-Authenticate") {
		if scheme, _, _ := strings.Cut(text, " "); strings.EqualFold(scheme, "Basic") && !c.basic && c.digest == nil {
			c.basic = true
			return true
		}
	}
	return false
}

func (c *caller) authorize(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.digest != nil:
		c.count++
		r.Header.Set("Authorization", c.digest.answer(c.user, c.password, r.Method, r.URL.RequestURI(), c.count, rand.Text()))
	case c.basic:
		r.SetBasicAuth(c.user, c.password)
	}
}

// A challenge is that of Digest authentication, RFC 7616.
type challenge struct {
	realm, nonce, opaque, algorithm string
	qop                             bool
}

// parseChallenge reads the value of a WWW-Authenticate header, if it is a Digest
// that can be answered.
func parseChallenge(text string) (c challenge, ok bool) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return c, false
	}
	for rest != "" {
		key, value, more := parameter(rest)
		rest = more
		switch strings.ToLower(key) {
		case "realm":
			c.realm = value
		case "nonce":
			c.nonce = value
		case "opaque":
			c.opaque = value
		case "algorithm":
			c.algorithm = value
		case "qop":
			for option := range strings.SplitSeq(value, ",") {
				c.qop = c.qop || strings.TrimSpace(option) == "auth"
			}
		}
	}
	return c, c.nonce != "" && c.sum() != nil
}

// parameter takes one key="value" or key=value from the front of a list.
func parameter(text string) (key, value, rest string) {
	key, rest, ok := strings.Cut(strings.TrimLeft(text, " ,\t"), "=")
	if !ok {
		return "", "", ""
	}
	if !strings.HasPrefix(rest, `"`) {
		value, rest, _ = strings.Cut(rest, ",")
		return strings.TrimSpace(key), strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && i+1 < len(rest):
			i++
			b.WriteByte(rest[i])
		case rest[i] == '"':
			return strings.TrimSpace(key), b.String(), rest[i+1:]
		default:
			b.WriteByte(rest[i])
		}
	}
	return "", "", ""
}

func (c challenge) sum() func() hash.Hash {
	switch strings.ToUpper(c.algorithm) {
	case "", "MD5", "MD5-SESS":
		return md5.New
	case "SHA-256", "SHA-256-SESS":
		return sha256.New
	}
	return nil
}

// answer returns the value of an Authorization header.
func (c challenge) answer(user, password, method, uri string, count int, client string) string {
	h := func(parts ...string) string {
		sum := c.sum()()
		io.WriteString(sum, strings.Join(parts, ":")) //nolint:errcheck // a hash takes all
		return hex.EncodeToString(sum.Sum(nil))
	}
	secret := h(user, c.realm, password)
	if strings.HasSuffix(strings.ToUpper(c.algorithm), "-SESS") {
		secret = h(secret, c.nonce, client)
	}
	nc, quoted := fmt.Sprintf("%08x", count), strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	text := fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s"`,
		quoted.Replace(user), quoted.Replace(c.realm), quoted.Replace(c.nonce), uri)
	if c.algorithm != "" {
		text += ", algorithm=" + c.algorithm
	}
	if c.opaque != "" {
		text += fmt.Sprintf(`, opaque="%s"`, quoted.Replace(c.opaque))
	}
	if !c.qop {
		return text + fmt.Sprintf(`, response="%s"`, h(secret, c.nonce, h(method, uri)))
	}
	return text + fmt.Sprintf(`, qop=auth, nc=%s, cnonce="%s", response="%s"`, nc, client,
		h(secret, c.nonce, nc, client, "auth", h(method, uri)))
}
