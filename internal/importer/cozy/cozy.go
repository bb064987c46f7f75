// Package cozy reads what comes out of a Cozy: the documents of its export, a zip
// in which each lies in a file of its own, "My Cozy/Data/<doctype>/<id>.json", with
// the files of the person beside them under "My Cozy/Files"; and the JSON that
// Cozy's applications, connectors and fixtures exchange: an object of lists by
// doctype, lists of bills, answers of CouchDB (rows) and of the stack (JSON:API).
//
// Doctypes are described at github.com/cozy/cozy-doctypes. Those that have no
// type of their own here are kept whole as penates.records.
package cozy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path"
	"regexp"
	"strings"
	"time"

	"penates/internal/importer"
	"penates/internal/jsonstream"
	"penates/internal/locale"
)

// connector is part of the ids of documents.
const connector = "cozy"

// Format reads documents of Cozy in JSON.
var Format = importer.Format{
	Name:      connector,
	Title:     "Cozy documents",
	Recognise: recognise,
	Read:      read,
}

// maxDocument bounds the bytes of one document; trips are the longest.
const maxDocument = 16 << 20

// isDoctype tells names of doctypes, as in io.cozy.bank.operations.
var isDoctype = regexp.MustCompile(`^(io\.cozy|com\.[a-z0-9-]+|cc\.[a-z0-9-]+|fr\.[a-z0-9-]+|org\.[a-z0-9-]+|eu\.[a-z0-9-]+)(\.[a-zA-Z0-9_-]+)+$`).MatchString

// doctypeOf returns the doctype that the path of a file names, or "".
func doctypeOf(name string) string {
	parts := strings.Split(name, "/")
	if n := len(parts); n >= 2 && isDoctype(parts[n-2]) {
		return parts[n-2]
	}
	base := strings.TrimSuffix(parts[len(parts)-1], path.Ext(name))
	if strings.HasPrefix(base, "io.cozy.") && isDoctype(base) {
		return base
	}
	if n := len(parts); n >= 2 && parts[n-1] == "instance.json" && parts[n-2] == "Data" {
		return "io.cozy.instances"
	}
	return ""
}

// A form is how documents lie in a file.
type form int

const (
	none    form = iota
	single       // one document
	list         // a list of documents, or documents one after the other
	keyed        // an object of lists by doctype
	rows         // an answer of CouchDB
	answer       // an answer of the stack, in JSON:API
	matched      // bills and operations, to be matched
)

func recognise(h importer.Head) int {
	_, _, sure := look(h)
	return sure
}

// look returns the form of a file, the doctype of its documents if it is known,
// and how sure that is.
func look(h importer.Head) (f form, doctype string, sure int) {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return none, "", 0
	}
	hint := doctypeOf(h.Path)
	if b[0] == '[' {
		return lookAtList(b, hint)
	}
	return lookAtObject(b, hint)
}

var errEnough = errors.New("enough")

func lookAtList(b []byte, hint string) (f form, doctype string, sure int) {
	var first document
	err := jsonstream.New(bytes.NewReader(b), len(b)).Array(func() error { return errEnough })
	if errors.Is(err, errEnough) {
		j := jsonstream.New(bytes.NewReader(b), len(b))
		_ = j.Array(func() error { return errors.Join(j.Value(&first), errEnough) })
	}
	switch {
	case hint != "":
		return list, hint, 85
	case first.isBill():
		return list, "io.cozy.bills", 72
	}
	return none, "", 0
}

// lookAtObject decides by the names of the first members.
func lookAtObject(b []byte, hint string) (f form, doctype string, sure int) {
	members := map[string]byte{}
	j := jsonstream.New(bytes.NewReader(b), len(b))
	_ = j.Object(func(key string) error { // the head may end anywhere
		var raw json.RawMessage
		err := j.Value(&raw)
		members[key] = ' '
		if len(raw) > 0 {
			members[key] = raw[0]
		} else if i := bytes.Index(b, []byte(`"`+key+`"`)); i >= 0 {
			if rest := bytes.TrimLeft(b[i+len(key)+2:], ": \t\r\n"); len(rest) > 0 {
				members[key] = rest[0]
			}
		}
		return err
	})
	for key, kind := range members {
		if strings.HasPrefix(key, "io.cozy.") && isDoctype(key) && kind == '[' {
			return keyed, "", 95
		}
	}
	has := func(kind byte, names ...string) bool {
		for _, name := range names {
			if members[name] != kind {
				return false
			}
		}
		return true
	}
	switch {
	case has('[', "rows") && hint != "":
		return rows, hint, 85
	case has('[', "data") && bytes.Contains(b, []byte(`"io.cozy.`)):
		return answer, "", 85
	case has('[', "bills", "operations") && has('{', "expectedResult"):
		return matched, "", 85
	case hint != "" && (has('"', "_id") || has('"', "id") || has('{', "cozyMetadata") || hint == "io.cozy.instances"):
		return single, hint, 90
	}
	return none, "", 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	r := &reader{ctx: ctx, out: out, zone: f.Zone, country: f.Country, accounts: map[string]account{}, given: map[string][]uint64{}}
	if r.zone == nil {
		r.zone = time.UTC
	}
	r.j = jsonstream.New(text, maxDocument)
	form, doctype, _ := look(f.Head)
	switch form {
	case single, list:
		return r.j.Each(func() error { return r.next(doctype, "") })
	case keyed:
		return r.lists(func(key string) (string, string) { return key, "" }, isDoctype)
	case rows:
		return r.lists(func(string) (string, string) { return doctype, "doc" }, oneOf("rows"))
	case answer:
		return r.lists(func(string) (string, string) { return "", "attributes" }, oneOf("data", "included"))
	case matched:
		return r.lists(func(key string) (string, string) { return matchedTypes[key], "" }, oneOf("bills", "operations"))
	}
	return importer.ErrNotMine
}

var matchedTypes = map[string]string{"bills": "io.cozy.bills", "operations": "io.cozy.bank.operations"}

func oneOf(names ...string) func(string) bool {
	return func(s string) bool {
		for _, n := range names {
			if n == s {
				return true
			}
		}
		return false
	}
}

// lists reads those members of an object that are lists of documents; of tells
// the doctype of a list and the member of an element that is the document.
func (r *reader) lists(of func(key string) (doctype, inner string), wanted func(string) bool) error {
	return r.j.Object(func(key string) error {
		if !wanted(key) {
			return r.j.Skip()
		}
		doctype, inner := of(key)
		return r.j.Array(func() error { return r.next(doctype, inner) })
	})
}
