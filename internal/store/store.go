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
// lower-case letters, digits, '-', '_' and '.', none of them empty, beginning or
// ending with a dot, joined by slashes. Nobody uses a name that is also the
// folder of another ("a" beside "a/b"): some stores cannot keep both.
func CheckName(name string) error {
	if len(name) > maxName {
		return fmt.Errorf("object name of %d bytes: %w", len(name), penates.Invalid)
	}
	last := byte('/')
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', last != '/' && (c == '-' || c == '_' || c == '.'):
		case c == '/' && last != '/' && last != '.':
		default:
			return fmt.Errorf("object name %q: %w", name, penates.Invalid)
		}
		last = c
	}
	if last == '/' || last == '.' {
		return fmt.Errorf("object name %q: %w", name, penates.Invalid)
	}
	return nil
}

// Check returns an error unless an object of that name and data is fit for
// every store.
func Check(name string, data []byte) error {
	if len(data) > MaxObject {
		return fmt.Errorf("object of %d bytes: %w", len(data), penates.TooLarge)
	}
	return CheckName(name)
}

// CheckPrefix returns an Invalid error unless prefix, which may be empty, is how
// a name begins.
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	// Whatever a prefix ends in may go on with a letter, except at full length.
	if len(prefix) < maxName {
		prefix += "x"
	}
	return CheckName(prefix)
}

// Fenced reports whether of several writers with one name exactly one wins in s,
// as [Store] asks. Some drives on the web can only look before they write: there
// two writers at the same moment may both be told they won, so that only one
// device may ever write. Such a store has a method Fenced() that says false.
func Fenced(s Store) bool {
	f, ok := s.(interface{ Fenced() bool })
	return !ok || f.Fenced()
}
