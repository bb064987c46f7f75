// Package twice keeps which documents another one tells more fully: the table
// duplicates, which follows the links same_as.
package twice

import (
	"penates"
	"penates/internal/engine"
)

// Sure is the confidence from which a link same_as is taken for true: the document
// it starts from is then told more fully by another, and sums leave it out.
const Sure = 0.9

// Of several links of a document the one written last stays: what the person
// confirmed, after the surest.

// From brings duplicates up to date for the document that a link starts from.
func From(c *engine.Conn, from penates.DocumentID) error {
	if err := c.Run("DELETE FROM duplicates WHERE n = (SELECT n FROM stored_documents WHERE id = ?)", from); err != nil {
		return err
	}
	return c.Run(`INSERT OR REPLACE INTO duplicates SELECT n, of FROM told_twice WHERE "from" = ? ORDER BY state, confidence, of DESC`, from)
}

// Fuller brings duplicates up to date for a document that is there no more, or
// again, and for those that it tells more fully: while it is in the trash, they count.
func Fuller(c *engine.Conn, to penates.DocumentID) error {
	const others = `(SELECT "from" FROM stored_links WHERE "to" = ?1 AND rel = 'same_as')`
	if err := c.Run("DELETE FROM duplicates WHERE n IN (SELECT n FROM stored_documents WHERE id IN "+others+")", to); err != nil {
		return err
	}
	return c.Run(`INSERT OR REPLACE INTO duplicates SELECT n, of FROM told_twice WHERE "from" = ?1 OR "from" IN `+others+` ORDER BY state, confidence, of DESC`, to)
}

// All makes duplicates anew.
func All(c *engine.Conn) error {
	if err := c.Run("DELETE FROM duplicates"); err != nil {
		return err
	}
	return c.Run("INSERT OR REPLACE INTO duplicates SELECT n, of FROM told_twice ORDER BY state, confidence, of DESC")
}
