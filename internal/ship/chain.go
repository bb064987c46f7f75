package ship

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/store"
)

// A chain is the entries and pieces of one vault in a store.
type chain struct {
	store store.Store
	vault string
	key   ed25519.PublicKey // nil checks no signatures
}

func (c *chain) entryName(seq uint64) string { return fmt.Sprintf("%s/log/%016x", c.vault, seq) }

func (c *chain) pieceName(piece string) string { return c.vault + "/obj/" + piece }

// pieceOf names a piece put in an epoch.
func pieceOf(epoch uint64, data []byte) string {
	sum := sha256.Sum256(data)
	return fmt.Sprintf("%x/%s", epoch, hex.EncodeToString(sum[:]))
}

// numbers returns the numbers of the entries there are, from seq from on.
func (c *chain) numbers(ctx context.Context, from uint64) (seqs []uint64, err error) {
	after := ""
	if from > 0 {
		after = c.entryName(from - 1)
	}
	prefix := c.vault + "/log/"
	for o, err := range c.store.List(ctx, prefix, after) {
		if err != nil {
			return nil, fmt.Errorf("list the backup: %w", err)
		}
		digits := strings.TrimPrefix(o.Name, prefix)
		seq, err := strconv.ParseUint(digits, 16, 64)
		if err != nil || len(digits) != 16 || seq < from || len(seqs) > 0 && seq <= seqs[len(seqs)-1] {
			return nil, fmt.Errorf("the backup lists %q: %w", o.Name, Altered)
		}
		seqs = append(seqs, seq)
	}
	return seqs, nil
}

// entry reads an entry and checks that it is the one of that number.
func (c *chain) entry(ctx context.Context, seq uint64) (*Entry, error) {
	raw, err := c.store.Get(ctx, c.entryName(seq))
	if errors.Is(err, penates.NotExist) {
		return nil, fmt.Errorf("entry %d: %w", seq, Gap)
	}
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", seq, err)
	}
	e, err := ParseEntry(raw, c.key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.entryName(seq), err)
	}
	if e.Seq != seq || e.Vault != c.vault {
		return nil, fmt.Errorf("%s is entry %d of %s: %w", c.entryName(seq), e.Seq, e.Vault, Altered)
	}
	return e, nil
}

// follows checks that e is the entry behind before.
func (e *Entry) follows(before *Entry) error {
	switch {
	case e.Seq != before.Seq+1:
		return fmt.Errorf("entries %d to %d: %w", before.Seq+1, e.Seq-1, Gap)
	case e.Prev != before.hash:
		return fmt.Errorf("entry %d does not follow entry %d: %w", e.Seq, before.Seq, Forked)
	case e.Epoch < before.Epoch || e.Point.Commit < before.Point.Commit:
		return fmt.Errorf("entry %d goes back behind entry %d: %w", e.Seq, before.Seq, Altered)
	}
	return nil
}

// piece reads a piece, of that size unless it is negative, and checks that it is
// what its name says.
func (c *chain) piece(ctx context.Context, piece string, size int64) ([]byte, error) {
	data, err := c.store.Get(ctx, c.pieceName(piece))
	if errors.Is(err, penates.NotExist) {
		return nil, fmt.Errorf("piece %s: %w", piece, Gap)
	}
	if err != nil {
		return nil, fmt.Errorf("piece %s: %w", piece, err)
	}
	_, sum, _ := strings.Cut(piece, "/")
	if got := sha256.Sum256(data); size >= 0 && int64(len(data)) != size || sum != hex.EncodeToString(got[:]) {
		return nil, fmt.Errorf("piece %s: %w", piece, Altered)
	}
	return data, nil
}

// putPiece stores a piece, unless it is there.
func (c *chain) putPiece(ctx context.Context, piece string, data []byte) error {
	err := retry(ctx, func() error { return c.store.PutIfAbsent(ctx, c.pieceName(piece), data) })
	if errors.Is(err, penates.Exists) {
		return nil
	}
	return err
}

// put stores an entry's object. When the store has another one of that number the
// error is Fenced, with the writer's entry, or Forked. Whatever a store that
// fails has done: afterwards the object is there, or the error says otherwise.
func (c *chain) put(ctx context.Context, e *Entry, raw []byte) error {
	name := c.entryName(e.Seq)
	return retry(ctx, func() error {
		err := c.store.PutIfAbsent(ctx, name, raw)
		if !errors.Is(err, penates.Exists) {
			return err
		}
		there, err := c.store.Get(ctx, name)
		if err != nil {
			return fmt.Errorf("%s is there and cannot be read: %w", name, err)
		}
		if bytes.Equal(there, raw) {
			return nil // an earlier try, which seemed to fail
		}
		return c.rival(e, there)
	})
}

// rival says what the object of another writer means for the writer of e.
func (c *chain) rival(e *Entry, raw []byte) error {
	other, err := ParseEntry(raw, c.key)
	switch {
	case err != nil:
		return fmt.Errorf("where entry %d belongs: %w", e.Seq, err)
	case e.claims():
		return errRace
	case other.Epoch > e.Epoch:
		return fmt.Errorf("since %s (epoch %d, this is %d): %w", other.Written.Format(time.DateTime), other.Epoch, e.Epoch, Fenced)
	}
	return fmt.Errorf("somebody else wrote entry %d in epoch %d: %w", e.Seq, other.Epoch, Forked)
}

// claims reports whether the entry only claims its epoch.
func (e *Entry) claims() bool {
	return e.Segment == nil && e.Snapshot == nil && e.Blobs == nil && e.Collects == 0
}

// errRace says that another entry came before a claim, which is then made anew.
var errRace = errors.New("another entry came first")

// How often and how soon a store that fails is asked again, within one attempt.
const (
	tries     = 4
	firstWait = 20 * time.Millisecond
)

// retry asks again after errors that may pass.
func retry(ctx context.Context, f func() error) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := f()
		if err == nil || try == tries || lasting(err) {
			return err
		}
		select {
		case <-time.After(wait):
			wait *= 4
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		}
	}
}

// lasting reports whether asking again gives the same error.
func lasting(err error) bool {
	var alarm Alarm
	return errors.As(err, &alarm) || errors.Is(err, penates.Exists) || errors.Is(err, errRace) ||
		errors.Is(err, penates.Denied) || errors.Is(err, penates.Invalid) || errors.Is(err, penates.TooLarge) ||
		errors.Is(err, context.Canceled)
}
