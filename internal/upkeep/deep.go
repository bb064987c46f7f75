package upkeep

import (
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
)

// content reads raw bytes by their id and compares them with it.
func (k *check) content(id penates.BlobID, size int64) error {
	r, err := k.Content.Open(id)
	if err != nil {
		return err
	}
	defer r.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	if err != nil {
		return err
	}
	if got := penates.NewBlobID([sha256.Size]byte(sum.Sum(nil))); got != id || n != size {
		return fmt.Errorf("blob %s: it has %d bytes of the sum %s, %d were put: %w", id, n, got, size, penates.Damaged)
	}
	return nil
}

// present is a condition of links: that the document at an end is there, or in the
// trash, from where it may come back.
const present = `(EXISTS (SELECT 1 FROM stored_documents d WHERE d.id = l.%[1]q) OR EXISTS (SELECT 1 FROM trash t WHERE t.id = l.%[1]q))`

var (
	deadEnd = "NOT (" + fmt.Sprintf(present, "from") + " AND " + fmt.Sprintf(present, "to") + ")"
	// A source may speak of a document before it comes, or that never does.
	deadLink = "rule <> 'source' AND " + deadEnd
)

func (k *check) links() error {
	k.progress("links", 0, 1)
	err := k.each("SELECT count(*), total(rule = 'source' AND "+deadEnd+") FROM stored_links l", func(r *sqlite3.Stmt) error {
		k.Deep.Links, k.Deep.Waiting = r.ColumnInt(0), r.ColumnInt(1)
		return nil
	})
	if err == nil {
		err = k.each(`SELECT id, rel, "from", "to" FROM stored_links l WHERE `+deadLink, func(r *sqlite3.Stmt) error {
			k.problem(byRepair, "link %s: %s from %s to %s, one of which is gone", r.ColumnText(0), r.ColumnText(1), r.ColumnText(2), r.ColumnText(3))
			return nil
		})
	}
	k.progress("links", 1, 1)
	return k.note(byRepair, err)
}

// duplicates compares the table of documents that others tell more fully with the
// links it is drawn from.
func (k *check) duplicates() error {
	want := map[int64]string{}
	err := k.each("SELECT n, of FROM told_twice ORDER BY state, confidence, of DESC", func(r *sqlite3.Stmt) error {
		want[r.ColumnInt64(0)] = r.ColumnText(1)
		return nil
	})
	differ := 0
	if err == nil {
		err = k.each("SELECT n, of FROM duplicates", func(r *sqlite3.Stmt) error {
			n := r.ColumnInt64(0)
			if want[n] != r.ColumnText(1) {
				differ++
			}
			delete(want, n)
			return nil
		})
	}
	if differ += len(want); differ > 0 {
		k.problem(byRepair, "table duplicates: %d documents are not as the links say", differ)
	}
	return k.note(byRepair, err)
}

// words compares which documents full-text search knows with those there are.
func (k *check) words() error {
	k.progress("words", 0, 1)
	for _, side := range []struct{ sql, what string }{
		{"SELECT id FROM stored_documents WHERE n NOT IN (SELECT id FROM words_docsize)", "document %s: full-text search does not know it"},
		{"SELECT id FROM words_docsize WHERE id NOT IN (SELECT n FROM stored_documents)", "full-text search: row %s is of no document"},
	} {
		err := k.each(side.sql, func(r *sqlite3.Stmt) error {
			k.problem(byRepair, side.what, r.ColumnText(0))
			return nil
		})
		if err := k.note(byRepair, err); err != nil {
			return err
		}
	}
	k.progress("words", 1, 1)
	return nil
}

// origins decodes every document there is, in the trash and in the history too, and
// looks for the raw bytes it names; raw bytes that none names are counted.
func (k *check) origins() error {
	known := map[string]bool{}
	err := k.each("SELECT id FROM blobs", func(r *sqlite3.Stmt) error { known[r.ColumnText(0)] = false; return nil })
	done := 0
	for _, table := range []string{"stored_documents", "trash", "revisions"} {
		if err != nil {
			break
		}
		err = k.each("SELECT id, json(doc), doc ->> '$.source.raw', doc ->> '$.body.blob' FROM "+table, func(r *sqlite3.Stmt) error {
			id := r.ColumnText(0)
			if d, err := form.Decode(r.ColumnRawText(1)); err != nil || table == "stored_documents" && string(d.ID) != id {
				k.problem(byRepair, "document %s (%s): not readable", id, table)
			}
			for column := 2; column <= 3; column++ {
				blob := r.ColumnText(column)
				if blob == "" {
					continue
				}
				if _, ok := known[blob]; !ok {
					k.problem(byRestore, "document %s (%s): its raw bytes %s are not in the vault", id, table, blob)
				}
				known[blob] = true
			}
			if done++; done%1000 == 0 {
				k.progress("documents", done, max(k.Documents, done))
			}
			return nil
		})
	}
	for _, used := range known {
		if !used {
			k.Deep.Unused++
		}
	}
	return k.note(byRepair, err)
}

// views reads all rows of every view.
func (k *check) views() error {
	names := k.Scope.Names()
	for i, name := range names {
		k.progress("view "+name, i, len(names))
		sql := "SELECT * FROM " + sqlite3.QuoteIdentifier(name)
		err := k.Read(k.ctx, func(c *engine.Conn) error {
			if _, _, err := c.PrepareViews(sql, k.Scope); err != nil {
				return err
			}
			return c.Each(sql, func(*sqlite3.Stmt) error { k.Deep.Rows++; return nil })
		})
		if k.ctx.Err() != nil {
			return err
		}
		if err != nil {
			k.problem(byRepair, "view %s: %v", name, err)
		}
		k.Deep.Views++
	}
	k.progress("views", len(names), len(names))
	return nil
}

func blobID(r *sqlite3.Stmt) penates.BlobID { return penates.BlobID(r.ColumnText(0)) }
