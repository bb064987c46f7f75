package fhir

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/schema"
)

// A paper is a file inside a resource.
type paper struct{ title, mime, data string }

// papersOf returns the files inside a resource: a Binary, and every Attachment with
// its bytes (DocumentReference.content, DiagnosticReport.presentedForm, Patient.photo …).
func papersOf(n node) (papers []paper) {
	var found []node
	attachments(n, 0, &found)
	for _, a := range found {
		data, _ := a["data"].(string)
		papers = append(papers, paper{health.Clean(a.text("title")), health.Clean(a.text("contentType")), data})
	}
	return papers
}

const (
	maxPapers = 1000 // in one resource
	maxDepth  = 50   // of elements in each other
)

// attachments collects the elements that have both bytes and a media type.
func attachments(v any, depth int, found *[]node) {
	if depth > maxDepth || len(*found) >= maxPapers {
		return
	}
	switch v := v.(type) {
	case node:
		attachments(map[string]any(v), depth, found)
	case map[string]any:
		if data, ok := v["data"].(string); ok && data != "" && node(v).text("contentType") != "" {
			*found = append(*found, v)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			attachments(v[key], depth+1, found)
		}
	case []any:
		for _, e := range v {
			attachments(e, depth+1, found)
		}
	}
}

// papers gives out the files inside the resource that became the document id.
func (r *reader) papers(papers []paper, of *penates.Document, id penates.DocumentID) error {
	for _, p := range papers {
		d := &penates.Document{Time: of.Time, Parties: of.Parties, Text: p.title, Sensitivity: penates.Sensitive}
		if d.Text == "" {
			d.Text = of.Text
		}
		content := base64.NewDecoder(base64.StdEncoding, strings.NewReader(p.data))
		file, err := r.out.File(d, schema.File{Name: p.title, Mime: p.mime, Label: d.Text}, content)
		if err != nil {
			return err
		}
		if file == "" { // refused
			continue
		}
		if err := r.out.Link(file, penates.Documents, id); err != nil {
			return err
		}
	}
	return nil
}

// dropData takes the bytes of papers out of a resource and reports whether there
// were any.
func dropData(v any, depth int) bool {
	if n, ok := v.(node); ok {
		v = map[string]any(n)
	}
	if depth > maxDepth {
		return false
	}
	dropped := false
	switch v := v.(type) {
	case map[string]any:
		if data, ok := v["data"].(string); ok && data != "" && node(v).text("contentType") != "" {
			delete(v, "data")
			dropped = true
		}
		for _, e := range v {
			dropped = dropData(e, depth+1) || dropped
		}
	case []any:
		for _, e := range v {
			dropped = dropData(e, depth+1) || dropped
		}
	}
	return dropped
}

// bill gives out what an insurance pays as a bill, which is how it is found again
// on the account. Of nothing there is no bill.
func (r *reader) bill(n node, of *penates.Document, id penates.DocumentID) error {
	if of.Money == nil || of.Money.Amount.Float() == 0 {
		return nil
	}
	body := schema.Bill{Title: of.Text, IsRefund: true, Kind: "ExplanationOfBenefit", OriginalDate: of.Time.Start.Date(),
		ThirdParty: n.child("payee").child("type").child("coding").text("code") == "provider"}
	body.Vendor, _ = r.known.refer(n.child("insurer"), n)
	if body.Vendor == "" {
		body.Vendor, _ = r.known.refer(n.child("insurance").child("coverage"), n)
	}
	if total := totalOf(n, "submitted"); total != nil && total.Currency == of.Money.Currency {
		body.OriginalAmount = string(total.Amount)
	}
	span := of.Time
	for _, date := range [...]string{n.child("payment").text("date"), n.text("created")} {
		if m, uncertainty, err := moment(date); err == nil && !m.IsZero() {
			span = penates.Span{Start: m, Uncertainty: uncertainty}
			break
		}
	}
	source := of.Source
	source.NativeID = "bill:" + source.NativeID
	d := &penates.Document{Source: source, Time: span, Money: of.Money, Text: of.Text, Sensitivity: penates.Sensitive}
	if body.Vendor != "" {
		d.Parties = []penates.Party{{Role: "vendor", Literal: body.Vendor}}
		d.Text = fmt.Sprintf("%s %s", body.Vendor, of.Text)
	}
	if err := r.out.Document(d, body); err != nil {
		return err
	}
	return r.out.Link(penates.NewDocumentID(connector, source.Connection, source.NativeID), penates.DerivedFrom, id)
}
