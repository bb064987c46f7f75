package seal

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// MaxHeader and ChunkSize are limits and sizes that tests go around.
const (
	MaxHeader   = maxHeader
	ChunkSize   = chunkSize
	SealedChunk = sealedChunk
	HeadSize    = headSize
)

// CheapCost makes tests quick.
var CheapCost = Cost{Memory: 64, Passes: 1, Lanes: 1}

// AddSlot puts a slot of any type into h, as another release might.
func (h *Header) AddSlot(master Key, kind, text string) error {
	h.body.Slots = append(h.body.Slots, slot{kind, json.RawMessage(text)})
	return h.encode(master)
}

// Resum gives text a right sum, as anybody can.
func Resum(text []byte) []byte {
	signed := text[:len(text)-hashLine]
	return fmt.Appendf(append([]byte(nil), signed...), "%s%x\n", sumTitle, sha256.Sum256(signed))
}
