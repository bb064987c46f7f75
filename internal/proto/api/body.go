package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"penates"
	"penates/internal/serve"
)

// maxBody bounds the bytes of a request.
const maxBody = 2 << 20

// readJSON reads the request's body, one JSON value without members that v does
// not know. Numbers keep every digit.
func (c *call) readJSON(v any) error {
	media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" && !strings.HasSuffix(media, "+json") {
		return refuse(http.StatusUnsupportedMediaType, "media-type", "unsupported media type", "send application/json")
	}
	d := json.NewDecoder(c.r.Body)
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return badJSON(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the body has more after its JSON value: %w", penates.Invalid)
	}
	return nil
}

func badJSON(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fmt.Errorf("the body cannot be read as JSON (%s): %w", strings.TrimPrefix(err.Error(), "json: "), penates.Invalid)
}

// writeJSON answers with v.
func (c *call) writeJSON(status int, v any) error { return serve.WriteJSON(c.w, status, v) }

// gone is what a failed write to the caller is worth: the caller has left.
func gone(error) error { return nil }

// A resource is one thing of an answer.
type resource struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Attributes any             `json:"attributes,omitempty"`
	Links      *links          `json:"links,omitempty"`
	Meta       *meta           `json:"meta,omitempty"`
	Related    map[string]toID `json:"relationships,omitempty"`
}

// toID names another resource.
type toID struct {
	Data struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	} `json:"data"`
}

// links lead further.
type links struct {
	Self string `json:"self,omitempty"`
	Next string `json:"next,omitempty"`
	Also string `json:"related,omitempty"`
}

// one is an answer of one resource, many of several.
type one struct {
	Data  resource `json:"data"`
	Links *links   `json:"links,omitempty"`
}

type many struct {
	Data  []resource `json:"data"`
	Links *links     `json:"links,omitempty"`
	Meta  any        `json:"meta,omitempty"`
}
