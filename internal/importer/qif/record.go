package qif

import (
	"errors"
	"io"
	"strings"

	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/locale"
)

// A reader cuts a file into records.
type reader struct {
	io.Closer
	lines   *bank.Lines
	section section
	peeked  section // of the header that ended the last record
	pending bool    // peeked waits
}

const (
	maxLine   = 4 << 10 // bytes of a line
	maxFields = 4000    // lines of a record
)

func open(f *importer.File) (*reader, error) {
	file, err := f.Open()
	if err != nil {
		return nil, err
	}
	text, _ := locale.UTF8(file, "")
	return &reader{Closer: file, lines: bank.NewLines(text, maxLine)}, nil
}

// A field is one line of a record.
type field struct {
	code byte
	text string
}

// A record is what stands between two "^".
type record struct {
	section     section
	first, last int // lines
	fields      []field
	tooLong     bool
}

// get returns the first field with one of the codes, in the order of the codes,
// that is not empty.
func (r *record) get(codes ...byte) string {
	for _, c := range codes {
		for _, f := range r.fields {
			if f.code == c && f.text != "" {
				return f.text
			}
		}
	}
	return ""
}

// next returns the next record that is not empty, or io.EOF. A header ends a
// record too: some files leave out the last "^".
func (r *reader) next() (record, error) {
	var rec record
	for {
		if r.pending {
			r.pending, r.section = false, r.peeked
			r.section.first = true
		}
		line, err := r.lines.Next()
		if err != nil {
			if errors.Is(err, io.EOF) && len(rec.fields) > 0 {
				return r.finish(rec), nil
			}
			return record{}, err
		}
		if s, ok := sectionOf(strings.TrimSpace(line)); ok {
			r.peeked, r.pending = s, true
			if len(rec.fields) > 0 && r.section != (section{}) {
				return r.finish(rec), nil
			}
			rec = record{} // a comment above the first section
			continue
		}
		if strings.TrimRight(line, " \t") == "^" {
			if len(rec.fields) > 0 {
				return r.finish(rec), nil
			}
			continue
		}
		rec.add(line, r.lines)
	}
}

func (r *reader) finish(rec record) record {
	rec.section = r.section
	r.section.first = false
	return rec
}

// add adds a line to the record.
func (r *record) add(line string, at *bank.Lines) {
	text := locale.Line(line)
	if text == "" {
		return
	}
	if r.first == 0 {
		r.first = at.Number()
	}
	r.last = at.Number()
	if len(r.fields) >= maxFields || at.Cut() {
		r.tooLong = true
		return
	}
	r.fields = append(r.fields, field{code: text[0], text: strings.TrimSpace(text[1:])})
}
