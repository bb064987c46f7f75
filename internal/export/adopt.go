package export

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/journal"
	"penates/internal/vault"
)

// Recognise reports whether a file that begins with head is an export.
func Recognise(head []byte) bool {
	// The local header of the first member of a zip: its name begins at byte 30.
	const name = "mimetype"
	return len(head) > 30 && bytes.HasPrefix(head, []byte("PK\x03\x04")) && bytes.HasPrefix(head[30:], []byte(name)) &&
		bytes.Contains(head[:min(len(head), 200)], []byte(MediaType))
}

// Options say whom Adopt tells of what happens. Both are required.
type Options struct {
	// Refuse hears of each record and member that cannot be taken; an error it
	// returns ends the reading. line is 0 where there are no lines.
	Refuse func(member string, line int, err error) error
	// Progress hears of bytes, unpacked, of those there are.
	Progress func(done, total int64)
}

// An Adopted says what of an export went another way than into the vault.
type Adopted struct {
	Manifest *Manifest
	// Journal is the journal of the other vault, kept as raw bytes: the journal of
	// this one goes on as it was.
	Journal penates.BlobID
	Entries int64 // of Journal that were verified
	// Breaks are the places where Journal is not whole, and later entries tell so.
	Breaks []journal.Break
	// Grants are those of others than the owner, the first maxGrants of them. They are
	// not taken over: whoever held them asks again.
	Grants []Grant
	More   int // grants that are not in Grants
}

// maxGrants bounds the grants that are named one by one.
const maxGrants = 1000

// A Grant is one that somebody held in the other vault.
type Grant struct {
	grant.Grant
	Ended time.Time `json:"ended,omitzero"` // when it was withdrawn
}

// Adopt takes over all that an export holds. Records that are damaged are
// refused, and the others are taken. An error of kind Damaged, Invalid or Newer
// says that nothing of it can be read.
func Adopt(ctx context.Context, r io.ReaderAt, size int64, to *vault.Adoption, o Options) (*Adopted, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("the export is cut short or no zip file: %w (%w)", penates.Damaged, err)
	}
	t := &taker{ctx: ctx, to: to, o: o, members: map[string]*zip.File{}, room: slack + ratio*size}
	for _, f := range z.File {
		t.members[f.Name] = f
		t.total += int64(min(f.UncompressedSize64, 1<<50))
	}
	m, err := t.manifest()
	if err != nil {
		return nil, err
	}
	t.adopted.Manifest = m
	// Raw bytes come first, so that no document refers to what is not there yet.
	if err := t.blobs(m); err != nil {
		return nil, err
	}
	if err := t.tell(); err != nil {
		return nil, err
	}
	for _, part := range t.parts() {
		for i := range m.Files {
			if f := &m.Files[i]; part.takes(f.Name) {
				if err := t.member(f, part.line); err != nil {
					return nil, err
				}
			}
		}
	}
	return &t.adopted, t.journal(m)
}

// An export may unpack to slack bytes, and to ratio bytes for each it has. Tests
// take less slack.
var slack int64 = 256 << 20

const ratio = 200

// maxManifest and maxLine bound what is read at once.
const (
	maxManifest = 256 << 20
	maxLine     = 16 << 20
)

type taker struct {
	ctx     context.Context
	to      *vault.Adoption
	o       Options
	members map[string]*zip.File
	room    int64
	done    int64
	total   int64
	adopted Adopted
	chain   chain
}

// A part is one kind of member, and what is done with its lines.
type part struct {
	name string // a folder when it ends with a slash
	line func(b []byte) error
}

func (p part) takes(name string) bool {
	if strings.HasSuffix(p.name, "/") {
		return strings.HasPrefix(name, p.name)
	}
	return p.name == name
}

// parts are in an order in which each finds what it refers to.
func (t *taker) parts() []part {
	return []part{
		{"documents/", func(b []byte) error { return t.to.Document(b) }},
		{"trash.jsonl", func(b []byte) error { return t.to.Trashed(b) }},
		{"history.jsonl", lineOf(func(r revision) error { return t.to.Revision(r.Revision, r.ID) })},
		{"readings.jsonl", lineOf(func(r reading) error {
			mark, err := hex.DecodeString(r.Mark)
			if err != nil {
				return fmt.Errorf("mark of a reading: %w", penates.Invalid)
			}
			return t.to.Reading(r.ID, mark)
		})},
		{"links.jsonl", lineOf(t.to.Link)},
		{"imports.jsonl", lineOf(t.to.Job)},
		{"settings.jsonl", lineOf(func(s setting) error { return t.to.Setting(s.Name, s.Value) })},
		{"grants.jsonl", lineOf(t.grant)},
		{journalName, lineOf(t.entry)},
	}
}

func (t *taker) grant(g Grant) error {
	switch {
	case g.Grantee == penates.Owner:
	case len(t.adopted.Grants) < maxGrants:
		t.adopted.Grants = append(t.adopted.Grants, g)
	default:
		t.adopted.More++
	}
	return nil
}

// lineOf decodes a line before take takes it.
func lineOf[T any](take func(T) error) func([]byte) error {
	return func(b []byte) error {
		var v T
		if err := json.Unmarshal(b, &v); err != nil {
			return fmt.Errorf("no such record: %w (%w)", penates.Invalid, err)
		}
		return take(v)
	}
}

func (t *taker) manifest() (*Manifest, error) {
	r, err := t.open("manifest.json")
	if err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("manifest.json: %w (%w)", penates.Damaged, err)
	}
	var m Manifest
	switch err := json.Unmarshal(b, &m); {
	case len(b) > maxManifest:
		return nil, fmt.Errorf("manifest.json has more than %d bytes: %w", maxManifest, penates.TooLarge)
	case err != nil:
		return nil, fmt.Errorf("manifest.json: %w (%w)", penates.Damaged, err)
	case m.Format != format:
		return nil, fmt.Errorf("manifest.json is of a %q: %w", m.Format, penates.Invalid)
	case m.Version > FormatVersion:
		return nil, fmt.Errorf("the export has version %d, this program reads up to %d; install the latest release: %w", m.Version, FormatVersion, penates.Newer)
	}
	return &m, nil
}

// blobs takes over the raw bytes.
func (t *taker) blobs(m *Manifest) error {
	for _, b := range m.Blobs {
		name := blobName(b, m.Version)
		err := t.blob(name, b)
		if refused := t.refuse(name, 0, err); refused != nil {
			return refused
		}
	}
	return nil
}

func (t *taker) blob(name string, b vault.Blob) error {
	r, err := t.open(name)
	if err != nil {
		return err
	}
	err = t.to.Blob(t.ctx, b, r)
	return errors.Join(err, r.Close())
}

// refuse tells of err if it is of a kind that concerns one record or member only,
// and returns any other.
func (t *taker) refuse(member string, line int, err error) error {
	if err == nil {
		return nil
	}
	if t.ctx.Err() != nil {
		return t.ctx.Err()
	}
	for _, kind := range []error{penates.Invalid, penates.TooLarge, penates.Damaged, penates.NotExist} {
		if errors.Is(err, kind) {
			return t.o.Refuse(member, line, err)
		}
	}
	return err
}
