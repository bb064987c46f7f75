// Package vcard reads address books: vCard 4 (RFC 6350), 3 (RFC 2426) and 2.1,
// xCard (RFC 6351) and jCard (RFC 7095), as phones, mail programs and web services
// write them. Every card is a contact, the same in whichever syntax it comes.
//
// Cards need not be well formed: a missing END, several versions in one file,
// quoted-printable, charsets that are not declared and names for no person are
// read. A card within another (AGENT) stays in the text of the outer one.
package vcard

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/contentline"
	"penates/internal/schema"
)

const connector = "vcard"

// Format reads vCard files.
var Format = importer.Format{
	Name:      connector,
	Title:     "vCard address book",
	Recognise: recognise,
	Read:      read,
}

// maxLines bounds the properties of one card, maxNative the text that is kept
// of it.
const (
	maxLines  = 10_000
	maxNative = 64 << 10
)

func recognise(h importer.Head) int {
	b := bytes.ReplaceAll(h.Bytes[:min(len(h.Bytes), 200)], []byte{0}, nil) // UTF-16
	b = bytes.TrimLeft(bytes.TrimLeft(b, "\xEF\xBB\xBF\xFE\xFF"), " \t\r\n")
	if len(b) >= 11 && bytes.EqualFold(b[:11], []byte("BEGIN:VCARD")) {
		return 99
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	book := newBook(f, out)
	lines := contentline.NewReader(r, f.Bytes)
	var c *card
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		l, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return book.give(c)
		}
		if err != nil {
			return err
		}
		if c, err = book.add(c, l); err != nil {
			return err
		}
	}
}

// A card is the properties of one card.
type card struct {
	lines []contentline.Line
	first int // physical line of BEGIN
	last  int
	depth int // of cards within
	size  int
}

// A book gives cards out as they end.
type book struct {
	country string
	out     importer.Sink
	// seen tells cards that share a UID from the same card found twice.
	seen map[[16]byte][8]byte
}

func newBook(f *importer.File, out importer.Sink) *book {
	return &book{country: f.Country, out: out, seen: map[[16]byte][8]byte{}}
}

// add adds a property to the card c, nil outside of one, and returns the card
// that goes on.
func (b *book) add(c *card, l contentline.Line) (*card, error) {
	isCard := (l.Name == "BEGIN" || l.Name == "END") && strings.EqualFold(strings.TrimSpace(l.Value), "VCARD")
	switch {
	case isCard && l.Name == "BEGIN":
		// A card begins within another only after AGENT; otherwise an END is missing.
		if c != nil && (c.depth > 0 || c.lines[len(c.lines)-1].Name == "AGENT") && c.depth < 20 {
			c.depth++
			break
		}
		if err := b.give(c); err != nil {
			return nil, err
		}
		return &card{lines: []contentline.Line{l}, first: l.Number, last: l.Number}, nil
	case c == nil:
		return nil, nil
	case isCard && c.depth > 0:
		c.depth--
	case isCard:
		c.last = l.Number
		return nil, b.give(c)
	}
	c.last = l.Number
	c.size += len(l.Raw)
	if c.depth > 0 || l.Name == "BEGIN" || l.Name == "END" {
		l = contentline.Line{Raw: l.Raw} // only text
	}
	if len(c.lines) < maxLines && c.size < 2*contentline.MaxLine {
		c.lines = append(c.lines, l)
	}
	return c, nil
}

// give gives a card out, or refuses it.
func (b *book) give(c *card) error {
	if c == nil {
		return nil
	}
	person := c.contact(b.country)
	if person.name() == "" {
		return b.out.Refuse(c.first, fmt.Errorf("card has no name, organisation, address or number: %w", penates.Invalid))
	}
	d := &penates.Document{Text: person.name()}
	if c.first > 0 {
		d.Source.Locator = fmt.Sprintf("line=%d-%d", c.first, c.last)
	}
	d.Source.NativeID = b.nativeID(person)
	if person.uid != "" {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefUID, person.uid))
	}
	for _, mail := range person.Email {
		if strings.Contains(mail, "@") {
			d.Refs = append(d.Refs, penates.NewRef(penates.RefEmail, mail))
		}
	}
	for _, phone := range person.Phone {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefPhone, phone))
	}
	person.Native = c.native()
	if err := b.out.Document(d, person.Contact); err != nil {
		return err
	}
	return b.givePhotos(d, person)
}

// givePhotos keeps the pictures a card embeds as files.
func (b *book) givePhotos(d *penates.Document, person *contact) error {
	id := penates.NewDocumentID(connector, "", d.Source.NativeID)
	for _, p := range person.photos {
		sum := sha256.Sum256(p.content)
		file := &penates.Document{Text: p.Name}
		file.Source.NativeID = d.Source.NativeID + "/photo/" + hex.EncodeToString(sum[:8])
		file.Source.Locator = d.Source.Locator
		fileID, err := b.out.File(file, p.File, bytes.NewReader(p.content))
		if err != nil {
			return err
		}
		if err := b.out.Link(fileID, penates.PartOf, id); err != nil {
			return err
		}
	}
	return nil
}

// photo is an embedded picture.
type photo struct {
	schema.File
	content []byte
}

// nativeID returns the card's UID, with a sum of the contact when an earlier
// card of the file has the same one and is another contact; without UID a sum of
// the names, addresses and numbers.
func (b *book) nativeID(c *contact) string {
	hash := sha256.New()
	parts := append([]string{c.FullName, c.Family, c.Given, c.Company}, append(append([]string{}, c.Email...), c.Phone...)...)
	for _, part := range parts {
		io.WriteString(hash, part+"\x00")
	}
	sum := hash.Sum(nil)
	if c.uid == "" {
		return "sha256-" + hex.EncodeToString(sum[:16])
	}
	id := sha256.Sum256([]byte(c.uid))
	key, said := [16]byte(id[:16]), [8]byte(sum[:8])
	before, known := b.seen[key]
	if !known {
		b.seen[key] = said
	}
	if known && before != said {
		return c.uid + "#" + hex.EncodeToString(said[:])
	}
	return c.uid
}

// native returns the text of the card without the properties that do not fit,
// which are pictures, sounds and keys.
func (c *card) native() string {
	const end = "END:VCARD"
	room := maxNative - len(end)
	var b strings.Builder
	for _, l := range c.lines {
		if len(l.Raw) > 8<<10 || len(l.Raw)+2 > room {
			continue
		}
		room -= len(l.Raw) + 2
		b.WriteString(l.Raw + "\r\n")
	}
	return b.String() + end
}
