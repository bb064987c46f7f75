package cda

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/schema"
)

// A document is what the header says.
type document struct {
	found   bool
	id      string
	set     string
	title   string
	kind    string
	system  string
	time    penates.Span
	patient string // a hash of the number
	person  *penates.Party
	authors []string
	keeper  string
	text    strings.Builder
	parties []penates.Party
	birth   []schema.HealthValue
}

// identifier returns an II as one word, "" when it is none.
func identifier(n *node) string {
	root, extension := n.attr("root"), n.attr("extension")
	if root == "" && extension == "" {
		return ""
	}
	return health.Clean(strings.ToUpper(root) + "^" + extension)
}

// header takes one element of the header.
func (r *reader) header(n *node, line int) error {
	switch n.name {
	case "id":
		r.doc.id = cmp.Or(r.doc.id, identifier(n))
	case "setId":
		r.doc.set = identifier(n)
	case "code":
		r.doc.kind, r.doc.system = r.words.concept(n)
	case "title":
		r.doc.title = health.Clean(n.words())
	case "effectiveTime":
		var err error
		if r.doc.time, err = r.span([]*node{n}); err != nil {
			return r.out.Refuse(line, fmt.Errorf("time of the document: %w", err))
		}
	case "recordTarget":
		return r.patient(n.one("patientRole"))
	case "author":
		r.party("author", n.one("assignedAuthor"))
	case "custodian":
		r.doc.keeper = health.Clean(n.one("assignedCustodian", "representedCustodianOrganization", "name").words())
		if r.doc.keeper != "" {
			r.doc.parties = append(r.doc.parties, penates.Party{Role: "custodian", Literal: r.doc.keeper})
		}
	case "nonXMLBody":
		return r.file(n.one("text"), "")
	}
	return nil
}

const maxParties = 100

func (r *reader) party(role string, n *node) {
	if name := actor(n); name != "" && len(r.doc.parties) < maxParties {
		r.doc.authors = append(r.doc.authors, name)
		r.doc.parties = append(r.doc.parties, penates.Party{Role: role, Literal: name})
	}
}

// actor returns the name of an assigned author or entity: the person, else the
// organisation, else the program.
func actor(n *node) string {
	for _, path := range [...][]string{
		{"assignedPerson", "name"}, {"representedOrganization", "name"}, {"assignedAuthoringDevice", "softwareName"}, {"scopingOrganization", "name"},
	} {
		if name := personName(n.one(path...)); len(name) > 1 {
			return name
		}
	}
	return ""
}

// personName returns a PN or ON; of several family and given names those in use.
func personName(n *node) string {
	if n == nil {
		return ""
	}
	var parts []string
	for _, part := range [...]string{"prefix", "given", "family", "suffix"} {
		list := n.all(part)
		used := qualified(list, func(q string) bool { return q == "CL" })
		if len(used) == 0 {
			used = qualified(list, func(q string) bool { return q != "BR" })
		}
		if len(used) == 0 {
			used = list
		}
		for _, p := range used {
			parts = append(parts, p.words())
		}
	}
	if len(parts) == 0 {
		return health.Clean(n.words())
	}
	return health.Clean(strings.Join(parts, " "))
}

// qualified returns the parts of a name with a qualifier: BR at birth, CL as called.
func qualified(list []*node, fits func(string) bool) []*node {
	return slices.DeleteFunc(slices.Clone(list), func(p *node) bool { return !fits(p.attr("qualifier")) })
}

// patient takes who the document is about. Statements are told apart by patient.
func (r *reader) patient(n *node) error {
	if r.doc.patient != "" {
		return nil
	}
	for _, id := range n.all("id") {
		if s := identifier(id); s != "" && r.doc.patient == "" {
			sum := sha256.Sum256([]byte(s))
			r.doc.patient = "patient-" + hex.EncodeToString(sum[:8])
		}
	}
	p := n.one("patient")
	name := personName(p.one("name"))
	if name == "" {
		return nil
	}
	r.doc.person = &penates.Party{Role: "patient", Literal: name}
	if m, _, err := r.moment(p.one("birthTime").attr("value")); err == nil && !m.IsZero() {
		r.doc.birth = append(r.doc.birth, schema.HealthValue{Code: "Date of birth", Value: m.Date()})
	}
	if gender, _ := r.words.concept(p.one("administrativeGenderCode")); gender != "" {
		r.doc.birth = append(r.doc.birth, schema.HealthValue{Code: "Gender", Value: gender})
	}
	return nil
}

// name returns what the document calls itself.
func (d *document) name() string { return cmp.Or(d.title, d.kind, "Clinical document") }

// native returns the native id of the document; a later version replaces it.
func (d *document) native() string {
	id := cmp.Or(d.set, d.id)
	if id == "" {
		id = nativeID(d.name(), d.time.Start.String(), d.text.String())
	}
	return "document:" + id
}

// nativeID names what is told apart by parts.
func nativeID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// finish gives out the document itself and the patient, of whom all is known now.
func (r *reader) finish() error {
	d := &penates.Document{
		Source: penates.Source{Connection: r.doc.patient, NativeID: r.doc.native()},
		Time:   r.doc.time, Text: r.doc.name(), Sensitivity: penates.Sensitive,
		Parties: r.parties(),
	}
	body := schema.HealthRecord{Resource: "Composition", Code: r.doc.name(), System: r.doc.system, Note: health.Prose(r.doc.text.String())}
	if len(r.doc.authors) > 0 {
		body.Performer = r.doc.authors[0]
	} else {
		body.Performer = r.doc.keeper
	}
	if err := r.out.Document(d, body); err != nil {
		return err
	}
	id := penates.NewDocumentID(connector, r.doc.patient, d.Source.NativeID)
	for _, file := range r.files {
		if err := r.out.Link(file, penates.Documents, id); err != nil {
			return err
		}
	}
	if r.doc.person == nil {
		return nil
	}
	d = &penates.Document{
		Source:  penates.Source{Connection: r.doc.patient, NativeID: "patient"},
		Parties: []penates.Party{*r.doc.person}, Text: r.doc.person.Literal, Sensitivity: penates.Sensitive,
	}
	return r.out.Document(d, schema.HealthRecord{Resource: "Patient", Code: r.doc.person.Literal, Values: r.doc.birth})
}

func (r *reader) parties() []penates.Party {
	if r.doc.person == nil {
		return r.doc.parties
	}
	return append([]penates.Party{*r.doc.person}, r.doc.parties...)
}

const maxFiles = 1000

// file gives out a file inside the document: an ED with its bytes in base 64, or a
// text.
func (r *reader) file(n *node, title string) error {
	if n == nil || len(r.files) >= maxFiles {
		return nil
	}
	var b strings.Builder
	n.write(&b)
	content := b.String()
	if strings.TrimSpace(content) == "" {
		return nil
	}
	body := schema.File{Name: cmp.Or(title, r.doc.name()), Mime: health.Clean(n.attr("mediaType")), Label: cmp.Or(title, r.doc.name())}
	d := &penates.Document{Time: r.doc.time, Parties: r.parties(), Text: body.Label, Sensitivity: penates.Sensitive}
	if n.attr("representation") == "B64" {
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content), ""))
		if err != nil {
			line, _ := r.xml.InputPos()
			return r.out.Refuse(line, fmt.Errorf("the file %q inside it is not base 64: %w", body.Name, penates.Invalid))
		}
		content = string(raw)
		body.Mime = "" // by content: declared ones are often wrong
	}
	id, err := r.out.File(d, body, strings.NewReader(content))
	if err == nil && id != "" {
		r.files = append(r.files, id)
	}
	return err
}
