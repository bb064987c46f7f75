package upkeep

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/salvage"
	"penates/internal/schema"
)

// A Repaired says what a repair did, and what is lost.
type Repaired struct {
	Keys     []string `json:"keys,omitempty"` // copies of the keys that were written anew
	Database bool     `json:"database"`       // was made anew
	// Aside are the damaged files, which were kept and given other names.
	Aside  []string      `json:"aside,omitempty"`
	Log    string        `json:"log,omitempty"` // why the last changes could not be used
	Pages  int           `json:"pages,omitempty"`
	Tables []SavedTable  `json:"tables,omitempty"` // those that lost something
	Lost   []LostContent `json:"lost,omitempty"`   // documents
	Links  int           `json:"links,omitempty"`  // that were removed, for one of their ends is gone
	Breaks int           `json:"breaks,omitempty"` // of the journal's chain
	Listed int           `json:"listed,omitempty"` // raw bytes whose names are lost
	Blobs  []LostBlob    `json:"blobs,omitempty"`  // raw bytes that are damaged or missing
}

// A SavedTable says how much of a table could be read.
type SavedTable struct {
	Table string `json:"table"`
	Kept  int    `json:"kept"`
	Lost  int    `json:"lost"`  // rows; -1 when nobody knows how many
	Pages int    `json:"pages"` // of it that are lost
}

// A LostContent is a document that could not be read, as far as the indexes tell.
type LostContent struct {
	ID   penates.DocumentID `json:"id,omitempty"`
	Type penates.Type       `json:"type,omitempty"`
	Day  string             `json:"day,omitempty"`
}

// A LostBlob is raw bytes that are damaged or missing.
type LostBlob struct {
	ID   penates.BlobID `json:"id"`
	File string         `json:"file"`
	Name string         `json:"name"` // as it came first
	Size int64          `json:"size"`
}

// A rebuild makes a new database of what can be read of a damaged one.
type rebuild struct {
	*Repaired
	ctx      context.Context
	pages    salvage.Pages // nil for none
	schema   *salvage.Schema
	to       *engine.Conn
	content  *Store
	progress Progress
	gaps     map[string][]salvage.Gap
	rows     map[int64]bool // rows of documents that were kept
}

// Rebuild fills to, an empty database of this release's schema, with all that can
// be read from pages, and makes anew what is drawn from it. note appends the
// repair to the journal.
func (s *Store) Rebuild(ctx context.Context, pages salvage.Pages, to *engine.Conn, r *Repaired, now time.Time, progress Progress) error {
	b := &rebuild{Repaired: r, ctx: ctx, pages: pages, to: to, content: s, progress: progress, gaps: map[string][]salvage.Gap{}, rows: map[int64]bool{}}
	return to.While(ctx, func() error {
		if err := to.Exec("BEGIN IMMEDIATE"); err != nil {
			return to.Fault(err)
		}
		for _, step := range []func() error{b.copy, b.lostDocuments, b.sources, b.relist, b.search, b.relate, b.remember, func() error { return b.chain(now) }} {
			if err := step(); err != nil {
				return err
			}
		}
		return to.Fault(to.Exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)"))
	})
}

// copy copies the rows of every table.
func (b *rebuild) copy() (err error) {
	if b.schema = (&salvage.Schema{}); b.pages == nil {
		return nil
	}
	if b.schema, err = salvage.ReadSchema(b.pages); err != nil {
		return err
	}
	var known int
	if _, err := b.to.One("PRAGMA user_version", func(s *sqlite3.Stmt) error { known = s.ColumnInt(0); return nil }); err != nil {
		return err
	}
	if b.schema.Version > known {
		return fmt.Errorf("the vault's schema is number %d, this program knows up to %d: install the latest release: %w", b.schema.Version, known, penates.Newer)
	}
	b.Pages += len(b.schema.Gaps)
	var tables []string
	err = b.to.Each(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'words%' AND name NOT LIKE 'sqlite%' AND name <> 'duplicates' ORDER BY name`,
		func(s *sqlite3.Stmt) error { tables = append(tables, s.ColumnText(0)); return nil })
	for i, name := range tables {
		if err == nil {
			b.progress("table "+name, i, len(tables))
			err = b.table(name)
		}
	}
	return err
}

// columns returns the names of a table's columns in the order in which a record has
// them, and the place of the one that is the row id, or -1.
func (b *rebuild) columns(table string) (names []string, rowID int, err error) {
	var keys, others []string
	plain := false
	_, err = b.to.One("SELECT 1 FROM pragma_table_list(?) WHERE wr", func(*sqlite3.Stmt) error { plain = true; return nil }, table)
	if err != nil {
		return nil, -1, err
	}
	rowID = -1
	err = b.to.Each("SELECT name, pk, type FROM pragma_table_info(?) ORDER BY cid", func(s *sqlite3.Stmt) error {
		switch {
		case plain && s.ColumnInt(1) > 0:
			keys = append(keys, s.ColumnText(0))
		default:
			if s.ColumnInt(1) == 1 && s.ColumnText(2) == "INTEGER" {
				rowID = len(others)
			}
			others = append(others, s.ColumnText(0))
		}
		return nil
	}, table)
	return append(keys, others...), rowID, err
}

func (b *rebuild) table(name string) error {
	columns, rowID, err := b.columns(name)
	if err != nil {
		return err
	}
	saved := SavedTable{Table: name, Lost: -1}
	refused := 0
	root, ok := b.schema.Tables[name]
	if !ok {
		if len(b.schema.Gaps) > 0 {
			saved.Pages = 1
			b.Tables = append(b.Tables, saved)
			b.gaps[name] = []salvage.Gap{{From: math.MinInt64, To: math.MaxInt64}}
		}
		return nil // an earlier schema had no such table
	}
	gaps, err := salvage.Walk(b.pages, root, func(r salvage.Row) error {
		if rowID >= 0 && rowID < len(r.Values) {
			r.Values[rowID] = r.ID
		}
		ok, err := b.insert(name, columns, r.Values)
		switch {
		case err != nil:
			return err
		case !ok:
			refused++
		default:
			saved.Kept++
			if name == "stored_documents" {
				b.rows[r.ID] = true
			}
		}
		return b.ctx.Err()
	})
	if err != nil {
		return err
	}
	if b.gaps[name] = gaps; len(gaps) == 0 && refused == 0 {
		return nil
	}
	saved.Pages = len(gaps)
	if len(gaps) == 0 {
		saved.Lost = refused
	} else if all, err := b.expected(name); err != nil {
		return err
	} else if all >= saved.Kept {
		saved.Lost = all - saved.Kept
	}
	b.Repaired.Pages += len(gaps)
	b.Tables = append(b.Tables, saved)
	return nil
}

// expected returns how many rows a table had by its unique index, or -1.
func (b *rebuild) expected(table string) (int, error) {
	root, ok := b.schema.Indexes["sqlite_autoindex_"+table+"_1"]
	if !ok {
		return -1, nil
	}
	n := 0
	gaps, err := salvage.Walk(b.pages, root, func(salvage.Row) error { n++; return nil })
	if err != nil || len(gaps) > 0 {
		return -1, err
	}
	return n, nil
}

// insert stores a row, and reports whether the table takes it.
func (b *rebuild) insert(table string, columns []string, values []any) (bool, error) {
	if len(values) > len(columns) || len(values) == 0 {
		return false, nil
	}
	quoted := make([]string, len(values))
	for i := range quoted {
		quoted[i] = sqlite3.QuoteIdentifier(columns[i])
	}
	err := b.to.Run("INSERT INTO "+sqlite3.QuoteIdentifier(table)+" ("+strings.Join(quoted, ", ")+") VALUES (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
	if errors.Is(err, sqlite3.CONSTRAINT) {
		return false, nil
	}
	return err == nil, err
}

// maxNamed bounds how many lost documents are named.
const maxNamed = 10_000

// lostDocuments names the documents that are lost by what the indexes know of them.
func (b *rebuild) lostDocuments() error {
	if len(b.gaps["stored_documents"]) == 0 {
		return nil
	}
	lost := map[int64]*LostContent{}
	at := func(values []any, place int) *LostContent {
		n, ok := int64(0), false
		if len(values) > place {
			n, ok = values[place].(int64)
		}
		if !ok || b.rows[n] || lost[n] == nil && len(lost) >= maxNamed {
			return nil
		}
		if lost[n] == nil {
			lost[n] = &LostContent{}
		}
		return lost[n]
	}
	walk := func(index string, row func(r salvage.Row) error) error {
		root, ok := b.schema.Indexes[index]
		if !ok {
			return nil
		}
		_, err := salvage.Walk(b.pages, root, row)
		return err
	}
	err := walk("sqlite_autoindex_stored_documents_1", func(r salvage.Row) error {
		if l := at(r.Values, 1); l != nil {
			id, _ := r.Values[0].(string)
			l.ID = penates.DocumentID(id)
		}
		return nil
	})
	if err == nil {
		err = walk("documents_day", func(r salvage.Row) error {
			if l := at(r.Values, 4); l != nil {
				l.Day, _ = r.Values[1].(string)
				if code, ok := r.Values[0].(int64); ok {
					if k := schema.OfCode(int(code)); k != nil {
						l.Type = k.Type
					}
				}
			}
			return nil
		})
	}
	for _, l := range lost {
		b.Lost = append(b.Lost, *l)
	}
	slices.SortFunc(b.Lost, func(x, y LostContent) int {
		return strings.Compare(string(x.Type)+x.Day+string(x.ID), string(y.Type)+y.Day+string(y.ID))
	})
	return err
}
