package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
	"penates/internal/vault/rows"
	"penates/internal/vault/twice"
)

// An Adoption takes over what the Dump of another vault gave out, as it was
// there: ids, revisions, the person's edits, what is in the trash, history and
// what was said of links. What this vault knows already stays; of two states of
// a document the one that changed last wins, and the other goes to its history.
//
// Its methods belong to the job it came from and are used like those of the job.
type Adoption struct {
	job     *Job
	counter *Counter
}

// Adopt returns an Adoption that counts documents in c. Only whoever administers
// the vault may take over another one; the journal says so.
func (j *Job) Adopt(c *Counter) (*Adoption, error) {
	if err := j.session.allowAdminister("adopt"); err != nil {
		return nil, err
	}
	return &Adoption{j, c}, j.session.record(penates.Add, "adopt", nil)
}

// An envelope is a document as Dump gives it: with what the vault keeps of it.
type envelope struct {
	Revision int       `json:"revision"`
	Added    time.Time `json:"added"`
	Changed  time.Time `json:"changed"`
	Edited   bool      `json:"edited"`
	Trashed  time.Time `json:"trashed"`
}

// openEnvelope returns what the other vault kept of a document, and the document
// ready to be stored.
func openEnvelope(doc json.RawMessage) (e envelope, r *form.Record, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(doc, &e); err != nil {
		return e, nil, fmt.Errorf("document: %w (%w)", penates.Invalid, err)
	}
	if err := json.Unmarshal(doc, &fields); err != nil {
		return e, nil, fmt.Errorf("document: %w (%w)", penates.Invalid, err)
	}
	for _, name := range []string{"revision", "added", "changed", "edited", "trashed"} {
		delete(fields, name)
	}
	plain, err := json.Marshal(fields)
	if err != nil {
		return e, nil, fmt.Errorf("document: %w (%w)", penates.Invalid, err)
	}
	if r, err = form.Recode(plain); err != nil {
		return e, nil, err
	}
	source := r.Source
	if r.ID == "" || source.Connector == "" || source.NativeID == "" {
		return e, nil, fmt.Errorf("a document needs an id, a connector and a native id: %w", penates.Invalid)
	}
	if e.Revision < 1 || e.Added.IsZero() || e.Changed.IsZero() {
		return e, nil, fmt.Errorf("document %s has no revision or dates: %w", r.ID, penates.Invalid)
	}
	return e, r, nil
}

// send gives the writer something to count among documents of r's type.
func (a *Adoption) send(r *form.Record, write func(w *writer, c *conn, source int64) (form.Outcome, error)) error {
	return a.job.send(task{counter: a.counter, kind: r.Kind.Type, write: func(w *writer, c *conn) (form.Tally, error) {
		var n form.Tally
		source, err := w.source(c, r.Source)
		if err != nil {
			return n, err
		}
		o, err := write(w, c, source)
		n.Count(o, 1)
		return n, err
	}})
}

// Document takes over a document. An Invalid or TooLarge error refuses it alone.
func (a *Adoption) Document(doc json.RawMessage) error {
	e, r, err := openEnvelope(doc)
	if err != nil {
		return err
	}
	return a.send(r, func(w *writer, c *conn, source int64) (form.Outcome, error) { return w.adopt(c, r, e, source) })
}

func (w *writer) adopt(c *conn, r *form.Record, e envelope, source int64) (form.Outcome, error) {
	if thrown, err := rows.InTrash(c, r.ID); err != nil || thrown {
		return form.Unchanged, err
	}
	old, found, err := rows.ReadStored(c, r.ID)
	switch {
	case err != nil:
		return 0, err
	case !found:
		err := c.Run(`INSERT INTO stored_documents (id, type, seq, rev, source, day, start, amount, currency, points, added, changed, edited, digest, doc)
			VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ID, r.Kind.Code, w.Next(), e.Revision, source, r.Day, r.Start, r.Amount, r.Currency, r.Points,
			e.Added.UnixMilli(), e.Changed.UnixMilli(), e.Edited, r.Digest[:], r.Stored)
		if err != nil {
			return 0, err
		}
		return form.Added, rows.Index(c, c.LastInsertRowID(), r)
	case string(old.Digest) == string(r.Digest[:]), old.Edited && !e.Edited, old.Changed >= e.Changed.UnixMilli():
		return form.Unchanged, nil
	}
	return form.Updated, w.Replace(c, old, r, source, e.Edited, "import", e.Changed)
}

// Trashed takes over a document that is in the trash, unless this vault has it.
func (a *Adoption) Trashed(doc json.RawMessage) error {
	e, r, err := openEnvelope(doc)
	if err != nil {
		return err
	}
	if e.Trashed.IsZero() {
		return fmt.Errorf("document %s does not say when it was put into the trash: %w", r.ID, penates.Invalid)
	}
	return a.job.send(task{write: func(w *writer, c *conn) (form.Tally, error) {
		source, err := w.source(c, r.Source)
		if err != nil {
			return form.Tally{}, err
		}
		return form.Tally{}, c.Run(`INSERT INTO trash (id, type, trashed, rev, source, added, changed, edited, digest, doc)
			SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
			WHERE NOT EXISTS (SELECT 1 FROM stored_documents WHERE id = ?1) ON CONFLICT (id) DO NOTHING`,
			r.ID, r.Kind.Code, e.Trashed.UnixMilli(), e.Revision, source, e.Added.UnixMilli(), e.Changed.UnixMilli(),
			e.Edited, r.Digest[:], r.Stored)
	}})
}

// Revision takes over an earlier state of a document that was taken over before.
func (a *Adoption) Revision(r Revision, id penates.DocumentID) error {
	var doc penates.Document
	if err := json.Unmarshal(r.Document, &doc); err != nil || doc.ID != id || r.Revision < 1 {
		return fmt.Errorf("an earlier state of %s: %w", id, penates.Invalid)
	}
	return a.job.send(task{write: func(_ *writer, c *conn) (form.Tally, error) {
		return form.Tally{}, c.Run(`INSERT INTO revisions (id, rev, at, by, doc) SELECT ?1, ?2, ?3, ?4, jsonb(?5)
			WHERE EXISTS (SELECT 1 FROM stored_documents WHERE id = ?1 AND rev > ?2 UNION ALL SELECT 1 FROM trash WHERE id = ?1 AND rev > ?2)
			ON CONFLICT (id, rev) DO NOTHING`, id, r.Revision, r.At.UnixMilli(), r.By, engine.RawText(r.Document))
	}})
}

// Reading takes over the mark of a reading of a document.
func (a *Adoption) Reading(id penates.DocumentID, mark []byte) error {
	const size = 16
	if id == "" || len(mark) != size {
		return fmt.Errorf("the mark of a reading of %s: %w", id, penates.Invalid)
	}
	return a.job.send(task{write: func(_ *writer, c *conn) (form.Tally, error) {
		return form.Tally{}, c.Run("INSERT OR IGNORE INTO readings (id, mark) VALUES (?, ?)", id, mark)
	}})
}

// Link takes over a link with what the person said of it. What the person said
// here stays.
func (a *Adoption) Link(l penates.Link) error {
	if l.ID == "" || l.From == l.To || l.From == "" || l.To == "" || l.Rel == "" {
		return fmt.Errorf("a link needs an id, a relation and two documents: %w", penates.Invalid)
	}
	if l.State != "" && l.State != penates.Confirmed && l.State != penates.Rejected {
		return fmt.Errorf("link state %q: %w", l.State, penates.Invalid)
	}
	return a.job.send(task{write: func(_ *writer, c *conn) (form.Tally, error) {
		err := c.Run(`INSERT INTO stored_links (id, "from", rel, "to", confidence, rule, by, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			string(l.ID), l.From, string(l.Rel), l.To, l.Confidence, l.Rule, l.By, string(l.State))
		if err == nil && c.Changes() == 0 && l.State != "" {
			err = c.Run(`UPDATE stored_links SET state = ? WHERE "from" = ? AND rel = ? AND "to" = ? AND state = ''`,
				string(l.State), l.From, string(l.Rel), l.To)
		}
		if err == nil && l.Rel == penates.SameAs {
			err = twice.From(c, l.From)
		}
		return form.Tally{}, err
	}})
}

// Blob takes over raw bytes. Bytes that are not what b says are refused with an
// error of kind Damaged, and not kept.
func (a *Adoption) Blob(ctx context.Context, b Blob, content io.Reader) error {
	if err := a.job.failed(); err != nil {
		return err
	}
	got, err := a.job.session.keep(ctx, b.Name, b.Mime, content)
	if err != nil {
		return err
	}
	a.job.hold(got.ID)
	if got.ID != b.ID {
		if err := a.job.Forget(ctx, got.ID); err != nil {
			return err
		}
		return fmt.Errorf("the bytes of %s have another sum: %w", b.ID, penates.Damaged)
	}
	got.Path = b.Path
	if b.Added.IsZero() {
		b.Added = a.job.session.now()
	}
	return a.job.send(task{write: func(_ *writer, c *conn) (form.Tally, error) {
		return form.Tally{}, insertBlob(c, got, b.Added)
	}})
}

// Job takes over the note of a past import.
func (a *Adoption) Job(p PastJob) error {
	if p.ID == "" || p.Started.IsZero() {
		return fmt.Errorf("a past import needs an id and a start: %w", penates.Invalid)
	}
	var ended any
	if !p.Ended.IsZero() {
		ended = p.Ended.UnixMilli()
	}
	return a.job.send(task{write: func(_ *writer, c *conn) (form.Tally, error) {
		return form.Tally{}, c.Run(`INSERT INTO jobs (id, what, started, ended, read, added, updated, unchanged, refused)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			string(p.ID), p.What, p.Started.UnixMilli(), ended, p.Read, p.Added, p.Updated, p.Unchanged, p.Refused)
	}})
}

// Setting takes over a setting this vault has none for.
func (a *Adoption) Setting(name, value string) error {
	valid, ok := settings[name]
	if !ok || len(value) > maxSetting || valid != nil && !valid(value) {
		return fmt.Errorf("setting %q: %w", name, penates.Invalid)
	}
	return a.job.send(task{write: func(_ *writer, c *conn) (form.Tally, error) {
		return form.Tally{}, c.Run("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, value)
	}})
}
