package intake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/mapping"
	"penates/internal/intake"
	"penates/internal/schema"
	"penates/internal/vault/vaulttest"
)

// A reparse that was stopped goes on where it was; one of another release, or that is
// asked to, starts over.
func TestReparseGoesOn(t *testing.T) {
	s, log := vaulttest.New(t), slog.New(slog.DiscardHandler)
	var read []string
	meet := func(string) {}
	format := importer.Format{
		Name: "single", Title: "single",
		Recognise: func(h importer.Head) int {
			return 100 * strings.Count(string(h.Bytes[:min(len(h.Bytes), 6)]), "single")
		},
		Read: func(ctx context.Context, f *importer.File, out importer.Sink) error {
			read = append(read, f.Name)
			meet(f.Name)
			r, err := f.Open()
			if err != nil {
				return err
			}
			defer r.Close()
			b, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			return out.Document(&penates.Document{Source: penates.Source{NativeID: f.Name}, Text: string(b)}, schema.Note{Title: f.Name})
		},
	}
	formats := []importer.Format{format}
	var names []string
	for n := range 4 {
		in, err := intake.StartWith(t.Context(), s, "single", nil, log, formats)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprint(n, ".txt")
		content := "single " + name
		names = append(names, name)
		err = in.Stream(t.Context(), name, int64(len(content)), strings.NewReader(content))
		if _, ended := in.End(t.Context()); err != nil || ended != nil {
			t.Fatal(err, ended)
		}
	}
	anew := false
	again := func(ctx context.Context, release string) (*intake.Reparse, importer.Progress, error) {
		read = nil
		at := intake.At(release)
		if anew {
			at = intake.Anew(release)
		}
		var first importer.Progress
		r, err := intake.AgainWith(ctx, s, at, func(p importer.Progress) {
			if first.Total == 0 {
				first = p
			}
		}, log, formats)
		return r, first, err
	}
	stop := func(release string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		meet = func(name string) {
			if name == names[2] {
				cancel()
			}
		}
		if _, _, err := again(ctx, release); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		meet = func(string) {}
	}
	for _, tt := range []struct {
		release string
		before  int
	}{{"v1", 2}, {"v2", 0}, {"", 0}} {
		stop("v1")
		r, first, err := again(t.Context(), tt.release)
		if err != nil || r.Before != tt.before || r.Blobs != 4-tt.before || !slices.Equal(read, names[tt.before:]) || len(r.Missing)+r.Added+r.Updated > 0 {
			t.Errorf("%q: %d before, read %v, %s, %v", tt.release, r.Before, read, r.Report, err)
		}
		if size := int64(len("single 0.txt")); first.Total != 4*size || first.Done < int64(tt.before)*size {
			t.Errorf("%q: progress began at %+v", tt.release, first)
		}
		if r, _, err := again(t.Context(), "v1"); err != nil || r.Before != 0 || len(read) != 4 {
			t.Errorf("%q, after it was over: %d before, %v", tt.release, r.Before, err)
		}
	}
	goesOn := func(what string, before int) {
		t.Helper()
		if r, _, err := again(t.Context(), "v1"); err != nil || r.Before != before || !slices.Equal(read, names[before:]) {
			t.Errorf("%s: %d before, read %v, %v", what, r.Before, read, err)
		}
	}
	// One that starts over remembers its own place, and no longer the older one's: it
	// is stopped at the third file here, after one that was stopped there too.
	stop("v1")
	anew = true
	stop("v1")
	if len(read) != 3 {
		t.Errorf("starting over read %v", read)
	}
	anew = false
	goesOn("after one that started over", 2)
	// Stopped before it had read anything, it leaves nothing to go on from.
	stop("v1")
	anew = true
	first, cancel := context.WithCancel(t.Context())
	meet = func(string) { cancel() }
	if _, _, err := again(first, "v1"); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	meet, anew = func(string) {}, false
	goesOn("after one that had hardly started over", 0)
	// What was read before the person named columns is read with them.
	stop("v1")
	m := mapping.Mapping{Headings: []string{"Quand", "Quoi", "Combien"}, Order: "dmy", Columns: map[mapping.Role]int{mapping.Date: 0, mapping.Label: 1, mapping.Amount: 2}}
	if err := mapping.Save(t.Context(), s, &m, time.Now()); err != nil {
		t.Fatal(err)
	}
	goesOn("with another mapping", 0)
	stop("v1")
	goesOn("with the same mapping", 2)
}
