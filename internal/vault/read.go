package vault

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/form"
	"penates/internal/schema"
)

func millis(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// Document returns a document, from the vault or its trash, or a NotExist error.
func (s *Session) Document(ctx context.Context, id penates.DocumentID) (*Stored, error) {
	if err := s.allow(penates.Read, "", "document"); err != nil {
		return nil, err
	}
	d, err := s.find(ctx, id)
	if err != nil {
		return nil, s.missing("document", err)
	}
	return d, s.record(penates.Read, "document", map[penates.Type]int{d.Type: 1})
}

// find reads a document as the session may see it.
func (s *Session) find(ctx context.Context, id penates.DocumentID) (d *Stored, err error) {
	err = s.read(ctx, func(c *conn) error {
		if s.scope.All() {
			d, err = readDocument(c, id)
		} else {
			d, err = s.show(c, id)
		}
		return err
	})
	return d, err
}

const selectDocument = `SELECT json(doc), rev, added, changed, edited, 0, seq FROM stored_documents WHERE id = ?1
 UNION ALL SELECT json(doc), rev, added, changed, edited, trashed, 0 FROM trash WHERE id = ?1`

func readDocument(c *conn, id penates.DocumentID) (*Stored, error) {
	var d *Stored
	found, err := c.One(selectDocument, func(r *sqlite3.Stmt) (err error) {
		d, err = form.Decode(r.ColumnRawText(0))
		if err != nil {
			return fmt.Errorf("document %s: %w", id, err)
		}
		d.Revision, d.Added, d.Changed = r.ColumnInt(1), millis(r.ColumnInt64(2)), millis(r.ColumnInt64(3))
		d.Edited, d.Trashed, d.Seq = r.ColumnBool(4), millis(r.ColumnInt64(5)), r.ColumnInt64(6)
		return nil
	}, id)
	if err == nil && !found {
		err = fmt.Errorf("document %s: %w", id, penates.NotExist)
	}
	return d, err
}

// History returns the earlier revisions of a document, latest first.
func (s *Session) History(ctx context.Context, id penates.DocumentID) (past []Revision, err error) {
	d, err := s.Document(ctx, id)
	if err != nil {
		return nil, err
	}
	where := ""
	if p := s.scope.Of(d.Type); p != nil {
		if p.Masked() || p.Cut() { // a revision tells that something not shown changed
			return nil, nil
		}
		where = p.Past()
	}
	err = s.read(ctx, func(c *conn) error {
		return c.Each("SELECT rev, at, by, json(doc) FROM revisions d WHERE id = ?"+where+" ORDER BY rev DESC LIMIT 1000", func(r *sqlite3.Stmt) error {
			doc, err := s.showPast(r.ColumnRawText(3))
			past = append(past, Revision{r.ColumnInt(0), millis(r.ColumnInt64(1)), penates.Actor(r.ColumnText(2)), doc})
			return err
		}, id)
	})
	if err != nil || s.scope.All() {
		return past, err
	}
	return past, s.record(penates.Read, "history", map[penates.Type]int{d.Type: len(past)})
}

// codes returns the storage codes of the types that both f and the session's
// grant cover.
func (s *Session) codes(types []penates.Type) (codes []int) {
	for _, k := range schema.Kinds() {
		if s.scope.Covers(k.Type) && (len(types) == 0 || slices.Contains(types, k.Type)) {
			codes = append(codes, k.Code)
		}
	}
	return codes
}

// List returns documents newest first, a page at a time. Documents without a
// date come last.
func (s *Session) List(ctx context.Context, f Filter) (*Page, error) {
	if err := s.allow(penates.Read, "", "list"); err != nil {
		return nil, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 500)
	if f.Trash {
		return s.listTrash(ctx, f, limit)
	}
	before, err := s.place(f.Before)
	if err != nil {
		return nil, err
	}
	page := &Page{}
	types := map[penates.Type]int{}
	err = s.read(ctx, func(c *conn) error {
		rows, err := s.newest(c, f, before, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			page.Next = s.hide(rows[limit-1])
		}
		for _, row := range rows {
			m, err := summaryOf(c, row.N)
			if err != nil {
				return err
			}
			s.scope.Summary(&m, s.ids)
			types[m.Type]++
			page.Items = append(page.Items, m)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return page, s.record(penates.Read, "list", types)
}

func summaryOf(c *conn, n int64) (m Summary, err error) {
	_, err = c.One("SELECT "+form.SummaryColumns+" FROM stored_documents d WHERE d.n = ?", func(r *sqlite3.Stmt) (err error) {
		m, err = form.ReadSummary(r)
		return err
	}, n)
	return m, err
}

// newest merges the types' indexes by date and returns the first limit rows that
// come after the cursor: no index across the types has to be kept for it.
func (s *Session) newest(c *conn, f Filter, after form.Cursor, limit int) (rows []form.Cursor, err error) {
	bounds, args := "", []any{}
	if f.From != "" {
		bounds, args = bounds+" AND day >= ?", append(args, f.From)
	}
	if f.To != "" {
		bounds, args = bounds+" AND day <= ?", append(args, f.To)
	}
	if f.Source != "" {
		bounds, args = bounds+" AND source IN (SELECT n FROM sources WHERE connector = ?)", append(args, f.Source)
	}
	take := func(r *sqlite3.Stmt) error {
		rows = append(rows, form.Cursor{Day: r.ColumnText(0), Start: r.ColumnInt64(1), N: r.ColumnInt64(2)})
		return nil
	}
	for _, code := range s.codes(f.Types) {
		rowsOf, ok := s.listed(code, f)
		if !ok {
			continue
		}
		where := bounds + rowsOf
		if after.Day != "" {
			err = c.Each(`SELECT day, coalesce(start, 0), n FROM stored_documents d WHERE type = ? AND day <= ?
				AND (day, coalesce(start, 0), n) < (?, ?, ?)`+where+` ORDER BY day DESC, start DESC, n DESC LIMIT ?`, take,
				slices.Concat([]any{code, after.Day, after.Day, after.Start, after.N}, args, []any{limit})...)
		}
		if err == nil && f.From == "" && f.To == "" {
			last := int64(1 << 62)
			if after.Day == "" {
				last = after.N
			}
			err = c.Each("SELECT '', 0, n FROM stored_documents d WHERE type = ? AND day IS NULL AND n < ?"+where+" ORDER BY n DESC LIMIT ?", take,
				slices.Concat([]any{code, last}, args, []any{limit})...)
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(rows, form.Cursor.Compare)
	return rows[:min(limit, len(rows))], nil
}

func (s *Session) listTrash(ctx context.Context, f Filter, limit int) (*Page, error) {
	page := &Page{}
	if !s.scope.All() { // what is in the trash is seen by who may see everything
		return page, s.record(penates.Read, "list", nil)
	}
	err := s.read(ctx, func(c *conn) error {
		return c.Each(`SELECT `+strings.Replace(form.SummaryColumns, "d.currency", "d.doc ->> '$.money.currency'", 1)+` FROM trash d ORDER BY d.trashed DESC LIMIT ?`, func(r *sqlite3.Stmt) error {
			m, err := form.ReadSummary(r)
			page.Items = append(page.Items, m)
			return err
		}, limit)
	})
	return page, err
}

// Days counts documents by day, newest first, for the days from f.From to f.To.
// Stretches of series count as one a day.
func (s *Session) Days(ctx context.Context, f Filter) (days []DayCount, err error) {
	if err := s.allow(penates.Read, "", "list"); err != nil {
		return nil, err
	}
	sum := map[string]int{}
	err = s.read(ctx, func(c *conn) error {
		for _, code := range s.codes(f.Types) {
			where, ok := s.listed(code, f)
			if !ok {
				continue
			}
			err := c.Each("SELECT day, count(*) FROM stored_documents d WHERE type = ? AND day >= ? AND day <= ?"+where+" GROUP BY day", func(r *sqlite3.Stmt) error {
				sum[r.ColumnText(0)] += r.ColumnInt(1)
				return nil
			}, code, f.From, orLast(f.To))
			if err != nil {
				return err
			}
		}
		return nil
	})
	for day, n := range sum {
		days = append(days, DayCount{day, n})
	}
	slices.SortFunc(days, func(a, b DayCount) int { return strings.Compare(b.Day, a.Day) })
	return days, s.noted(err, "list")
}

func orLast(day string) string {
	if day == "" {
		return "9999-99-99"
	}
	return day
}

// Counts says how much there is of each type, in the order of the types; types
// of which there is nothing are left out.
func (s *Session) Counts(ctx context.Context) (counts []TypeCount, err error) {
	if err := s.allow(penates.Read, "", "counts"); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(c *conn) error {
		for _, k := range schema.Kinds() {
			if !s.scope.Covers(k.Type) {
				continue
			}
			n := TypeCount{Type: k.Type, View: k.View}
			points := "0"
			if k.Series {
				points = "coalesce(sum(points), 0)"
			}
			days, where := "min(day), max(day)", ""
			if p := s.scope.Of(k.Type); p != nil {
				where = p.Rows()
				if p.Cut() {
					points, days = "coalesce(sum(json_array_length("+p.Points()+")), 0)", "NULL, NULL"
				}
				if !p.Shows("day") {
					days = "NULL, NULL"
				}
			}
			_, err := c.One("SELECT count(*), "+points+", "+days+" FROM stored_documents d WHERE type = ?"+where, func(r *sqlite3.Stmt) error {
				n.Documents, n.Points, n.First, n.Last = r.ColumnInt(0), r.ColumnInt(1), r.ColumnText(2), r.ColumnText(3)
				return nil
			}, k.Code)
			if err != nil {
				return err
			}
			if n.Documents > 0 {
				counts = append(counts, n)
			}
		}
		return nil
	})
	return counts, s.noted(err, "counts")
}

// Sources says what each source brought of types, of all when none is given, in the
// order of their names.
func (s *Session) Sources(ctx context.Context, types ...penates.Type) (sources []SourceInfo, err error) {
	if err := s.allow(penates.Read, "", "sources"); err != nil {
		return nil, err
	}
	codes := strings.Trim(strings.ReplaceAll(fmt.Sprint(s.codes(types)), " ", ","), "[]")
	err = s.read(ctx, func(c *conn) error {
		return c.Each(`SELECT connector, connection, documents, latest
			FROM (SELECT source, count(*) AS documents, max(changed) AS latest FROM stored_documents d WHERE type IN (`+codes+`) AND `+s.scope.Visible(whole)+` GROUP BY source)
			JOIN sources ON sources.n = source ORDER BY 1, 2`, func(r *sqlite3.Stmt) error {
			sources = append(sources, SourceInfo{r.ColumnText(0), r.ColumnText(1), r.ColumnInt(2), millis(r.ColumnInt64(3))})
			return nil
		})
	})
	return sources, s.noted(err, "sources")
}

// Jobs returns the latest imports, newest first.
func (s *Session) Jobs(ctx context.Context, limit int) (jobs []PastJob, err error) {
	if err := s.allowWhole(penates.Read, "jobs"); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(c *conn) error {
		return c.Each("SELECT id, started, ended, what, read, added, updated, unchanged, refused FROM jobs ORDER BY started DESC, n DESC LIMIT ?", func(r *sqlite3.Stmt) error {
			jobs = append(jobs, readJob(r))
			return nil
		}, limit)
	})
	return jobs, err
}

func readJob(r *sqlite3.Stmt) PastJob {
	return PastJob{penates.JobID(r.ColumnText(0)), millis(r.ColumnInt64(1)), millis(r.ColumnInt64(2)), r.ColumnText(3),
		r.ColumnInt(4), r.ColumnInt(5), r.ColumnInt(6), r.ColumnInt(7), r.ColumnInt(8)}
}
