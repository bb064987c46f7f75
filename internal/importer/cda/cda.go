// Package cda reads HL7 Clinical Document Architecture, release 2 (ISO/HL7 27932),
// in all its dialects: C-CDA, and the documents of the French CI-SIS (CDA-FR:
// reimbursements, vaccinations, biology, prescriptions, letters, medical summaries)
// that Mon espace santé hands out.
//
// A document gives one document of penates.health for itself, with the words of all
// its sections, one for the patient, and one for each statement of its entries. The
// members of an organizer, and what a concern or another act without a meaning of
// its own holds, are statements each; what else stands inside a statement (severity,
// dose, rank of a vaccination) is a value of it. Words that only the narrative has
// are taken from there. Files inside (a body that is no XML, observationMedia) become
// files.
//
// The native id of a statement is made of its ids, code, time and result, within the
// patient: ids alone are not to be trusted, programs copy them. The patient is named by
// a hash, since the number is that of the health insurance.
package cda

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/health"
	"penates/internal/locale"
)

// Format reads clinical documents.
var Format = importer.Format{Name: connector, Title: "Clinical document (CDA)", Recognise: recognise, Read: read}

const (
	connector = "cda"

	maxPart   = 32 << 20 // bytes of one entry, narrative or part of the header
	maxNodes  = 300_000  // elements and texts in one
	maxDepth  = 200      // elements in each other
	maxNative = 64 << 10 // bytes of a statement that is kept as it came
)

var root = regexp.MustCompile(`<([A-Za-z][\w.-]*:)?ClinicalDocument[\s>/]`)

// recognise looks for the root element. The export of a telephone holds its records
// a second time as a clinical document, one entry each; they are read from the
// file beside it.
func recognise(h importer.Head) int {
	head := []byte(locale.Decode(h.Bytes, ""))
	switch {
	case !root.Match(head):
		return 0
	case bytes.Contains(head, []byte("<title>Health Data Export</title>")):
		return 0
	}
	return 98
}

// A source reads at most left bytes before it is filled again, and remembers the
// bytes since mark.
type source struct {
	r    io.Reader
	left int
	mark int64 // offset of kept[0]
	kept []byte
}

func (s *source) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, fmt.Errorf("an element longer than %d bytes: %w", maxPart, penates.TooLarge)
	}
	n, err := s.r.Read(p[:min(len(p), s.left)])
	s.left -= n
	health.Printable(p[:n])
	s.kept = append(s.kept, p[:n]...)
	return n, err
}

// forget drops the bytes before offset.
func (s *source) forget(offset int64) {
	n := copy(s.kept, s.kept[offset-s.mark:])
	s.kept, s.mark = s.kept[:n], offset
}

// between returns the bytes from one offset to another, if there are not too many.
func (s *source) between(from, to int64) string {
	if from < s.mark || to-s.mark > int64(len(s.kept)) || to-from > maxNative {
		return ""
	}
	return string(s.kept[from-s.mark : to-s.mark])
}

// A reader follows one document.
type reader struct {
	ctx    context.Context
	xml    *xml.Decoder
	source *source
	out    importer.Sink
	zone   *time.Location
	nodes  int // of the part being read

	doc      document
	sections []*section
	words    narrative
	seen     map[string]int // how often a native id was met
	files    []penates.DocumentID
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	text, _ := locale.UTF8(file, locale.XMLCharset(f.Bytes))
	r := &reader{
		ctx: ctx, out: out, zone: f.Zone, source: &source{r: text, left: maxPart},
		seen: map[string]int{}, words: narrative{texts: map[string]string{}},
	}
	if r.zone == nil {
		r.zone = time.UTC
	}
	r.xml = xml.NewDecoder(r.source)
	r.xml.Strict = false
	r.xml.Entity = xml.HTMLEntity
	r.xml.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 already
	err = r.walk()
	if !r.doc.found {
		if err == nil || errors.Is(err, io.EOF) {
			return fmt.Errorf("no clinical document: %w", importer.ErrNotMine)
		}
		return err
	}
	if stopped := r.finish(); stopped != nil {
		return stopped
	}
	return err
}

// walk goes through the document. What holds sections is entered; what a section or
// the header holds is read whole, part by part.
func (r *reader) walk() error {
	depth := 0
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		r.source.left, r.nodes = maxPart, 0
		from := r.xml.InputOffset()
		r.source.forget(from)
		token, err := r.xml.RawToken()
		if errors.Is(err, io.EOF) && (depth == 0 || !r.doc.found) {
			return nil
		}
		if err != nil {
			return r.explain(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			entered, err := r.start(token, from, depth)
			if err != nil {
				return err
			}
			if entered {
				depth++
			}
		case xml.EndElement:
			depth--
			if token.Name.Local == "section" && len(r.sections) > 0 {
				r.sections = r.sections[:len(r.sections)-1]
			}
			if depth <= 0 {
				return nil
			}
		}
	}
}

// start enters an element that holds sections, or reads it whole.
func (r *reader) start(token xml.StartElement, from int64, depth int) (entered bool, err error) {
	switch token.Name.Local {
	case "ClinicalDocument":
		r.doc.found = true
		return true, nil
	case "component", "structuredBody", "section":
		if depth > maxDepth {
			return false, fmt.Errorf("more than %d sections in each other: %w", maxDepth, penates.TooLarge)
		}
		if token.Name.Local == "section" {
			r.sections = append(r.sections, r.inner())
		}
		return true, nil
	}
	first, _ := r.xml.InputPos()
	n, err := r.parse(token, from, 0)
	if err != nil {
		return false, r.explain(err)
	}
	if !r.doc.found {
		return false, nil
	}
	last, _ := r.xml.InputPos()
	locator := fmt.Sprintf("line=%d", first)
	if last > first {
		locator += fmt.Sprintf("-%d", last)
	}
	if len(r.sections) > 0 {
		return false, r.sectionPart(n, first, locator)
	}
	return false, r.header(n, first)
}

// explain gives an error of the parser its place and kind.
func (r *reader) explain(err error) error {
	line, _ := r.xml.InputPos()
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %s: %w", syntax.Line, syntax.Msg, penates.Invalid)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("line %d: the file ends within an element: %w", line, penates.Invalid)
	}
	return fmt.Errorf("line %d: %w", line, err)
}
