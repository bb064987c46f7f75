package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"

	"penates"
)

// ReadJSON reads the body of r, which is one JSON value, into v. Members v does
// not know are an error unless lax says that they may be ignored.
func ReadJSON(r *http.Request, v any, lax bool) error {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return fmt.Errorf("the body has to be application/json: %w", penates.Invalid)
	}
	d := json.NewDecoder(r.Body)
	if !lax {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(v); err != nil {
		return badBody(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badBody(errors.New("something follows the JSON value"))
	}
	return nil
}

// ReadForm returns the form in the body of r. A field that comes twice is an
// error: which of the two counts is what attackers play with.
func ReadForm(r *http.Request) (url.Values, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return nil, fmt.Errorf("the body has to be application/x-www-form-urlencoded: %w", penates.Invalid)
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badBody(err)
	}
	form, err := url.ParseQuery(string(b))
	if err != nil {
		return nil, fmt.Errorf("the form cannot be read: %w", penates.Invalid)
	}
	return form, nil
}

// Once returns an Invalid error when a field of form comes more than once, other
// than those of several.
func Once(form url.Values, several ...string) error {
	for name, values := range form {
		if len(values) > 1 && !contains(several, name) {
			return fmt.Errorf("%q is given twice: %w", name, penates.Invalid)
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func badBody(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fmt.Errorf("the body: %w: %w", err, penates.Invalid)
}

// WriteJSON answers with v.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // who asked is gone
	return nil
}
