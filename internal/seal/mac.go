package seal

import (
	"crypto/hmac"
	"crypto/sha256"
)

// MAC returns HMAC-SHA-256 of message under k: for names and tags that only
// holders of k can make. It needs a key derived for this one use.
func (k Key) MAC(message []byte) (sum [sha256.Size]byte, err error) {
	raw, err := k.raw()
	if err != nil {
		return sum, err
	}
	defer clear(raw[:])
	m := hmac.New(sha256.New, raw[:])
	m.Write(message)
	m.Sum(sum[:0])
	return sum, nil
}
