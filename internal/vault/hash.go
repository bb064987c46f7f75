package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates"
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

// Hashes returns the hash of each type there is something of, in the order of
// the types: SHA-256 over the documents in the order of their ids, one a line,
// as JSON without blanks, members sorted by name. What the vault itself keeps of
// a document (revision, when it was added and changed, by which import) does not
// count; its source and points do.
func (s *Session) Hashes(ctx context.Context) (hashes []TypeHash, err error) {
	if err := s.allowWhole(penates.Read, "counts"); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(c *conn) error {
		for _, k := range schema.Kinds() {
			h, err := hashType(c, &k)
			if err != nil {
				return err
			}
			if h.Documents > 0 {
				hashes = append(hashes, h)
			}
		}
		return nil
	})
	return hashes, err
}

func hashType(c *conn, k *schema.Kind) (TypeHash, error) {
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
