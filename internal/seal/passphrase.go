package seal

import (
	"fmt"
	"runtime/debug"
	"sync"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"penates"
)

// A Cost says how much work one guess of a passphrase is (Argon2id, RFC 9106).
type Cost struct {
	Memory uint32 `json:"memory"` // KiB
	Passes uint32 `json:"passes"`
	Lanes  uint8  `json:"lanes"`
}

// DefaultCost is the second recommended option of RFC 9106: for machines where
// 2 GiB cannot be spared. An unlock takes a fraction of a second on a phone.
var DefaultCost = Cost{Memory: 64 << 10, Passes: 3, Lanes: 4}

// Limits of what a header may ask for: it is read before anything in it can be
// trusted, and must not exhaust the machine.
const (
	maxMemory     = 256 << 10
	maxPasses     = 16
	maxLanes      = 8
	minSalt       = 16
	maxSalt       = 64
	maxPassphrase = 4096
)

func (c Cost) check() error {
	switch {
	case c.Passes < 1, c.Lanes < 1, c.Memory < 8*uint32(c.Lanes):
		return fmt.Errorf("passphrase cost of %d KiB, %d passes, %d lanes is too low: %w", c.Memory, c.Passes, c.Lanes, penates.Invalid)
	case c.Memory > maxMemory, c.Passes > maxPasses, c.Lanes > maxLanes:
		return fmt.Errorf("passphrase cost of %d KiB, %d passes, %d lanes: %w", c.Memory, c.Passes, c.Lanes, penates.TooLarge)
	}
	return nil
}

// bigBlock is the memory of Argon2id, in KiB, that is given back at once.
const bigBlock = 4 << 10

// argonTurn lets one computation run at a time: a host where many people unlock
// at once must not need Cost.Memory for each.
var argonTurn sync.Mutex

// stretch turns a passphrase into a key. The passphrase is normalised to NFKC,
// so that it is the same key from every keyboard.
func stretch(passphrase, salt []byte, c Cost) (Key, error) {
	if len(passphrase) == 0 {
		return Key{}, fmt.Errorf("the passphrase is empty: %w", penates.Invalid)
	}
	if len(passphrase) > maxPassphrase {
		return Key{}, fmt.Errorf("the passphrase is longer than %d bytes: %w", maxPassphrase, penates.TooLarge)
	}
	if err := c.check(); err != nil {
		return Key{}, err
	}
	normal := norm.NFKC.Append(nil, passphrase...)
	defer clear(normal)

	argonTurn.Lock()
	defer argonTurn.Unlock()
	raw := argon2.IDKey(normal, salt, c.Passes, c.Memory, c.Lanes, KeySize)
	// The garbage collector would keep a big block for minutes, and it is most of
	// what an idle process would then use. A small one is not worth a collection.
	if c.Memory >= bigBlock {
		debug.FreeOSMemory()
	}
	defer clear(raw)
	return ParseKey(raw)
}
