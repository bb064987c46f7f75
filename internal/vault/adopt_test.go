package vault_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// moving is a Dump that hands everything to the adoption of another vault.
type moving struct {
	t       *testing.T
	to      *vault.Adoption
	entries int
	grants  int
}

var _ vault.Dump = (*moving)(nil)

func (m *moving) Document(_ *schema.Kind, doc json.RawMessage) error { return m.to.Document(doc) }
func (m *moving) Trashed(doc json.RawMessage) error                  { return m.to.Trashed(doc) }
func (m *moving) Revision(r vault.Revision, id penates.DocumentID) error {
	r.Document = slices.Clone(r.Document)
	return m.to.Revision(r, id)
}
func (m *moving) Reading(id penates.DocumentID, mark []byte) error {
	return m.to.Reading(id, slices.Clone(mark))
}
func (m *moving) Link(l penates.Link) error                  { return m.to.Link(l) }
func (m *moving) Job(p vault.PastJob) error                  { return m.to.Job(p) }
func (m *moving) Entry(int64, json.RawMessage, string) error { m.entries++; return nil }
func (m *moving) Grant(json.RawMessage) error                { m.grants++; return nil }
func (m *moving) Setting(name, value string) error           { return m.to.Setting(name, value) }
func (m *moving) Blob(b vault.Blob, open func() (vault.BlobReader, error)) error {
	r, err := open()
	if err != nil {
		return err
	}
	defer r.Close()
	return m.to.Blob(m.t.Context(), b, r)
}

// move adopts all of one vault in another and returns what was counted.
func move(t *testing.T, from, to *vault.Session) map[penates.Type]vault.Tally {
	t.Helper()
	job, err := to.StartJob(t.Context(), "another vault")
	if err != nil {
		t.Fatal(err)
	}
	counter := job.Counter()
	a, err := job.Adopt(counter)
	if err == nil {
		err = from.Dump(t.Context(), &moving{t: t, to: a})
	}
	if err = errors.Join(err, job.End(t.Context())); err != nil {
		t.Fatal(err)
	}
	return job.Counts(counter)
}

func hashes(t *testing.T, s *vault.Session) []vault.TypeHash {
	t.Helper()
	h, err := s.Hashes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func note(id, content string) vaulttest.Item {
	return vaulttest.Item{
		Document: &penates.Document{Source: penates.Source{NativeID: id}, Text: content, Time: penates.Span{Start: penates.Day(2026, time.March, 14)}},
		Body:     schema.Note{Content: content},
	}
}

// lived returns a vault in which something of everything has happened.
func lived(t *testing.T) *vault.Session {
	t.Helper()
	s := vaulttest.New(t)
	id := func(native string) penates.DocumentID { return penates.NewDocumentID("test", "", native) }
	vaulttest.Fill(t, s, note("a", "first"), note("b", "second & <third>"), note("c", "thrown away"), note("d", "edited"),
		vaulttest.Item{Document: &penates.Document{Source: penates.Source{NativeID: "r"}}, Body: schema.Record{Kind: "odd", Fields: map[string]any{
			"digits": json.Number("12345678901234567890"), "cents": json.Number("1.50"), "list": []any{true, nil, "x"}}}},
		vaulttest.Item{Series: &penates.Series{Type: penates.Energy, Source: penates.Source{Connection: "meter", NativeID: "curve"}, Unit: "W.h", Step: "PT30M", Measure: "load-curve",
			Points: []penates.Point{{Start: penates.At(time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)), Value: "12.0"}, {Start: penates.At(time.Date(2026, 3, 1, 10, 30, 0, 0, time.UTC)), Value: "7"}}}})
	vaulttest.Fill(t, s, note("a", "first, corrected"))
	if _, err := s.Edit(t.Context(), id("d"), func(d *penates.Document) error { d.Text = "as I want it"; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Trash(t.Context(), id("c")); err != nil {
		t.Fatal(err)
	}
	links := []penates.Link{{From: id("a"), Rel: penates.SameAs, To: id("b"), Confidence: 0.8}, {From: id("a"), Rel: penates.Pays, To: id("d"), Confidence: 1}}
	if err := s.SetLinks(t.Context(), "rule", links); err != nil {
		t.Fatal(err)
	}
	linked, err := s.Links(t.Context(), id("b"))
	if err == nil {
		err = s.JudgeLink(t.Context(), linked[0].ID, penates.Rejected)
	}
	if err == nil {
		_, err = s.Keep(t.Context(), "letter.txt", "text/plain", strings.NewReader("dear reader"))
	}
	if err == nil {
		err = s.SetSetting(t.Context(), "theme", "dark")
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// dumped collects what a Dump gives, as text.
type dumped struct{ lines []string }

func (d *dumped) add(kind string, v any) error {
	b, err := json.Marshal(v)
	d.lines = append(d.lines, kind+" "+string(b))
	return err
}
func (d *dumped) Document(_ *schema.Kind, doc json.RawMessage) error { return d.add("document", doc) }
func (d *dumped) Trashed(doc json.RawMessage) error                  { return d.add("trash", doc) }
func (d *dumped) Revision(r vault.Revision, id penates.DocumentID) error {
	return d.add("revision "+string(id), r)
}
func (d *dumped) Reading(id penates.DocumentID, mark []byte) error {
	return d.add("reading "+string(id), mark)
}
func (d *dumped) Link(l penates.Link) error                  { return d.add("link", l) }
func (d *dumped) Job(vault.PastJob) error                    { return nil }
func (d *dumped) Entry(int64, json.RawMessage, string) error { return nil }
func (d *dumped) Grant(json.RawMessage) error                { return nil }
func (d *dumped) Setting(name, value string) error           { return d.add("setting", name+"="+value) }
func (d *dumped) Blob(b vault.Blob, open func() (vault.BlobReader, error)) error {
	r, err := open()
	if err != nil {
		return err
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return d.add("blob "+string(content), b)
}

func contents(t *testing.T, s *vault.Session) []string {
	t.Helper()
	var d dumped
	if err := s.Dump(t.Context(), &d); err != nil {
		t.Fatal(err)
	}
	return d.lines
}

// A vault that takes over another one holds the same: documents with their
// revisions and dates, trash, history, links and what was said of them, bytes.
func TestAdopt(t *testing.T) {
	from, to := lived(t), vaulttest.New(t)
	counts := move(t, from, to)
	if n := counts[penates.Notes]; n.Added != 3 || n.Updated+n.Unchanged != 0 {
		t.Errorf("notes: %+v", n)
	}
	if diff := cmp.Diff(contents(t, from), contents(t, to)); diff != "" {
		t.Errorf("differs (-there +here):\n%s", diff)
	}
	if diff := cmp.Diff(hashes(t, from), hashes(t, to)); diff != "" {
		t.Errorf("hashes differ (-there +here):\n%s", diff)
	}
	if found, err := to.Search(t.Context(), vault.SearchQuery{Words: "corrected"}); err != nil || found.Total != 1 {
		t.Errorf("found %+v, %v", found, err)
	}
	again := move(t, from, to)
	if n := again[penates.Notes]; n.Added+n.Updated != 0 || n.Unchanged != 3 {
		t.Errorf("again: %+v", n)
	}
	if diff := cmp.Diff(contents(t, from), contents(t, to)); diff != "" {
		t.Errorf("differs after the second time:\n%s", diff)
	}
	// What the vault took over behaves as its own: the person's edits and trash stay.
	vaulttest.Fill(t, to, note("a", "first"), note("c", "thrown away"), note("d", "from the source"))
	if diff := cmp.Diff(hashes(t, from)[0], hashes(t, to)[0]); diff != "" {
		t.Errorf("a later import changed it:\n%s", diff)
	}
}

// Of two states the one that changed last wins, unless the person edited here.
func TestAdoptLater(t *testing.T) {
	here, there := vaulttest.New(t), vaulttest.New(t)
	vaulttest.Fill(t, here, note("a", "here, early"), note("e", "mine"))
	id := penates.NewDocumentID("test", "", "e")
	if _, err := here.Edit(t.Context(), id, func(d *penates.Document) error { d.Text = "edited"; return nil }); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	vaulttest.Fill(t, there, note("a", "there, late"), note("e", "theirs"))
	if n := move(t, there, here)[penates.Notes]; n.Updated != 1 || n.Unchanged != 1 {
		t.Errorf("%+v", n)
	}
	a, err := here.Document(t.Context(), penates.NewDocumentID("test", "", "a"))
	if err != nil || a.Text != "there, late" || a.Revision != 2 {
		t.Errorf("%+v, %v", a, err)
	}
	past, err := here.History(t.Context(), a.ID)
	if err != nil || len(past) != 1 || !strings.Contains(string(past[0].Document), "here, early") {
		t.Errorf("history %v, %v", past, err)
	}
	if e, err := here.Document(t.Context(), id); err != nil || e.Text != "edited" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestAdoptRefuses(t *testing.T) {
	s := vaulttest.New(t)
	job, err := s.StartJob(t.Context(), "bad")
	if err != nil {
		t.Fatal(err)
	}
	a, err := job.Adopt(job.Counter())
	if err != nil {
		t.Fatal(err)
	}
	const good = `{"id":"doc_a","type":"penates.notes","source":{"connector":"c","native_id":"n"},"revision":1,"added":"2026-01-01T00:00:00Z","changed":"2026-01-01T00:00:00Z"`
	for _, doc := range []string{"", "[]", "{}", `{"type":"penates.notes"}`, strings.Replace(good, "notes", "nothing", 1) + "}",
		strings.Replace(good, `"revision":1`, `"revision":0`, 1) + "}", strings.Replace(good, `"n"`, `""`, 1) + "}", good + `,"body":{"title":3}}`, good + `,"trashed":"never"}`} {
		if err := a.Document(json.RawMessage(doc)); !errors.Is(err, penates.Invalid) {
			t.Errorf("document %s: %v", doc, err)
		}
	}
	if err := a.Trashed(json.RawMessage(good + "}")); !errors.Is(err, penates.Invalid) {
		t.Errorf("trash without its time: %v", err)
	}
	if err := a.Document(json.RawMessage(good + "}")); err != nil {
		t.Errorf("good document: %v", err)
	}
	b := vault.Blob{ID: "sha256-" + penates.BlobID(strings.Repeat("0", 64)), Name: "x"}
	if err := a.Blob(t.Context(), b, strings.NewReader("something else")); !errors.Is(err, penates.Damaged) {
		t.Errorf("other bytes: %v", err)
	}
	for what, err := range map[string]error{
		"revision": a.Revision(vault.Revision{Revision: 1, Document: json.RawMessage("{}")}, "doc_a"), "reading": a.Reading("doc_a", []byte("short")),
		"link": a.Link(penates.Link{ID: "lnk_a", From: "doc_a", Rel: penates.Pays, To: "doc_a"}), "state": a.Link(penates.Link{ID: "l", From: "a", Rel: "b", To: "c", State: "maybe"}),
		"job": a.Job(vault.PastJob{}), "setting": a.Setting("language", "xx"), "unknown setting": a.Setting("colour", "red"),
	} {
		if !errors.Is(err, penates.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := job.End(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}
