// Package enex reads the notes that Evernote exports: en-export of
// evernote-export3.dtd and -export4.dtd, whose content is ENML (enml2.dtd), a
// kind of XHTML.
//
// A file of any length is read token by token; in memory are the words of one
// note and one resource. Resources become files, linked as part of their note. A
// note is named by when it was made and its title, because an export carries no
// ids.
package enex

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads Evernote's export.
var Format = importer.Format{Name: connector, Title: "Evernote export", Recognise: recognise, Read: read}

const connector = "enex"

const (
	maxNote    = 8 << 20  // bytes of the markup of a note
	maxContent = 1 << 20  // bytes of its words
	maxData    = 64 << 20 // characters of base64 of a resource
	maxList    = 1000     // tags, and resources
)

func recognise(h importer.Head) int {
	switch {
	case bytes.Contains(h.Bytes, []byte("<en-export")):
		return 99
	case bytes.Contains(h.Bytes, []byte("evernote-export")) && bytes.Contains(h.Bytes, []byte("<!DOCTYPE en-export")):
		return 99
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, locale.XMLCharset(f.Bytes))
	r := &reader{ctx: ctx, out: out, path: f.Path, dec: xml.NewDecoder(text)}
	r.dec.Strict = false
	r.dec.Entity = xml.HTMLEntity
	// The text is UTF-8 by now, whatever it says.
	r.dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for found := false; ; {
		token, err := r.dec.Token()
		switch {
		case err == io.EOF && found:
			return nil
		case err == io.EOF:
			return fmt.Errorf("no en-export: %w", importer.ErrNotMine)
		case err != nil:
			return r.broken(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			found = found || start.Name.Local == "en-export"
			if start.Name.Local == "note" {
				if err := r.note(); err != nil {
					return err
				}
			}
		}
	}
}

type reader struct {
	ctx   context.Context
	out   importer.Sink
	path  string
	dec   *xml.Decoder
	names bank.Namer
}

func (r *reader) broken(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
		line, _ := r.dec.InputPos()
		return fmt.Errorf("line %d: %w (%w)", line, penates.Invalid, err)
	}
	return err
}

// A note is what the elements of one note say.
type note struct {
	title, content   string
	created, updated string
	tags             []string
	attributes       map[string]string
	line             int

	document penates.DocumentID // once it was given out
	native   string
	at       penates.Moment
	files    int
}

type resource struct {
	name, mime string
	data       []byte
	wrong      error
}

// note reads up to the end of the note, and gives it out.
func (r *reader) note() error {
	n := &note{attributes: map[string]string{}}
	n.line, _ = r.dec.InputPos()
	err := r.children(func(name string) (err error) {
		switch name {
		case "title":
			n.title, err = r.text(maxNote)
		case "content":
			n.content, err = r.text(maxNote)
		case "created":
			n.created, err = r.text(100)
		case "updated":
			n.updated, err = r.text(100)
		case "tag":
			var tag string
			tag, err = r.text(1000)
			if tag = locale.Line(tag); tag != "" && len(n.tags) < maxList {
				n.tags = append(n.tags, tag)
			}
		case "note-attributes":
			return r.children(func(name string) error {
				value, err := r.text(10_000)
				if len(n.attributes) < 50 {
					n.attributes[name] = value
				}
				return err
			})
		case "resource":
			// What comes before is all that is said of the note (evernote-export3.dtd).
			if err := r.give(n); err != nil {
				return err
			}
			var one resource
			if one, err = r.resource(); err == nil {
				err = r.file(n, &one)
			}
		default:
			return r.dec.Skip()
		}
		return err
	})
	if err != nil {
		return r.broken(err)
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return r.give(n)
}

// children calls child for each element up to the end of the open one.
func (r *reader) children(child func(name string) error) error {
	for {
		token, err := r.dec.Token()
		if err != nil {
			return atEnd(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := child(t.Name.Local); err != nil {
				return atEnd(err)
			}
		case xml.EndElement:
			return nil
		}
	}
}

func atEnd(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// text returns the characters of the open element, cut at most bytes.
func (r *reader) text(most int) (string, error) {
	var b strings.Builder
	for depth := 0; ; {
		token, err := r.dec.Token()
		if err != nil {
			return "", atEnd(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			if depth--; depth < 0 {
				return strings.TrimSpace(b.String()), nil
			}
		case xml.CharData:
			if room := most - b.Len(); room > 0 {
				b.Write(t[:min(room, len(t))])
			}
		}
	}
}

func (r *reader) resource() (one resource, err error) {
	err = r.children(func(name string) (err error) {
		switch name {
		case "data":
			var s string
			if s, err = r.text(maxData + 1); err == nil {
				one.data, one.wrong = decode(s)
			}
		case "mime":
			one.mime, err = r.text(200)
		case "resource-attributes":
			return r.children(func(name string) error {
				s, err := r.text(1000)
				if name == "file-name" {
					one.name = locale.Line(s)
				}
				return err
			})
		default:
			return r.dec.Skip()
		}
		return err
	})
	return one, err
}

func decode(s string) ([]byte, error) {
	if len(s) > maxData {
		return nil, fmt.Errorf("a resource of more than 48 MB: %w", penates.TooLarge)
	}
	s = strings.Map(func(c rune) rune {
		if c <= ' ' || c == '=' {
			return -1
		}
		return c
	}, s)
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("a resource: %w (%w)", penates.Invalid, err)
	}
	return b, nil
}

// give gives out the note, once.
func (r *reader) give(n *note) error {
	if n.document != "" {
		return nil
	}
	at := stamp(n.created)
	if at.IsZero() {
		at = stamp(n.updated)
	}
	body := schema.Note{Title: social.Line(n.title), Content: social.Clip(words(n.content), maxContent), Tags: n.tags}
	if url := n.attributes["source-url"]; url != "" {
		body.Content = strings.TrimSpace(body.Content + "\n" + locale.Line(url))
	}
	native := "note/" + r.names.Hash(n.created, body.Title)
	d := &penates.Document{
		Source: penates.Source{NativeID: native, Locator: fmt.Sprintf("line=%d", n.line)},
		Time:   penates.Span{Start: at},
		Place:  n.place(),
		Text:   first(body.Title, social.Line(body.Content), "a note without title"),
	}
	if author := locale.Line(n.attributes["author"]); author != "" {
		d.Parties = []penates.Party{{Role: "author", Literal: author}}
	}
	if err := r.out.Document(d, body); err != nil {
		return err
	}
	n.document, n.native, n.at = penates.NewDocumentID(connector, "", native), native, at
	n.title = d.Text
	return nil
}

// file gives out a resource of the note.
func (r *reader) file(n *note, one *resource) error {
	i := n.files
	n.files++
	switch {
	case i >= maxList:
		return r.out.Refuse(n.line, fmt.Errorf("a note with more than %d resources: %w", maxList, penates.TooLarge))
	case one.wrong != nil:
		return r.out.Refuse(n.line, one.wrong)
	}
	name := first(one.name, fmt.Sprintf("%s %d", n.title, i+1))
	d := &penates.Document{Source: penates.Source{NativeID: fmt.Sprintf("%s/%d", n.native, i)}, Time: penates.Span{Start: n.at}, Text: social.Line(name)}
	id, err := r.out.File(d, schema.File{Name: name, Folder: r.path, Mime: one.mime, Size: int64(len(one.data))}, bytes.NewReader(one.data))
	if err != nil {
		return err
	}
	return r.out.Link(id, penates.PartOf, n.document)
}

func (n *note) place() *penates.Place {
	lat, err1 := strconv.ParseFloat(n.attributes["latitude"], 64)
	lon, err2 := strconv.ParseFloat(n.attributes["longitude"], 64)
	if err1 != nil || err2 != nil || !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) {
		return nil
	}
	p := &penates.Place{Lat: lat, Lon: lon}
	if alt, err := strconv.ParseFloat(n.attributes["altitude"], 64); err == nil && alt > -12_000 && alt < 100_000 {
		p.Alt = alt
	}
	return p
}

// stamp reads "20181006T114658Z".
func stamp(s string) penates.Moment {
	t, err := time.Parse("20060102T150405Z", s)
	if err != nil || t.Year() < 1 {
		return penates.Moment{}
	}
	return penates.At(t)
}

// words returns the text of ENML, with a line for each block and a box for each
// thing to do.
func words(enml string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(enml))
	z.SetMaxBuf(maxNote)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return tidy(b.String())
		case html.TextToken:
			b.Write(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			switch string(name) {
			case "div", "p", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "blockquote":
				b.WriteByte('\n')
			case "td", "th":
				b.WriteByte('\t')
			case "en-todo":
				box := "[ ] "
				for more {
					var k, v []byte
					if k, v, more = z.TagAttr(); string(k) == "checked" && string(v) == "true" {
						box = "[x] "
					}
				}
				b.WriteString(box)
			}
		}
	}
}

// tidy drops blank lines and what stands at the ends of lines.
func tidy(s string) string {
	var lines []string
	for l := range strings.Lines(strings.ToValidUTF8(s, "")) {
		if l = strings.TrimSpace(strings.ReplaceAll(l, "\u00a0", " ")); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

func first(some ...string) string {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}
