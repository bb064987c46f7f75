// Package web is the page of Penates: what its owner sees in the browser of the
// vault on this machine. Pages are rendered on the server from html/template,
// work without a script, and are the same in French and English.
//
// A request reaches the vault only through the vault.Session that was opened
// when the owner logged in; the session ends when the vault is locked, whoever
// locks it, and with it every browser session.
package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"penates/internal/backup"
	"penates/internal/importer"
	"penates/internal/thumbnail"
	"penates/internal/vault"
	"penates/internal/web/login"
	"penates/internal/web/passkey"
)

// A Keeper holds the one vault the page is for. Package keep has one for a directory.
type Keeper interface {
	// Vault returns the vault, locked or not, or nil when there is none yet.
	Vault() *vault.Vault
	// Create makes the vault and leaves it unlocked; sheet is the code of its
	// recovery sheet. It fails with penates.Exists when there is one.
	Create(ctx context.Context, passphrase []byte, o vault.CreateOptions) (v *vault.Vault, sheet string, err error)
}

// A Config says what a page is for and what it may do.
type Config struct {
	Vault Keeper
	// Import brings in the files that next gives, one after the other, until it
	// answers io.EOF. A file's Body must be read before next is called again.
	// progress may be called at any time while it runs.
	Import func(ctx context.Context, s *vault.Session, next func() (*Upload, error), progress func(importer.Progress)) (*importer.Report, error)
	// Export writes all that the vault holds as a zip. Without it the page does
	// not offer it.
	Export func(ctx context.Context, s *vault.Session, w io.Writer) error
	// Copies says which copies of the vault there are. Without it the page says nothing
	// of them.
	Copies func(ctx context.Context, s *vault.Session) (*backup.Copies, error)
	// Consents are the requests of third parties that wait for the owner; without
	// them there are none.
	Consents Consents
	// Hosts are the names the page is reached by besides localhost, 127.0.0.1 and
	// ::1. Requests for other names are refused: see DNS rebinding.
	Hosts []string
	// MaxUpload bounds the bytes of one import; 16 GiB when zero.
	MaxUpload int64
	Version   string
	Now       func() time.Time // time.Now when nil
	Log       *slog.Logger     // slog.Default() when nil
}

// An Upload is one file of an import, as the browser sends it.
type Upload struct {
	Name string // slash-separated path, as the browser names it
	Body io.Reader
}

// A Server answers the requests of the page.
type Server struct {
	cfg   Config
	mux   *http.ServeMux
	pages *pages
	book  *login.Book[*guest]
	slow  *login.Slow
	desk  *passkey.Desk
	runs  runs
	memo  memo
	shelf *thumbnail.Shelf
}

var _ http.Handler = (*Server)(nil)

// New returns the page of a vault.
func New(cfg Config) (*Server, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.MaxUpload == 0 {
		cfg.MaxUpload = 16 << 30
	}
	p, err := loadPages()
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	srv := &Server{cfg: cfg, pages: p, book: login.NewBook[*guest](cfg.Now), slow: login.NewSlow(), desk: passkey.NewDesk(cfg.Now), shelf: thumbnail.NewShelf(32 << 20)}
	srv.mux = srv.routes()
	return srv, nil
}

// OneTimePath returns the path of an address that opens a browser session
// without a passphrase: once, within five minutes, and only while the vault
// stays unlocked.
func (srv *Server) OneTimePath() string { return "/open/" + srv.book.Issue() }
