package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/schema"
)

// An outcome says what became of a document that was put.
type outcome int

const (
	added outcome = iota
	updated
	unchanged
)

// wire is a document as it is encoded; the source comes first in storage and is
// left out of the digest, because where a document was read from last says
// nothing of what it says.
type wire struct {
	ID          penates.DocumentID  `json:"id"`
	Type        penates.Type        `json:"type"`
	Time        penates.Span        `json:"time,omitzero"`
	Place       *penates.Place      `json:"place,omitempty"`
	Parties     []penates.Party     `json:"parties,omitempty"`
	Money       *penates.Money      `json:"money,omitempty"`
	Quantity    *penates.Quantity   `json:"quantity,omitempty"`
	Text        string              `json:"text,omitempty"`
	Refs        []penates.Ref       `json:"refs,omitempty"`
	Sensitivity penates.Sensitivity `json:"sensitivity,omitempty"`
	Proof       json.RawMessage     `json:"proof,omitempty"`
	Body        any                 `json:"body,omitempty"`
	Points      json.RawMessage     `json:"points,omitempty"`
}

// A record is a document ready to be stored.
type record struct {
	id       penates.DocumentID
	kind     *schema.Kind
	doc      []byte // JSON
	digest   [16]byte
	day      string
	start    any // UTC milliseconds, or nil when only the day is known
	amount   any
	currency any
	points   int
	text     string
	content  string // words for full-text search
	source   penates.Source
}

// maxDocument bounds a document's JSON; its raw bytes may be larger.
const maxDocument = 8 << 20

// encode makes d, whose body is body, ready to be stored. It touches no storage,
// so it may run beside the writer.
func encode(d *penates.Document, body schema.Body) (*record, error) {
	kind, err := schema.Of(body.DocType())
	if err != nil {
		return nil, err
	}
	if d.Source.Connector == "" || d.Source.NativeID == "" {
		return nil, fmt.Errorf("a document needs a connector and a native id: %w", penates.Invalid)
	}
	d.Type = kind.Type
	if d.ID == "" {
		d.ID = penates.NewDocumentID(d.Source.Connector, d.Source.Connection, d.Source.NativeID)
	}
	return encodeWire(d, kind, body, nil)
}

func encodeWire(d *penates.Document, kind *schema.Kind, body schema.Body, points json.RawMessage) (*record, error) {
	rest, err := json.Marshal(wire{d.ID, kind.Type, d.Time, d.Place, d.Parties, d.Money, d.Quantity, d.Text, d.Refs, d.Sensitivity, d.Proof, body, points})
	if err != nil {
		return nil, fmt.Errorf("document: %w (%w)", penates.Invalid, err)
	}
	if len(rest) > maxDocument {
		return nil, fmt.Errorf("a document of %d bytes: %w", len(rest), penates.TooLarge)
	}
	source, err := json.Marshal(d.Source)
	if err != nil {
		return nil, err
	}
	doc := make([]byte, 0, len(source)+len(rest)+12)
	doc = append(append(append(append(doc, `{"source":`...), source...), ','), rest[1:]...)
	sum := sha256.Sum256(rest)
	r := &record{id: d.ID, kind: kind, doc: doc, digest: [16]byte(sum[:]), text: d.Text, source: d.Source}
	r.day = d.Time.Start.Date()
	if !d.Time.Start.IsZero() && !d.Time.Start.DateOnly() {
		r.start = d.Time.Start.Time().UnixMilli()
	}
	if d.Money != nil {
		r.amount, r.currency = d.Money.Amount.Float(), d.Money.Currency
	}
	r.content = searchText(d, kind, schema.Words(body))
	return r, nil
}

// searchText is what full-text search knows a document by, beside its text.
func searchText(d *penates.Document, kind *schema.Kind, words string) string {
	var b strings.Builder
	b.WriteString(words)
	for _, p := range d.Parties {
		b.WriteByte(' ')
		b.WriteString(p.Literal)
		b.WriteByte(' ')
		b.WriteString(p.Address)
	}
	for _, r := range d.Refs {
		b.WriteByte(' ')
		b.WriteString(r.Value)
	}
	if d.Place != nil {
		b.WriteByte(' ')
		b.WriteString(d.Place.Name)
	}
	b.WriteString(typeWords[kind.Type])
	if !d.Time.Start.IsZero() {
		t := d.Time.Start.Time()
		b.WriteString(monthWords[t.Month()-1])
		b.WriteString(t.Format("2006"))
	}
	return b.String()
}

// Words by which people call a type or a month; they make "facture mars 2024"
// find a bill of that month whatever its own wording.
var (
	typeWords = map[penates.Type]string{
		penates.BankAccounts: " compte banque account bank", penates.BankOperations: " banque bank",
		penates.Bills: " facture bill invoice", penates.Orders: " commande order",
		penates.Contracts: " contrat contract", penates.Energy: " consommation énergie energy",
		penates.Messages: " message mail courriel", penates.Calls: " appel call téléphone phone",
		penates.Contacts: " contact", penates.Events: " rendez-vous événement event calendar agenda",
		penates.Todos: " tâche todo", penates.Files: " fichier file document", penates.Places: " lieu place",
		penates.Notes: " note", penates.Bookmarks: " favori bookmark", penates.Identities: " identité identity",
		penates.Claims: " sinistre claim", penates.Health: " santé health",
	}
	monthWords = [12]string{" janvier january ", " février february ", " mars march ", " avril april ", " mai may ", " juin june ",
		" juillet july ", " août august ", " septembre september ", " octobre october ", " novembre november ", " décembre december "}
)

const insertDocument = `INSERT INTO stored_documents
 (id, type, seq, rev, source, day, start, amount, currency, points, added, changed, edited, digest, doc)
 VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, 0, ?11, jsonb(?12)) ON CONFLICT (id) DO NOTHING`

// put stores r: it is added, or updates what the same source said before, or is
// found unchanged. What the person edited or threw away stays as it is.
func (w *writer) put(c *conn, r *record, source int64, now time.Time) (outcome, error) {
	s, err := c.stmt(insertDocument)
	if err != nil {
		return 0, err
	}
	if err := r.bind(s, w.seq+1, source, now); err != nil {
		return 0, err
	}
	if err := s.Exec(); err != nil {
		return 0, c.fault(err)
	}
	if c.Changes() == 0 {
		return w.update(c, r, source, now)
	}
	n := c.LastInsertRowID()
	if thrown, err := inTrash(c, r.id); err != nil || thrown {
		if err == nil {
			err = c.run("DELETE FROM stored_documents WHERE n = ?", n)
		}
		return unchanged, err
	}
	w.next()
	return added, index(c, n, r)
}

func (r *record) bind(s *sqlite3.Stmt, seq, source int64, now time.Time) error {
	var day any
	if r.day != "" {
		day = r.day
	}
	for i, a := range [...]any{string(r.id), r.kind.Code, seq, source, day, r.start, r.amount, r.currency, r.points,
		now.UnixMilli(), r.digest[:], rawText(r.doc)} {
		if err := bind(s, i+1, a); err != nil {
			return err
		}
	}
	return nil
}

func inTrash(c *conn, id penates.DocumentID) (bool, error) {
	return c.one("SELECT 1 FROM trash WHERE id = ?", func(*sqlite3.Stmt) error { return nil }, id)
}

// index enters the words of r, which is row n, into full-text search.
func index(c *conn, n int64, r *record) error {
	return c.run("INSERT INTO words (rowid, text, content) VALUES (?, ?, ?)", n, r.text, r.content)
}

func unindex(c *conn, n int64) error { return c.run("DELETE FROM words WHERE rowid = ?", n) }

// stored is a row of documents as updates see it.
type stored struct {
	n, added  int64
	rev       int
	edited    bool
	digest    []byte
	doc       []byte
	source    int64
	changedAt int64
	raw       penates.BlobID
}

func readStored(c *conn, id penates.DocumentID) (row stored, found bool, err error) {
	found, err = c.one("SELECT n, rev, edited, digest, json(doc), added, source, changed, doc ->> '$.source.raw' FROM stored_documents WHERE id = ?", func(s *sqlite3.Stmt) error {
		row = stored{n: s.ColumnInt64(0), rev: s.ColumnInt(1), edited: s.ColumnBool(2), digest: s.ColumnBlob(3, nil),
			doc: []byte(s.ColumnText(4)), added: s.ColumnInt64(5), source: s.ColumnInt64(6), changedAt: s.ColumnInt64(7), raw: penates.BlobID(s.ColumnText(8))}
		return nil
	}, id)
	return row, found, err
}

// update replaces what the source said before with r, keeping what r is silent
// about: a later file may know less.
func (w *writer) update(c *conn, r *record, source int64, now time.Time) (outcome, error) {
	old, found, err := readStored(c, r.id)
	if err != nil || !found {
		return 0, err
	}
	if old.edited || bytes.Equal(old.digest, r.digest[:]) {
		return unchanged, nil
	}
	mark := readingMark(r.digest[:], r.source.Raw)
	if known, err := c.one("SELECT 1 FROM readings WHERE id = ? AND mark = ?", func(*sqlite3.Stmt) error { return nil }, r.id, mark); err != nil || known {
		return unchanged, err
	}
	merged, err := merge(old.doc, r)
	if err != nil {
		return 0, err
	}
	for _, m := range [][]byte{mark, readingMark(old.digest, old.raw)} {
		if err := c.run("INSERT OR IGNORE INTO readings (id, mark) VALUES (?, ?)", r.id, m); err != nil {
			return 0, err
		}
	}
	if bytes.Equal(old.digest, merged.digest[:]) {
		return unchanged, nil
	}
	return updated, w.replace(c, old, merged, source, false, "import", now)
}

// readingMark names one reading of a document: what was read, and of which bytes.
func readingMark(digest []byte, raw penates.BlobID) []byte {
	sum := sha256.Sum256(append(bytes.Clone(digest), raw...))
	return sum[:16]
}

// replace makes r the new revision of old and keeps old in the history.
func (w *writer) replace(c *conn, old stored, r *record, source int64, edited bool, by penates.Actor, now time.Time) error {
	if err := c.run("INSERT INTO revisions (id, rev, at, by, doc) VALUES (?, ?, ?, ?, jsonb(?))",
		r.id, old.rev, old.changedAt, by, rawText(old.doc)); err != nil {
		return err
	}
	var day any
	if r.day != "" {
		day = r.day
	}
	if err := c.run(`UPDATE stored_documents SET seq = ?, rev = ?, source = ?, day = ?, start = ?, amount = ?, currency = ?, points = ?,
		changed = ?, edited = ?, digest = ?, doc = jsonb(?) WHERE n = ?`,
		w.next(), old.rev+1, source, day, r.start, r.amount, r.currency, r.points,
		now.UnixMilli(), edited, r.digest[:], rawText(r.doc), old.n); err != nil {
		return err
	}
	if err := unindex(c, old.n); err != nil {
		return err
	}
	return index(c, old.n, r)
}

// merge lays r over the stored document: fields that r has win, the others stay.
// Of two states of the same thing the later one wins.
func merge(old []byte, r *record) (*record, error) {
	var before, after map[string]json.RawMessage
	if err := json.Unmarshal(old, &before); err != nil {
		return nil, fmt.Errorf("stored document %s: %w (%w)", r.id, penates.Damaged, err)
	}
	if err := json.Unmarshal(r.doc, &after); err != nil {
		return nil, err
	}
	if r.kind.Snapshot && r.day < dayOf(before) {
		before, after = after, before
	}
	if err := fill(after, before); err != nil {
		return nil, err
	}
	whole, err := json.Marshal(after)
	if err != nil {
		return nil, err
	}
	return recode(whole)
}

func dayOf(doc map[string]json.RawMessage) string {
	var span penates.Span
	if json.Unmarshal(doc["time"], &span) != nil {
		return ""
	}
	return span.Start.Date()
}

// fill gives doc what only other has, in its envelope and in its body.
func fill(doc, other map[string]json.RawMessage) error {
	var body, otherBody map[string]json.RawMessage
	if json.Unmarshal(doc["body"], &body) == nil && json.Unmarshal(other["body"], &otherBody) == nil {
		for name, value := range otherBody {
			if _, ok := body[name]; !ok {
				body[name] = value
			}
		}
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		doc["body"] = b
	}
	for name, value := range other {
		if _, ok := doc[name]; !ok {
			doc[name] = value
		}
	}
	return nil
}

// recode makes a document that was read from storage ready to be stored again:
// its fields are brought into the order of its type.
func recode(doc []byte) (*record, error) {
	var d struct {
		penates.Document
		Points json.RawMessage `json:"points"`
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, fmt.Errorf("document: %w (%w)", penates.Invalid, err)
	}
	kind, err := schema.Of(d.Type)
	if err != nil {
		return nil, err
	}
	body, err := kind.Decode(d.Body)
	if err != nil {
		return nil, fmt.Errorf("body of a %s: %w (%w)", d.Type, penates.Invalid, err)
	}
	r, err := encodeWire(&d.Document, kind, body, d.Points)
	if err == nil && len(d.Points) > 0 {
		var points []json.RawMessage
		err = json.Unmarshal(d.Points, &points)
		r.points = len(points)
	}
	return r, err
}
