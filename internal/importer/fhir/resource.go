package fhir

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/schema"
)

// maxNative bounds the resource that is kept in its document; a larger one is
// found in the file, where the locator says.
const maxNative = 512 << 10

// resource gives out what one resource holds, or refuses it.
func (r *reader) resource(e entry) error {
	n, err := parse(e.raw)
	if err != nil {
		return r.out.Refuse(e.first, err)
	}
	if n.text("resourceType") == "Bundle" {
		return r.nested(n, e)
	}
	d, body, err := r.document(n, e)
	if err != nil {
		return r.out.Refuse(e.first, fmt.Errorf("%s: %w", n.text("resourceType"), err))
	}
	id := penates.NewDocumentID(connector, d.Source.Connection, d.Source.NativeID)
	if e.history {
		if r.given[id] {
			return nil
		}
		if len(r.given) < maxKnown {
			r.given[id] = true
		}
	}
	var papers []paper
	if bytes.Contains(e.raw, []byte(`"data"`)) {
		papers = papersOf(n)
	}
	body.Native = native(n, e.raw, len(papers) > 0)
	if err := r.out.Document(d, body); err != nil {
		return err
	}
	if err := r.papers(papers, d, id); err != nil {
		return err
	}
	if body.Resource == "ExplanationOfBenefit" {
		return r.bill(n, d, id)
	}
	return nil
}

// document makes the envelope and the body of a resource.
func (r *reader) document(n node, e entry) (*penates.Document, schema.HealthRecord, error) {
	body := schema.HealthRecord{Resource: n.text("resourceType"), Status: status(n), Note: note(n)}
	d := &penates.Document{
		Source:      penates.Source{Locator: fmt.Sprintf("line=%d", e.first)},
		Sensitivity: penates.Sensitive,
	}
	if e.last > e.first {
		d.Source.Locator += fmt.Sprintf("-%d", e.last)
	}
	var err error
	if d.Time, err = when(n); err != nil {
		return nil, body, err
	}
	r.people(n, d, &body)
	d.Source.NativeID = nativeID(n, e)
	body.Code, body.System = r.about(n)
	body.Category, _ = n.concept("category")
	if body.Note == body.Code {
		body.Note = ""
	}
	if body.Resource == "Composition" {
		body.Category = ""
		body.Result = sections(n.list("section"), 0)
	}
	result := r.result(n, d, &body)
	d.Text = health.Phrase(body.Code, result)
	if d.Text == "" {
		d.Text = body.Resource
	}
	d.Money = money(n)
	return d, body, nil
}

// nativeID names a resource within its patient.
func nativeID(n node, e entry) string {
	id := n.text("id")
	if id == "" {
		id = lastPart(e.url)
	}
	if id == "" {
		sum := sha256.Sum256(e.raw)
		id = "sha256-" + hex.EncodeToString(sum[:12])
	}
	return n.text("resourceType") + "/" + health.Clean(id)
}

// native returns the resource as it came, without blanks between its elements and
// without the bytes of papers, which are files of their own.
func native(n node, raw json.RawMessage, papers bool) string {
	if papers && dropData(n, 0) {
		if b, err := json.Marshal(n); err == nil {
			raw = b
		}
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil || b.Len() > maxNative {
		return ""
	}
	return b.String()
}

// titles are the elements in which a resource says what it is about, for the
// types whose first element of the general list would not say it best.
var titles = map[string][]string{
	"Composition":          {"title", "type"},
	"DocumentReference":    {"description", "type"},
	"Encounter":            {"type", "serviceType", "reasonCode", "class"},
	"Claim":                {"type"},
	"CarePlan":             {"title", "category", "description"},
	"CareTeam":             {"name", "category"},
	"Coverage":             {"type"},
	"Appointment":          {"description", "appointmentType", "serviceType"},
	"ExplanationOfBenefit": {"type"},
	"Questionnaire":        {"title", "name", "code"},
}

// general are the elements tried for all others, and after those of titles.
var general = []string{
	"code", "vaccineCode", "medicationCodeableConcept", "medication", "description", "title", "productCodeableConcept",
	"itemCodeableConcept", "type", "serviceType", "scope", "topic", "activity", "questionnaire", "category", "class",
}

// about returns what a resource is about: a name for people and places, what was
// done or billed for a claim, else its code.
func (r *reader) about(n node) (words, code string) {
	kind := n.text("resourceType")
	switch kind {
	case "Patient", "Practitioner", "Organization", "Location", "RelatedPerson", "Person":
		return n.name(), ""
	case "PractitionerRole":
		words, _ := r.known.refer(n.child("practitioner"), n)
		if words != "" {
			return words, ""
		}
	case "Claim", "ExplanationOfBenefit":
		for _, item := range n.list("item") {
			if words, code := item.first("productOrService", "service"); words != "" {
				return words, code
			}
		}
	case "AllergyIntolerance":
		if words, code := n.concept("code"); words != "" {
			return words, code
		}
		return n.child("reaction").concept("substance")
	}
	if words, code = n.first(titles[kind]...); words != "" {
		return words, code
	}
	for _, key := range [...]string{"medicationReference", "medication", "suppliedItem"} {
		if ref := n.child(key); ref != nil {
			if name, _ := r.known.refer(ref, n); name != "" {
				_, code := r.contained(n, ref).concept("code")
				return name, code
			}
		}
	}
	return n.first(general...)
}

// contained returns the resource inside n that a reference points to.
func (r *reader) contained(n, ref node) node {
	local, ok := strings.CutPrefix(ref.text("reference"), "#")
	for _, c := range n.list("contained") {
		if ok && c.text("id") == local {
			return c
		}
	}
	return nil
}

// status returns how far the matter has come, in the word of the source.
func status(n node) string {
	for _, key := range [...]string{"status", "clinicalStatus", "lifecycleStatus"} {
		c := n.child(key)
		if code := c.child("coding").text("code"); code != "" {
			return health.Clean(code)
		}
		if words, _ := n.concept(key); words != "" {
			return words
		}
	}
	return ""
}

// note returns what a resource says in prose.
func note(n node) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	for _, key := range [...]string{"dosageInstruction", "dosage", "note"} {
		for _, d := range n.list(key) {
			add(d.text("text"))
			add(d.text("patientInstruction"))
		}
	}
	for _, key := range [...]string{"patientInstruction", "conclusion", "comment", "description", "summary"} {
		add(n.text(key))
	}
	reason, _ := n.first("reasonCode", "reason", "statusReason")
	add(reason)
	return health.Prose(strings.Join(parts, "\n"))
}

// actors are the elements that name who did something, the closest first.
var actors = []string{
	"performer", "requester", "provider", "serviceProvider", "participant", "asserter", "recorder", "author", "prescriber",
	"informationSource", "dispenser", "custodian", "insurer", "payor", "managingOrganization", "organization", "source",
}

// people fills who the resource is about, which is what ids are unique within,
// and who acted.
func (r *reader) people(n node, d *penates.Document, body *schema.HealthRecord) {
	if body.Resource == "Patient" {
		d.Source.Connection = health.Clean(n.text("id"))
		d.Parties = append(d.Parties, penates.Party{Role: "patient", Literal: n.name()})
	}
	for _, key := range [...]string{"patient", "subject", "beneficiary", "individual", "for"} {
		if name, id := r.known.refer(n.child(key), n); d.Source.Connection == "" && (name != "" || id != "") {
			d.Source.Connection = id
			if name != "" {
				d.Parties = append(d.Parties, penates.Party{Role: "patient", Literal: name})
			}
		}
	}
	seen := map[string]bool{}
	for _, key := range actors {
		for _, ref := range n.list(key) {
			for _, inner := range [...]string{"actor", "individual"} {
				if actor := ref.child(inner); actor != nil {
					ref = actor
				}
			}
			name, _ := r.known.refer(ref, n)
			if name == "" || seen[name] || len(seen) >= 50 {
				continue
			}
			seen[name] = true
			if body.Performer == "" {
				body.Performer = name
			}
			d.Parties = append(d.Parties, penates.Party{Role: key, Literal: name})
		}
	}
}
