package client

import (
	"context"
	"net/http"
	"net/url"
)

// Add adds a document of type t, and returns it. Its attributes are as in the
// interface: text, time, money, body.
func (a *Access) Add(ctx context.Context, t string, attributes map[string]any) (*Document, error) {
	return a.add(ctx, map[string]any{"type": t, "attributes": attributes})
}

// AddAs is Add under a name of the program's own, of at most 200 bytes: a second
// document of that name is refused (409), so that a request may be sent again.
func (a *Access) AddAs(ctx context.Context, name, t string, attributes map[string]any) (*Document, error) {
	return a.add(ctx, map[string]any{"type": t, "lid": name, "attributes": attributes})
}

func (a *Access) add(ctx context.Context, data map[string]any) (*Document, error) {
	return a.document(ctx, "/documents", exchange{method: http.MethodPost, json: map[string]any{"data": data}})
}

// Change changes a document that was read before, and returns what it is now. patch is
// a merge patch (RFC 7396) of its attributes: members that are nil are taken away. When
// the document is not any more as it was read, an Error has the status 412.
func (a *Access) Change(ctx context.Context, d *Document, patch map[string]any) (*Document, error) {
	in := map[string]any{"data": map[string]any{"type": d.Type, "id": d.ID, "attributes": patch}}
	return a.document(ctx, "/documents/"+url.PathEscape(d.ID), exchange{method: http.MethodPatch, json: in, match: d.Tag})
}

// Delete puts a document that was read before into the person's trash. When it is not
// any more as it was read, an Error has the status 412.
func (a *Access) Delete(ctx context.Context, d *Document) error {
	return a.ask(ctx, "/documents/"+url.PathEscape(d.ID), exchange{method: http.MethodDelete, match: d.Tag}, nil)
}
