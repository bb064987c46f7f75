// Package migrations is the schema of a vault's database, step by step.
package migrations

import (
	"embed"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/engine"
	"penates/internal/scope"
	"penates/internal/upgrade"
)

//go:embed *.sql
var steps embed.FS

// Open opens the database at path with connect and brings it to the schema of this
// release.
func Open(path string, connect func() (*engine.Conn, error)) (*engine.Conn, error) {
	var opened *engine.Conn
	c, err := upgrade.Run(path, steps, func() (*engine.Conn, error) {
		var err error
		opened, err = connect()
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

// fieldIndexes returns the statements that make the indexes on fields, and their sum.
var fieldIndexes = sync.OnceValues(func() (statements []string, sum int32) {
	statements = scope.Indexes()
	return statements, int32(crc32.ChecksumIEEE([]byte(strings.Join(statements, ";"))))
})

// indexFields makes the indexes on the fields the schemas mark. What a release
// indexes is noted in the database, so that it is looked at only when that changes.
func indexFields(c *engine.Conn) error {
	statements, want := fieldIndexes()
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
