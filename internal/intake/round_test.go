package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/demo"
	"penates/internal/export"
	"penates/internal/importer"
	"penates/internal/intake"
	"penates/internal/link"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// lastDay is when the demo household's records end.
var lastDay = time.Date(2026, time.March, 31, 0, 0, 0, 0, time.UTC)

// bring imports content into s.
func bring(t *testing.T, s *vault.Session, name string, content []byte, more ...func(*intake.Intake) error) *importer.Report {
	t.Helper()
	in, err := intake.Start(t.Context(), s, name, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	err = in.Stream(t.Context(), name, int64(len(content)), bytes.NewReader(content))
	for _, f := range more {
		if err == nil {
			err = f(in)
		}
	}
	report, ended := in.End(context.WithoutCancel(t.Context()))
	if err != nil || ended != nil {
		t.Fatal(err, ended)
	}
	return report
}

// family returns the vault of the demo household, with its archive.
func family(t *testing.T) *vault.Session {
	t.Helper()
	home, err := demo.New(1, lastDay)
	if err != nil {
		t.Fatal(err)
	}
	s := vaulttest.New(t)
	report := bring(t, s, "vasseur.zip", home.Archive(), func(in *intake.Intake) error {
		for _, item := range home.Documents() {
			if err := in.Put(&item.Document, item.Body); err != nil {
				return err
			}
		}
		return nil
	})
	if report.Refused > 0 || report.Added == 0 {
		t.Fatalf("%s, %v", report, report.Refusals)
	}
	return s
}

func exported(t *testing.T, s *vault.Session) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := export.Write(t.Context(), s, &b, lastDay); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// holds is what of a vault must be the same in another one.
type holds struct {
	Hashes []vault.TypeHash
	Counts []vault.TypeCount
	Links  [][]any
	Judged [][]any
}

func holdsOf(t *testing.T, s *vault.Session) (h holds) {
	t.Helper()
	var err error
	if h.Hashes, err = s.Hashes(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h.Counts, err = s.Counts(t.Context()); err != nil {
		t.Fatal(err)
	}
	links, err := s.Query(t.Context(), "SELECT rel, rule, count(*), sum(confidence) FROM links GROUP BY 1, 2 ORDER BY 1, 2", 100)
	if err != nil {
		t.Fatal(err)
	}
	h.Links = links.Rows
	judged, err := s.Query(t.Context(), `SELECT "from", rel, "to", state FROM judgements ORDER BY 1, 2, 3`, 100)
	if err != nil {
		t.Fatal(err)
	}
	h.Judged = judged.Rows
	return h
}

// judge confirms one link and rejects another.
func judge(t *testing.T, s *vault.Session) {
	t.Helper()
	some, err := s.Query(t.Context(), "SELECT id FROM links WHERE rel = 'pays' ORDER BY id LIMIT 2", 2)
	if err != nil || len(some.Rows) != 2 {
		t.Fatal(some, err)
	}
	for i, state := range []penates.LinkState{penates.Confirmed, penates.Rejected} {
		id, _ := some.Rows[i][0].(string)
		if err := s.JudgeLink(t.Context(), penates.LinkID(id), state); err != nil {
			t.Fatal(err)
		}
	}
	// The rules run again after every import; what they make of the judgements is
	// in both vaults.
	if _, err := link.Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// The demo vault, exported and imported into an empty one, is the same; and
// reading all its files again changes nothing.
func TestDemoGoesRound(t *testing.T) {
	there := family(t)
	edited, err := there.List(t.Context(), vault.Filter{Types: []penates.Type{penates.Bills}, Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := there.Edit(t.Context(), edited.Items[0].ID, func(d *penates.Document) error { d.Text = "mine"; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := there.Trash(t.Context(), edited.Items[1].ID); err != nil {
		t.Fatal(err)
	}
	judge(t, there)
	before := holdsOf(t, there)
	if len(before.Judged) != 2 {
		t.Fatalf("%v is judged", before.Judged)
	}
	here := vaulttest.New(t)
	report := bring(t, here, "penates.zip", exported(t, there))
	if report.Refused > 0 || len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "journal") {
		t.Errorf("%s: %v, notes %q", report, report.Refusals, report.Notes)
	}
	if diff := cmp.Diff(before, holdsOf(t, here)); diff != "" {
		t.Errorf("the other vault differs (-there +here):\n%s", diff)
	}
	// Twice gives nothing new, and so does a reparse in both.
	if again := bring(t, here, "penates.zip", exported(t, there)); again.Added+again.Updated+again.Refused != 0 {
		t.Errorf("the second time: %s", again)
	}
	for name, s := range map[string]*vault.Session{"there": there, "here": here} {
		result, err := intake.Again(t.Context(), s, nil, slog.New(slog.DiscardHandler))
		if err != nil || result.Added+result.Updated+result.Refused+len(result.Missing) != 0 || result.Blobs == 0 {
			t.Errorf("reparse %s: %s, %d blobs, missing %v, %v, %v", name, result.Report, result.Blobs, result.Missing, result.Refusals, err)
		}
		if diff := cmp.Diff(before, holdsOf(t, s)); diff != "" {
			t.Errorf("reparse %s changed (-before +after):\n%s", name, diff)
		}
	}
	past, err := here.History(t.Context(), edited.Items[0].ID)
	if err != nil || len(past) != 1 || past[0].Revision != 1 {
		t.Errorf("the history is lost: %v, %v", past, err)
	}
	if d, err := here.Document(t.Context(), edited.Items[0].ID); err != nil || d.Text != "mine" || !d.Edited {
		t.Errorf("the edit is lost: %+v, %v", d, err)
	}
	if d, err := here.Document(t.Context(), edited.Items[1].ID); err != nil || d.Trashed.IsZero() {
		t.Errorf("the trash is lost: %v", err)
	}
	found, err := here.Check(t.Context(), nil)
	if err != nil || len(found.Problems) > 0 {
		t.Errorf("check: %+v, %v", found, err)
	}
}

// The export is not kept, the journal of the other vault is.
func TestExportIsNotKept(t *testing.T) {
	there, here := vaulttest.New(t), vaulttest.New(t)
	vaulttest.Fill(t, there, vaulttest.Item{Document: &penates.Document{Source: penates.Source{NativeID: "a"}, Text: "a"}, Body: schema.Note{Content: "a"}})
	report := bring(t, here, "a.zip", exported(t, there))
	if len(report.Notes) != 1 {
		t.Fatalf("%+v", report)
	}
	id := penates.BlobID(report.Notes[0][strings.Index(report.Notes[0], "sha256-"):])
	r, b, err := here.Blob(t.Context(), id)
	if err != nil || b.Mime != vault.JournalMime {
		t.Fatal(b, err)
	}
	defer r.Close()
	if journal, err := io.ReadAll(r); err != nil || !bytes.Contains(journal, []byte(`"what":"import"`)) {
		t.Errorf("%s, %v", journal, err)
	}
	raws, err := here.Raws(t.Context())
	if err != nil || len(raws) != 0 {
		t.Errorf("kept %+v, %v", raws, err)
	}
}

// A damaged export gives what is whole, and names what is not.
func TestDamagedExport(t *testing.T) {
	there := vaulttest.New(t)
	for _, name := range []string{"a", "b", "c"} {
		bring(t, there, name+".txt", []byte("text of "+name))
	}
	whole := exported(t, there)
	here := vaulttest.New(t)
	if report := bring(t, here, "x.zip", whole[:len(whole)*2/3]); report.Added != 0 || report.Refused != 1 || !strings.Contains(report.Refusals[0].Error, "cut short") {
		t.Errorf("cut: %s %v %+v", report, report.Refusals, report.Files)
	}
	// The sum of a member in the manifest is no longer true.
	m := changed(t, whole, "documents/files.jsonl", func(b []byte) []byte { return bytes.Replace(b, []byte("{"), []byte("{{"), 1) })
	report := bring(t, here, "x.zip", m)
	if report.Added != 2 || report.Refused != 2 {
		t.Errorf("changed: %s %v", report, report.Refusals)
	}
	m = changed(t, whole, "manifest.json", func(b []byte) []byte {
		return bytes.Replace(b, []byte(fmt.Sprintf(`"version": %d`, export.FormatVersion)), []byte(`"version": 9`), 1)
	})
	if report := bring(t, here, "x.zip", m); report.Refused != 1 || !strings.Contains(report.Refusals[0].Error, "newer") {
		t.Errorf("later version: %s %v", report, report.Refusals)
	}
}
