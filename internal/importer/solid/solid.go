// Package solid reads the resources of a Solid pod, as people copy them out of
// it: Turtle (RDF 1.1 Turtle) and JSON-LD (JSON-LD 1.1) files with contacts
// (vCard and FOAF), bookmarks, events, tasks, notes, chats and places, in the
// vocabularies that Solid's applications share. Other typed resources are kept
// whole as penates.records; access rules too, for they say what was shared.
package solid

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"penates/internal/importer"
	"penates/internal/locale"
)

const connector = "solid"

// Format reads resources of a pod.
var Format = importer.Format{
	Name:      connector,
	Title:     "Solid pod",
	Recognise: recognise,
	Read:      read,
}

// maxResource bounds the bytes of a resource, which is read whole.
const maxResource = 64 << 20

// Vocabularies.
const (
	rdf       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	rdfs      = "http://www.w3.org/2000/01/rdf-schema#"
	vcard     = "http://www.w3.org/2006/vcard/ns#"
	foaf      = "http://xmlns.com/foaf/0.1/"
	dc        = "http://purl.org/dc/terms/"
	dc11      = "http://purl.org/dc/elements/1.1/"
	sioc      = "http://rdfs.org/sioc/ns#"
	recall    = "http://www.w3.org/2002/01/bookmark#"
	ical      = "http://www.w3.org/2002/12/cal/ical#"
	flow      = "http://www.w3.org/2005/01/wf/flow#"
	meeting   = "http://www.w3.org/ns/pim/meeting#"
	geo       = "http://www.w3.org/2003/01/geo/wgs84_pos#"
	schemaOrg = "http://schema.org/"
	activity  = "https://www.w3.org/ns/activitystreams#"
)

var (
	directive = regexp.MustCompile(`^(?i:@?prefix\s+[^\s:<>]*:\s*<|@?base\s+<)`)
	nTriple   = regexp.MustCompile(`^<[^<>\s"]*>\s+(a|<[^<>\s"]+>)\s+(<[^<>\s"]*>|"|_:|[A-Za-z][\w-]*:)`)
	ldTypes   = regexp.MustCompile(`"@?type"\s*:\s*(\[\s*)?"[^"]*(Individual|Person|Organization|AddressBook|Bookmark|Vevent|Vtodo|Task|LongChat|ChatChannel|NoteDigitalDocument|TextDigitalDocument)"`)
	ldSpaces  = regexp.MustCompile(`vcard/ns#|xmlns\.com/foaf|2002/01/bookmark#|schema\.org|cal/ical#|wf/flow#|pim/meeting#`)
)

func recognise(h importer.Head) int {
	b := bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF"))
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		if len(b) == 0 || b[0] != '#' {
			break
		}
		_, b, _ = bytes.Cut(b, []byte("\n")) // a comment
	}
	switch {
	case directive.Match(b):
		return 88
	case nTriple.Match(b):
		return 70
	case isJSONLD(b) && ldTypes.Match(b):
		return 55
	}
	return 0
}

func isJSONLD(b []byte) bool {
	return len(b) > 0 && (b[0] == '{' || b[0] == '[') && (bytes.Contains(b, []byte(`"@context"`)) || bytes.Contains(b, []byte(`"@id"`))) && ldSpaces.Match(b)
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	b, err := f.ReadAll(maxResource)
	if err != nil {
		return err
	}
	text := locale.Decode(b, "")
	g, base := newGraph(), baseOf(f.Path)
	if trimmed := strings.TrimLeft(text, "\uFEFF \t\r\n"); strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
		err = parseJSONLD([]byte(trimmed), base, g)
	} else {
		err = parseTurtle(strings.TrimPrefix(text, "\uFEFF"), base, g, out.Refuse)
	}
	r := &resource{ctx: ctx, graph: g, base: base, zone: f.Zone, out: out}
	if r.zone == nil {
		r.zone = time.UTC
	}
	if gave := r.give(); gave != nil {
		return gave
	}
	if err != nil {
		return fmt.Errorf("the rest of the resource: %w", err)
	}
	return nil
}

// baseOf returns the address of a resource by its place in the pod. The folder or
// archive the copy lies in has a name of its own, which does not count.
func baseOf(name string) string {
	if _, inside, ok := strings.Cut(name, "/"); ok {
		name = inside
	}
	return (&url.URL{Scheme: "pod", Host: "copy", Path: "/" + name}).String()
}
