package vcard

import (
	"bytes"
	"context"
	"io"
	"regexp"

	"penates/internal/importer"
	"penates/internal/importer/contentline"
	"penates/internal/locale"
)

// XML reads vCard in XML. Its documents are those of Format.
var XML = importer.Format{Name: connector, Title: "xCard address book", Recognise: recogniseXML, Read: readXML}

// JSON reads vCard in JSON. Its documents are those of Format.
var JSON = importer.Format{Name: connector, Title: "jCard address book", Recognise: recogniseJSON, Read: readJSON}

var (
	xmlRoot   = regexp.MustCompile(`<(?:[A-Za-z_][\w.-]*:)?(vcards|vcard)[\s>]`)
	jsonStart = regexp.MustCompile(`(?i)^[\[\s]*\[\s*"vcard"\s*,\s*\[`)
)

func recogniseXML(h importer.Head) int {
	b := bytes.ReplaceAll(h.Bytes[:min(len(h.Bytes), 8<<10)], []byte{0}, nil) // of UTF-16
	switch {
	case !xmlRoot.Match(b):
		return 0
	case bytes.Contains(b, []byte("urn:ietf:params:xml:ns:vcard")):
		return 99
	}
	return 40
}

func recogniseJSON(h importer.Head) int {
	if jsonStart.MatchString(locale.Decode(h.Bytes[:min(len(h.Bytes), 200)], "")) {
		return 99
	}
	return 0
}

func readXML(ctx context.Context, f *importer.File, out importer.Sink) error {
	return readLines(ctx, f, out, func(r io.Reader, do func(contentline.Line) error) error { return contentline.XML(r, f.Bytes, do) })
}

func readJSON(ctx context.Context, f *importer.File, out importer.Sink) error {
	return readLines(ctx, f, out, contentline.JSON)
}

// readLines reads cards in a syntax that lines makes properties of.
func readLines(ctx context.Context, f *importer.File, out importer.Sink, lines func(io.Reader, func(contentline.Line) error) error) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	book := newBook(f, out)
	var c *card
	err = lines(r, func(l contentline.Line) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err = book.add(c, l)
		return err
	})
	if err != nil {
		return err
	}
	return book.give(c)
}
