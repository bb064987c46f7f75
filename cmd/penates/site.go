package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"

	"penates"
	"penates/internal/backup"
	"penates/internal/proto/api"
	"penates/internal/proto/oauth"
	"penates/internal/proto/oidc"
	"penates/internal/proto/uma"
	"penates/internal/receipt"
	"penates/internal/serve"
	"penates/internal/vault"
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
	programs, err := api.New(api.Config{Sessions: auth, Receipt: s.receipt, Version: version, Log: log, Rate: s.requests, Burst: 5 * s.requests})
	if err != nil {
		return nil, nil, err
	}
	page, err := web.New(web.Config{
		Vault: s.keeper, Consents: auth, Import: importUploads, Export: exportZip, Hosts: hosts, Version: version, Log: log,
		Copies: func(ctx context.Context, session *vault.Session) (*backup.Copies, error) {
			return s.backups.Copies(ctx, s.keeper.Vault(), session)
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return page, serve.NewSite(hosts, serve.Fails(log), page, auth.Mux(), provider.Mux(), rules.Mux(), programs), nil
}

// receipt returns the signed receipt of a grant, in the person's language.
func (s *server) receipt(ctx context.Context, id penates.GrantID) ([]byte, error) {
	v := s.keeper.Vault()
	if v == nil {
		return nil, penates.Locked
	}
	owner, err := v.As(penates.Owner, "receipts")
	if err != nil {
		return nil, err
	}
	list, err := owner.Grants(ctx, vault.GrantFilter{ID: id, Limit: 1})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("grant %s: %w", id, penates.NotExist)
	}
	if err != nil {
		return nil, err
	}
	language, err := owner.Setting(ctx, "language")
	if err != nil {
		return nil, err
	}
	return receipt.File(&list[0], owner, language)
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
