package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"penates/client"
)

// TestFollow hears changes, signs of life, and the end with its reason.
func TestFollow(t *testing.T) {
	h := newHost(t)
	h.answers("GET /api/v1/changes", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "text/event-stream" || r.Header.Get("Last-Event-ID") != "7" {
			t.Errorf("asked with %v", r.Header)
		}
		fmt.Fprint(w, ":\n\nid: 8\nevent: change\ndata: {\"cursor\":\"8\",\ndata: \"id\":\"doc_1\"}\n\nevent: other\ndata: 1\n\n"+
			"event: end\ndata: {\"type\":\"urn:penates:problem:denied\",\"detail\":\"stopped\"}\n\n")
	})
	a := h.access(t)
	var seen []client.Change
	var e *client.Error
	err := a.Follow(t.Context(), "7", func(c client.Change) error { seen = append(seen, c); return nil })
	if !errors.As(err, &e) || e.Code != "urn:penates:problem:denied" || e.Detail != "stopped" {
		t.Errorf("it ends with %v", err)
	}
	if len(seen) != 1 || seen[0].ID != "doc_1" || seen[0].Cursor != "8" {
		t.Errorf("changes: %v", seen)
	}
}
