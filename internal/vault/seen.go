package vault

import (
	"context"
	"encoding/hex"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/journal"
)

// A JournalFilter selects entries of the journal. The zero filter selects all.
type JournalFilter struct {
	Actor  penates.Actor
	Before int64 // entries with a lower number; 0 means the newest
	Limit  int   // at most 1,000; 50 when zero
	Others bool  // without the owner's own

	Grant   penates.GrantID
	Type    penates.Type // that say how many documents of it were seen
	From    string       // first day (UTC), as in "2026-01-31"
	To      string       // last day
	Refused bool         // only what was refused
}

// where is the condition on entries, and its arguments.
func (f *JournalFilter) where() (string, []any) {
	where, args := "WHERE TRUE", []any{}
	for _, x := range []struct {
		set bool
		sql string
		arg any
	}{
		{f.Before > 0, "n < ?", f.Before},
		{f.Actor != "", "entry ->> '$.actor' = ?", f.Actor},
		{f.Others || f.Actor != "" && f.Actor != penates.Owner, "entry ->> '$.actor' <> 'owner'", nil}, // as the index has it
		{f.Grant != "", "entry ->> '$.grant' = ?", string(f.Grant)},
		{f.Type != "", "EXISTS (SELECT 1 FROM json_each(entry, '$.types') WHERE key = ?)", string(f.Type)},
		{f.From != "", "substr(entry ->> '$.at', 1, 10) >= ?", f.From},
		{f.To != "", "substr(entry ->> '$.at', 1, 10) <= ?", f.To},
		{f.Refused, "entry ->> '$.refused' <> ''", nil},
	} {
		if x.set {
			where += " AND " + x.sql
			if x.arg != nil {
				args = append(args, x.arg)
			}
		}
	}
	return where, args
}

// Journal returns entries newest first. Accesses that wait to be counted
// together are written first, so that the answer is whole.
func (s *Session) Journal(ctx context.Context, f JournalFilter) (entries []Entry, err error) {
	if err := s.allowAdminister("journal"); err != nil {
		return nil, err
	}
	if err := s.u.log.Flush(s.u.w.quiet()); err != nil {
		return nil, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 1000)
	where, args := f.where()
	err = s.u.fresh(ctx, s, func(c *conn) error {
		return c.Each("SELECT n, entry, hash FROM journal "+where+" ORDER BY n DESC LIMIT ?", func(r *sqlite3.Stmt) error {
			e, err := journal.Decode(r.ColumnRawText(1))
			if err != nil {
				return err
			}
			entries = append(entries, Entry{Entry: e, Number: r.ColumnInt64(0), Hash: hex.EncodeToString(r.ColumnRawBlob(2))})
			return nil
		}, append(args, f.Limit)...)
	})
	return entries, err
}

// Uses returns what others took from day from to day to (UTC; empty is no bound),
// by grantee, grant, day and type, the latest day first: all that a grantee ever
// saw, when no day is given. An empty actor means everybody.
func (s *Session) Uses(ctx context.Context, actor penates.Actor, from, to string) (uses []journal.Use, err error) {
	if err := s.allowAdminister("journal"); err != nil {
		return nil, err
	}
	if err := s.u.log.Flush(s.u.w.quiet()); err != nil {
		return nil, err
	}
	const most = 100_000
	err = s.u.fresh(ctx, s, func(c *conn) error {
		return c.Each(`SELECT actor, "grant", day, type, rows, bytes, calls, refused, hours, first, last FROM uses
			WHERE (?1 = '' OR actor = ?1) AND day >= ?2 AND day <= ?3 ORDER BY day DESC, actor, "grant", type LIMIT ?4`, func(r *sqlite3.Stmt) error {
			uses = append(uses, journal.Use{
				Actor: penates.Actor(r.ColumnText(0)), Grant: penates.GrantID(r.ColumnText(1)), Day: r.ColumnText(2), Type: penates.Type(r.ColumnText(3)),
				Rows: r.ColumnInt64(4), Bytes: r.ColumnInt64(5), Calls: r.ColumnInt64(6), Refused: r.ColumnInt64(7), Hours: uint32(r.ColumnInt64(8)),
				First: millis(r.ColumnInt64(9)), Last: millis(r.ColumnInt64(10)),
			})
			return nil
		}, actor, from, orLast(to), most)
	})
	return uses, err
}
