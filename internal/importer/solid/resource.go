package solid

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/schema"
)

// A resource gives out what a graph says.
type resource struct {
	ctx   context.Context
	graph *graph
	base  string
	zone  *time.Location
	out   importer.Sink
}

// give gives out a document for each node that is a thing of a known kind, then
// what is left.
func (r *resource) give() error {
	for _, n := range r.graph.order {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if give := r.kind(n); give != nil {
			n.given = true
			if err := give(n); err != nil {
				return err
			}
		}
	}
	for _, n := range r.graph.order {
		if n.given || r.graph.named[n.id] && strings.HasPrefix(n.id, "_:") || r.isFrame(n) {
			continue
		}
		if err := r.record(n); err != nil {
			return err
		}
	}
	return nil
}

// kind returns what gives out a node, or nil.
func (r *resource) kind(n *node) func(*node) error {
	switch {
	case n.is(vcard+"Individual", vcard+"Organization", vcard+"Group", foaf+"Person", foaf+"Agent", foaf+"Organization", schemaOrg+"Person", schemaOrg+"Organization", "https://schema.org/Person"):
		if r.isStub(n) {
			return nil
		}
		return r.contact
	case n.is(recall+"Bookmark", schemaOrg+"BookmarkAction"), n.first(recall+"recalls") != "":
		return r.bookmark
	case n.is(ical+"Vevent", schemaOrg+"Event", "https://schema.org/Event", activity+"Event"):
		return r.event
	case n.is(flow+"Task", flow+"Open", flow+"Closed", ical+"Vtodo"):
		return r.todo
	case n.is(schemaOrg+"NoteDigitalDocument", schemaOrg+"TextDigitalDocument", "https://schema.org/NoteDigitalDocument", "https://schema.org/TextDigitalDocument", activity+"Note"):
		return r.note
	case n.first(sioc+"content") != "":
		return r.message
	case n.first(geo+"lat") != "" && n.first(geo+"long") != "":
		return r.place
	}
	return nil
}

// isStub reports whether a node of a person says no more than its type and name,
// as address books do of the cards they list, which are resources of their own.
func (r *resource) isStub(n *node) bool {
	for _, s := range n.says {
		switch s.predicate {
		case rdf + "type", vcard + "fn", foaf + "name", vcard + "inAddressBook", rdfs + "seeAlso":
		default:
			return false
		}
	}
	before, _, _ := strings.Cut(n.id, "#")
	return before != r.base && !strings.HasPrefix(n.id, "_:")
}

// isFrame reports whether a node only says how other resources hang together.
func (r *resource) isFrame(n *node) bool {
	if n.is(foaf+"PersonalProfileDocument", vcard+"AddressBook") || r.isStub(n) {
		return true
	}
	for _, s := range n.says {
		if s.predicate != flow+"message" && s.predicate != rdf+"first" {
			return false
		}
	}
	return true
}

// document returns a document about n with its text.
func (r *resource) document(n *node, text string) *penates.Document {
	d := &penates.Document{Source: penates.Source{NativeID: strings.TrimPrefix(n.id, "pod://copy/")}, Text: locale.Line(clip(text, 500))}
	if n.line > 0 {
		d.Source.Locator = "line=" + strconv.Itoa(n.line)
	}
	if strings.HasPrefix(n.id, "_:") { // its name is of this reading only
		var parts []string
		for _, s := range n.says {
			if !strings.HasPrefix(s.object.text, "_:") {
				parts = append(parts, s.predicate+" "+s.object.text)
			}
		}
		slices.Sort(parts)
		d.Source.NativeID = strings.TrimPrefix(r.base, "pod://copy/") + "#" + hash(strings.Join(parts, "\n"))
	}
	if d.Text == "" {
		d.Text = d.Source.NativeID
	}
	d.Time.Start = r.when(n, dc+"created", schemaOrg+"dateCreated", dc+"date", dc+"modified", schemaOrg+"dateModified", activity+"published")
	return d
}

// when returns the first of the predicates that is a time.
func (r *resource) when(n *node, predicates ...string) penates.Moment {
	for _, v := range n.all(predicates...) {
		if m, err := locale.Time(v.text, locale.DMY, r.zone); err == nil && !m.IsZero() {
			return m
		}
	}
	return penates.Moment{}
}

// follow returns the nodes that are values of the predicates, which then belong
// to n, and the values that are no nodes with something to say.
func (r *resource) follow(n *node, predicates ...string) (nodes []*node, plain []string) {
	for _, v := range n.all(predicates...) {
		if other := r.graph.nodes[v.text]; v.node && other != nil && other != n {
			other.given = true
			nodes = append(nodes, other)
		} else if text := strings.TrimSpace(v.text); text != "" && !strings.HasPrefix(text, "_:") {
			plain = append(plain, text)
		}
	}
	return nodes, plain
}

// values returns what nodes behind the predicates have as value, and the plain
// values, without the scheme of their address.
func (r *resource) values(n *node, scheme string, predicates ...string) (list []string) {
	nodes, plain := r.follow(n, predicates...)
	for _, other := range nodes {
		plain = append(plain, other.first(vcard+"value", rdf+"value", schemaOrg+"value"))
	}
	for _, text := range plain {
		if text = strings.TrimPrefix(text, scheme); text != "" && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

// record keeps a node that is none of the known kinds.
func (r *resource) record(n *node) error {
	kind := n.first(rdf + "type")
	name := n.first(vcard+"fn", foaf+"name", dc+"title", dc11+"title", schemaOrg+"name", rdfs+"label", activity+"name")
	d := r.document(n, strings.TrimSpace(local(kind)+" "+name))
	return r.out.Document(d, schema.Record{Kind: cmp.Or(kind, "resource"), Fields: r.fields(n, map[*node]bool{})})
}

// fields writes a node with those within it as a record.
func (r *resource) fields(n *node, above map[*node]bool) map[string]any {
	above[n] = true
	defer delete(above, n)
	fields := map[string]any{"@id": strings.TrimPrefix(n.id, "pod://copy/")}
	if strings.HasPrefix(n.id, "_:") {
		delete(fields, "@id")
	}
	for _, s := range n.says {
		var v any = strings.TrimPrefix(s.object.text, "pod://copy/")
		if inner := r.graph.nodes[s.object.text]; s.object.node && inner != nil && strings.HasPrefix(inner.id, "_:") && !above[inner] && len(above) < 20 {
			v = r.fields(inner, above)
		}
		list, _ := fields[s.predicate].([]any)
		fields[s.predicate] = append(list, v)
	}
	return fields
}

// local returns the last part of an IRI.
func local(iri string) string {
	return iri[strings.LastIndexAny(iri, "#/")+1:]
}

func cloneTerms(m map[string]string) map[string]string { return maps.Clone(m) }

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
