package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/mapping"
	"penates/internal/vault"
)

// A place is how far a reparse is, which the vault remembers until it is over.
type place struct {
	Release string         `json:"release"` // "" remembers nothing and starts over
	Learned string         `json:"learned"` // what was known of tables whose columns the person named
	Files   int            `json:"files"`   // that were read, the first ones
	Last    penates.BlobID `json:"last"`    // of them

	anew         bool  // start over, whatever is remembered
	bytes, files int64 // read since it was remembered
}

// Under what the vault remembers it, and for how long.
const (
	placeKind = "reparse"
	placeKey  = "place"
	placeFor  = 30 * 24 * time.Hour
)

// How much is read again, at most, after a reparse was killed.
const (
	placeBytes = 32 << 20
	placeFiles = 200
)

// recall returns how many of files a reparse of the same release read which was
// stopped; 0 when there is none, or there are other files or mappings now.
func (p *place) recall(ctx context.Context, s *vault.Session, files []importer.Kept) (int, error) {
	if p.Release == "" {
		return 0, nil
	}
	var err error
	if p.Learned, err = learnedNow(ctx, s); err != nil {
		return 0, err
	}
	if p.anew { // forgotten first: one that is killed must not go on where an older one was
		return 0, forgotten(s.Forget(ctx, placeKind, placeKey))
	}
	b, err := s.Recall(ctx, placeKind, placeKey)
	switch {
	case errors.Is(err, penates.NotExist):
		return 0, nil
	case err != nil:
		return 0, err
	}
	var was place
	if json.Unmarshal(b, &was) != nil || was.Release != p.Release || was.Learned != p.Learned || was.Files < 1 || was.Files > len(files) || files[was.Files-1].Blob != was.Last {
		return 0, nil
	}
	p.Files, p.Last = was.Files, was.Last
	return was.Files, nil
}

// passed notes that file, the nth, was read, and lets the vault remember it now and
// then, when all that came of it is durable.
func (p *place) passed(ctx context.Context, i *Intake, file importer.Kept, n int) error {
	p.Files, p.Last = n, file.Blob
	p.files++
	if p.bytes += file.Size; p.files < placeFiles && p.bytes < placeBytes {
		return nil
	}
	p.files, p.bytes = 0, 0
	if err := i.store.Flush(); err != nil {
		return err
	}
	return p.remember(ctx, i.session)
}

func (p *place) remember(ctx context.Context, s *vault.Session) error {
	if p.Release == "" || p.Files == 0 {
		return nil
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return s.Remember(ctx, placeKind, placeKey, b, time.Now().Add(placeFor))
}

// leave lets the vault remember where a reparse was stopped, or forget it when it is
// over. All that was read is durable by then, unless the job failed.
func (p *place) leave(ctx context.Context, i *Intake, over bool) error {
	switch {
	case over:
		return forgotten(i.session.Forget(ctx, placeKind, placeKey))
	case i.job.Failed() == nil:
		return p.remember(ctx, i.session)
	}
	return nil
}

// forgotten is err, but that there was nothing to forget is none.
func forgotten(err error) error {
	if errors.Is(err, penates.NotExist) {
		return nil
	}
	return err
}

// learnedNow tells the mappings the vault has now from any others: files that were
// read before one came are to be read with it.
func learnedNow(ctx context.Context, s *vault.Session) (string, error) {
	all, err := mapping.All(ctx, s)
	if err != nil || len(all) == 0 {
		return "", err
	}
	slices.SortFunc(all, func(a, b mapping.Mapping) int { return strings.Compare(a.ID, b.ID) })
	b, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}
