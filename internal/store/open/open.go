// Package open opens stores by their address: a folder, an S3-compatible
// service, a database that speaks PostgreSQL's protocol, a WebDAV server, a host of
// SFTP, a drive of a provider.
//
//	/media/usb/backup, file:///media/usb/backup
//	s3://host[:port]/bucket[/prefix][?region=eu-west-3]
//	postgres://user@host[:port]/database[?table=objects]
//	webdavs://host[:port]/folder
//	sftp://user@host[:port]/folder (from the root; /~/folder is one at home)
//	dropbox:folder, drive:folder, onedrive:folder, pcloud:folder, koofr:folder
//
// "s3+http:" and "webdav:" are the same without TLS, for a machine at home. What is
// stored is sealed anyway; the credentials are not.
package open

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"penates"
	"penates/internal/store"
	"penates/internal/store/dir"
	"penates/internal/store/postgres"
	"penates/internal/store/rclone"
	"penates/internal/store/s3"
	"penates/internal/store/webdav"
)

// Credentials are what a store asks of whoever opens it. They are no part of the
// address, so that addresses can be shown and kept anywhere.
type Credentials struct {
	User   string // S3: the access key
	Secret string // password; S3: the secret key
	Token  string // S3: of a temporary key
	// Settings are what drives are opened with beyond that, and keep up to date.
	Settings rclone.Settings
}

// String says nothing of what they are.
func (Credentials) String() string { return "(credentials)" }

// GoString says nothing of what they are.
func (Credentials) GoString() string { return "(credentials)" }

// LogValue says nothing of what they are.
func (Credentials) LogValue() slog.Value { return slog.StringValue("(credentials)") }

// A Store is a store that is closed after use.
type Store interface {
	store.Store
	io.Closer
}

// Split takes user and password out of an address as people type them, and
// returns the address without the password and, except for databases and SFTP, the user.
func Split(address string) (string, Credentials, error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok || scheme == "file" || filepath.IsAbs(address) {
		return address, Credentials{}, nil
	}
	host, path, _ := strings.Cut(rest, "/")
	at := strings.LastIndex(host, "@")
	if at < 0 {
		return address, Credentials{}, nil
	}
	name, secret, _ := strings.Cut(host[:at], ":")
	user, err := url.PathUnescape(name)
	if err != nil {
		return "", Credentials{}, fmt.Errorf("user in the address: %w", penates.Invalid)
	}
	password, err := url.PathUnescape(secret)
	if err != nil {
		return "", Credentials{}, fmt.Errorf("password in the address: %w", penates.Invalid)
	}
	clean := scheme + "://"
	if (database(scheme) || scheme == "sftp") && name != "" {
		clean += name + "@"
	}
	clean += host[at+1:]
	if strings.Contains(rest, "/") {
		clean += "/" + path
	}
	return clean, Credentials{User: user, Secret: password}, nil
}

func database(scheme string) bool { return scheme == "postgres" || scheme == "postgresql" }

// Open opens the store at address, which holds no password. Errors do not hold
// any either. Whether the store decides between writers, [store.Fenced] says.
func Open(ctx context.Context, address string, c Credentials) (Store, error) {
	if filepath.IsAbs(address) {
		return dir.Open(address)
	}
	scheme, _, ok := strings.Cut(address, ":")
	switch {
	case !ok:
		return nil, fmt.Errorf("address of a store: neither a full path nor like s3://host/bucket: %w", penates.Invalid)
	case database(scheme):
		return postgres.Open(ctx, address, c.Secret)
	case rclone.Is(scheme):
		return rclone.Open(ctx, address, c.Secret, c.Settings)
	}
	u, err := url.Parse(address)
	if err != nil { // which quotes the address
		return nil, fmt.Errorf("address of a store: %w", penates.Invalid)
	}
	if u.User != nil {
		return nil, fmt.Errorf("address of a store: it must not hold user or password: %w", penates.Invalid)
	}
	switch u.Scheme {
	case "file":
		return openFolder(u)
	case "s3", "s3+http":
		return openBucket(ctx, u, c)
	case "webdav", "webdavs":
		return openWebDAV(ctx, u, c)
	}
	return nil, fmt.Errorf("a store of the kind %q; there are full paths of folders, s3://, postgres://, webdavs://, sftp:// and drives like dropbox:folder: %w", u.Scheme, penates.Unsupported)
}

func openFolder(u *url.URL) (Store, error) {
	if u.Host != "" && u.Host != "localhost" || u.Path == "" || u.RawQuery != "" {
		return nil, fmt.Errorf("address of a folder: like file:///media/usb/backup: %w", penates.Invalid)
	}
	return dir.Open(filepath.FromSlash(u.Path))
}

// only returns an error if the address has other parameters, or no host.
func only(u *url.URL, parameters ...string) error {
	if u.Host == "" || u.Hostname() == "" || u.Fragment != "" {
		return fmt.Errorf("address of a store: it names no host: %w", penates.Invalid)
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fmt.Errorf("address of a store: %w", penates.Invalid)
	}
	for key := range values {
		if !slices.Contains(parameters, key) {
			return fmt.Errorf("address of a store: the parameter %q: %w", key, penates.Unsupported)
		}
	}
	return nil
}

func openBucket(ctx context.Context, u *url.URL, c Credentials) (Store, error) {
	if err := only(u, "region"); err != nil {
		return nil, err
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if bucket == "" {
		return nil, fmt.Errorf("address of a bucket: like s3://host/bucket: %w", penates.Invalid)
	}
	scheme := "https"
	if u.Scheme == "s3+http" {
		scheme = "http"
	}
	return s3.Open(ctx, s3.Config{
		Endpoint: &url.URL{Scheme: scheme, Host: u.Host}, Bucket: bucket, Prefix: prefix,
		Region: u.Query().Get("region"), Access: c.User, Secret: c.Secret, Token: c.Token,
	})
}

func openWebDAV(ctx context.Context, u *url.URL, c Credentials) (Store, error) {
	if err := only(u); err != nil {
		return nil, err
	}
	at := *u
	if at.Scheme = "http"; u.Scheme == "webdavs" {
		at.Scheme = "https"
	}
	return webdav.Open(ctx, &at, c.User, c.Secret)
}
