package upkeep

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
	"penates/internal/journal"
)

// What is drawn from documents and links, made anew.

// sources lists those that documents name and the table lost.
func (b *rebuild) sources() error {
	for _, sql := range []string{
		`INSERT OR IGNORE INTO sources (n, connector, connection) SELECT source, doc ->> '$.source.connector', coalesce(doc ->> '$.source.connection', '')
			FROM stored_documents WHERE source NOT IN (SELECT n FROM sources)`,
		`INSERT OR IGNORE INTO sources (n, connector, connection) SELECT source, doc ->> '$.source.connector', coalesce(doc ->> '$.source.connection', '')
			FROM trash WHERE source NOT IN (SELECT n FROM sources)`,
	} {
		if err := b.to.Run(sql); err != nil {
			return err
		}
	}
	return nil
}

// relist lists the raw bytes whose rows are lost: their content tells their ids.
func (b *rebuild) relist() error {
	if b.pages != nil && len(b.gaps["blobs"]) == 0 {
		return nil
	}
	listed := map[string]bool{}
	err := b.to.Each("SELECT id FROM blobs", func(r *sqlite3.Stmt) error {
		name, err := b.content.Content.Name(blobID(r))
		listed[name] = true
		return err
	})
	if err != nil {
		return err
	}
	names, err := b.content.Content.Names()
	for i, name := range names {
		if err != nil || b.ctx.Err() != nil {
			break
		}
		b.progress("blobs", i, len(names))
		if listed[name] {
			continue
		}
		id, size, added, unread := b.content.Content.Identify(b.ctx, name)
		if unread != nil {
			continue // the check names it
		}
		b.Listed++
		// A file's document may know its name.
		err = b.to.Run(`INSERT OR IGNORE INTO blobs (id, size, name, mime, added) SELECT ?1, ?2,
			coalesce((SELECT doc ->> '$.body.name' FROM stored_documents WHERE doc ->> '$.body.blob' = ?1 LIMIT 1), ''), '', ?3`,
			string(id), size, added.UnixMilli())
	}
	if err == nil {
		err = b.ctx.Err()
	}
	return err
}

// search enters the words of every document into full-text search. A document that
// cannot be read is lost.
func (b *rebuild) search() error {
	var unreadable []int64
	total, done := 0, 0
	if _, err := b.to.One("SELECT count(*) FROM stored_documents", func(r *sqlite3.Stmt) error { total = r.ColumnInt(0); return nil }); err != nil {
		return err
	}
	err := b.to.Each("SELECT n, json(doc), id FROM stored_documents", func(s *sqlite3.Stmt) error {
		r, err := form.Recode(s.ColumnRawText(1))
		if err != nil || string(r.ID) != s.ColumnText(2) {
			unreadable = append(unreadable, s.ColumnInt64(0))
			b.Lost = append(b.Lost, LostContent{ID: penates.DocumentID(s.ColumnText(2))})
			return nil
		}
		if done++; done%500 == 0 {
			b.progress("words", done, total)
		}
		return b.to.Run("INSERT INTO words (rowid, text, content) VALUES (?, ?, ?)", s.ColumnInt64(0), r.Text, r.Content)
	})
	for _, n := range unreadable {
		if err == nil {
			err = b.to.Run("DELETE FROM stored_documents WHERE n = ?", n)
		}
	}
	return err
}

// relate leaves links whose ends are there, and draws from them what they say.
func (b *rebuild) relate() error {
	if err := b.to.Run("DELETE FROM stored_links AS l WHERE " + deadLink); err != nil {
		return err
	}
	b.Links = int(b.to.Changes())
	return b.to.Run("INSERT OR REPLACE INTO duplicates SELECT n, of FROM told_twice ORDER BY state, confidence, of DESC")
}

// chain notes the repair in the journal, and the places where its chain is broken.
func (b *rebuild) chain(now time.Time) error {
	v, breaks := &journal.Verifier{}, []journal.Break(nil)
	err := b.to.Each("SELECT n, entry FROM journal WHERE entry ->> '$.breaks' IS NOT NULL", func(r *sqlite3.Stmt) error {
		e, err := journal.Decode(r.ColumnRawText(1))
		v.Told(r.ColumnInt64(0), &e)
		return err
	})
	if err != nil {
		return err
	}
	var last int64
	var head []byte
	err = b.to.Each("SELECT n, entry, hash FROM journal ORDER BY n", func(r *sqlite3.Stmt) error {
		n, hash := r.ColumnInt64(0), r.ColumnBlob(2, nil)
		if v.Next(n, r.ColumnRawText(1), hash) != nil {
			found := journal.Break{After: last, At: n, Hash: hex.EncodeToString(hash)}
			breaks = append(breaks, found)
			v.Told(math.MaxInt64, &journal.Entry{Breaks: []journal.Break{found}})
			if err := v.Next(n, r.ColumnRawText(1), hash); err != nil {
				return err
			}
		}
		last, head = n, hash
		return nil
	})
	if err != nil {
		return err
	}
	gaps := b.gaps["journal"]
	if b.pages == nil || len(gaps) > 0 && gaps[len(gaps)-1].To == math.MaxInt64 {
		breaks = append(breaks, journal.Break{After: last})
	}
	b.Breaks = len(breaks)
	e := journal.Entry{At: now.UTC(), Actor: penates.Owner, Action: penates.Change, What: "repair", Breaks: breaks}
	text, err := e.Encode()
	if err != nil {
		return err
	}
	return b.to.Run("INSERT INTO journal (n, entry, hash) VALUES (?, ?, ?)", last+1, engine.RawText(text), journal.Chain(head, last+1, text))
}

// What is remembered of a repair until raw bytes have been read again: the documents
// that are lost, so that a repair that is cut short is completed by the next.
const (
	RememberedKind = "repair"
	RememberedKey  = "read again"
)

func (b *rebuild) remember() error {
	lost, err := json.Marshal(b.Lost)
	if err != nil {
		return err
	}
	return b.to.Run("INSERT OR REPLACE INTO remembered (kind, key, value) VALUES (?, ?, ?)", RememberedKind, RememberedKey, lost)
}
