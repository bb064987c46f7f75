package vault

import (
	"embed"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/scope"
	"penates/internal/upgrade"
)

//go:embed migrations/*.sql
var migrations embed.FS

// upToDate opens the database and brings it to the schema of this release.
func (u *unlocked) upToDate() (*conn, error) {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	var opened *conn
	c, err := upgrade.Run(filepath.Join(u.dir, databaseFile), steps, func() (*conn, error) {
		var err error
		opened, err = u.connect()
		return opened, err
	})
	switch {
	case err == nil:
		return c, indexFields(c)
	case opened != nil:
		return nil, opened.Fault(err)
	}
	return nil, err
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
