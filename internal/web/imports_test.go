package web_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"penates"
	"penates/internal/schema"
)

// upload posts files as a browser does.
func (b *browser) upload(token string, files map[string]string) answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, content := range files {
		part, err := form.CreateFormFile("files", name)
		if err == nil {
			_, err = io.WriteString(part, content)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.send(b.request(http.MethodPost, "/import/"+token, body.String(), "Content-Type", form.FormDataContentType()))
}

func (b *browser) token() string {
	b.t.Helper()
	return regexp.MustCompile(`imp_[a-z2-7]+`).FindString(b.get("/import").body)
}

func TestImport(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	token := b.token()
	a := b.upload(token, map[string]string{"letter.eml": letter, "notes.txt": "nothing that any format knows"})
	if a.path != "/import/"+token || !strings.Contains(a.body, "added") || !strings.Contains(a.body, "letter.eml") {
		t.Fatalf("the import led to %s, status %d: %s", a.path, a.status, a.body)
	}
	if a := b.get("/import/" + token + "/progress"); !strings.Contains(a.body, "event: done") || a.header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("progress of an import that is over: %q", a.body)
	}
	if a := b.upload(token, map[string]string{"a.eml": letter}); a.status != http.StatusConflict {
		t.Errorf("a token was taken twice: status %d", a.status)
	}
	if a := b.upload(b.token(), map[string]string{"letter.eml": letter}); !strings.Contains(a.body, "0 added and 1 known already") {
		t.Errorf("the second import: %s", a.body)
	}
	if a := b.upload(b.token(), nil); a.path != "/import" || !strings.Contains(a.body, "No file was chosen") {
		t.Errorf("no file led to %s", a.path)
	}
	if a := b.upload("rubbish", map[string]string{"a.eml": letter}); a.status != http.StatusNotFound {
		t.Errorf("a token that is none: status %d", a.status)
	}
	if a := b.upload(b.token(), map[string]string{"big.bin": strings.Repeat("0123456789abcdef", 5<<20)}); !strings.Contains(a.body, "too large") {
		t.Errorf("an upload over the limit: status %d at %s", a.status, a.path)
	}
	if a := b.get("/search?q=ines"); !strings.Contains(a.body, "<mark>Inès</mark>") {
		t.Error("what was imported is not found")
	}
	if a := b.get("/sources"); !strings.Contains(a.body, "E-mail") {
		t.Error("the source is not listed")
	}
}

// putFile keeps a file in the vault and returns its document's id.
func (w *world) putFile(t *testing.T, name, mime, content string) string {
	t.Helper()
	s := w.session(t)
	blob, err := s.Keep(t.Context(), name, mime, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	d := &penates.Document{Text: name, Source: penates.Source{Connector: "test", NativeID: name, Raw: blob.ID}}
	stored, err := s.Put(t.Context(), d, schema.File{Name: name, Mime: mime, Size: blob.Size, Blob: blob.ID})
	if err != nil {
		t.Fatal(err)
	}
	return string(stored.ID)
}

func TestFilesAreServedSafely(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	page := w.putFile(t, "évil.html", "text/html", "<script>alert(1)</script>")
	for _, p := range []string{"/file", "/raw"} {
		a := b.get("/documents/" + page + p)
		if a.body != "<script>alert(1)</script>" || a.header.Get("Content-Type") != "application/octet-stream" ||
			!strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %q, headers %v", p, a.body, a.header)
		}
	}
	if a := b.get("/documents/" + page + "/preview"); a.status != http.StatusNotFound {
		t.Errorf("a page is shown as a picture: status %d", a.status)
	}
	picture := w.putFile(t, "a.png", "image/png", "\x89PNG\r\n\x1a\n")
	if a := b.get("/documents/" + picture + "/preview"); a.header.Get("Content-Type") != "image/png" {
		t.Errorf("preview: %v", a.header)
	}
	drawing := w.putFile(t, "a.svg", "image/svg+xml", "<svg onload=alert(1)>")
	if a := b.get("/documents/" + drawing + "/preview"); a.status != http.StatusNotFound {
		t.Errorf("a drawing is shown: status %d", a.status)
	}
	if a := b.get("/documents/"+page+"/file", "Range", "bytes=1-6"); a.status != http.StatusPartialContent || a.body != "script" {
		t.Errorf("a range: %d %q", a.status, a.body)
	}
}
