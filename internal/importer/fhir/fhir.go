// Package fhir reads HL7 FHIR in JSON and in XML, release 4 (hl7.org/fhir/R4) and, as far as
// it looks alike, 3 and 5: bundles of every type, single resources, and resources
// one a line (NDJSON, as Bulk Data exports have them).
//
// Each resource gives one document of penates.health, which keeps the resource as
// it came. When it happened is the first of the elements in which the resource
// types say so (effective, performed, occurrence, onset, period, …); what it is
// about is its code, whoever the type calls it. Names of people and organisations
// are looked up in the whole file. A statement of what an insurance pays
// (ExplanationOfBenefit) is a bill besides, so that it can be crossed with the
// bank. Papers inside of resources (Attachment, Binary) become files.
//
// The native id is the type and the id of the resource within its patient; a
// resource without an id goes by its content. Of several versions in a history
// the first one, which is the latest, is taken.
package fhir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"penates"
	"penates/internal/importer"
	"penates/internal/jsonstream"
	"penates/internal/locale"
)

// connector is the name of the format, which is part of every document's id.
const connector = "fhir"

// Format reads FHIR in JSON.
var Format = importer.Format{Name: connector, Title: "FHIR health records", Recognise: recognise, Read: read}

const (
	maxResource = 32 << 20 // bytes
	maxKnown    = 200_000  // resources whose names are remembered, or of a history
	maxNesting  = 4        // bundles in bundles
)

// isType tells names of resource types.
var isType = regexp.MustCompile(`^[A-Z][A-Za-z]{2,50}$`).MatchString

var errFound = errors.New("found")

// recognise looks for the member resourceType, which no other JSON has.
func recognise(h importer.Head) int {
	text := bytes.TrimLeft([]byte(locale.Decode(h.Bytes, "")), "\uFEFF \t\r\n")
	if len(text) > 0 && text[0] == '[' { // a list of resources
		text = bytes.TrimLeft(text[1:], " \t\r\n")
	}
	if len(text) == 0 || text[0] != '{' || !bytes.Contains(text, []byte(`"resourceType"`)) {
		return 0
	}
	j := jsonstream.New(bytes.NewReader(text), len(text))
	sure := 0
	_ = j.Object(func(key string) error { // the head may end anywhere
		if key != "resourceType" {
			return j.Skip()
		}
		var name string
		if err := j.Value(&name); err == nil && isType(name) {
			sure = 95
		}
		return errFound
	})
	if sure == 0 && bytes.Contains(text, []byte(`"entry"`)) && bytes.Contains(text, []byte(`"resource"`)) {
		return 60 // a bundle that names its type at its end
	}
	return sure
}

// A reader follows one file.
type reader struct {
	ctx     context.Context
	file    *importer.File
	out     importer.Sink
	json    *jsonstream.Reader
	take    func(entry) error
	known   directory
	given   map[penates.DocumentID]bool // of histories
	nesting int
}

// An entry is a resource and what its bundle says of it.
type entry struct {
	raw     json.RawMessage
	url     string // fullUrl
	history bool
	first   int // line
	last    int
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	r := &reader{ctx: ctx, file: f, out: out, known: directory{}, given: map[penates.DocumentID]bool{}}
	// The names are looked for first: a resource may refer to one further down.
	// What is wrong with the file is found again when the resources are read.
	r.take = func(e entry) error { r.known.add(e.raw, e.url); return nil }
	_ = r.pass()
	r.take = r.resource
	return r.pass()
}

// pass goes through the file once.
func (r *reader) pass() error {
	source, err := r.file.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	if isXML(r.file.Bytes) {
		text, _ := locale.UTF8(source, locale.XMLCharset(r.file.Bytes))
		return r.xmlPass(text)
	}
	text, _ := locale.UTF8(source, "")
	r.json = jsonstream.New(text, maxResource)
	return r.json.Each(r.top)
}

// top reads one value at the top: a resource, or a bundle, whose entries are
// taken one by one because there may be more of them than memory holds.
func (r *reader) top() error {
	var first, size int
	var kind string
	var history, bundle bool
	var rest bytes.Buffer
	err := r.json.Object(func(key string) error {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if first == 0 {
			first = r.json.Line()
		}
		if key == "entry" && (kind == "" || kind == "Bundle") {
			bundle = true
			return r.json.Array(func() error { return r.entry(history) })
		}
		var raw json.RawMessage
		if err := r.json.Value(&raw); err != nil {
			return err
		}
		switch text, _ := jsonstream.Text(raw); {
		case key == "resourceType":
			kind = text
		case key == "type" && kind == "Bundle":
			history = text == "history"
		}
		if size += len(key) + len(raw); size > maxResource {
			return fmt.Errorf("line %d: a resource of more than %d bytes: %w", first, maxResource, penates.TooLarge)
		}
		appendMember(&rest, key, raw)
		return nil
	})
	if err != nil || bundle || kind == "Bundle" {
		return err
	}
	if rest.Len() == 0 {
		rest.WriteByte('{')
	}
	rest.WriteByte('}')
	return r.take(entry{raw: rest.Bytes(), first: first, last: r.json.Line()})
}

// appendMember adds a member to an object that is being written.
func appendMember(b *bytes.Buffer, key string, raw json.RawMessage) {
	if b.Len() == 0 {
		b.WriteByte('{')
	} else {
		b.WriteByte(',')
	}
	name, err := json.Marshal(key)
	if err != nil {
		return // strings always marshal
	}
	b.Write(name)
	b.WriteByte(':')
	b.Write(raw)
}

// entry reads one entry of a bundle. What a bundle says was deleted, or only
// answers, has no resource.
func (r *reader) entry(history bool) error {
	e := entry{history: history}
	err := r.json.Object(func(key string) error {
		if e.first == 0 {
			e.first = r.json.Line()
		}
		switch key {
		case "resource":
			return r.json.Value(&e.raw)
		case "fullUrl":
			var raw json.RawMessage
			err := r.json.Value(&raw)
			e.url, _ = jsonstream.Text(raw)
			return err
		}
		return r.json.Skip()
	})
	if err != nil || len(e.raw) == 0 {
		return err
	}
	e.last = r.json.Line()
	return r.take(e)
}

// nested reads a bundle that is a resource of another one.
func (r *reader) nested(n node, e entry) error {
	if r.nesting >= maxNesting {
		return r.out.Refuse(e.first, fmt.Errorf("more than %d bundles in each other: %w", maxNesting, penates.TooLarge))
	}
	r.nesting++
	defer func() { r.nesting-- }()
	for _, inner := range n.list("entry") {
		resource, ok := inner["resource"]
		if !ok {
			continue
		}
		raw, err := json.Marshal(resource)
		if err != nil {
			return err
		}
		if err := r.resource(entry{raw: raw, url: inner.text("fullUrl"), history: n.text("type") == "history", first: e.first, last: e.last}); err != nil {
			return err
		}
	}
	return nil
}
