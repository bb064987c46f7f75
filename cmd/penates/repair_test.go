package main_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
)

const pageSize = 4096

// attached counts the files in the mails of lived: when all documents are lost, nothing
// tells that their bytes came inside another file, and they are read on their own too.
const attached = 1

type repaired struct {
	Keys, Aside, Problems []string
	Database              bool
	Pages, Back, Read     int
	Breaks, Listed        int
	Tables                []struct {
		Table             string
		Kept, Lost, Pages int
	}
	Lost  []struct{ ID, Type, Day string }
	Blobs []struct{ ID, File, Name string }
}

func (m *machine) repaired() (r repaired) {
	m.t.Helper()
	a := m.run("repair", "--json")
	if a.code != 0 && a.code != 5 {
		m.t.Fatalf("repair: code %d\n%s%s", a.code, a.out, a.errors)
	}
	if err := json.Unmarshal([]byte(a.out), &r); err != nil {
		m.t.Fatalf("%v in %s%s", err, a.out, a.errors)
	}
	return r
}

// contents returns the documents of the vault by their ids, as they are stored.
func (m *machine) contents() map[string]string {
	m.t.Helper()
	rows := map[string]string{}
	m.database("SELECT id, json_remove(doc, '$.source.job') FROM stored_documents", func(s *sqlite3.Stmt) { rows[s.ColumnText(0)] = s.ColumnText(1) })
	return rows
}

// spoil zeroes a page of the database, or changes a byte of it.
func (m *machine) spoil(page int, zero bool, random *rand.Rand) {
	m.t.Helper()
	path := filepath.Join(m.dir, "vault.db")
	if !zero {
		if err := flip(path, page*pageSize+random.IntN(pageSize)); err != nil {
			m.t.Fatal(err)
		}
		return
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, pageSize), int64(page)*pageSize); err != nil {
		m.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		m.t.Fatal(err)
	}
}

// TestRepair damages pages of a vault's database at random and repairs it: nothing
// false is served, all documents are back, since their raw bytes are whole, and a
// deep check has nothing to say.
func TestRepair(t *testing.T) {
	m := lived(t, 400)
	want, restore := m.contents(), m.keepCopy()
	info, err := os.Stat(filepath.Join(m.dir, "vault.db"))
	if err != nil {
		t.Fatal(err)
	}
	pages := int(info.Size() / pageSize)
	tries := 6
	if *long {
		tries = 150
	}
	lostPages, back := 0, 0
	for seed := range tries {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		var spoilt []int
		for range 1 + random.IntN(4) {
			page := random.IntN(pages)
			if seed > 0 {
				page = max(page, 1) // the first time it may be the first page
			} else {
				page = 0
			}
			spoilt = append(spoilt, page)
			m.spoil(page, random.IntN(2) == 0, random)
		}
		what := fmt.Sprintf("seed %d, pages %v", seed, spoilt)
		r := m.repaired()
		if !r.Database || len(r.Problems) > 0 || !slices.Contains(r.Aside, "vault.db.damaged") {
			t.Errorf("%s: %+v", what, r)
		}
		if k := m.checked(); len(k.Problems) > 0 {
			t.Errorf("%s: %q", what, k.Problems)
		}
		lostPages, back = lostPages+r.Pages, back+r.Back
		got := m.contents()
		for id, doc := range want {
			switch {
			case got[id] == doc:
			case seed == 0 && got[id] != "": // names of raw files are lost with the first page
			default:
				t.Errorf("%s: document %s is\n%s\nit was\n%s", what, id, got[id], doc)
			}
		}
		if seed > 0 && len(got) > len(want)+attached {
			t.Errorf("%s: %d documents, there were %d", what, len(got), len(want))
		}
		restore()
	}
	t.Logf("%d repairs of a database of %d pages: %d lost pages were met, %d documents read again", tries, pages, lostPages, back)
}

// TestRepairNames damages what cannot be made anew: it is named, and the rest stays.
func TestRepairNames(t *testing.T) {
	m := lived(t, 30)
	blobs, err := filepath.Glob(filepath.Join(m.dir, "blobs", "??", "*"))
	if err != nil || len(blobs) < 3 {
		t.Fatal(blobs, err)
	}
	for _, name := range []string{"keys.copy", "blobs"} {
		path := filepath.Join(m.dir, name)
		if name == "blobs" {
			path = blobs[0]
		}
		if err := flip(path, 100); err != nil {
			t.Fatal(err)
		}
	}
	r := m.repaired()
	if !slices.Equal(r.Keys, []string{"keys.copy"}) || r.Database || len(r.Blobs) != 1 || r.Blobs[0].Name == "" || len(r.Problems) != 1 || len(r.Aside) != 2 {
		t.Fatalf("%+v", r)
	}
	// Importing the same file again heals it.
	m.imported(m.file("a.csv", statement(30)), m.file("b.eml", mailWithFile))
	m.imported(m.file("c.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:ada\r\nFN:Ada\r\nEMAIL:ada@example.org\r\nEND:VCARD\r\n"))
	if k := m.checked(); len(k.Problems) > 0 {
		t.Errorf("after importing again: %q", k.Problems)
	}
	if out := m.must("repair"); !strings.Contains(out, "nothing needed a repair") {
		t.Errorf("once more: %s", out)
	}
}

// TestRepairTellsOfTheJournal: entries that are lost leave a break, which an entry
// tells of; a chain that was tampered with is told of too.
func TestRepairTellsOfTheJournal(t *testing.T) {
	m := lived(t, 30)
	m.database("DELETE FROM journal WHERE n = 2", nil)
	if k := m.checked(); len(k.Problems) != 1 {
		t.Fatalf("%q", k.Problems)
	}
	if r := m.repaired(); r.Breaks != 1 || len(r.Problems) > 0 {
		t.Fatalf("%+v", r)
	}
	if k := m.checked(); len(k.Problems) > 0 || k.Deep.Breaks != 1 {
		t.Errorf("%+v", k)
	}
	if n := m.number(`SELECT count(*) FROM journal WHERE entry ->> '$.what' = 'repair' AND entry ->> '$.breaks[0].after' = 1`); n != 1 {
		t.Errorf("%d entries tell of it", n)
	}
	// An export carries the break and what tells of it along, and an import says so.
	path, there := filepath.Join(t.TempDir(), "export.zip"), newMachine(t)
	m.must("export", "--to", path)
	a := there.run("import", path)
	if a.code != 0 || strings.Contains(a.errors, "refused") || !strings.Contains(a.errors, "entries were lost at 1 place(s), after entry 1;") || !strings.Contains(a.errors, "perdues à 1 endroit(s)") {
		t.Errorf("import of the export: code %d\n%s%s", a.code, a.out, a.errors)
	}
	if k := there.checked(); len(k.Problems) > 0 {
		t.Errorf("%+v", k)
	}
}

// TestRepairKilled kills repairs at random: the next one completes it, and what was
// damaged is still there.
func TestRepairKilled(t *testing.T) {
	m := lived(t, 400)
	want, restore := m.contents(), m.keepCopy()
	random := rand.New(rand.NewPCG(7, 7))
	kills := 5
	if *long {
		kills = 80
	}
	killed := 0
	for try := range kills {
		m.spoil(5+try%20, true, random)
		if m.killedAt("repair", time.Duration(100+random.IntN(1500))*time.Millisecond) {
			killed++
		}
		m.repaired()
		if k := m.checked(); len(k.Problems) > 0 {
			t.Errorf("try %d: %q", try, k.Problems)
		}
		got := m.contents()
		for id, doc := range want {
			if got[id] != doc {
				t.Errorf("try %d: document %s is\n%s\nit was\n%s", try, id, got[id], doc)
			}
		}
		if len(got) > len(want)+attached {
			t.Errorf("try %d: %d documents, there were %d", try, len(got), len(want))
		}
		if _, err := os.Stat(filepath.Join(m.dir, "vault.db.damaged")); err != nil {
			t.Errorf("try %d: %v", try, err)
		}
		restore()
	}
	t.Logf("%d of %d repairs were killed", killed, kills)
}

// TestRepairWithLog damages a database whose log a killed server left: what stands only
// in the log is kept too. Then the log goes, and its absence is told.
func TestRepairWithLog(t *testing.T) {
	m := lived(t, 200)
	m.killServer()
	left := m.keepCopy()
	log := filepath.Join(m.dir, "vault.db-wal")
	if info, err := os.Stat(log); err != nil || info.Size() < pageSize {
		t.Fatalf("no log is left: %v, %v", info, err)
	}
	want := m.contents()
	if len(want) < 230 {
		t.Fatalf("%d documents", len(want))
	}
	left()
	random := rand.New(rand.NewPCG(3, 3))
	for _, page := range []int{7, 20, 31} {
		m.spoil(page, true, random)
	}
	if r := m.repaired(); !r.Database || len(r.Problems) > 0 || !slices.Contains(r.Aside, "vault.db.damaged") {
		t.Errorf("%+v", r)
	}
	if k := m.checked(); len(k.Problems) > 0 {
		t.Errorf("%q", k.Problems)
	}
	got := m.contents()
	for id, doc := range want {
		if got[id] != doc {
			t.Errorf("document %s is\n%s\nit was\n%s", id, got[id], doc)
		}
	}
	left()
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	if a := m.run("check"); a.code != 5 || !strings.Contains(a.errors, "the log of the vault's database was removed") || !strings.Contains(a.errors, "penates backup restore") {
		t.Errorf("code %d\n%s%s", a.code, a.out, a.errors)
	}
}
