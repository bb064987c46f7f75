package serve

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"penates"
)

// Hosts are the names a server goes by besides localhost, 127.0.0.1 and ::1.
type Hosts []string

// Knows reports whether the host of a request, with its port or without, is a name
// of the server. A page that a hostile name is made to point at is not served.
func (h Hosts) Knows(host string) bool {
	name := host
	if n, _, err := net.SplitHostPort(host); err == nil {
		name = n
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	return name == "localhost" || name == "127.0.0.1" || name == "::1" || slices.Contains(h, name)
}

// ParseIssuer checks the address that names a server to others for good, as in
// "https://coffre.example.org": https, or http on this machine only; no path, no
// query, no slash at its end.
func ParseIssuer(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Host == "", u.Path != "", u.RawQuery != "", u.Fragment != "", u.User != nil, u.ForceQuery, strings.HasSuffix(address, "#"):
		return nil, fmt.Errorf("address %q: want https://name or https://name:port: %w", address, penates.Invalid)
	case u.Scheme == "https", u.Scheme == "http" && Loopback(u.Hostname()):
		return u, nil
	}
	return nil, fmt.Errorf("address %q: others reach a vault by https only: %w", address, penates.Invalid)
}

// Loopback reports whether a name without port is of this machine.
func Loopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// A Site serves several protocols and what is left beside them on one address.
type Site struct {
	hosts Hosts
	fail  Fail
	faces []*Mux
	rest  http.Handler
}

// NewSite returns a Site. A request goes to the first of faces that has a route for
// it, else to rest, which looks after itself.
func NewSite(hosts Hosts, fail Fail, rest http.Handler, faces ...*Mux) *Site {
	return &Site{hosts, fail, faces, rest}
}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, f := range s.faces {
		if !f.Knows(r) {
			continue
		}
		if !s.hosts.Knows(r.Host) {
			s.fail(w, r, &Problem{Title: "not a name of this server", Status: http.StatusMisdirectedRequest})
			return
		}
		f.ServeHTTP(w, r)
		return
	}
	s.rest.ServeHTTP(w, r)
}
