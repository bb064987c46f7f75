package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"penates/internal/backup"
	"penates/internal/export"
	"penates/internal/importer"
	"penates/internal/intake"
	"penates/internal/vault"
	"penates/internal/web"
	"penates/internal/web/keep"
)

const defaultListen = "127.0.0.1:8700"

func serveCommand(p *program) *cobra.Command {
	var listen, address string
	var hosts []string
	var requests float64
	cmd := &cobra.Command{
		Use: "serve", Short: "open the vault's page in the browser / ouvrir la page du coffre", Args: args(0, 0, "[--listen ADDRESS]"),
		Long: "Serves the vault's page, and runs commands given beside it. A vault is made on the\npage if there is none. It starts locked, unless PENATES_PASSPHRASE or\n--passphrase-file is given. Ctrl-C stops it.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c := dialServer(cmd.Context(), p.dir); c != nil {
				c.close()
				return fmt.Errorf("a server holds the vault in %s already", p.dir)
			}
			if !(requests > 0) {
				return fmt.Errorf("--requests is a number above 0")
			}
			keeper, err := p.hold(cmd.Context())
			if err != nil {
				return err
			}
			s := &server{p: p, keeper: keeper, dir: p.dir, hosts: hosts, url: address, requests: requests}
			return errors.Join(s.run(cmd.Context(), listen, func(_ *web.Server, url string) string { return url }), s.close())
		},
	}
	cmd.Flags().StringVar(&listen, "listen", defaultListen, "address and port / adresse et port")
	cmd.Flags().StringVar(&address, "url", "", "address others reach the vault by, as in https://vault.example.org (default: http and the address listened on) / adresse publique")
	cmd.Flags().Float64Var(&requests, "requests", 20, "how many requests a second each program of others may make in the long run / requêtes par seconde et par programme")
	cmd.Flags().StringSliceVar(&hosts, "host", nil, "further names the page is reached by / autres noms de la page")
	return cmd
}

// hold takes hold of the vault, if there is one, and unlocks it if a passphrase
// was given without asking.
func (p *program) hold(ctx context.Context) (*keep.Holder, error) {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, err
	}
	keeper, err := keep.Open(p.dir)
	if err != nil {
		return nil, err
	}
	v := keeper.Vault()
	if v == nil || p.passphraseFile == "" && p.getenv("PENATES_PASSPHRASE") == "" {
		return keeper, nil
	}
	if err := p.unlockHere(ctx, v); err != nil {
		return nil, errors.Join(err, keeper.Close())
	}
	return keeper, nil
}

// A server serves the page and the socket of one vault until its context ends.
type server struct {
	p       *program
	keeper  *keep.Holder
	backups *backup.Keeper
	dir     string
	hosts   []string
	url     string // by which others reach it; that of the listener when empty
	// requests is how many a second each program of others may make; 20 when 0.
	requests float64
}

// run serves until ctx ends. address makes of the page's address the one to
// print.
func (s *server) run(ctx context.Context, listen string, address func(page *web.Server, url string) string) error {
	log := slog.New(slog.NewTextHandler(s.p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (--listen chooses another address)", listen, err)
	}
	s.backups = backup.NewKeeper(openStore, log)
	page, site, err := s.site(l.Addr().String(), log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	c := &control{keeper: s.keeper, logger: log, backups: s.backups}
	socket, err := c.listen(s.dir)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	watch, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { s.backups.Watch(watch, s.keeper.Vault, backup.DrillEvery) })
	errs := make(chan error, 2)
	faces := []*http.Server{newServer(site, log), newServer(c.handler(), log)}
	for i, on := range []net.Listener{l, socket} {
		go func() { errs <- faces[i].Serve(on) }()
	}
	url := "http://" + l.Addr().String() + "/"
	fmt.Fprintln(s.p.stdout, "Penates: "+address(page, url))
	select {
	case <-ctx.Done():
	case err = <-errs:
	}
	stop()
	watching.Wait()
	return errors.Join(err, shut(faces))
}

// close closes the vault and ships what its backups lack.
func (s *server) close() error {
	err := s.keeper.Close()
	if s.backups != nil {
		s.backups.Close(shipTime)
	}
	return err
}

// newServer returns a server with limits on how long a request may dawdle.
// Uploads and progress take as long as they take.
func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// shut lets requests that are under way end, but not for long.
func shut(faces []*http.Server) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	for _, f := range faces {
		if stopped := f.Shutdown(ctx); stopped != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

// importUploads brings in what a browser sends.
func importUploads(ctx context.Context, s *vault.Session, next func() (*web.Upload, error), progress func(importer.Progress)) (*importer.Report, error) {
	first, err := next()
	if err != nil {
		return nil, err
	}
	in, err := intake.Start(ctx, s, path.Base(first.Name), progress, slog.Default())
	if err != nil {
		return nil, err
	}
	for up := first; err == nil; up, err = next() {
		if err = in.Stream(ctx, up.Name, -1, up.Body); err != nil {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	report, ended := in.End(ctx)
	return report, errors.Join(err, ended)
}

func exportZip(ctx context.Context, s *vault.Session, w io.Writer) error {
	_, err := export.Write(ctx, s, w, time.Now())
	return err
}
