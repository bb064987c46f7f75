// Package migrations is the schema of a vault's database, step by step.
package migrations

import (
	"embed"
	"fmt"
	"hash/crc32"
	"slices"
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

// wordSettings are how full-text search goes about what it learns: it sorts up to
// 4 MB of words in memory, a group of an import, before it writes them, and merges
// what was written when eight such pieces are there. With its own, 1 MB and four, an
// import writes its words three times more often and merges them twice as often.
var wordSettings = []string{
	"INSERT INTO words (words, rank) VALUES ('hashsize', 4194304)",
	"INSERT INTO words (words, rank) VALUES ('automerge', 8)",
}

// settings returns the statements that make the indexes on fields and set up
// full-text search, and their sum.
var settings = sync.OnceValues(func() (statements []string, sum int32) {
	statements = slices.Concat(scope.Indexes(), wordSettings)
	return statements, int32(crc32.ChecksumIEEE([]byte(strings.Join(statements, ";"))))
})

// indexFields makes the indexes on the fields the schemas mark, and sets up full-text
// search. What a release does so is noted in the database, so that it is looked at
// only when that changes.
func indexFields(c *engine.Conn) error {
	statements, want := settings()
	var have int32
	if _, err := c.One("PRAGMA application_id", func(s *sqlite3.Stmt) error { have = int32(s.ColumnInt64(0)); return nil }); err != nil || have == want {
		return err
	}
	return c.Fault(c.Exec(fmt.Sprintf("BEGIN; %s; PRAGMA application_id = %d; COMMIT", strings.Join(statements, "; "), want)))
}
