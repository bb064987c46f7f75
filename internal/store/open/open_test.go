package open_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	server "golang.org/x/net/webdav"

	"penates"
	"penates/internal/store"
	"penates/internal/store/open"
)

func TestOpen(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("vaults"); err != nil {
		t.Fatal(err)
	}
	bucket := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	defer bucket.Close()
	drive := httptest.NewServer(&server.Handler{FileSystem: server.NewMemFS(), LockSystem: server.NewMemLS()})
	defer drive.Close()
	folder := filepath.ToSlash(t.TempDir())
	for _, address := range []string{
		folder + "/a", "file://" + folder + "/b", "file:" + folder + "/c",
		strings.Replace(bucket.URL, "http:", "s3+http:", 1) + "/vaults/pre/fix?region=eu-west-3",
		strings.Replace(drive.URL, "http:", "webdav:", 1) + "/drive",
	} {
		s, err := open.Open(t.Context(), address, open.Credentials{User: "u", Secret: "s"})
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if err := s.PutIfAbsent(t.Context(), "a/b", []byte(address)); err != nil || !store.Fenced(s) {
			t.Errorf("%s: %v", address, err)
		}
		if got, err := s.Get(t.Context(), "a/b"); err != nil || string(got) != address {
			t.Errorf("%s: %q, %v", address, got, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestBadAddresses(t *testing.T) {
	for address, kind := range map[string]error{
		"":                              penates.Invalid,
		"relative/path":                 penates.Invalid,
		"file://elsewhere/x":            penates.Invalid,
		"file:":                         penates.Invalid,
		"ftp://host/x":                  penates.Unsupported,
		"rclone:drive":                  penates.Unsupported,
		"s3://host":                     penates.Invalid,
		"s3:///bucket":                  penates.Invalid,
		"s3://host/b?endpoint=other":    penates.Unsupported,
		"s3://key:hidden@host/b":        penates.Invalid,
		"webdavs://":                    penates.Invalid,
		"webdavs://host:port/hidden":    penates.Invalid,
		"webdavs://u:hidden@host/x":     penates.Invalid,
		"webdavs://host/x?a=b":          penates.Unsupported,
		"postgres://u:hidden@host/db":   penates.Invalid,
		"postgres://u@h/db?passfile=/x": penates.Unsupported,
		"s3://ho st/hidden":             penates.Invalid,
	} {
		_, err := open.Open(t.Context(), address, open.Credentials{Secret: "hidden"})
		if !errors.Is(err, kind) || strings.Contains(fmt.Sprint(err), "hidden") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestSplit(t *testing.T) {
	for address, want := range map[string][3]string{
		"/media/usb":                     {"/media/usb", "", ""},
		"file:///a@b/c":                  {"file:///a@b/c", "", ""},
		"s3://host/bucket":               {"s3://host/bucket", "", ""},
		"s3://key:se%2Fcret@host/bucket": {"s3://host/bucket", "key", "se/cret"},
		"webdavs://me@home:p@ss@host/x":  {"webdavs://host/x", "me@home", "p@ss"}, // cut at the first colon and the last @
		"postgres://u:hush@host/db":      {"postgres://u@host/db", "u", "hush"},
		"postgres://u:hush@host":         {"postgres://u@host", "u", "hush"},
	} {
		clean, c, err := open.Split(address)
		if got := [3]string{clean, c.User, c.Secret}; err != nil || got != want {
			t.Errorf("%s: %q, %v", address, got, err)
		}
		if err == nil && c.Secret != "" && strings.Contains(clean, c.Secret) {
			t.Errorf("%s: the password stays in %s", address, clean)
		}
	}
	if _, _, err := open.Split("s3://%zz:x@host/b"); !errors.Is(err, penates.Invalid) {
		t.Error(err)
	}
}

func TestCredentialsAreNotShown(t *testing.T) {
	c := open.Credentials{User: "hidden", Secret: "hidden", Token: "hidden"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("open", "with", c)
	if text := fmt.Sprintf("%v %+v %#v %s", c, c, &c, c) + log.String(); strings.Contains(text, "hidden") {
		t.Error(text)
	}
}

func FuzzSplit(f *testing.F) {
	for _, address := range []string{"/a", "s3://k:s@h/b", "postgres://u:p@h,h2/db?x", "webdavs://@h", "x://a:b:c@d@e/f@g"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		clean, c, err := open.Split(address)
		if err != nil {
			return
		}
		if again, other, err := open.Split(clean); err == nil && (other.Secret != "" || again != clean) {
			t.Errorf("%q splits to %q with %q, and again to %q", address, clean, c.Secret, again)
		}
	})
}
