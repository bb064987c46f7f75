package main

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"

	"penates/internal/proto/api"
	"penates/internal/proto/oauth"
	"penates/internal/proto/oidc"
	"penates/internal/proto/uma"
	"penates/internal/serve"
	"penates/internal/web"
)

// site returns the page and, around it, what a vault serves on the address at: the
// page and the protocols beside it.
func (s *server) site(at string, log *slog.Logger) (*web.Server, http.Handler, error) {
	issuer, err := issuerOf(s.url, at)
	if err != nil {
		return nil, nil, err
	}
	hosts := s.hosts
	if !serve.Hosts(hosts).Knows(issuer.Host) {
		hosts = append(hosts, issuer.Hostname())
	}
	auth := oauth.New(oauth.Config{Vault: s.keeper, Issuer: issuer, Log: log})
	provider := oidc.New(auth)
	rules, err := uma.New(auth, nil)
	if err != nil {
		return nil, nil, err
	}
	programs, err := api.New(api.Config{Sessions: auth, Version: version, Log: log})
	if err != nil {
		return nil, nil, err
	}
	page, err := web.New(web.Config{Vault: s.keeper, Consents: auth, Import: importUploads, Export: exportZip, Hosts: hosts, Version: version, Log: log})
	if err != nil {
		return nil, nil, err
	}
	return page, serve.NewSite(hosts, serve.Fails(log), page, auth.Mux(), provider.Mux(), rules.Mux(), programs), nil
}

// issuerOf returns the address that names this server to others: the one its
// operator says, else that of the listener, by a name of this machine when it
// listens everywhere.
func issuerOf(said, at string) (*url.URL, error) {
	if said != "" {
		return serve.ParseIssuer(said)
	}
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return nil, err
	}
	if !serve.Loopback(host) {
		host = "localhost"
	}
	return serve.ParseIssuer("http://" + net.JoinHostPort(host, port))
}
