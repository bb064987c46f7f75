// Package store keeps sealed objects by name in places that need not be trusted
// and can do very little: a folder, an object store, a database, a drive on the
// web. Four verbs are all that backup, hosting and the vault on the person's own
// cloud storage stand on; the one that matters is PutIfAbsent, which decides
// between two writers without a lock.
//
// A store sees ciphertext and names that say nothing. It may lose, change or
// repeat what it was given: whoever reads checks.
package store

import (
	"context"
	"fmt"
	"iter"

	"penates"
)

// MaxObject bounds the bytes of one object, so that any store can take it whole.
const MaxObject = 16 << 20

// maxName bounds the bytes of a name.
const maxName = 200

// A Store keeps objects. All methods may be used by several goroutines, in
// several processes, on several machines.
type Store interface {
	// PutIfAbsent keeps data under name. When it returns nil the object is durable
	// and will be listed; of several callers with one name exactly one gets nil.
	// The others get an error of kind Exists, also when the data are equal. After
	// any other error the object may be there or not: whoever needs to know asks.
	PutIfAbsent(ctx context.Context, name string, data []byte) error
	// Get returns the object's bytes, or an error of kind NotExist.
	Get(ctx context.Context, name string) ([]byte, error)
	// List gives the objects whose names begin with prefix and sort behind after,
	// ascending by bytes. It stops at the first error, which it gives last.
	List(ctx context.Context, prefix, after string) iter.Seq2[Object, error]
	// Delete removes the object. That there is none is no error.
	Delete(ctx context.Context, name string) error
}

// An Object is one object as List tells of it.
type Object struct {
	Name string
	Size int64
}

// CheckName returns an Invalid error unless name is fit for every store: parts of
// lower-case letters, digits, '-', '_' and '.', none of them empty or beginning
// with a dot, joined by slashes.
func CheckName(name string) error {
	start := true
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', !start && (c == '-' || c == '_' || c == '.'):
			start = false
		case c == '/' && !start:
			start = true
		default:
			return fmt.Errorf("object name %q: %w", name, penates.Invalid)
		}
	}
	if start || len(name) > maxName {
		return fmt.Errorf("object name %q: %w", name, penates.Invalid)
	}
	return nil
}
