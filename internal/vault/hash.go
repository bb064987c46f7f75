package vault

import (
	"context"

	"penates"
	"penates/internal/schema"
	"penates/internal/upkeep"
)

// A TypeHash says what the documents of a type say, in one hash.
type TypeHash = upkeep.TypeHash

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
			h, err := upkeep.HashType(c, &k)
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
