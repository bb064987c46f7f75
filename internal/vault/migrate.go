package vault

import (
	"embed"
	"fmt"
	"hash/crc32"
	"io/fs"
	"sort"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/scope"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the database to the schema of this release, a step at a time,
// each in a transaction of its own. A database of a later release is refused.
func migrate(c *conn) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	sort.Strings(names)
	version := 0
	if _, err := c.One("PRAGMA user_version", func(s *sqlite3.Stmt) error { version = s.ColumnInt(0); return nil }); err != nil {
		return err
	}
	if version > len(names) {
		return fmt.Errorf("the vault's schema is number %d, this program knows up to %d: install the latest release: %w",
			version, len(names), penates.Newer)
	}
	for i := version; i < len(names); i++ {
		sql, err := migrations.ReadFile(names[i])
		if err != nil {
			return err
		}
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; COMMIT", sql, i+1)
		if err := c.Exec(step); err != nil {
			if !c.GetAutocommit() {
				err = fmt.Errorf("%w (%w)", err, c.Exec("ROLLBACK"))
			}
			return fmt.Errorf("migration %s: %w", names[i], c.Fault(err))
		}
	}
	return indexFields(c)
}

// indexFields makes the indexes on the fields the schemas mark. What a release
// indexes is noted in the database, so that it is looked at only when that changes.
func indexFields(c *conn) error {
	statements := scope.Indexes()
	want := int32(crc32.ChecksumIEEE([]byte(strings.Join(statements, ";"))))
	var have int32
	if _, err := c.One("PRAGMA application_id", func(s *sqlite3.Stmt) error { have = int32(s.ColumnInt64(0)); return nil }); err != nil || have == want {
		return err
	}
	for _, sql := range statements {
		if err := c.Exec(sql); err != nil {
			return c.Fault(err)
		}
	}
	return c.Fault(c.Exec(fmt.Sprintf("PRAGMA application_id = %d", want)))
}
