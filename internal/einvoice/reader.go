package einvoice

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// A syntax says which elements of a document hold what.
type syntax struct {
	roots map[string]string // names of the root, with the kind of document each implies
	older map[string]string // other names of elements
	lines map[string]bool   // paths of elements that are a line
	files map[string]bool   // paths of elements that hold a file, in base64
	// fields say what to do at the end of an element, by its path below the root.
	fields map[string]func(r *reader, value string) error
	// other is called at the end of every other element.
	other func(r *reader, value string)
}

// A reader follows the elements of an invoice.
type reader struct {
	values
	syntax     *syntax
	enveloped  bool   // within a StandardBusinessDocument
	root, done bool   // the invoice has begun, has ended
	at         string // names of the open elements below the root, joined with slashes
	depth      int    // how many they are
	text       strings.Builder
	room       int    // bytes text may still take
	attr       string // currency, unit, format or scheme of the open element
	mime, file string // of the open element
	line       schema.BillLine
	basis      penates.Decimal // quantity a line's price is for
	taxID      string          // of the open registration with a tax office
	remark     string          // the open note
	coded      bool            // it is of a kind of its own, as legal text is
}

func (s *syntax) parse(from io.Reader) (*Invoice, error) {
	limited := &io.LimitedReader{R: from, N: MaxSize + 1}
	br := bufio.NewReaderSize(limited, 4096)
	head, _ := br.Peek(1024) // what fails here fails again below
	text, _ := locale.UTF8(br, locale.XMLCharset(head))
	dec := xml.NewDecoder(text)
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	r := &reader{syntax: s}
	for {
		token, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && r.done:
			return r.invoice()
		case limited.N <= 0:
			return nil, fmt.Errorf("an invoice of more than %d bytes: %w", MaxSize, penates.TooLarge)
		case errors.Is(err, io.EOF):
			return nil, fmt.Errorf("no invoice: %w", penates.Invalid)
		case err != nil:
			return nil, fmt.Errorf("invoice: %w (%w)", penates.Damaged, err)
		}
		if err := r.token(token); err != nil {
			return nil, err
		}
	}
}

func (r *reader) token(token xml.Token) error {
	if r.done {
		return nil
	}
	switch t := token.(type) {
	case xml.Directive:
		if bytes.HasPrefix(bytes.ToUpper(t), []byte("DOCTYPE")) {
			return fmt.Errorf("an invoice with a document type declaration: %w", penates.Invalid)
		}
	case xml.StartElement:
		return r.open(t)
	case xml.CharData:
		n := min(len(t), r.room)
		r.room -= n
		r.text.Write(t[:n])
	case xml.EndElement:
		r.close()
	}
	return nil
}

// envelope is the element which holds a header and an invoice (UN/CEFACT SBDH),
// as access points of the Peppol network exchange them.
const envelope = "StandardBusinessDocument"

func (r *reader) open(t xml.StartElement) error {
	local := t.Name.Local
	if newer, ok := r.syntax.older[local]; ok {
		local = newer
	}
	if !r.root {
		return r.openRoot(local, t.Name.Local)
	}
	if r.depth > maxDepth {
		return fmt.Errorf("an invoice nested more than %d deep: %w", maxDepth, penates.TooLarge)
	}
	if r.depth++; r.depth > 1 {
		local = r.at + "/" + local
	}
	r.at = local
	r.text.Reset()
	r.room = maxField
	if r.syntax.files[r.at] {
		r.room = MaxSize
	}
	r.attr, r.mime, r.file = "", "", ""
	for _, a := range t.Attr {
		switch a.Name.Local {
		case "currencyID", "unitCode", "format", "schemeID":
			r.attr = a.Value
		case "mimeCode":
			r.mime = a.Value
		case "filename":
			r.file = a.Value
		}
	}
	if r.syntax.lines[r.at] {
		r.line, r.basis = schema.BillLine{}, ""
	}
	return nil
}

func (r *reader) openRoot(local, written string) error {
	kind, ok := r.syntax.roots[local]
	switch {
	case ok:
		r.root, r.kind = true, kind
	case local == envelope && !r.enveloped:
		r.enveloped = true
	case !r.enveloped:
		return fmt.Errorf("an XML of %q, no invoice: %w", written[:min(len(written), 60)], penates.Invalid)
	}
	return nil
}

func (r *reader) close() {
	if r.depth == 0 {
		r.done = r.root
		return
	}
	value := strings.TrimSpace(r.text.String())
	if read, ok := r.syntax.fields[r.at]; ok {
		if err := read(r, value); err != nil {
			r.problem(r.at[strings.LastIndexByte(r.at, '/')+1:], err)
		}
	} else if r.syntax.files[r.at] {
		r.attach(value)
	} else {
		r.syntax.other(r, value)
	}
	r.text.Reset()
	r.depth--
	r.at = r.at[:max(strings.LastIndexByte(r.at, '/'), 0)]
}

// A File is one that came inside an invoice.
type File struct {
	Name, Mime string
	Content    []byte
}

const maxFiles = 100

// attach keeps a file that the invoice holds in base64.
func (r *reader) attach(value string) {
	if value == "" {
		return
	}
	content, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
	switch {
	case err != nil:
		r.problem("attached file "+clip(r.file), fmt.Errorf("not in base64: %w", penates.Invalid))
	case len(r.attached) >= maxFiles:
		r.problem("attached file "+clip(r.file), fmt.Errorf("one of more than %d: %w", maxFiles, penates.TooLarge))
	default:
		r.attached = append(r.attached, File{r.file, r.mime, content})
	}
}

// text sets a field to a value on one line, unless it was set before.
func text(field func(*reader) *string) func(*reader, string) error {
	return func(r *reader, s string) error {
		if f := field(r); *f == "" {
			*f = locale.Line(s)
		}
		return nil
	}
}

// day sets a field to a date in format 102 (20261231), 203 (with hours and
// minutes) or as ISO 8601 writes it, unless it was set before.
func day(field func(*reader) *penates.Moment) func(*reader, string) error {
	return func(r *reader, s string) error {
		if s == "" || !field(r).IsZero() {
			return nil
		}
		if r.attr == "203" && len(s) >= 8 {
			s = s[:8]
		}
		m, err := locale.Day(s, locale.YMD)
		if err == nil {
			*field(r) = m
		}
		return err
	}
}

func number(field func(*reader) *penates.Decimal) func(*reader, string) error {
	return func(r *reader, s string) error {
		d, err := decimal(s)
		if err == nil && *field(r) == "" {
			*field(r) = d
		}
		return err
	}
}

func lineNumber(field func(*reader) *string) func(*reader, string) error {
	return func(r *reader, s string) error {
		d, err := decimal(s)
		if err != nil {
			return fmt.Errorf("line %d: %w", len(r.lines)+1, err)
		}
		*field(r) = string(d)
		return nil
	}
}

// lineQuantity sets the quantity of a line, with its unit.
func lineQuantity(r *reader, s string) error {
	r.line.Unit = r.attr
	return lineNumber(func(r *reader) *string { return &r.line.Quantity })(r, s)
}

// lineLabel sets what a line is about, unless it was set before.
func lineLabel(r *reader, s string) error {
	if r.line.Label == "" {
		r.line.Label = locale.Line(s)
	}
	return nil
}

// grandTotal sets the total, and the currency where nothing else says it.
func grandTotal(r *reader, s string) error {
	r.currency = first(r.currency, r.attr)
	return number(func(r *reader) *penates.Decimal { return &r.total })(r, s)
}

// vatTotal sets the total of VAT. A second one may follow in the currency VAT is
// declared in (BT-111).
func vatTotal(r *reader, s string) error {
	if r.vat != "" && r.attr != r.currency {
		return nil
	}
	d, err := decimal(s)
	r.vat = d
	return err
}

// keepNote keeps the first note that is not of a kind of its own (legal mentions,
// conditions): vendors write there what the bill is for.
func (r *reader) keepNote(note string) {
	if r.note == "" {
		r.note = clip(note)
	}
}

func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func (r *reader) endLine(string) error {
	if len(r.lines) >= maxLines {
		if len(r.lines) == maxLines {
			r.problem("lines", fmt.Errorf("more than %d: %w", maxLines, penates.TooLarge))
		}
		return nil
	}
	if r.basis != "" && r.basis.Float() != 1 && r.line.Price != "" {
		r.line.Price = quotient(r.line.Price, string(r.basis))
	}
	r.lines = append(r.lines, r.line)
	return nil
}

// profiles are the profiles of Factur-X and ZUGFeRD and the national and other
// uses of EN 16931, the surer sign first.
var profiles = []struct{ mark, name string }{
	{"minimum", "MINIMUM"}, {"basicwl", "BASIC WL"}, {"extended", "EXTENDED"}, {"xrechnung", "XRECHNUNG"},
	{"peppol", "PEPPOL BIS"}, {"comfort", "COMFORT"}, {"basic", "BASIC"}, {"en16931", "EN 16931"},
}

// profile returns the name of a guideline's URN, or the URN.
func profile(urn string) string {
	folded := strings.ToLower(urn)
	for _, p := range profiles {
		if strings.Contains(folded, p.mark) {
			return p.name
		}
	}
	return locale.Line(urn)
}
