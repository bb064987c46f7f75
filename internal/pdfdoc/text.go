package pdfdoc

import (
	"math"
	"strings"
	"unicode"
)

const (
	maxPages = 2000
	maxText  = 1 << 20 // bytes of text of one PDF
	maxForms = 6       // forms within forms
	maxOps   = 20_000_000
)

// Text returns the words of the pages, a line for each line, as far as they are
// text and not pictures, at most 1 MiB of them.
func (d *Doc) Text() string {
	t := &reader{doc: d, ops: maxOps, fonts: map[ref]*font{}}
	for _, page := range d.pages() {
		if d.ctx.Err() != nil || t.out.Len() >= maxText {
			break
		}
		t.page(page)
	}
	return strings.ToValidUTF8(strings.TrimSpace(t.out.String()), "")
}

// pages returns the pages in their order, or in that of the file when the tree
// of pages is broken.
func (d *Doc) pages() (pages []dict) {
	seen := map[int64]bool{}
	var walk func(v any, depth int)
	walk = func(v any, depth int) {
		if r, ok := v.(ref); ok {
			if seen[r.number] {
				return
			}
			seen[r.number] = true
		}
		node := d.dict(v)
		if node == nil || depth > maxNesting || len(pages) >= maxPages {
			return
		}
		kids := d.array(node["Kids"])
		if kids == nil && node["Type"] != name("Pages") {
			pages = append(pages, node)
		}
		for _, kid := range kids {
			walk(kid, depth+1)
		}
	}
	walk(d.dict(d.trailer["Root"])["Pages"], 0)
	if len(pages) > 0 {
		return pages
	}
	for _, number := range d.order {
		if fields := d.dict(ref{number: number}); fields["Type"] == name("Page") && len(pages) < maxPages {
			pages = append(pages, fields)
		}
	}
	return pages
}

// A reader shows pages as text.
type reader struct {
	doc   *Doc
	out   strings.Builder
	fonts map[ref]*font
	ops   int // operators and glyphs that may still be read

	// Where the last glyph ended, on the page.
	x, y, size float64
	any        bool // there was one
	blank      bool // it was a blank

	layout *layout // nil when only the text is wanted
}

func (t *reader) page(page dict) {
	var content []byte
	for _, part := range t.doc.list(page["Contents"]) {
		if s, ok := t.doc.resolve(part).(stream); ok {
			if b, err := t.doc.decode(s); err == nil {
				content = append(append(content, b...), '\n')
			}
		}
	}
	t.any = false
	t.show(content, t.resources(page), identity, 0)
	t.out.WriteString("\n")
}

// resources returns those of a page, which it may inherit (7.7.3.4).
func (t *reader) resources(page dict) dict {
	for range maxNesting {
		if r := t.doc.dict(page["Resources"]); r != nil {
			return r
		}
		if page = t.doc.dict(page["Parent"]); page == nil {
			break
		}
	}
	return nil
}

// A matrix is a transformation of the plane (8.3.3).
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// A state is what operators of content change (8.4, 9.3).
type state struct {
	ctm, text, line                     matrix
	font                                *font
	size, char, word, scale, lead, rise float64
}

// show reads a content stream.
func (t *reader) show(content []byte, resources dict, ctm matrix, depth int) {
	s := state{ctm: ctm, text: identity, line: identity, scale: 1}
	var saved []state
	p := &parser{data: content}
	var args []any
	for t.out.Len() < maxText {
		v := p.object()
		op, ok := v.(operator)
		if !ok {
			if len(args) < 64 {
				args = append(args, v)
			}
			continue
		}
		if op == endOfData || !t.goOn() {
			return
		}
		switch op {
		case "q":
			if len(saved) < 256 {
				saved = append(saved, s)
			}
		case "Q":
			if n := len(saved) - 1; n >= 0 {
				s, saved = saved[n], saved[:n]
			}
		case "Do":
			t.form(args, resources, s.ctm, depth)
		case "Tf":
			if len(args) == 2 {
				s.font, s.size = t.font(resources, args[0]), t.doc.float(args[1])
			}
		case "BI":
			skipImage(p)
		default:
			t.operate(&s, op, args)
		}
		args = args[:0]
	}
}

// goOn counts an operator or glyph, and reports whether more may be read.
func (t *reader) goOn() bool {
	t.ops--
	return t.ops > 0 && (t.ops%1024 != 0 || t.doc.ctx.Err() == nil)
}

// operate does the operators of text and of coordinates.
func (t *reader) operate(s *state, op operator, args []any) {
	n := make([]float64, 6)
	for i, a := range args[:min(len(args), 6)] {
		n[i] = t.doc.float(a)
	}
	switch op {
	case "cm":
		s.ctm = matrix(n).times(s.ctm)
	case "BT":
		s.text, s.line = identity, identity
	case "Tm":
		s.text, s.line = matrix(n), matrix(n)
	case "Td":
		s.move(n[0], n[1])
	case "TD":
		s.lead = -n[1]
		s.move(n[0], n[1])
	case "T*":
		s.move(0, -s.lead)
	case "Tc":
		s.char = n[0]
	case "Tw":
		s.word = n[0]
	case "Tz":
		s.scale = n[0] / 100
	case "TL":
		s.lead = n[0]
	case "Ts":
		s.rise = n[0]
	case "'":
		s.move(0, -s.lead)
		t.strings(s, args)
	case `"`:
		s.word, s.char = n[0], n[1]
		s.move(0, -s.lead)
		t.strings(s, args)
	case "Tj":
		t.strings(s, args)
	case "TJ":
		if len(args) > 0 {
			a, _ := args[0].([]any)
			t.strings(s, a)
		}
	}
}

func (s *state) move(x, y float64) {
	s.line = matrix{1, 0, 0, 1, x, y}.times(s.line)
	s.text = s.line
}

// strings shows the strings of args; the numbers between them move back.
func (t *reader) strings(s *state, args []any) {
	if s.font == nil {
		return
	}
	for _, a := range args {
		switch a := a.(type) {
		case []byte:
			s.font.glyphs(a, func(g glyph) bool {
				t.glyph(s, g)
				return t.goOn()
			})
		case int64:
			s.advance(-float64(a) / 1000 * s.size * s.scale)
		case float64:
			s.advance(-a / 1000 * s.size * s.scale)
		}
	}
}

func (s *state) advance(x float64) { s.text = matrix{1, 0, 0, 1, x, 0}.times(s.text) }

// glyph writes one glyph, after a blank or a new line where it stands apart from
// the one before.
func (t *reader) glyph(s *state, g glyph) {
	at := s.text.times(s.ctm)
	size := math.Abs(s.size) * math.Hypot(at[2], at[3])
	width := g.width*s.size + s.char
	if g.space {
		width += s.word
	}
	s.advance(width * s.scale)
	end := s.text.times(s.ctm)
	if g.text == "" || t.out.Len() >= maxText {
		return
	}
	if t.any {
		// Distances along and across the direction of writing.
		length := math.Hypot(at[0], at[1])
		if length == 0 {
			length = 1
		}
		dx, dy := at[4]-t.x, at[5]-t.y
		along, across := (dx*at[0]+dy*at[1])/length, math.Abs(dy*at[0]-dx*at[1])/length
		em := max(size, t.size, 0.01)
		apart := across > 0.6*em || along < -0.6*em || along > sameColumn*em
		if t.layout != nil && (apart || across > 0.2*em) {
			t.layout.begin(at, size)
			apart = true
		}
		switch {
		case across > 0.6*em:
			t.out.WriteByte('\n')
		case (along > 0.18*em || along < -0.6*em) && !t.blank:
			t.out.WriteByte(' ')
			if t.layout != nil && !apart {
				t.layout.add(' ', at)
			}
		}
	} else if t.layout != nil {
		t.layout.begin(at, size)
	}
	for _, r := range g.text {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			continue
		}
		t.out.WriteRune(r)
		t.blank = r == ' '
		if t.layout != nil {
			t.layout.add(r, end)
		}
	}
	t.x, t.y, t.size, t.any = end[4]-s.char*s.scale*at[0], end[5]-s.char*s.scale*at[1], size, true
}

func (t *reader) font(resources dict, key any) *font {
	k, _ := key.(name)
	v := t.doc.dict(resources["Font"])[k]
	r, _ := v.(ref)
	if f, ok := t.fonts[r]; ok && r != (ref{}) {
		return f
	}
	fields := t.doc.dict(v)
	if fields == nil {
		return nil
	}
	f := t.doc.font(fields)
	if r != (ref{}) {
		t.fonts[r] = f
	}
	return f
}

// form shows a form that a page uses (8.10).
func (t *reader) form(args []any, resources dict, ctm matrix, depth int) {
	if len(args) == 0 || depth >= maxForms {
		return
	}
	k, _ := args[0].(name)
	s, ok := t.doc.resolve(t.doc.dict(resources["XObject"])[k]).(stream)
	if !ok || s.dict["Subtype"] != name("Form") {
		return
	}
	content, err := t.doc.decode(s)
	if err != nil {
		return
	}
	if own := t.doc.dict(s.dict["Resources"]); own != nil {
		resources = own
	}
	if m := t.doc.array(s.dict["Matrix"]); len(m) == 6 {
		var own matrix
		for i := range own {
			own[i] = t.doc.float(m[i])
		}
		ctm = own.times(ctm)
	}
	t.show(content, resources, ctm, depth+1)
}

// skipImage passes the bytes of an image within content (8.9.7).
func skipImage(p *parser) {
	for {
		op, ok := p.object().(operator)
		if ok && op == endOfData {
			return
		}
		if ok && op == "ID" {
			break
		}
	}
	for p.at++; p.at+2 < len(p.data); p.at++ {
		if p.data[p.at] == 'E' && p.data[p.at+1] == 'I' && isSpace(p.data[p.at-1]) && isSpace(p.data[p.at+2]) {
			p.at += 2
			return
		}
	}
	p.at = len(p.data)
}
