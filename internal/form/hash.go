package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash"

	"penates"
)

// Hash adds the canonical form of a stored document to sum.
func Hash(sum hash.Hash, doc []byte) error {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var whole map[string]any
	if err := d.Decode(&whole); err != nil {
		return fmt.Errorf("%w (%w)", penates.Damaged, err)
	}
	if source, ok := whole["source"].(map[string]any); ok {
		delete(source, "job")
	}
	b, err := json.Marshal(whole) // sorts members by name
	if err != nil {
		return err
	}
	sum.Write(b)
	sum.Write([]byte{'\n'})
	return nil
}
