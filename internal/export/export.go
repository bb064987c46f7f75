// Package export writes all that a vault holds into one ordinary zip file of
// JSON and original files, to be read without Penates.
package export

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
)

// FormatVersion is the version of the layout that manifest.json names. The first
// named blobs by their hash alone.
const FormatVersion = 2

// format is what manifest.json calls the format.
const format = "penates-export"

// MediaType is what the first member of an export holds.
const MediaType = "application/vnd.penates.export+zip"

// A Manifest is the table of contents of an export.
type Manifest struct {
	Format  string               `json:"format"` // "penates-export"
	Version int                  `json:"version"`
	Made    time.Time            `json:"made"`
	Types   map[penates.Type]int `json:"types"` // documents by type
	Files   []File               `json:"files"` // all other members
	Blobs   []vault.Blob         `json:"blobs"`
}

// A File is a member of the export.
type File struct {
	Name   string `json:"name"`
	Lines  int    `json:"lines,omitempty"` // records of a .jsonl file
	SHA256 string `json:"sha256"`
}

// Write writes the export of the vault that s administers to w.
func Write(ctx context.Context, s *vault.Session, w io.Writer, now time.Time) (*Manifest, error) {
	a := &archive{
		zip:      zip.NewWriter(w),
		manifest: Manifest{Format: format, Version: FormatVersion, Made: now.UTC(), Types: map[penates.Type]int{}},
	}
	err := a.mark()
	if err == nil {
		err = a.file("README.txt", func(w io.Writer) error { _, err := io.WriteString(w, readme); return err })
	}
	for _, k := range schema.Kinds() {
		if err == nil {
			err = a.file("schemas/"+string(k.Type)+".json", func(w io.Writer) error { _, err := w.Write(k.JSONSchema()); return err })
		}
		if err == nil {
			err = a.file("schemas/"+string(k.Type)+".context.jsonld", func(w io.Writer) error { _, err := w.Write(k.JSONLDContext()); return err })
		}
	}
	if err == nil {
		err = s.Dump(ctx, a)
	}
	if err == nil {
		err = a.finish()
	}
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return &a.manifest, nil
}

// An archive is a vault.Dump that writes members one after the other.
type archive struct {
	zip      *zip.Writer
	manifest Manifest
	open     string // name of the member being written
	out      *bufio.Writer
	hash     hash.Hash
	lines    int
}

var _ vault.Dump = (*archive)(nil)

func (a *archive) begin(name string) error {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.manifest.Made})
	if err != nil {
		return err
	}
	a.open, a.hash, a.lines = name, sha256.New(), 0
	a.out = bufio.NewWriterSize(io.MultiWriter(w, a.hash), 64<<10)
	return nil
}

func (a *archive) end() error {
	if a.open == "" {
		return nil
	}
	err := a.out.Flush()
	a.manifest.Files = append(a.manifest.Files, File{a.open, a.lines, hex.EncodeToString(a.hash.Sum(nil))})
	a.open = ""
	return err
}

func (a *archive) file(name string, write func(io.Writer) error) error {
	if err := errors.Join(a.end(), a.begin(name)); err != nil {
		return err
	}
	return errors.Join(write(a.out), a.end())
}

// line adds a record to the .jsonl member name.
func (a *archive) line(name string, record any) error {
	if a.open != name {
		if err := errors.Join(a.end(), a.begin(name)); err != nil {
			return err
		}
	}
	b, ok := record.(json.RawMessage)
	if !ok {
		var err error
		if b, err = json.Marshal(record); err != nil {
			return err
		}
	}
	a.lines++
	_, err := a.out.Write(b)
	return errors.Join(err, a.out.WriteByte('\n'))
}

// mark writes what tells the zip from any other: its media type, first and not
// compressed, as other packages made of a zip do.
func (a *archive) mark() error {
	h := &zip.FileHeader{Name: "mimetype", Method: zip.Store, Modified: a.manifest.Made, CRC32: crc32.ChecksumIEEE([]byte(MediaType)),
		CompressedSize64: uint64(len(MediaType)), UncompressedSize64: uint64(len(MediaType))}
	w, err := a.zip.CreateRaw(h)
	if err == nil {
		_, err = io.WriteString(w, MediaType)
	}
	return err
}

// Document writes a document among those of its type.
func (a *archive) Document(k *schema.Kind, doc json.RawMessage) error {
	a.manifest.Types[k.Type]++
	return a.line("documents/"+k.View+".jsonl", doc)
}

// Trashed writes a document that is in the trash.
func (a *archive) Trashed(doc json.RawMessage) error { return a.line("trash.jsonl", doc) }

// Revision writes an earlier state of a document.
func (a *archive) Revision(r vault.Revision, id penates.DocumentID) error {
	return a.line("history.jsonl", revision{id, r})
}

type revision struct {
	ID penates.DocumentID `json:"id"`
	vault.Revision
}

// Reading writes the mark of a reading of a document that several disagree on.
func (a *archive) Reading(id penates.DocumentID, mark []byte) error {
	return a.line("readings.jsonl", reading{id, hex.EncodeToString(mark)})
}

type reading struct {
	ID   penates.DocumentID `json:"id"`
	Mark string             `json:"mark"`
}

// Job writes the note of a past import.
func (a *archive) Job(p vault.PastJob) error { return a.line("imports.jsonl", p) }

// Link writes a link.
func (a *archive) Link(l penates.Link) error { return a.line("links.jsonl", l) }

// Entry writes an entry of the journal with the hash that chains it.
func (a *archive) Entry(number int64, entry json.RawMessage, hash string) error {
	return a.line("journal.jsonl", entryLine{number, entry, hash})
}

type entryLine struct {
	Number int64           `json:"number"`
	Entry  json.RawMessage `json:"entry"`
	Hash   string          `json:"hash"`
}

// Grant writes a grant.
func (a *archive) Grant(grant json.RawMessage) error { return a.line("grants.jsonl", grant) }

// Setting writes a setting.
func (a *archive) Setting(name, value string) error {
	return a.line("settings.jsonl", setting{name, value})
}

type setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Blob writes original bytes in a folder named by their hash, under the name they
// came with, so that people know them and other programs open them.
func (a *archive) Blob(b vault.Blob, open func() (vault.BlobReader, error)) error {
	r, err := open()
	if err != nil {
		return err
	}
	defer r.Close()
	a.manifest.Blobs = append(a.manifest.Blobs, b)
	return a.file(blobName(b, FormatVersion), func(w io.Writer) error {
		n, err := io.Copy(w, r)
		if err == nil && n != b.Size {
			err = fmt.Errorf("%d bytes instead of %d: %w", n, b.Size, penates.Damaged)
		}
		return err
	})
}

func (a *archive) finish() error {
	if err := a.end(); err != nil {
		return err
	}
	slices.SortFunc(a.manifest.Files, func(x, y File) int { return strings.Compare(x.Name, y.Name) })
	b, err := json.MarshalIndent(a.manifest, "", "  ")
	if err != nil {
		return err
	}
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: "manifest.json", Method: zip.Deflate, Modified: a.manifest.Made})
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	return a.zip.Close()
}

const readme = `Penates: all that was in your vault / tout ce que contenait votre coffre
=====================================================================

English
  documents/  one file a kind (bills, bank operations, messages ...), one JSON
              document a line; schemas/ describes their fields
  blobs/      the files as they were received, by their names, each in a folder
              named by its SHA-256 sum; documents refer to them by that sum
  links.jsonl what belongs to what; history.jsonl earlier states;
  journal.jsonl who saw what: each hash chains an entry to the one before
  "penates import" of this file brings all of it into another vault.
  manifest.json lists and counts everything, with the SHA-256 sum of each file
  This file is NOT encrypted: keep it where nobody else reads it.

Français
  documents/  un fichier par type (factures, opérations bancaires, messages ...),
              un document JSON par ligne ; schemas/ en décrit les champs
  blobs/      les fichiers tels que reçus, sous leur nom, chacun dans un dossier
              nommé par son empreinte SHA-256, par laquelle les documents y renvoient
  links.jsonl ce qui va avec quoi ; history.jsonl les états antérieurs ;
  journal.jsonl qui a vu quoi : chaque empreinte enchaîne une ligne à la précédente
  « penates import » de ce fichier apporte tout cela dans un autre coffre.
  manifest.json recense et compte tout, avec l'empreinte SHA-256 de chaque fichier
  Ce fichier n'est PAS chiffré : gardez-le où personne d'autre ne le lit.
`
