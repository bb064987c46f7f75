package salvage

import (
	"encoding/binary"
)

// A Schema says where the trees of a database begin.
type Schema struct {
	Version int // SQLite's user_version
	Tables  map[string]uint32
	Indexes map[string]uint32
	Gaps    []Gap // in the schema itself
}

// ReadSchema reads the database's schema, as far as it can be read.
func ReadSchema(p Pages) (*Schema, error) {
	s := &Schema{Tables: map[string]uint32{}, Indexes: map[string]uint32{}}
	if first, err := p.Page(1); err == nil {
		s.Version = int(binary.BigEndian.Uint32(first[60:]))
	}
	gaps, err := Walk(p, 1, func(r Row) error {
		if len(r.Values) < 4 {
			return nil
		}
		kind, _ := r.Values[0].(string)
		name, _ := r.Values[1].(string)
		root, _ := r.Values[3].(int64)
		switch kind {
		case "table":
			s.Tables[name] = uint32(root)
		case "index":
			s.Indexes[name] = uint32(root)
		}
		return nil
	})
	s.Gaps = gaps
	return s, err
}
