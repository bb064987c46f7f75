// Package timelinize reads the folder in which Timelinize keeps a timeline: its
// SQLite database with the items that were imported, and the people they are of.
// The tables are those of timeline/schema.sql of the program.
//
// Messages, e-mails and posts become messages, positions points of a series,
// people contacts, media files; what is of another class is kept whole. The
// media themselves lie beside the database and come in as files of their own.
package timelinize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/sqlitefile"
)

const connector = "timelinize"

// Format reads a timeline's database.
var Format = importer.Format{
	Name:      connector,
	Title:     "Timelinize timeline",
	Recognise: recognise,
	Read:      read,
}

// maxInMemory bounds a database that can only be read from its beginning.
const maxInMemory = 256 << 20

func recognise(h importer.Head) int {
	if !bytes.HasPrefix(h.Bytes, []byte(sqlitefile.Signature)) {
		return 0
	}
	for _, table := range []string{"entity_attributes", "data_sources", "classifications", "relationships"} {
		if !bytes.Contains(h.Bytes, []byte(table)) {
			return 0
		}
	}
	return 96
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	seeker, size := io.ReadSeeker(nil), f.Size
	if s, ok := r.(io.ReadSeeker); ok {
		seeker = s
	} else {
		b, err := f.ReadAll(maxInMemory)
		if err != nil {
			return err
		}
		seeker, size = bytes.NewReader(b), int64(len(b))
	}
	db, err := sqlitefile.Open(ctx, seeker, size)
	if err != nil {
		return err
	}
	t := &timeline{ctx: ctx, db: db, out: out, zone: f.Zone, owners: map[int64]string{}}
	if t.zone == nil {
		t.zone = time.UTC
	}
	return errors.Join(t.read(), db.Close())
}

// A timeline gives out what one database holds.
type timeline struct {
	ctx    context.Context
	db     *sqlitefile.DB
	out    importer.Sink
	zone   *time.Location
	repo   string           // id of the timeline
	owners map[int64]string // names of people by the attributes they are known by
	trail  penates.Series   // positions that wait
}

func (t *timeline) read() error {
	for table, columns := range map[string][]string{
		"items": {"id", "timestamp", "data_text"}, "entities": {"id", "name"}, "attributes": {"id", "name", "value"},
		"entity_attributes": {"entity_id", "attribute_id"}, "classifications": {"id", "name"}, "data_sources": {"id", "name"},
	} {
		if !t.db.Has(table, columns...) {
			return fmt.Errorf("a database without the table %s of a timeline: %w", table, importer.ErrNotMine)
		}
	}
	if t.db.Has("repo", "key", "value") {
		err := t.db.Each("SELECT value FROM repo WHERE key = 'id'", func(r *sqlitefile.Row) error { t.repo = r.Text(0); return nil })
		if err != nil {
			return err
		}
	}
	if err := t.people(); err != nil {
		return err
	}
	if err := t.items(); err != nil {
		return err
	}
	return t.flush()
}

// columns returns the columns of a table as they are selected, NULL for those it
// lacks: older timelines have fewer.
func (t *timeline) columns(table string, names ...string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = "NULL"
		if t.db.Has(table, name) {
			list[i] = table + "." + `"` + name + `"`
		}
	}
	return strings.Join(list, ", ")
}

// at returns the time of a row: milliseconds, and seconds east of UTC when known.
func (t *timeline) at(r *sqlitefile.Row, stamp, offset int) penates.Moment {
	const most = 253_402_300_800_000 // the year 10000
	if ms := r.Int(stamp); !r.Null(stamp) && ms > -most/2 && ms < most {
		zone := t.zone
		if east := r.Int(offset); !r.Null(offset) && east > -86_400 && east < 86_400 {
			zone = time.FixedZone("", int(east))
		}
		return penates.At(time.UnixMilli(ms).In(zone))
	}
	return penates.Moment{}
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
