// Package pdfdoc takes from a PDF what a vault needs of it: the words of its
// pages, for search, and the files attached to it (ISO 32000-2, 7.11.4), for
// invoices which carry their data.
//
// PDFs of real life are often not well-formed and sometimes hostile. So the
// objects are found by looking through the whole file rather than by following
// its tables, nothing is decoded beyond a limit, and every structure that may
// loop is followed a bounded way. Encrypted files are refused.
package pdfdoc

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"penates"
)

// MaxSize is how many bytes a PDF may have to be looked into.
const MaxSize = 32 << 20

const (
	maxObjects = 300_000
	maxStream  = 16 << 20 // bytes one stream may decode to
	maxDecoded = 96 << 20 // bytes all streams together may decode to
)

// A Doc is a PDF whose objects are known.
type Doc struct {
	ctx     context.Context
	data    []byte
	objects map[int64]place
	order   []int64 // numbers of objects, as they were met first
	packed  map[int64][]byte
	left    int // bytes that may still be decoded
	trailer dict
}

// A place says where an object is: at an offset of the file, or of an object
// stream (7.5.7).
type place struct {
	within int64 // number of the object stream, 0 for the file
	at     int
}

// A stream is a dictionary with bytes.
type stream struct {
	dict dict
	raw  []byte
}

// Open finds the objects of data. Methods of the Doc stop early when ctx ends.
func Open(ctx context.Context, data []byte) (*Doc, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("a PDF of %d bytes: %w", len(data), penates.TooLarge)
	}
	if !bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")) {
		return nil, fmt.Errorf("no PDF: %w", penates.Invalid)
	}
	d := &Doc{ctx: ctx, data: data, objects: map[int64]place{}, packed: map[int64][]byte{}, left: maxDecoded, trailer: dict{}}
	streams := d.scan()
	if _, ok := d.trailer["Encrypt"]; ok {
		return nil, fmt.Errorf("an encrypted PDF: %w", penates.Unsupported)
	}
	for _, n := range streams {
		d.unpack(n)
	}
	return d, ctx.Err()
}

// scan finds the objects of the file and returns the numbers of those that hold
// others. A later object replaces an earlier one of the same number (7.5.6).
func (d *Doc) scan() (packed []int64) {
	d.readTrailers()
	for at := 0; len(d.objects) < maxObjects && d.ctx.Err() == nil; {
		i := bytes.Index(d.data[at:], []byte("obj"))
		if i < 0 {
			return packed
		}
		number, ok := numberBefore(d.data, at+i)
		at += i + len("obj")
		if !ok {
			continue
		}
		d.meet(number, place{at: at})
		p := &parser{data: d.data, at: at, refs: true}
		fields, isDict := p.object().(dict)
		if !isDict {
			continue
		}
		if s, end, ok := d.streamAt(fields, p.at); ok {
			at = end
			switch s.dict["Type"] {
			case name("ObjStm"):
				packed = append(packed, number)
			case name("XRef"):
				d.meetTrailer(s.dict)
			}
		}
	}
	return packed
}

// readTrailers reads what stands at the end of the file and of each of its
// earlier versions (7.5.5).
func (d *Doc) readTrailers() {
	for at := 0; d.ctx.Err() == nil; {
		i := bytes.Index(d.data[at:], []byte("trailer"))
		if i < 0 {
			return
		}
		p := &parser{data: d.data, at: at + i + len("trailer"), refs: true}
		d.meetTrailer(p.object())
		at += i + len("trailer")
	}
}

func (d *Doc) meetTrailer(v any) {
	if t, ok := v.(dict); ok {
		for k, v := range t {
			d.trailer[k] = v
		}
	}
}

func (d *Doc) meet(number int64, at place) {
	if _, known := d.objects[number]; !known {
		d.order = append(d.order, number)
	}
	d.objects[number] = at
}

// numberBefore reads the object number of "12 0 obj", whose last word is at i.
func numberBefore(data []byte, i int) (int64, bool) {
	field := func() (string, bool) {
		end := i
		for end > 0 && isSpace(data[end-1]) {
			end--
		}
		start := end
		for start > 0 && end-start < 12 && data[start-1] >= '0' && data[start-1] <= '9' {
			start--
		}
		spaced := end < i
		i = start
		return string(data[start:end]), spaced && start < end
	}
	if _, ok := field(); !ok {
		return 0, false
	}
	digits, ok := field()
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0
}

// streamAt returns the stream whose dictionary ends at at, and where it ends.
// Its Length is believed only when the stream ends there.
func (d *Doc) streamAt(fields dict, at int) (s stream, end int, ok bool) {
	p := &parser{data: d.data, at: at}
	p.skipSpace()
	if !bytes.HasPrefix(d.data[p.at:], []byte("stream")) {
		return s, at, false
	}
	start := p.at + len("stream")
	if bytes.HasPrefix(d.data[start:], []byte("\r\n")) {
		start += 2
	} else if start < len(d.data) && (d.data[start] == '\n' || d.data[start] == '\r') {
		start++
	}
	length, direct := fields["Length"].(int64)
	if r, indirect := fields["Length"].(ref); indirect {
		if known, ok := d.objects[r.number]; ok && known.within == 0 {
			q := &parser{data: d.data, at: known.at}
			length, direct = q.object().(int64)
		}
	}
	if direct && length >= 0 && length <= int64(len(d.data)-start) {
		q := &parser{data: d.data, at: start + int(length)}
		q.skipSpace()
		if bytes.HasPrefix(d.data[q.at:], []byte("endstream")) {
			return stream{fields, d.data[start : start+int(length)]}, q.at, true
		}
	}
	n := bytes.Index(d.data[start:], []byte("endstream"))
	if n < 0 {
		n = len(d.data) - start
	}
	return stream{fields, d.data[start : start+n]}, start + n, true
}

// unpack meets the objects inside an object stream.
func (d *Doc) unpack(number int64) {
	s, ok := d.get(number).(stream)
	if !ok {
		return
	}
	content, err := d.decode(s)
	if err != nil {
		return
	}
	d.packed[number] = content
	count, _ := s.dict["N"].(int64)
	first, _ := s.dict["First"].(int64)
	p := &parser{data: content}
	for range min(count, maxObjects) {
		n, ok := p.object().(int64)
		at, ok2 := p.object().(int64)
		if !ok || !ok2 || at < 0 || first < 0 || first+at >= int64(len(content)) || len(d.objects) >= maxObjects {
			return
		}
		if n > 0 {
			d.meet(n, place{within: number, at: int(first + at)})
		}
	}
}

// get returns the object of a number: a stream where it is one.
func (d *Doc) get(number int64) any {
	at, ok := d.objects[number]
	if !ok || d.ctx.Err() != nil {
		return nil
	}
	if at.within != 0 {
		return (&parser{data: d.packed[at.within], at: at.at, refs: true}).object()
	}
	p := &parser{data: d.data, at: at.at, refs: true}
	v := p.object()
	if fields, isDict := v.(dict); isDict {
		if s, _, ok := d.streamAt(fields, p.at); ok {
			return s
		}
	}
	return v
}

// resolve follows references.
func (d *Doc) resolve(v any) any {
	for range 8 {
		r, ok := v.(ref)
		if !ok {
			return v
		}
		v = d.get(r.number)
	}
	return nil
}

// dict returns v as a dictionary, of a stream if it is one; nil if it is neither.
func (d *Doc) dict(v any) dict {
	switch v := d.resolve(v).(type) {
	case dict:
		return v
	case stream:
		return v.dict
	}
	return nil
}

func (d *Doc) array(v any) []any {
	a, _ := d.resolve(v).([]any)
	return a
}

func (d *Doc) float(v any) float64 {
	switch v := d.resolve(v).(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// An Attachment is a file inside a PDF.
type Attachment struct {
	Name    string // as its description says; "" when it has none
	Content []byte
}

// Attachments calls yield with each attached file that can be decoded, until it
// returns false: first those that are described (7.11.3), then others.
func (d *Doc) Attachments(yield func(Attachment) bool) {
	seen := map[int64]bool{}
	give := func(number int64, file string) bool {
		if seen[number] || d.ctx.Err() != nil {
			return true
		}
		seen[number] = true
		s, ok := d.get(number).(stream)
		if !ok {
			return true
		}
		content, err := d.decode(s)
		return err != nil || yield(Attachment{file, content})
	}
	var others []int64
	for _, number := range d.order {
		fields := d.dict(ref{number: number})
		if fields["Type"] == name("EmbeddedFile") {
			others = append(others, number)
		}
		files := d.dict(fields["EF"])
		for _, key := range [...]name{"UF", "F"} {
			if r, ok := files[key].(ref); ok && !give(r.number, d.fileName(fields)) {
				return
			}
		}
	}
	for _, number := range others {
		if !give(number, "") {
			return
		}
	}
}

func (d *Doc) fileName(fields dict) string {
	for _, key := range [...]name{"UF", "F"} {
		if s, ok := d.resolve(fields[key]).([]byte); ok && len(s) > 0 {
			return textString(s)
		}
	}
	return ""
}
