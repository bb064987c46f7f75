package api

import (
	"net/http"

	"penates"
	"penates/internal/schema"
)

type kindAttributes struct {
	Title  string `json:"title"`
	View   string `json:"view"`
	Term   string `json:"term"`
	Series bool   `json:"series,omitempty"`
}

// listTypes answers with the types of document there are.
func (c *call) listTypes() error {
	out := many{Data: []resource{}, Links: &links{Self: Base + "/types"}}
	for _, k := range schema.Kinds() {
		out.Data = append(out.Data, resource{Type: "type", ID: string(k.Type),
			Attributes: kindAttributes{k.Title, k.View, k.Term, k.Series}, Links: &links{Self: Base + "/types/" + string(k.Type)}})
	}
	return c.writeJSON(http.StatusOK, out)
}

// showType answers with the JSON Schema of a type's body.
func (c *call) showType() error {
	k, err := schema.Of(penates.Type(c.r.PathValue("type")))
	if err != nil {
		return penates.NotExist
	}
	c.w.Header().Set("Content-Type", "application/schema+json")
	_, err = c.w.Write(k.JSONSchema())
	return gone(err)
}
