package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
)

// Connector is the source of documents that come in over this interface; their
// connection is the grantee that brought them.
const Connector = "api"

// fields are what a program may say of a document.
type fields struct {
	Time        penates.Span        `json:"time,omitzero"`
	Place       *penates.Place      `json:"place,omitempty"`
	Parties     []penates.Party     `json:"parties,omitempty"`
	Money       *penates.Money      `json:"money,omitempty"`
	Quantity    *penates.Quantity   `json:"quantity,omitempty"`
	Text        string              `json:"text,omitempty"`
	Refs        []penates.Ref       `json:"refs,omitempty"`
	Sensitivity penates.Sensitivity `json:"sensitivity,omitempty"`
	Body        json.RawMessage     `json:"body,omitempty"`
}

func (f *fields) put(d *penates.Document) {
	d.Time, d.Place, d.Parties, d.Money, d.Quantity = f.Time, f.Place, f.Parties, f.Money, f.Quantity
	d.Text, d.Refs, d.Sensitivity, d.Body = f.Text, f.Refs, f.Sensitivity, f.Body
}

func fieldsOf(d *penates.Document) fields {
	return fields{d.Time, d.Place, d.Parties, d.Money, d.Quantity, d.Text, d.Refs, d.Sensitivity, d.Body}
}

// addition is the body of a request to add a document.
type addition struct {
	Data struct {
		Type penates.Type `json:"type"`
		// LID is the caller's own name for the document: adding it twice is refused.
		LID        string `json:"lid"`
		Attributes fields `json:"attributes"`
	} `json:"data"`
}

const maxLID = 200

// addDocument adds a document that the caller brings.
func (c *call) addDocument() error {
	var in addition
	if err := c.readJSON(&in); err != nil {
		return err
	}
	kind, err := schema.Of(in.Data.Type)
	if err != nil {
		return err
	}
	if kind.Series {
		return fmt.Errorf("documents of type %s hold stretches of series and are not added one by one: %w", kind.Type, penates.Unsupported)
	}
	if len(in.Data.LID) > maxLID {
		return fmt.Errorf("a lid of more than %d bytes: %w", maxLID, penates.Invalid)
	}
	if err := checkBody(kind, in.Data.Attributes.Body); err != nil {
		return err
	}
	body, err := kind.Decode(in.Data.Attributes.Body)
	if err != nil {
		return badJSON(err)
	}
	name := in.Data.LID
	if name == "" {
		name = penates.NewID("new")
	}
	d := &penates.Document{Type: kind.Type}
	in.Data.Attributes.put(d)
	d.Source = penates.Source{Connector: Connector, Connection: string(c.s.Actor()), NativeID: name}
	stored, err := c.s.PutNew(c.ctx(), d, body)
	if errors.Is(err, penates.Exists) {
		return fmt.Errorf("a document with this lid was added before: %w", penates.Exists)
	}
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", documentPath(stored.ID))
	return c.writeDocument(http.StatusCreated, stored)
}

// change is the body of a request to change a document: attributes is a merge
// patch (RFC 7396).
type change struct {
	Data struct {
		Type       penates.Type    `json:"type"`
		ID         string          `json:"id"`
		Attributes json.RawMessage `json:"attributes"`
	} `json:"data"`
}

var errUnmatched = refuse(http.StatusPreconditionFailed, "changed", "changed meanwhile",
	"the document is not in the state If-Match names; read it again")

// match finds the document and makes sure that it is in the state the caller
// knows.
func (c *call) match() (d *vault.Stored, err error) {
	wanted := c.r.Header.Get("If-Match")
	if wanted == "" {
		return d, refuse(http.StatusPreconditionRequired, "if-match", "precondition required", "send If-Match with the ETag of the state you know")
	}
	stored, err := c.find()
	if err != nil {
		return d, err
	}
	if !tagged(wanted, etag(stored)) {
		return d, errUnmatched
	}
	return stored, nil
}

// changeDocument applies a merge patch to a document.
func (c *call) changeDocument() error {
	var in change
	if err := c.readJSON(&in); err != nil {
		return err
	}
	known, err := c.match()
	if err != nil {
		return err
	}
	if in.Data.ID != string(known.ID) || in.Data.Type != known.Type {
		return fmt.Errorf("the body speaks of another document than the address: %w", penates.Invalid)
	}
	kind, err := schema.Of(known.Type)
	if err != nil {
		return err
	}
	unchanged := func(now *vault.Stored) error {
		if etag(now) != etag(known) {
			return errUnmatched
		}
		return nil
	}
	stored, err := c.s.EditKnown(c.ctx(), known.ID, unchanged, func(d *penates.Document) error {
		f, err := patched(fieldsOf(d), in.Data.Attributes)
		if err != nil {
			return err
		}
		f.put(d)
		return checkBody(kind, f.Body)
	})
	if err != nil {
		return err
	}
	return c.writeDocument(http.StatusOK, stored)
}

// patched returns f after a merge patch.
func patched(f fields, patch json.RawMessage) (out fields, err error) {
	before, err := json.Marshal(f)
	if err != nil {
		return out, err
	}
	var target, p any
	if err := errors.Join(decodeNumbers(before, &target), decodeNumbers(patch, &p)); err != nil {
		return out, badJSON(err)
	}
	if _, ok := p.(map[string]any); !ok {
		return out, fmt.Errorf("attributes are a JSON object: %w", penates.Invalid)
	}
	after, err := json.Marshal(merge(target, p))
	if err != nil {
		return out, err
	}
	d := json.NewDecoder(bytes.NewReader(after))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		return out, badJSON(err)
	}
	return out, nil
}

func decodeNumbers(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(v)
}

// merge applies a merge patch as RFC 7396 defines it.
func merge(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, ok := target.(map[string]any)
	if !ok {
		t = map[string]any{}
	}
	for name, v := range p {
		if v == nil {
			delete(t, name)
		} else {
			t[name] = merge(t[name], v)
		}
	}
	return t
}

// deleteDocument puts a document into the person's trash.
func (c *call) deleteDocument() error {
	d, err := c.match()
	if err != nil {
		return err
	}
	if err := c.s.Trash(c.ctx(), d.ID); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

var bodySchemas = sync.OnceValues(func() (map[penates.Type]*jsonschema.Schema, error) {
	all := map[penates.Type]*jsonschema.Schema{}
	for _, k := range schema.Kinds() {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(k.JSONSchema()))
		if err != nil {
			return nil, err
		}
		c := jsonschema.NewCompiler()
		name := string(k.Type) + ".json"
		if err := c.AddResource(name, doc); err != nil {
			return nil, err
		}
		if all[k.Type], err = c.Compile(name); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// maxFaults is how many faults a refusal names.
const maxFaults = 20

// checkBody holds a document's body against the schema of its type.
func checkBody(kind *schema.Kind, body json.RawMessage) error {
	all, err := bodySchemas()
	if err != nil || len(body) == 0 {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return badJSON(err)
	}
	err = all[kind.Type].Validate(v)
	var wrong *jsonschema.ValidationError
	if !errors.As(err, &wrong) {
		return err
	}
	p := refuse(http.StatusUnprocessableEntity, "invalid", string(penates.Invalid), "the body is not valid to the schema of "+string(kind.Type)+", see "+Base+"/types/"+string(kind.Type))
	english := message.NewPrinter(language.English)
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 && len(p.Errors) < maxFaults {
			pointer := "/data/attributes/body"
			if len(e.InstanceLocation) > 0 {
				pointer += "/" + strings.Join(e.InstanceLocation, "/")
			}
			p.Errors = append(p.Errors, fault{pointer, e.ErrorKind.LocalizedString(english)})
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(wrong)
	return p
}
