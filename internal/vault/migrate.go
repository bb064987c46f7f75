package vault

import (
	"embed"
	"fmt"
	"io/fs"
	"sort"

	"github.com/ncruces/go-sqlite3"

	"penates"
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
	if _, err := c.one("PRAGMA user_version", func(s *sqlite3.Stmt) error { version = s.ColumnInt(0); return nil }); err != nil {
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
			return fmt.Errorf("migration %s: %w", names[i], c.fault(err))
		}
	}
	return indexFields(c)
}
