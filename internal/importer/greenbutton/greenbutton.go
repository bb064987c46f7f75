// Package greenbutton reads Green Button files: Atom feeds (RFC 4287) with the
// resources of ESPI (NAESB REQ.21), in which utilities of North America and others
// give their customers what their meters measured.
//
// Entries refer to each other by links and come in any order, so that what a
// reading means (its usage point, and what its reading type says of unit, direction
// and length) and the rules of local time are only known at the end. A feed with
// more readings than are held until then is read a second time for them.
//
// Quantities are exact: the value times the power of ten of its reading type, in
// its own unit. Intervals shorter than a day are a load curve; those of a day from
// midnight to midnight of local time (23 to 25 hours) are days; longer ones are
// what was billed. A usage point becomes a contract, a usage summary a record.
package greenbutton

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
)

// Format reads feeds of ESPI.
var Format = importer.Format{
	Name:      "greenbutton",
	Title:     "Green Button energy data",
	Recognise: recognise,
	Read:      read,
}

func recognise(h importer.Head) int {
	b := h.Bytes
	if !bytes.HasPrefix(bytes.TrimLeft(b, "\xef\xbb\xbf \t\r\n"), []byte("<")) || !bytes.Contains(b, []byte("http://naesb.org/espi")) {
		return 0
	}
	if bytes.Contains(b, []byte("http://www.w3.org/2005/Atom")) {
		return 95
	}
	return 0
}

const (
	maxDepth   = 64
	maxText    = 4 << 10 // bytes of one element's text
	maxEntries = 200_000
	maxLinks   = 64 // of one entry
	maxFields  = 200
)

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	feed := &feed{}
	err := parse(ctx, f, feed.element)
	switch {
	case len(feed.entries) > 0:
	case err != nil:
		return err
	default:
		return fmt.Errorf("no entries: %w", importer.ErrNotMine)
	}
	// What stands before the place where a file is damaged is read all the same.
	feed.join()
	w := &writer{ctx: ctx, feed: feed, out: out, clock: feed.clock(f.Zone), series: map[*meterReading]map[string]*series{}}
	if err := w.documents(); err != nil {
		return err
	}
	if more := w.readings(f); err == nil || w.stopped {
		err = more
	}
	if w.stopped {
		return err
	}
	if last := w.flush(); err == nil {
		err = last
	}
	return err
}

// An element is what a visitor is told when one ends: its path below the root as
// names without prefix, its attributes and its text. Entry counts the entries of
// the feed from 0; it is -1 outside them.
type element struct {
	name  string
	path  []string // of the elements it is in, the root first
	attr  []xml.Attr
	text  string
	entry int
	line  int
}

// in reports whether an element of that name is around.
func (e *element) in(name string) bool {
	for _, p := range e.path {
		if p == name {
			return true
		}
	}
	return false
}

// parent returns the name of the element around.
func (e *element) parent() string {
	if len(e.path) == 0 {
		return ""
	}
	return e.path[len(e.path)-1]
}

// parse tells visit of every element, at its end.
func parse(ctx context.Context, f *importer.File, visit func(*element) error) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	text, _ := locale.UTF8(r, locale.XMLCharset(f.Bytes[:min(len(f.Bytes), 1024)]))
	p := &parser{dec: xml.NewDecoder(text), visit: visit, entry: -1}
	p.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for n := 1; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		// Raw tokens take half the time; that elements end is checked here.
		token, err := p.dec.RawToken()
		switch {
		case errors.Is(err, io.EOF) && len(p.path) == 0:
			return nil
		case err != nil:
			return p.damaged(err)
		}
		if err := p.token(token); err != nil {
			return err
		}
	}
}

type parser struct {
	dec     *xml.Decoder
	visit   func(*element) error
	path    []string
	attrs   [][]xml.Attr
	text    strings.Builder
	entries int
	entry   int
	element element // used again
}

func (p *parser) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		if bytes.HasPrefix(bytes.ToUpper(t), []byte("DOCTYPE")) {
			return fmt.Errorf("a document type declaration: %w", penates.Invalid)
		}
	case xml.StartElement:
		if len(p.path) >= maxDepth {
			return fmt.Errorf("elements nested more than %d deep: %w", maxDepth, penates.TooLarge)
		}
		if t.Name.Local == "entry" && p.entry < 0 {
			if p.entry = p.entries; p.entries >= maxEntries {
				return fmt.Errorf("more than %d entries: %w", maxEntries, penates.TooLarge)
			}
			p.entries++
		}
		p.path = append(p.path, t.Name.Local)
		p.attrs = append(p.attrs, t.Attr)
		p.text.Reset()
	case xml.CharData:
		if room := maxText - p.text.Len(); room > 0 {
			p.text.Write(t[:min(len(t), room)])
		}
	case xml.EndElement:
		if n := len(p.path) - 1; n < 0 || p.path[n] != t.Name.Local {
			return p.damaged(fmt.Errorf("the end of %.40q without its beginning", t.Name.Local))
		}
		return p.end()
	}
	return nil
}

func (p *parser) damaged(err error) error {
	line, _ := p.dec.InputPos()
	return fmt.Errorf("line %d: %w (%w)", line, penates.Damaged, err)
}

func (p *parser) end() error {
	n := len(p.path) - 1
	line, _ := p.dec.InputPos()
	p.element = element{
		name: p.path[n], path: p.path[:n], attr: p.attrs[n],
		text: strings.TrimSpace(p.text.String()), entry: p.entry, line: line,
	}
	p.text.Reset()
	err := p.visit(&p.element)
	if p.path[n] == "entry" {
		p.entry = -1
	}
	p.path, p.attrs = p.path[:n], p.attrs[:n]
	return err
}
