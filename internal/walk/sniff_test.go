package walk_test

import (
	"hash/crc32"
	"testing"

	"penates/internal/walk"
)

func crc(s string) uint32 { return crc32.ChecksumIEEE([]byte(s)) }

func TestMime(t *testing.T) {
	for _, c := range []struct{ name, head, want string }{
		{"x", "%PDF-1.7\n", "application/pdf"},
		{"x", "\x89PNG\r\n\x1a\n", "image/png"},
		{"x", "\xff\xd8\xff\xe0", "image/jpeg"},
		{"x", "\x00\x00\x00\x18ftypheic", "image/heic"},
		{"x", "II*\x00", "image/tiff"},
		{"x", "SQLite format 3\x00", "application/vnd.sqlite3"},
		{"x", "\x1f\x8b\x08\x00", "application/gzip"},
		{"x", "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
		{"x", "BEGIN:VCARD\r\n", "text/vcard"},
		{"x.bin", "\x00\x01\x02\x03", "application/octet-stream"},
		{"x.csv", "a;b\n1;2\n", "text/csv"},
		{"x.CSV", "a;b\n1;2\n", "text/csv"},
		{"x", "{\"a\": 1}", "application/json"},
		{"x.md", "[link](x)", "text/markdown"},
		{"x", "<?xml version=\"1.0\"?><a/>", "application/xml"},
		{"x", "<?xml version=\"1.0\"?><svg/>", "image/svg+xml"},
		{"x.html", "<!DOCTYPE html><p>", "text/html; charset=utf-8"},
		{"x.txt", "hello", "text/plain; charset=utf-8"},
		{"x.docx", string(zipOf(t, entry{"[Content_Types].xml", "<x/>"}, entry{"word/document.xml", "<x/>"})), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"x.odt", string(storedZip(t, entry{"mimetype", "application/vnd.oasis.opendocument.text"})), "application/vnd.oasis.opendocument.text"},
		{"x.epub", string(storedZip(t, entry{"mimetype", "not a type"})), "application/zip"},
		{"x.zip", string(zipOf(t, entry{"a", "b"})), "application/zip"},
		{"x.tar", string(tarOf(t, entry{"a", "b"})), "application/x-tar"},
	} {
		if got := walk.Mime(c.name, []byte(c.head)); got != c.want {
			t.Errorf("%s %.12q: %s, want %s", c.name, c.head, got, c.want)
		}
	}
}
