package walk_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/walk"
)

// found is a Visitor that remembers what it met.
type found struct {
	files   map[string]string
	order   []string
	refused map[string]error
	bytes   int64
	claims  func(*walk.File) bool
	visit   func(*walk.File) error
}

func newFound() *found { return &found{files: map[string]string{}, refused: map[string]error{}} }

func (f *found) Claims(file *walk.File) bool { return f.claims != nil && f.claims(file) }

func (f *found) Visit(_ context.Context, file *walk.File) error {
	if f.visit != nil {
		return f.visit(file)
	}
	var b bytes.Buffer
	n, err := io.Copy(&b, file.Body)
	f.bytes += n
	if err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	if !bytes.HasPrefix(b.Bytes(), file.Head) {
		return errors.New("the head is not how the body begins")
	}
	name := file.Path
	if file.Cut() {
		name += " (cut)"
	}
	f.files[name] = b.String()
	f.order = append(f.order, name)
	return nil
}

func (f *found) Refuse(path string, err error) error {
	if err == nil {
		return errors.New("refused without a reason")
	}
	f.refused[path] = errors.Join(f.refused[path], err)
	return nil
}

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

func spool(_ context.Context, _ string, r io.Reader) (walk.Spooled, error) {
	b, err := io.ReadAll(r)
	return memory{bytes.NewReader(b)}, err
}

func stream(t *testing.T, name string, content []byte, l walk.Limits) *found {
	t.Helper()
	f := newFound()
	if err := walk.Stream(t.Context(), name, int64(len(content)), bytes.NewReader(content), walk.Options{Limits: l, Spool: spool}, f); err != nil {
		t.Fatal(err)
	}
	return f
}

type entry struct{ name, content string }

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, e.content)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// storedZip has sizes in its local headers and nothing compressed.
func storedZip(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Store, CRC32: crc(e.content), CompressedSize64: uint64(len(e.content)), UncompressedSize64: uint64(len(e.content))}
		w, err := z.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, e.content)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if err := w.WriteHeader(&tar.Header{Name: e.name, Size: int64(len(e.content)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, e.content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gz(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchives(t *testing.T) {
	two := []entry{{"b.txt", "bee"}, {"dir/a.txt", "ay"}}
	inner := zipOf(t, two...)
	for _, c := range []struct {
		name    string
		content []byte
		want    map[string]string
	}{
		{"plain.txt", []byte("hello"), map[string]string{"plain.txt": "hello"}},
		{"empty", nil, map[string]string{"empty": ""}},
		{"x.zip", inner, map[string]string{"x.zip/b.txt": "bee", "x.zip/dir/a.txt": "ay"}},
		{"named wrongly.pdf", inner, map[string]string{"named wrongly.pdf/b.txt": "bee", "named wrongly.pdf/dir/a.txt": "ay"}},
		{"x.tar", tarOf(t, two...), map[string]string{"x.tar/b.txt": "bee", "x.tar/dir/a.txt": "ay"}},
		{"x.tgz", gz(t, tarOf(t, two...)), map[string]string{"x.tgz/b.txt": "bee", "x.tgz/dir/a.txt": "ay"}},
		{"x.csv.gz", gz(t, []byte("1;2")), map[string]string{"x.csv.gz/x.csv": "1;2"}},
		{"x.gz", gz(t, gz(t, []byte("1;2"))), map[string]string{"x.gz/x/x": "1;2"}},
		{"outer.zip", zipOf(t, entry{"in.zip", string(inner)}, entry{"in.tar", string(tarOf(t, two[0]))}), map[string]string{
			"outer.zip/in.zip/b.txt": "bee", "outer.zip/in.zip/dir/a.txt": "ay", "outer.zip/in.tar/b.txt": "bee"}},
		{"outer.tgz", gz(t, tarOf(t, entry{"in.zip", string(inner)})), map[string]string{
			"outer.tgz/in.zip/b.txt": "bee", "outer.tgz/in.zip/dir/a.txt": "ay"}},
		{"empty.zip", zipOf(t), map[string]string{}},
		{"noise.zip", zipOf(t, entry{"__MACOSX/._a", "x"}, entry{"d/.DS_Store", "x"}, entry{"dir/", ""}, two[0]), map[string]string{"noise.zip/b.txt": "bee"}},
	} {
		f := stream(t, c.name, c.content, walk.Limits{})
		if diff := cmp.Diff(c.want, f.files); diff != "" || len(f.refused) > 0 {
			t.Errorf("%s: %s refused %v", c.name, diff, f.refused)
		}
	}
}

func TestDocumentsThatAreZips(t *testing.T) {
	office := zipOf(t, entry{"[Content_Types].xml", "<Types/>"}, entry{"word/document.xml", "<x/>"})
	for name, content := range map[string][]byte{
		"letter.docx": office,
		"sheet.ods":   storedZip(t, entry{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, entry{"content.xml", "<x/>"}),
		"track.kmz":   zipOf(t, entry{"doc.kml", "<kml/>"}),
	} {
		f := stream(t, name, content, walk.Limits{})
		if f.files[name] != string(content) || len(f.files) != 1 {
			t.Errorf("%s was taken apart: %v", name, f.order)
		}
	}
	// An archive which holds such a document, or a folder of its names, is one.
	for _, content := range [][]byte{storedZip(t, entry{"letter.docx", string(office)}), zipOf(t, entry{"word/a.txt", "x"})} {
		if f := stream(t, "x.zip", content, walk.Limits{}); len(f.files) != 1 || f.files["x.zip"] != "" {
			t.Errorf("not looked into: %v", f.order)
		}
	}
	f := newFound()
	f.claims = func(file *walk.File) bool { return strings.HasSuffix(file.Path, ".zip") }
	content := zipOf(t, entry{"a", "b"})
	if err := walk.Stream(t.Context(), "x.zip", -1, bytes.NewReader(content), walk.Options{}, f); err != nil || f.files["x.zip"] != string(content) {
		t.Errorf("a claimed archive: %v, %v", err, f.order)
	}
}

func TestRefusedMembers(t *testing.T) {
	encrypted := storedZip(t, entry{"secret.txt", "hidden"}, entry{"open.txt", "seen"})
	for i := range encrypted {
		switch {
		case bytes.HasPrefix(encrypted[i:], []byte("PK\x03\x04")) && bytes.HasPrefix(encrypted[i+30:], []byte("secret")):
			encrypted[i+6] |= 1
		case bytes.HasPrefix(encrypted[i:], []byte("PK\x01\x02")) && bytes.HasPrefix(encrypted[i+46:], []byte("secret")):
			encrypted[i+8] |= 1
		}
	}
	method := storedZip(t, entry{"odd.txt", "hidden"}, entry{"open.txt", "seen"})
	for i := range method {
		if bytes.HasPrefix(method[i:], []byte("PK\x01\x02")) && bytes.HasPrefix(method[i+46:], []byte("odd")) {
			method[i+10] = 93
		}
	}
	damaged := storedZip(t, entry{"bad.txt", "harmless"}, entry{"open.txt", "seen"})
	damaged[bytes.Index(damaged, []byte("harmless"))] ^= 1
	for _, c := range []struct {
		name    string
		content []byte
		place   string
		kind    error
		words   string
	}{
		{"encrypted.zip", encrypted, "encrypted.zip/secret.txt", penates.Unsupported, "encrypted"},
		{"method.zip", method, "method.zip/odd.txt", penates.Unsupported, "method 93"},
		{"damaged.zip", damaged, "damaged.zip/bad.txt", penates.Damaged, "checksum"},
		{"slip.zip", zipOf(t, entry{"../up.txt", "x"}, entry{"open.txt", "seen"}), "slip.zip", penates.Invalid, `"../up.txt"`},
		{"abs.zip", zipOf(t, entry{"/etc/up.txt", "x"}, entry{"open.txt", "seen"}), "abs.zip", penates.Invalid, `"/etc/up.txt"`},
		{"dos.zip", zipOf(t, entry{`C:\up.txt`, "x"}, entry{"open.txt", "seen"}), "dos.zip", penates.Invalid, "leaves"},
		{"back.zip", zipOf(t, entry{`a\..\..\up.txt`, "x"}, entry{"open.txt", "seen"}), "back.zip", penates.Invalid, "leaves"},
		{"slip.tar", tarOf(t, entry{"a/../../up.txt", "x"}, entry{"open.txt", "seen"}), "slip.tar", penates.Invalid, "leaves"},
		{"long.zip", zipOf(t, entry{strings.Repeat("x", 2000), "x"}, entry{"open.txt", "seen"}), "long.zip", penates.TooLarge, "2000 bytes"},
	} {
		f := stream(t, c.name, c.content, walk.Limits{})
		if want := map[string]string{c.name + "/open.txt": "seen"}; !cmp.Equal(f.files, want) {
			t.Errorf("%s: the rest did not go in: %v", c.name, f.files)
		}
		err := f.refused[c.place]
		if len(f.refused) != 1 || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: refused %v", c.name, f.refused)
		}
	}
}

func TestCutShort(t *testing.T) {
	var entries []entry
	var pieces []string
	for i := range 4 {
		noise := make([]byte, 40_000)
		for j := range noise { // does not pack
			noise[j] = byte((j*j*31 + j*i*7 + i) >> (j % 5))
		}
		entries = append(entries, entry{fmt.Sprintf("%d.bin", i), string(noise)})
		pieces = append(pieces, string(noise))
	}
	for name, whole := range map[string][]byte{
		"x.zip": zipOf(t, entries...), "stored.zip": storedZip(t, entries...),
		"x.tar": tarOf(t, entries...), "x.tgz": gz(t, tarOf(t, entries...)),
	} {
		f := stream(t, name, whole[:len(whole)*5/8], walk.Limits{})
		for i, piece := range pieces[:2] {
			if f.files[fmt.Sprintf("%s/%d.bin", name, i)] != piece {
				t.Errorf("%s: member %d before the cut is missing", name, i)
			}
		}
		if len(f.files) > 3 || len(f.refused) != 1 {
			t.Errorf("%s: %d files, refused %v", name, len(f.files), f.refused)
		}
		for _, err := range f.refused {
			if !errors.Is(err, penates.Damaged) || !strings.Contains(err.Error(), "cut short") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	whole := gz(t, []byte(strings.Repeat(pieces[0], 3)))
	f := stream(t, "x.mbox.gz", whole[:len(whole)-6], walk.Limits{})
	if len(f.files) != 1 || !strings.HasPrefix(f.order[0], "x.mbox.gz/x.mbox (cut)") || len(f.refused) != 1 {
		t.Errorf("cut gzip: %v, refused %v", f.order, f.refused)
	}
}

func TestBombs(t *testing.T) {
	zeros := strings.Repeat("\x00", 8<<20)
	small := walk.Limits{Slack: 1 << 20, Ratio: 20, Depth: 3, Entries: 50}
	nested := zipOf(t, entry{"a.txt", "x"})
	for i := range 5 {
		nested = zipOf(t, entry{fmt.Sprintf("%d.zip", i), string(nested)})
	}
	var many []entry
	for i := range 60 {
		many = append(many, entry{fmt.Sprintf("%d", i), "x"})
	}
	deep := zipOf(t, entry{"in.zip", string(zipOf(t, entry{"zeros", zeros}))})
	for _, c := range []struct {
		name, place string
		content     []byte
		words       string
	}{
		{"zeros.zip", "zeros.zip", zipOf(t, entry{"zeros", zeros}, entry{"more", zeros}), "unpacks to more"},
		{"zeros.gz", "zeros.gz", gz(t, []byte(zeros)), "unpacks to more"},
		{"zeros.tgz", "zeros.tgz", gz(t, tarOf(t, entry{"zeros", zeros})), "unpacks to more"},
		{"deep.zip", "deep.zip", deep, "unpacks to more"},
		{"nested.zip", "nested.zip/4.zip/3.zip/2.zip", nested, "an archive within"},
		{"many.zip", "many.zip", zipOf(t, many...), "60 members"},
		{"many.tar", "many.tar", tarOf(t, many...), "more than 50 members"},
		{"overlap.zip", "overlap.zip", overlapping(t), "overlap"},
	} {
		f := stream(t, c.name, c.content, small)
		err := f.refused[c.place]
		if len(f.refused) != 1 || err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: refused %v", c.name, f.refused)
		}
		if f.bytes > 4<<20 {
			t.Errorf("%s: %d bytes were unpacked", c.name, f.bytes)
		}
	}
	// A limit of members holds before the list of them is in memory.
	big := many
	for i := range 20_000 {
		big = append(big, entry{fmt.Sprintf("m%d", i), ""})
	}
	if f := stream(t, "big.zip", zipOf(t, big...), small); len(f.files) != 0 || !errors.Is(f.refused["big.zip"], penates.TooLarge) {
		t.Errorf("20,000 members of 50: %v", f.refused)
	}
}

// overlapping returns a zip whose list names the same bytes many times.
func overlapping(t *testing.T) []byte {
	t.Helper()
	content := strings.Repeat("kernel of the bomb ", 1000)
	z := storedZip(t, entry{"a", content})
	list := bytes.Index(z, []byte("PK\x01\x02"))
	end := bytes.Index(z, []byte("PK\x05\x06"))
	one, tail := z[list:end], bytes.Clone(z[end:])
	out := bytes.Clone(z[:list])
	for range 40 {
		out = append(out, one...)
	}
	tail[8], tail[10] = 40, 40
	size := 40 * len(one)
	tail[12], tail[13] = byte(size), byte(size>>8)
	return append(out, tail...)
}

func TestSizesThatLie(t *testing.T) {
	z := storedZip(t, entry{"a", "0123456789"}, entry{"b", "seen"})
	for i := range z {
		if bytes.HasPrefix(z[i:], []byte("PK\x01\x02")) && z[i+46] == 'a' {
			z[i+24], z[i+25] = 0xff, 0xff // claims 65,535 bytes unpacked
		}
	}
	f := stream(t, "x.zip", z, walk.Limits{})
	if f.files["x.zip/b"] != "seen" || f.refused["x.zip/a"] == nil || len(f.files) != 1 {
		t.Errorf("files %v, refused %v", f.files, f.refused)
	}
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "life")
	outside := filepath.Join(t.TempDir(), "outside.txt")
	write := func(path, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(outside, "not yours")
	write(filepath.Join(dir, "z.txt"), "zed")
	write(filepath.Join(dir, "a", "x.zip"), string(zipOf(t, entry{"in.txt", "in"})))
	for _, part := range []string{"new", "cur", "tmp"} {
		write(filepath.Join(dir, "mail", part, "1.host"), part)
	}
	write(filepath.Join(dir, "tmp", "kept.txt"), "kept")
	write(filepath.Join(dir, ".DS_Store"), "x")
	for link, target := range map[string]string{"in.link": "z.txt", "out.link": outside, "gone.link": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	socket, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()

	f, meter := newFound(), &walk.Meter{}
	paths := []string{dir, filepath.Join(dir, "missing"), outside}
	if err := walk.Walk(t.Context(), paths, walk.Options{Meter: meter}, f); err != nil {
		t.Fatal(err)
	}
	want := []string{"life/a/x.zip/in.txt", "life/mail/cur/1.host", "life/mail/new/1.host", "life/tmp/kept.txt", "life/z.txt", "outside.txt"}
	if diff := cmp.Diff(want, f.order); diff != "" {
		t.Error(diff)
	}
	refused := []string{filepath.Join(dir, "missing"), "life/gone.link", "life/out.link", "life/socket"}
	slices.Sort(refused)
	if diff := cmp.Diff(refused, slices.Sorted(maps.Keys(f.refused))); diff != "" {
		t.Error(diff)
	}
	if !errors.Is(f.refused[filepath.Join(dir, "missing")], penates.NotExist) {
		t.Errorf("missing: %v", f.refused)
	}
	if meter.Total == 0 || meter.Done > meter.Total {
		t.Errorf("meter %+v", meter)
	}
}

func TestEnds(t *testing.T) {
	broken := errors.New("disk full")
	content := zipOf(t, entry{"a", "1"}, entry{"b", "2"})
	f := newFound()
	f.visit = func(*walk.File) error { return broken }
	err := walk.Stream(t.Context(), "x.zip", -1, bytes.NewReader(content), walk.Options{Spool: spool}, f)
	if !errors.Is(err, broken) || len(f.refused) > 0 {
		t.Errorf("a visitor's error: %v, refused %v", err, f.refused)
	}
	ctx, cancel := context.WithCancel(t.Context())
	f = newFound()
	f.visit = func(*walk.File) error { cancel(); return nil }
	err = walk.Stream(ctx, "x.zip", -1, bytes.NewReader(content), walk.Options{Spool: spool}, f)
	if !errors.Is(err, context.Canceled) || len(f.refused) > 0 {
		t.Errorf("cancelled: %v, refused %v", err, f.refused)
	}
	f = newFound()
	if err := walk.Stream(t.Context(), "x.tar", -1, bytes.NewReader(tarOf(t, entry{"in.zip", string(content)})), walk.Options{}, f); err != nil || !errors.Is(f.refused["x.tar/in.zip"], penates.Unsupported) {
		t.Errorf("without a spool: %v, refused %v", err, f.refused)
	}
}
