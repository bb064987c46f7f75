package upkeep

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
	"penates/internal/schema"
)

// A TypeHash says what the documents of a type say, in one hash: two vaults with
// the same hash hold the same documents.
type TypeHash struct {
	Type      penates.Type `json:"type"`
	View      string       `json:"view"`
	Documents int          `json:"documents"`
	Points    int          `json:"points,omitempty"`
	SHA256    string       `json:"sha256"`
}

// HashType hashes the documents of a type.
func HashType(c *engine.Conn, k *schema.Kind) (TypeHash, error) {
	t := TypeHash{Type: k.Type, View: k.View}
	sum := sha256.New()
	err := c.Each("SELECT json(doc), points, id FROM stored_documents WHERE type = ? ORDER BY id", func(r *sqlite3.Stmt) error {
		t.Documents++
		t.Points += r.ColumnInt(1)
		if err := form.Hash(sum, r.ColumnRawText(0)); err != nil {
			return fmt.Errorf("document %s: %w", r.ColumnText(2), err)
		}
		return nil
	}, k.Code)
	t.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return t, err
}
