package web_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"penates/internal/web"
)

func TestLocal(t *testing.T) {
	tests := []struct{ next, want string }{
		{"/money", "/money"}, {"/search?q=caf%C3%A9&x=1", "/search?q=caf%C3%A9&x=1"}, {"", "/"}, {"//evil.example", "/"},
		{"https://evil.example/", "/"}, {`/\evil.example`, "/"}, {"/%2f/evil.example", "/"}, {"javascript:alert(1)", "/"},
		{"evil", "/"}, {"/a\r\nSet-Cookie: x=1", "/"}, {"//", "/"}, {"/\t/evil.example", "/"}, {"http:evil", "/"},
	}
	for _, tt := range tests {
		if got := web.Local(tt.next); got != tt.want {
			t.Errorf("local(%q) = %q, want %q", tt.next, got, tt.want)
		}
	}
}

func FuzzLocal(f *testing.F) {
	for _, s := range []string{"/money?a=b", "//x", "/\\x", "/%2f%2fx", "https://x", "/..//x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := web.Local(next)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n") {
			t.Errorf("local(%q) = %q", next, got)
		}
	})
}

func TestUploadName(t *testing.T) {
	tests := []struct{ disposition, want string }{
		{`form-data; name="files"; filename="relevé.csv"`, "relevé.csv"},
		{`form-data; name="files"; filename="mail/2026/a.eml"`, "mail/2026/a.eml"},
		{`form-data; name="files"; filename="../../etc/passwd"`, "etc/passwd"},
		{`form-data; name="files"; filename="C:\\Users\\x\\a.csv"`, "C:/Users/x/a.csv"},
		{`form-data; name="files"; filename=""`, ""},
		{`form-data; name="other"`, ""},
		{`;;`, ""}, {``, ""}, {`form-data; filename="/"`, ""}, {`form-data; filename=".."`, ""},
		{`form-data; filename="` + strings.Repeat("a", 5000) + `"`, ""},
	}
	for _, tt := range tests {
		if got := web.UploadName(tt.disposition); got != tt.want {
			t.Errorf("uploadName(%.80q) = %q, want %q", tt.disposition, got, tt.want)
		}
	}
}

func FuzzUploadName(f *testing.F) {
	f.Add(`form-data; name="files"; filename="../a"`)
	f.Add(`form-data; filename*=utf-8''%2e%2e%2f`)
	f.Fuzz(func(t *testing.T, disposition string) {
		got := web.UploadName(disposition)
		if strings.HasPrefix(got, "/") || got == ".." || strings.HasPrefix(got, "../") || strings.Contains(got, "/../") || strings.Contains(got, `\`) {
			t.Errorf("uploadName(%q) = %q", disposition, got)
		}
	})
}

func TestAttachment(t *testing.T) {
	tests := []struct{ name, want string }{
		{"facture.pdf", `attachment; filename=facture.pdf`},
		{"../../x\r\n.pdf", `attachment; filename=_.._x__.pdf`},
		{"été.pdf", `attachment; filename*=utf-8''%C3%A9t%C3%A9.pdf`},
		{"..", `attachment; filename=file`}, {"", `attachment; filename=file`}, {`a"b.pdf`, `attachment; filename=a_b.pdf`},
	}
	for _, tt := range tests {
		if got := web.Attachment(tt.name); got != tt.want {
			t.Errorf("attachment(%q) = %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	csv := "date;label;amount\r\n01/09;Boulangerie;-1,20\r\n02/09;Épicerie;-3\r\n"
	json := `{"a":{"b":[{"x":1},{"y":"é"}]},"c/d":2}`
	tests := []struct{ name, file, locator, want string }{
		{"line", csv, "line=2", "01/09;Boulangerie;-1,20"},
		{"lines", csv, "line=2-3", "01/09;Boulangerie;-1,20\n02/09;Épicerie;-3"},
		{"line past the end", csv, "line=99", ""},
		{"bytes", csv, "bytes=0-3", "date"},
		{"bytes past the end", csv, "bytes=9999-10000", ""},
		{"path", json, "path=/a/b/1", "{\n  \"y\": \"é\"\n}"},
		{"escaped path", json, "path=/c~1d", "2"},
		{"no such path", json, "path=/z", json},
		{"latin 1", "d\xe9j\xe0 vu et d\xe9j\xe0 lu\n", "line=1", "déjà vu et déjà lu"},
		{"binary", "\x00\x01\x02\x03\x89PNG\x00\x00", "", ""},
		{"none", "hello", "", "hello"},
		{"nonsense", "hello", "line=x-y", "hello"},
		{"backwards", "hello", "bytes=4-1", "hello"},
	}
	for _, tt := range tests {
		got, err := web.Excerpt(strings.NewReader(tt.file), tt.locator)
		if err != nil || got != tt.want {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("a\nb\n", "line=1-2")
	f.Add(`{"a":[1]}`, "path=/a/0")
	f.Add("abc", "bytes=1-999999999999")
	f.Fuzz(func(t *testing.T, file, locator string) {
		got, err := web.Excerpt(strings.NewReader(file), locator)
		if err == nil && len(got) > 9<<10 {
			t.Errorf("an excerpt of %d bytes", len(got))
		}
	})
}

// A small picture is shown of a picture; of anything else, or for who is not logged
// in, there is none.
func TestThumbnail(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	large := image.NewRGBA(image.Rect(0, 0, 900, 300))
	var content bytes.Buffer
	if err := png.Encode(&content, large); err != nil {
		t.Fatal(err)
	}
	id, text := w.putFile(t, "<b>.png", "image/png", content.String()), w.putFile(t, "a.txt", "text/plain", "words")
	broken := w.putFile(t, "b.png", "image/png", content.String()[:60])
	if a := b.get("/photos"); !strings.Contains(a.body, "/documents/"+id+"/thumbnail") || !strings.Contains(a.body, `alt="&lt;b&gt;.png"`) || strings.Contains(a.body, text) {
		t.Errorf("the photos: %s", a.body)
	}
	for range 2 {
		a := b.get("/documents/" + id + "/thumbnail")
		c, err := jpeg.DecodeConfig(strings.NewReader(a.body))
		if err != nil || c.Width != 320 || c.Height != 106 || a.header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%+v, %v, status %d", c, err, a.status)
		}
	}
	for _, none := range []string{text, "doc_none"} {
		if a := b.get("/documents/" + none + "/thumbnail"); a.status != http.StatusNotFound {
			t.Errorf("%s: status %d", none, a.status)
		}
	}
	if a := b.get("/documents/" + broken + "/thumbnail"); a.status < 400 {
		t.Errorf("a damaged picture: status %d", a.status)
	}
	if a := w.browser(t).get("/documents/" + id + "/thumbnail"); a.path != "/unlock" {
		t.Errorf("who is not logged in gets %s", a.path)
	}
}

// The first page of a scanned paper is shown; a paper that is drawn has no picture.
func TestThumbnailOfPapers(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	var page bytes.Buffer
	if err := jpeg.Encode(&page, image.NewGray(image.Rect(0, 0, 600, 900)), nil); err != nil {
		t.Fatal(err)
	}
	const pages = "%PDF-1.7\n1 0 obj << /Pages 2 0 R >> endobj 2 0 obj << /Type /Pages /Kids [3 0 R] >> endobj\n"
	scan := pages + fmt.Sprintf("3 0 obj << /Type /Page /Resources << /XObject << /Im0 4 0 R >> >> >> endobj\n"+
		"4 0 obj << /Subtype /Image /Width 600 /Height 900 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream endobj trailer << /Root 1 0 R >>", page.Len(), page.String())
	id := w.putFile(t, "scan.pdf", "application/pdf", scan)
	if a := b.get("/documents/" + id); !strings.Contains(a.body, `src="/documents/`+id+`/thumbnail"`) {
		t.Errorf("the document does not show its page: %s", a.body)
	}
	for range 2 {
		a := b.get("/documents/" + id + "/thumbnail")
		if c, err := jpeg.DecodeConfig(strings.NewReader(a.body)); err != nil || c.Width != 213 || c.Height != 320 {
			t.Errorf("%+v, %v, status %d", c, err, a.status)
		}
	}
	for name, content := range map[string]string{
		"drawn":   pages + "3 0 obj << /Type /Page >> endobj trailer << /Root 1 0 R >>",
		"damaged": strings.Replace(scan, page.String(), page.String()[:40], 1),
		"none":    "words",
	} {
		if a := b.get("/documents/" + w.putFile(t, name+".pdf", "application/pdf", content) + "/thumbnail"); a.status != http.StatusNotFound {
			t.Errorf("%s: status %d", name, a.status)
		}
	}
}
