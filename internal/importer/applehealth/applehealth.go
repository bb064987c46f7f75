// Package applehealth reads export.xml, in which Apple's Health app hands over all
// it holds (Health, profile, Export All Health Data). Its grammar is the document
// type at the head of each such file: HealthData holds Me, Record, Correlation,
// Workout, ActivitySummary, Audiogram, VisionPrescription and ClinicalRecord.
//
// Each of them gives one document of penates.health, and a route inside of a
// workout a track. The records of a correlation stand in the file a second time on
// their own, so that they are only its values here; clinical records are FHIR files
// beside this one. What is measured has the name and code it has in hospitals where
// there is one, units are UCUM, and percentages, which the file writes as fractions,
// are percentages.
//
// The native id is made of kind, source, time and value: what stands in the file
// twice, as watches and telephones like to do, is one document.
package applehealth

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/health"
	"penates/internal/locale"
)

// Format reads the export of Apple Health.
var Format = importer.Format{Name: "apple-health", Title: "Apple Health export", Recognise: recognise, Read: read}

const (
	maxElement  = 32 << 20  // bytes of a record or workout with all its parts
	maxParts    = 1_000_000 // of a workout: places of its route
	maxDepth    = 8         // of elements in each other
	maxPreamble = 1 << 20   // bytes before the root element
)

var root = []byte("<HealthData")

func recognise(h importer.Head) int {
	head := []byte(locale.Decode(h.Bytes, ""))
	if i := bytes.Index(head, root); i >= 0 && i+len(root) < len(head) && !isName(head[i+len(root)]) {
		return 98
	}
	if bytes.Contains(head, []byte("<!DOCTYPE HealthData")) {
		return 98
	}
	return 0
}

func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == ':'
}

// A source reads the file from its root element, and at most left bytes before it
// is filled again. Control characters, which XML forbids and applications put into
// names all the same, become blanks.
type source struct {
	r    *bufio.Reader
	left int
}

func (s *source) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, fmt.Errorf("an element longer than %d bytes: %w", maxElement, penates.TooLarge)
	}
	n, err := s.r.Read(p[:min(len(p), s.left)])
	s.left -= n
	health.Printable(p[:n])
	return n, err
}

// skipPreamble passes over the document type, which some releases of iOS write in a
// way no parser takes, and returns how many lines it has.
func (s *source) skipPreamble() (lines int, err error) {
	for range maxPreamble {
		b, err := s.r.Peek(len(root) + 1)
		if len(b) > len(root) && bytes.HasPrefix(b, root) && !isName(b[len(root)]) {
			return lines, nil
		}
		if err != nil && len(b) == 0 {
			return 0, fmt.Errorf("no element HealthData: %w", importer.ErrNotMine)
		}
		c, err := s.r.ReadByte()
		if err != nil {
			return 0, err
		}
		if c == '\n' {
			lines++
		}
	}
	return 0, fmt.Errorf("no element HealthData: %w", importer.ErrNotMine)
}

// A reader follows one export.
type reader struct {
	ctx    context.Context
	xml    *xml.Decoder
	source *source
	lines  int // before the root element
	out    importer.Sink
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	text, _ := locale.UTF8(file, locale.XMLCharset(f.Bytes))
	s := &source{r: bufio.NewReaderSize(text, 64<<10), left: maxElement}
	r := &reader{ctx: ctx, source: s, out: out}
	if r.lines, err = s.skipPreamble(); err != nil {
		return err
	}
	r.xml = xml.NewDecoder(s)
	r.xml.Strict = false
	r.xml.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 already
	return r.read()
}

// read goes through the elements of the root.
func (r *reader) read() error {
	inside := false
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		r.source.left = maxElement
		token, err := r.xml.RawToken()
		if errors.Is(err, io.EOF) && !inside {
			return nil
		}
		if err != nil {
			return r.explain(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !inside {
				inside = true
				continue
			}
			if err := r.element(token); err != nil {
				return err
			}
		case xml.EndElement:
			return nil // of the root
		}
	}
}

// element reads one element with all its parts and gives it out.
func (r *reader) element(start xml.StartElement) error {
	first := r.line()
	parts := 0
	e, err := r.parse(start, 0, &parts)
	if err != nil {
		return r.explain(err)
	}
	give := r.record
	switch e.name {
	case "ExportDate", "ClinicalRecord":
		return nil
	case "Me":
		give = r.person
	case "Workout":
		give = r.workout
	case "ActivitySummary":
		give = r.summary
	}
	locator := fmt.Sprintf("line=%d", first)
	if last := r.line(); last > first {
		locator += fmt.Sprintf("-%d", last)
	}
	if bad, err := give(e, locator); bad != nil {
		return r.out.Refuse(first, fmt.Errorf("%s: %w", e.name, bad))
	} else if err != nil {
		return err
	}
	return nil
}

func (r *reader) line() int {
	line, _ := r.xml.InputPos()
	return r.lines + line
}

// explain gives an error of the parser its place and kind.
func (r *reader) explain(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %s: %w", r.lines+syntax.Line, syntax.Msg, penates.Invalid)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("line %d: the file ends within an element: %w", r.line(), penates.Invalid)
	}
	return fmt.Errorf("line %d: %w", r.line(), err)
}

// An element is one element with its attributes and parts; text there is none.
type element struct {
	name  string
	attrs []xml.Attr
	parts []element
}

func (e *element) get(name string) string {
	for i := range e.attrs {
		if e.attrs[i].Name.Local == name {
			return e.attrs[i].Value
		}
	}
	return ""
}

// parse reads up to the end of an element. Parts beyond the limit are left out.
func (r *reader) parse(start xml.StartElement, depth int, parts *int) (element, error) {
	e := element{name: start.Name.Local, attrs: start.Attr}
	for {
		token, err := r.xml.RawToken()
		if err != nil {
			return e, err
		}
		switch token := token.(type) {
		case xml.EndElement:
			return e, nil
		case xml.StartElement:
			if depth >= maxDepth {
				return e, fmt.Errorf("more than %d elements in each other: %w", maxDepth, penates.TooLarge)
			}
			part, err := r.parse(token, depth+1, parts)
			if err != nil {
				return e, err
			}
			if *parts++; *parts <= maxParts {
				e.parts = append(e.parts, part)
			}
		}
	}
}
