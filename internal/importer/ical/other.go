package ical

import (
	"bytes"
	"context"
	"io"
	"regexp"

	"penates/internal/importer"
	"penates/internal/importer/contentline"
	"penates/internal/locale"
)

// XML reads iCalendar in XML. Its documents are those of Format.
var XML = importer.Format{Name: Format.Name, Title: "xCal calendar", Recognise: recogniseXML, Read: readXML}

// JSON reads iCalendar in JSON. Its documents are those of Format.
var JSON = importer.Format{Name: Format.Name, Title: "jCal calendar", Recognise: recogniseJSON, Read: readJSON}

var (
	xmlRoot   = regexp.MustCompile(`<(?:[A-Za-z_][\w.-]*:)?(icalendar|vcalendar)[\s>]`)
	jsonStart = regexp.MustCompile(`(?i)^[\[\s]*\[\s*"vcalendar"\s*,\s*\[`)
)

func recogniseXML(h importer.Head) int {
	b := bytes.ReplaceAll(h.Bytes[:min(len(h.Bytes), 8<<10)], []byte{0}, nil) // of UTF-16
	switch {
	case !xmlRoot.Match(b):
		return 0
	case bytes.Contains(b, []byte("urn:ietf:params:xml:ns:icalendar")):
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
	return readLines(ctx, f, out, func(ctx context.Context, f *importer.File, do func(contentline.Line) error) error {
		return opened(ctx, f, do, func(r io.Reader, do func(contentline.Line) error) error { return contentline.XML(r, f.Bytes, do) })
	})
}

func readJSON(ctx context.Context, f *importer.File, out importer.Sink) error {
	return readLines(ctx, f, out, func(ctx context.Context, f *importer.File, do func(contentline.Line) error) error {
		return opened(ctx, f, do, contentline.JSON)
	})
}

// opened calls lines with the content of f.
func opened(ctx context.Context, f *importer.File, do func(contentline.Line) error, lines func(io.Reader, func(contentline.Line) error) error) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	return lines(r, func(l contentline.Line) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return do(l)
	})
}
