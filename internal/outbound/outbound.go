// Package outbound reaches one host over HTTP, and no other, whatever its answers
// say: an address a person gave must not become a way to anywhere else.
package outbound

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"penates"
)

const (
	connectTime = 15 * time.Second
	answerTime  = 2 * time.Minute // from the end of the request to the first byte
	idleTime    = 90 * time.Second
	mostHeaders = 256 << 10
	// connections that stay open to a host between requests
	idleConnections = 16
)

// Transport returns a transport to the host and port of to, and to hosts below
// it where below is true. It takes no proxy from the environment unless the
// address is one that a proxy is set for, and accepts no cookies.
func Transport(to *url.URL, below bool) http.RoundTripper {
	dialer := &net.Dialer{Timeout: connectTime}
	return &guarded{
		scheme: to.Scheme, host: strings.ToLower(to.Host), below: below,
		next: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    connectTime,
			ResponseHeaderTimeout:  answerTime,
			ExpectContinueTimeout:  time.Second,
			IdleConnTimeout:        idleTime,
			MaxIdleConnsPerHost:    idleConnections,
			MaxResponseHeaderBytes: mostHeaders,
			DisableCompression:     true, // objects are sealed; lengths must be what they are
			ForceAttemptHTTP2:      true,
		},
	}
}

// Client returns a client over [Transport] that follows no redirection.
func Client(to *url.URL) *http.Client {
	return &http.Client{
		Transport:     Transport(to, false),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type guarded struct {
	scheme, host string
	below        bool
	next         *http.Transport
}

// RoundTrip implements [http.RoundTripper].
func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	host := strings.ToLower(r.URL.Host)
	ok := r.URL.Scheme == g.scheme && (host == g.host || g.below && strings.HasSuffix(host, "."+g.host))
	if !ok {
		if r.Body != nil {
			r.Body.Close() //nolint:errcheck // nothing was read
		}
		return nil, fmt.Errorf("%s://%s is not the host asked for: %w", r.URL.Scheme, r.URL.Host, penates.Denied)
	}
	return g.next.RoundTrip(r)
}

// CloseIdleConnections closes connections that wait.
func (g *guarded) CloseIdleConnections() { g.next.CloseIdleConnections() }
