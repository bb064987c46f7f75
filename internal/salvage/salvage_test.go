package salvage_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/salvage"
)

type pages map[uint32][]byte

func (p pages) Count() uint32 { return uint32(len(p)) }
func (p pages) Usable() int   { return 4096 }
func (p pages) Page(n uint32) ([]byte, error) {
	if b, ok := p[n]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("page %d: %w", n, penates.Damaged)
}

// made returns the pages of a database with a table of rows, some of them long.
func made(t testing.TB, rows int) pages {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Exec(fmt.Sprintf(`CREATE TABLE a (n INTEGER PRIMARY KEY, t TEXT UNIQUE, r REAL, b BLOB) STRICT; CREATE TABLE w (k TEXT PRIMARY KEY, v INTEGER) STRICT, WITHOUT ROWID;
		WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < %d)
		INSERT INTO a SELECT x, 'row ' || x, x / 3.0, zeroblob(iif(x %% 50 = 0, 9000, 100)) FROM i;
		INSERT INTO w SELECT t, n - 1000 FROM a`, rows))
	if err = errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := pages{}
	for i := 0; i < len(b); i += 4096 {
		p[uint32(i/4096+1)] = b[i : i+4096]
	}
	return p
}

// TestWalk loses each page of a database in turn: what is read is what was written,
// and a gap is named for every row that is not.
func TestWalk(t *testing.T) {
	const rows = 2000
	whole := made(t, rows)
	s, err := salvage.ReadSchema(whole)
	if err != nil || len(s.Tables) != 2 || len(s.Indexes) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	for lost := uint32(0); lost <= whole.Count(); lost++ {
		p := pages{}
		for n, b := range whole {
			if n != lost {
				p[n] = b
			}
		}
		seen := map[int64]bool{}
		gaps, err := salvage.Walk(p, s.Tables["a"], func(r salvage.Row) error {
			if len(r.Values) != 4 || r.Values[1] != fmt.Sprintf("row %d", r.ID) || len(r.Values[3].([]byte)) < 100 {
				t.Errorf("row %d is %.80v", r.ID, r.Values)
			}
			seen[r.ID] = true
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for n := int64(1); n <= rows; n++ {
			in := false
			for _, g := range gaps {
				in = in || g.From <= n && n <= g.To
			}
			if !seen[n] && !in {
				t.Errorf("without page %d, row %d is missing and in no gap", lost, n)
			}
		}
		count := 0
		gaps, err = salvage.Walk(p, s.Tables["w"], func(r salvage.Row) error {
			if count++; fmt.Sprintf("row %d", r.Values[1].(int64)+1000) != r.Values[0] {
				t.Errorf("%v", r.Values)
			}
			return nil
		})
		if err != nil || count < rows && len(gaps) == 0 {
			t.Errorf("without page %d: %d rows of w, %v, %v", lost, count, gaps, err)
		}
	}
}

func FuzzWalk(f *testing.F) {
	for n, b := range made(f, 200) {
		if n < 8 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p := pages{1: make([]byte, 4096), 2: make([]byte, 4096)}
		copy(p[1], b)
		copy(p[2], b)
		for root := uint32(1); root < 3; root++ {
			if _, err := salvage.Walk(p, root, func(salvage.Row) error { return nil }); err != nil {
				t.Error(err)
			}
		}
	})
}
