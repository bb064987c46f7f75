package export_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/export"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
	"penates/internal/walk"
)

// packed returns an export made of members, with their sums in the manifest.
func packed(t testing.TB, members map[string]string, blobs ...vault.Blob) []byte {
	t.Helper()
	m := export.Manifest{Format: "penates-export", Version: 1, Made: time.Now(), Blobs: blobs}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name, content string) {
		h := &zip.FileHeader{Name: name}
		if len(content) > 1<<20 {
			h.Method = zip.Deflate
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("mimetype", export.MediaType)
	for name, content := range members {
		add(name, content)
		sum := sha256.Sum256([]byte(content))
		m.Files = append(m.Files, export.File{Name: name, Lines: strings.Count(content, "\n"), SHA256: hex.EncodeToString(sum[:])})
	}
	manifest, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	add("manifest.json", string(manifest))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// adopt reads an export into s and returns what was refused.
func adopt(t testing.TB, s *vault.Session, content []byte) (refused []string, counts map[penates.Type]vault.Tally, found *export.Adopted, err error) {
	t.Helper()
	job, err := s.StartJob(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	counter := job.Counter()
	to, err := job.Adopt(counter)
	if err != nil {
		t.Fatal(err)
	}
	found, err = export.Adopt(t.Context(), bytes.NewReader(content), int64(len(content)), to, export.Options{
		Refuse: func(member string, line int, err error) error {
			refused = append(refused, fmt.Sprintf("%s:%d: %v", member, line, err))
			return job.Failed()
		},
		Progress: func(done, total int64) {
			if done > total {
				t.Errorf("%d of %d", done, total)
			}
		},
	})
	if ended := job.End(context.WithoutCancel(t.Context())); ended != nil {
		t.Fatal(ended)
	}
	return refused, job.Counts(counter), found, err
}

const (
	noteLine = `{"source":{"connector":"c","native_id":"n"},"id":"doc_a","type":"penates.notes","text":"a","body":{"title":"a"},"revision":2,"added":"2026-01-01T00:00:00Z","changed":"2026-01-02T00:00:00.5Z"}` + "\n"
	pastLine = `{"id":"doc_a","revision":1,"at":"2026-01-01T00:00:00Z","by":"import","document":{"id":"doc_a","type":"penates.notes"}}` + "\n"
)

func TestAdopt(t *testing.T) {
	s := vaulttest.New(t)
	content := []byte("dear reader")
	blob := vault.Blob{ID: penates.NewBlobID(sha256.Sum256(content)), Size: int64(len(content)), Name: "a.txt"}
	refused, counts, found, err := adopt(t, s, packed(t, map[string]string{
		"documents/notes.jsonl":                   noteLine + "{}\n" + strings.Repeat("x", 17<<20) + "\n",
		"history.jsonl":                           pastLine + "[]\n",
		"links.jsonl":                             `{"id":"lnk_a","from":"doc_a","rel":"pays","to":"doc_b","confidence":1}` + "\n",
		"readings.jsonl":                          `{"id":"doc_a","mark":"zz"}` + "\n",
		"grants.jsonl":                            `{"id":"grt_a","grantee":"app:budget","actions":["read"]}` + "\n" + `{"id":"grt_b","grantee":"owner"}` + "\n",
		"journal.jsonl":                           `{"number":1,"entry":{},"hash":"00"}` + "\n",
		"settings.jsonl":                          `{"name":"theme","value":"dark"}` + "\n" + `{"name":"theme","value":"pink"}` + "\n",
		"blobs/" + string(blob.ID) + ".txt":       string(content),
		"blobs/sha256-" + strings.Repeat("0", 64): "other bytes",
	}, blob, vault.Blob{ID: penates.BlobID("sha256-" + strings.Repeat("0", 64))}, vault.Blob{ID: penates.BlobID("sha256-" + strings.Repeat("1", 64))}))
	if err != nil {
		t.Fatal(err)
	}
	if counts[penates.Notes].Added != 1 || len(found.Grants) != 1 || found.Grants[0].Grantee != "app:budget" || found.Journal == "" {
		t.Errorf("%v, %+v", counts, found)
	}
	all := strings.Join(refused, "\n")
	for _, want := range []string{
		"documents/notes.jsonl:2: document type", "documents/notes.jsonl:3: a line of more than", "history.jsonl:2: ", "readings.jsonl:1: mark",
		"journal.jsonl:1: journal: entry 1 does not follow", "settings.jsonl:2: ", "000:0: the bytes of", "111:0: it is missing",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not refused", want)
		}
	}
	if len(refused) != 8 {
		t.Errorf("refused\n%s", all)
	}
	d, err := s.Document(t.Context(), "doc_a")
	if err != nil || d.Revision != 2 || !d.Changed.Equal(time.Date(2026, 1, 2, 0, 0, 0, 5e8, time.UTC)) {
		t.Errorf("%+v, %v", d, err)
	}
	if past, err := s.History(t.Context(), "doc_a"); err != nil || len(past) != 1 {
		t.Errorf("%v, %v", past, err)
	}
}

func TestNothingToRead(t *testing.T) {
	s := vaulttest.New(t)
	whole := packed(t, map[string]string{"documents/notes.jsonl": noteLine})
	newer := bytes.Replace(whole, []byte(`"version":1`), []byte(`"version":7`), 1) // its sum no longer fits
	for _, tt := range []struct {
		content []byte
		kind    error
	}{{nil, penates.Damaged}, {whole[:len(whole)/2], penates.Damaged}, {newer, penates.Damaged}, {[]byte("PK\x05\x06" + strings.Repeat("\x00", 18)), penates.NotExist}} {
		if refused, _, _, err := adopt(t, s, tt.content); !errors.Is(err, tt.kind) {
			t.Errorf("%d bytes: %v, refused %v", len(tt.content), err, refused)
		}
	}
}

func TestRecognise(t *testing.T) {
	s := vaulttest.New(t)
	var b bytes.Buffer
	if _, err := export.Write(t.Context(), s, &b, time.Now()); err != nil {
		t.Fatal(err)
	}
	if !export.Recognise(b.Bytes()) || walk.Mime("x", b.Bytes()) != export.MediaType {
		t.Errorf("an export is a %s", walk.Mime("x", b.Bytes()))
	}
	for _, other := range []string{"", "PK\x03\x04", "PK\x03\x04" + strings.Repeat("x", 26) + "mimetype" + "application/epub+zip", export.MediaType} {
		if export.Recognise([]byte(other)) {
			t.Errorf("%q is one", other)
		}
	}
}

// Whatever a member holds, the vault stays whole.
func FuzzAdopt(f *testing.F) {
	names := []string{"documents/notes.jsonl", "trash.jsonl", "history.jsonl", "readings.jsonl", "links.jsonl", "imports.jsonl", "settings.jsonl", "grants.jsonl", "journal.jsonl"}
	trashed := strings.Replace(noteLine, `"revision"`, `"trashed":"2026-01-03T00:00:00Z","revision"`, 1)
	for i, seed := range []string{noteLine, trashed, pastLine, `{"id":"doc_a","mark":"00112233445566778899aabbccddeeff"}`, `{"id":"l","from":"a","rel":"b","to":"c","state":"confirmed"}`,
		`{"id":"job_a","started":"2026-01-01T00:00:00Z","what":"x"}`, `{"name":"language","value":"fr"}`, `{"id":"grt_a","grantee":"app:x"}`, `{"number":1,"entry":{"at":"2026-01-01T00:00:00Z"},"hash":"aa"}`} {
		f.Add(i, []byte(seed))
	}
	s := vaulttest.New(f)
	f.Fuzz(func(t *testing.T, i int, content []byte) {
		name := names[uint(i)%uint(len(names))]
		if _, _, _, err := adopt(t, s, packed(t, map[string]string{name: string(content)})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
}

func BenchmarkAdopt(b *testing.B) {
	const n = 20_000
	from := vaulttest.New(b)
	items := make([]vaulttest.Item, n)
	for i := range items {
		items[i] = vaulttest.Item{Document: &penates.Document{Source: penates.Source{NativeID: fmt.Sprint(i)}, Text: fmt.Sprint("note ", i)}, Body: schema.Note{Title: fmt.Sprint("note ", i), Content: "some words of a note"}}
	}
	vaulttest.Fill(b, from, items...)
	var whole bytes.Buffer
	if _, err := export.Write(b.Context(), from, &whole, time.Now()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if refused, counts, _, err := adopt(b, vaulttest.New(b), whole.Bytes()); err != nil || counts[penates.Notes].Added != n || len(refused) > 0 {
			b.Fatal(counts, refused, err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "documents/s")
}

// Whatever a file was called, its name in the export is one every system takes, and
// the bytes come back under the name they had.
func TestNamesOfFiles(t *testing.T) {
	there, here := vaulttest.New(t), vaulttest.New(t)
	names := map[string]string{
		"facture EDF mars.pdf": "facture EDF mars.pdf", "../../etc/passwd": "passwd", `C:\\Users\\zoe\\CON.txt`: "_CON.txt", "..": "file", "": "file",
		"a\x00b\u202e<c>:d?.txt": "a_b__c__d_.txt", strings.Repeat("é", 200) + ".jpeg": strings.Repeat("é", 57) + ".jpeg", "\xff.bin": "_.bin", "trailing. .": "trailing",
	}
	job, err := there.StartJob(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	for name := range names {
		if _, err := job.Keep(t.Context(), name, "", strings.NewReader("bytes of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := job.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	m, err := export.Write(t.Context(), there, &b, time.Now())
	if err != nil || len(m.Blobs) != len(names) {
		t.Fatalf("%+v, %v", m, err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]bool{}
	for _, f := range z.File {
		members[f.Name] = true
		if !filepath.IsLocal(f.Name) || len(f.Name) > 250 {
			t.Errorf("member %q", f.Name)
		}
	}
	for _, blob := range m.Blobs {
		if want := "blobs/" + string(blob.ID) + "/" + cmp.Or(names[blob.Name], blob.Name); !members[want] {
			t.Errorf("%q is not %q", blob.Name, want)
		}
	}
	if refused, _, _, err := adopt(t, here, b.Bytes()); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	for _, blob := range m.Blobs {
		r, got, err := here.Blob(t.Context(), blob.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != strings.ToValidUTF8(blob.Name, "\ufffd") {
			t.Errorf("%q came back as %q", blob.Name, got.Name)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A small export that would unpack to very much is stopped, and so is one of
// nothing but damaged records.
func TestABombIsStopped(t *testing.T) {
	export.TakeSlack(t, 4<<20)
	for name, tt := range map[string]struct {
		content, want string
		refusals      int
	}{
		"bytes":  {strings.Repeat("x", 12<<20), "unpacks to more than", 2},
		"blanks": {strings.Repeat("\n", 1<<20), "the rest is not read", 10_001},
	} {
		t.Run(name, func(t *testing.T) {
			refused, _, _, err := adopt(t, vaulttest.New(t), packed(t, map[string]string{"documents/notes.jsonl": tt.content}))
			if err != nil || len(refused) != tt.refusals || !strings.Contains(refused[len(refused)-1], tt.want) {
				t.Errorf("%d refused, the last %.200q, %v", len(refused), refused[max(0, len(refused)-1):], err)
			}
		})
	}
}
