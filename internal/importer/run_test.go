package importer_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/dummy"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const notebook = "penates-demo 1\n2026-03-14\t12.50 EUR\tBakery\tbread\n2026-03-15\t2 EUR\tKiosk\tpaper\n2026-03-16\tbad line\n"

func zipOf(t testing.TB, entries ...[2]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.Create(e[0])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, e[1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "life")
	for name, content := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func adds(t *testing.T, r *importer.Report) {
	t.Helper()
	if r.Read != r.Added+r.Updated+r.Unchanged+r.Refused {
		t.Errorf("the counts do not add up: %s", r)
	}
	var sum importer.Count
	for _, c := range r.Types {
		sum.Added += c.Added
		sum.Updated += c.Updated
		sum.Unchanged += c.Unchanged
	}
	if sum != (importer.Count{Added: r.Added, Updated: r.Updated, Unchanged: r.Unchanged}) {
		t.Errorf("types sum to %+v, not to %s", sum, r)
	}
	if len(r.Refusals)+r.Unlisted != r.Refused {
		t.Errorf("%d refusals listed, %d not, of %d", len(r.Refusals), r.Unlisted, r.Refused)
	}
}

func TestRun(t *testing.T) {
	dir := folder(t, map[string]string{
		"a/notes.txt":  notebook,
		"a/copy.txt":   "just words, déjà vu",
		"b/copy.txt":   "just words, déjà vu",
		"export.zip":   zipOf(t, [2]string{"in.zip", zipOf(t, [2]string{"notes.txt", notebook}, [2]string{"picture.png", "\x89PNG\r\n\x1a\n"})}, [2]string{"../up", "x"}),
		"damaged.zip":  "PK\x03\x04 not really",
		"c/empty.file": "",
	})
	store := importertest.NewStore()
	formats := []importer.Format{dummy.Format}
	r, err := importer.Run(t.Context(), store, formats, []string{dir}, importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	adds(t, r)
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"read":12,"added":5,"updated":0,"unchanged":3,"refused":4,"types":{` +
		`"io.cozy.files":{"added":3,"updated":0,"unchanged":1},"penates.orders":{"added":2,"updated":0,"unchanged":2}},"refusals":[` +
		`{"file":"life/a/notes.txt","line":4,"error":"2 columns instead of 4: not valid"},` +
		`{"file":"life/damaged.zip","line":0,"error":"cut short: its list of members is missing, what stands before the cut (0 members) was read: damaged data"},` +
		`{"file":"life/export.zip/in.zip/notes.txt","line":4,"error":"2 columns instead of 4: not valid"},` +
		`{"file":"life/export.zip","line":0,"error":"a member named \"../up\", which leaves the archive: not valid"}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	var paths []string
	for _, f := range r.Files {
		paths = append(paths, fmt.Sprintf("%s %s %d+%d", f.Path, f.Format, f.Added, f.Unchanged))
	}
	if diff := cmp.Diff([]string{"life/a/copy.txt  1+0", "life/a/notes.txt penates-demo 2+0", "life/b/copy.txt  0+1", "life/c/empty.file  1+0",
		"life/export.zip/in.zip/notes.txt penates-demo 0+2", "life/export.zip/in.zip/picture.png  1+0"}, paths); diff != "" {
		t.Error(diff)
	}
	if n := len(store.Blobs); n != 4 {
		t.Errorf("%d blobs are kept; the inner zip is to be let go", n)
	}
	again, err := importer.Run(t.Context(), store, formats, []string{dir}, importer.Options{})
	if err != nil || again.Added+again.Updated != 0 || again.Read != r.Read {
		t.Errorf("again: %s, %v", again, err)
	}
	adds(t, again)
}

func TestKeptFile(t *testing.T) {
	store := importertest.NewStore()
	i := importer.New(store, nil, importer.Options{})
	text := "des mots en français"
	if err := i.Stream(t.Context(), "note.txt", int64(len(text)), strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if r, err := i.End(); err != nil || r.Added != 1 {
		t.Fatalf("%s, %v", r, err)
	}
	for _, d := range store.Documents {
		var body schema.File
		if err := json.Unmarshal(d.Body, &body); err != nil {
			t.Fatal(err)
		}
		want := schema.File{Name: "note.txt", Mime: "text/plain; charset=utf-8", Size: int64(len(text)), Blob: d.Source.Raw, Text: text}
		if diff := cmp.Diff(want, body); diff != "" || d.Text != "note.txt" || string(store.Blobs[body.Blob]) != text {
			t.Errorf("%s %+v", diff, d)
		}
	}
}

// format returns a format that reads everything, surely, with read.
func format(name string, sure int, read func(context.Context, *importer.File, importer.Sink) error) importer.Format {
	return importer.Format{Name: name, Recognise: func(importer.Head) int { return sure }, Read: read}
}

func note(out importer.Sink, id string) error {
	return out.Document(&penates.Document{Source: penates.Source{NativeID: id}, Text: id}, schema.Note{Title: id})
}

func TestRecognise(t *testing.T) {
	panics := importer.Format{Name: "panics", Recognise: func(importer.Head) int { panic("no") }}
	formats := []importer.Format{panics, format("zero", 0, nil), format("first", 50, nil), format("second", 50, nil), format("sure", 90, nil)}
	if f, ok := importer.Recognise(formats, importer.Head{}); !ok || f.Name != "sure" {
		t.Errorf("%q, %v", f.Name, ok)
	}
	if f, ok := importer.Recognise(formats[:4], importer.Head{}); !ok || f.Name != "first" {
		t.Errorf("tie: %q, %v", f.Name, ok)
	}
	if _, ok := importer.Recognise(formats[:2], importer.Head{}); ok {
		t.Error("nothing was recognised as something")
	}
}

func TestFormatsThatFail(t *testing.T) {
	broken := errors.New("line 3 is odd")
	for name, c := range map[string]struct {
		read    func(context.Context, *importer.File, importer.Sink) error
		added   int
		refused string
	}{
		"error after one": {func(_ context.Context, _ *importer.File, out importer.Sink) error {
			return errors.Join(note(out, "a"), broken)
		}, 1, "line 3 is odd"},
		"panic after one": {func(_ context.Context, _ *importer.File, out importer.Sink) error {
			if err := note(out, "a"); err != nil {
				return err
			}
			panic("secret content")
		}, 1, "the wild reader broke down on this file, which is a fault of Penates: not supported"},
		"no id": {func(_ context.Context, _ *importer.File, out importer.Sink) error {
			return errors.Join(note(out, ""), note(out, "a"))
		}, 1, "a document without an id of its own: not valid"},
		"too much": {func(_ context.Context, _ *importer.File, out importer.Sink) error {
			for n := 0; ; n++ {
				if err := note(out, fmt.Sprint(n)); err != nil {
					return err
				}
			}
		}, 10, "more than 10 documents in one file: too large"},
		"too long": {func(ctx context.Context, _ *importer.File, out importer.Sink) error {
			<-ctx.Done()
			return note(out, "late")
		}, 0, "reading it was given up after 50ms: took too long"},
		"attachment cut": {func(_ context.Context, _ *importer.File, out importer.Sink) error {
			id, err := out.File(nil, schema.File{Name: "x.pdf"}, io.MultiReader(strings.NewReader("%PDF"), failing{}))
			if id != "" {
				return errors.New("an id for what was refused")
			}
			return errors.Join(err, out.Link(id, penates.PartOf, "doc_a"), note(out, "a"))
		}, 1, `the file "x.pdf" inside it: line 3 is odd`},
		"attachment too large": {func(_ context.Context, _ *importer.File, out importer.Sink) error {
			_, err := out.File(nil, schema.File{Name: "x"}, strings.NewReader(strings.Repeat("x", 2000)))
			return errors.Join(err, note(out, "a"))
		}, 1, `the file "x" inside it: more than 1000 bytes of files inside one file: too large`},
	} {
		store := importertest.NewStore()
		i := importer.New(store, []importer.Format{format("wild", 90, c.read)}, importer.Options{File: importer.FileLimits{Items: 10, Bytes: 1000, Time: 50 * time.Millisecond}})
		if err := i.Stream(t.Context(), "x", 4, strings.NewReader("file")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		r, err := i.End()
		adds(t, r)
		// A file of which nothing could be taken is kept as a file.
		if err != nil || r.Added != max(c.added, 1) || len(r.Refusals) != 1 || r.Refusals[0].Error != c.refused {
			t.Errorf("%s: %s, %v, %v", name, r, r.Refusals, err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("line 3 is odd") }

func TestNotMine(t *testing.T) {
	no := func(context.Context, *importer.File, importer.Sink) error {
		return fmt.Errorf("no invoice in it: %w", importer.ErrNotMine)
	}
	yes := func(_ context.Context, f *importer.File, out importer.Sink) error {
		b, err := f.ReadAll(10)
		return errors.Join(err, note(out, string(b)))
	}
	for _, c := range []struct {
		formats []importer.Format
		want    string
	}{
		{[]importer.Format{format("yes", 50, yes), format("no", 90, no)}, "file"},
		{[]importer.Format{format("no", 90, no)}, "x.txt"},
	} {
		store := importertest.NewStore()
		i := importer.New(store, c.formats, importer.Options{})
		if err := i.Stream(t.Context(), "x.txt", 4, strings.NewReader("file")); err != nil {
			t.Fatal(err)
		}
		if r, err := i.End(); err != nil || r.Added != 1 || r.Refused != 0 || len(r.Files) != 1 || !slices.Equal(store.Texts(), []string{c.want}) {
			t.Errorf("%s, %v: %v", r, err, store.Texts())
		}
	}
}

func TestStoreFails(t *testing.T) {
	full := errors.New("disk full")
	store := importertest.NewStore()
	store.OnDocument = func() {
		if len(store.Documents) == 1 {
			store.Fail = full
		}
	}
	dir := folder(t, map[string]string{"a.txt": notebook, "b.txt": notebook})
	r, err := importer.Run(t.Context(), store, []importer.Format{dummy.Format}, []string{dir}, importer.Options{})
	if !errors.Is(err, full) || r.Added != 1 || r.Refused != 0 {
		t.Errorf("%s, %v", r, err)
	}
	adds(t, r)
}

func TestCancelAndRunAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store := importertest.NewStore()
	store.OnDocument = func() {
		if len(store.Documents) == 2 {
			cancel()
		}
	}
	files := map[string]string{}
	for n := range 5 {
		files[fmt.Sprintf("%d.txt", n)] = fmt.Sprintf("penates-demo 1\n2026-03-14\t%d EUR\tShop\tthing\n", n)
	}
	dir := folder(t, files)
	formats := []importer.Format{dummy.Format}
	r, err := importer.Run(ctx, store, formats, []string{dir}, importer.Options{})
	if !errors.Is(err, context.Canceled) || r.Added != 3 || r.Refused != 0 {
		t.Errorf("%s, %v", r, err)
	}
	r, err = importer.Run(t.Context(), store, formats, []string{dir}, importer.Options{})
	if err != nil || r.Added != 2 || r.Unchanged != 3 {
		t.Errorf("again: %s, %v", r, err)
	}
}

func TestPoints(t *testing.T) {
	day := penates.Day(2026, 3, 14)
	f := format("meter", 90, func(_ context.Context, _ *importer.File, out importer.Sink) error {
		s := &penates.Series{Type: penates.Energy, Source: penates.Source{NativeID: "m", Locator: "line=7-9"}, Points: []penates.Point{{Start: day, Value: "1"}, {Value: "2"}, {Start: penates.Day(2026, 3, 15), Value: "3"}}}
		return out.Points(s)
	})
	store := importertest.NewStore()
	i := importer.New(store, []importer.Format{f}, importer.Options{})
	if err := i.Stream(t.Context(), "x", 1, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	r, err := i.End()
	adds(t, r)
	if err != nil || r.Added != 2 || r.Refused != 1 || r.Refusals[0].Line != 7 || len(store.Points) != 2 {
		t.Errorf("%s, %v, %v", r, r.Refusals, err)
	}
}

func TestRefusalsAreCapped(t *testing.T) {
	f := format("bad", 90, func(_ context.Context, _ *importer.File, out importer.Sink) error {
		for n := range 1500 {
			if err := out.Refuse(n+1, penates.Invalid); err != nil {
				return err
			}
		}
		return nil
	})
	i := importer.New(importertest.NewStore(), []importer.Format{f}, importer.Options{})
	if err := i.Stream(t.Context(), "x", 1, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	r, _ := i.End()
	adds(t, r)
	if r.Refused != 1500 || len(r.Refusals) != 1000 || r.Unlisted != 500 {
		t.Errorf("%s, %d listed, %d not", r, len(r.Refusals), r.Unlisted)
	}
}

func TestProgress(t *testing.T) {
	var b strings.Builder
	b.WriteString("penates-demo 1\n")
	for n := range 60_000 {
		fmt.Fprintf(&b, "2026-03-14\t%d EUR\tShop\tthing that has a number, %d\n", n, n)
	}
	dir := folder(t, map[string]string{"a.txt": b.String(), "b.zip": zipOf(t, [2]string{"a.txt", b.String()[:1<<20]})})
	var last importer.Progress
	calls, between := 0, 0
	o := importer.Options{Progress: func(p importer.Progress) {
		if p.Done < last.Done || p.Documents < last.Documents || p.Done > p.Total {
			t.Errorf("%+v after %+v", p, last)
		}
		if p.Done > p.Total/4 && p.Done < p.Total/2 {
			between++
		}
		last = p
		calls++
	}}
	r, err := importer.Run(t.Context(), importertest.NewStore(), []importer.Format{dummy.Format}, []string{dir}, o)
	if err != nil || r.Added < 60_000 || last.Documents != r.Read-r.Refused {
		t.Fatalf("%s, %v, %+v", r, err, last)
	}
	if calls < 100 || between == 0 || last.Done < last.Total*9/10 {
		t.Errorf("%d calls, %d on the way, last %+v", calls, between, last)
	}
}

func TestManyFiles(t *testing.T) {
	var entries [][2]string
	for n := range 5000 {
		entries = append(entries, [2]string{fmt.Sprint(n), fmt.Sprintf("penates-demo 1\n2026-03-14\t%d EUR\tShop\tthing\n", n)})
	}
	i := importer.New(importertest.NewStore(), []importer.Format{dummy.Format}, importer.Options{})
	content := zipOf(t, entries...)
	if err := i.Stream(t.Context(), "x.zip", int64(len(content)), strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if r, err := i.End(); err != nil || r.Added != 5000 || len(r.Files) != 5000 {
		t.Errorf("%s, %d files, %v", r, len(r.Files), err)
	}
}
