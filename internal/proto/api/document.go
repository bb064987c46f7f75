package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/form"
	"penates/internal/vault"
)

// meta is what the vault says of a document beside what the document says.
type meta struct {
	// Left out where only some fields are shown: they would tell of the others.
	Revision int       `json:"revision,omitempty"`
	Added    time.Time `json:"added,omitzero"`
	Changed  time.Time `json:"changed,omitzero"`
	Edited   bool      `json:"edited,omitempty"`
}

// find returns the document the address names. What lies in the trash is not
// there.
func (c *call) find() (*vault.Stored, error) {
	id := penates.DocumentID(c.r.PathValue("id"))
	d, err := c.s.Document(c.ctx(), id)
	if err == nil && !d.Trashed.IsZero() {
		err = fmt.Errorf("document %s is in the trash: %w", id, penates.NotExist)
	}
	return d, err
}

// attributes are what a document says, beside its id and type.
type attributes struct {
	Source penates.Source `json:"source"`
	fields
	Proof  json.RawMessage `json:"proof,omitempty"`
	Points []form.Point    `json:"points,omitempty"`
}

// documentResource shows a whole document in its envelope.
func documentResource(d *vault.Stored) resource {
	path := documentPath(d.ID)
	return resource{
		Type: string(d.Type), ID: string(d.ID), Attributes: attributes{d.Source, fieldsOf(&d.Document), d.Proof, d.Points},
		Meta:  &meta{d.Revision, d.Added, d.Changed, d.Edited},
		Links: &links{Self: path, Also: path + "/links"},
	}
}

// etag names the state of a document: its revision, or where that is not shown a
// hash of what is.
func etag(d *vault.Stored) string {
	if d.Revision > 0 {
		return `"r` + strconv.Itoa(d.Revision) + `"`
	}
	b, _ := json.Marshal(d) // it was read from JSON
	sum := sha256.Sum256(b)
	return `"h` + hex.EncodeToString(sum[:12]) + `"`
}

// showDocument answers with one document.
func (c *call) showDocument() error {
	d, err := c.find()
	if err != nil {
		return err
	}
	if known := c.r.Header.Get("If-None-Match"); known != "" && tagged(known, etag(d)) {
		c.w.Header().Set("ETag", etag(d))
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.writeDocument(http.StatusOK, d)
}

func (c *call) writeDocument(status int, d *vault.Stored) error {
	c.w.Header().Set("ETag", etag(d))
	return c.writeJSON(status, one{Data: documentResource(d)})
}

// tagged reports whether a list of entity tags (RFC 9110 § 8.8.3) has tag in it.
func tagged(list, tag string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}

type linkAttributes struct {
	Rel        penates.Rel       `json:"rel"`
	Outgoing   bool              `json:"outgoing"`
	Confidence float64           `json:"confidence"`
	Rule       string            `json:"rule"`
	State      penates.LinkState `json:"state,omitempty"`
	Other      vault.Summary     `json:"other"`
}

// showLinks answers with a document's links and what is at their other ends.
func (c *call) showLinks() error {
	if _, err := c.find(); err != nil {
		return err
	}
	linked, err := c.s.Links(c.ctx(), penates.DocumentID(c.r.PathValue("id")))
	if err != nil {
		return err
	}
	out := many{Data: []resource{}, Links: &links{Self: c.r.URL.RequestURI()}}
	for _, l := range linked {
		if l.State == penates.Rejected {
			continue
		}
		var other toID
		other.Data.Type, other.Data.ID = string(l.Other.Type), string(l.Other.ID)
		out.Data = append(out.Data, resource{
			Type: "link", ID: string(l.ID), Related: map[string]toID{"other": other},
			Attributes: linkAttributes{l.Rel, l.Outgoing, l.Confidence, l.Rule, l.State, l.Other},
			Links:      &links{Also: documentPath(l.Other.ID)},
		})
	}
	return c.writeJSON(http.StatusOK, out)
}

type revisionAttributes struct {
	At       time.Time       `json:"at"`
	By       penates.Actor   `json:"by"`
	Document json.RawMessage `json:"document"`
}

// showHistory answers with the earlier revisions of a document, latest first.
func (c *call) showHistory() error {
	d, err := c.find()
	if err != nil {
		return err
	}
	past, err := c.s.History(c.ctx(), d.ID)
	if err != nil {
		return err
	}
	out := many{Data: []resource{}, Links: &links{Self: c.r.URL.RequestURI(), Also: documentPath(d.ID)}}
	for _, p := range past {
		out.Data = append(out.Data, resource{Type: "revision", ID: strconv.Itoa(p.Revision), Attributes: revisionAttributes{p.At, p.By, p.Document}})
	}
	return c.writeJSON(http.StatusOK, out)
}
