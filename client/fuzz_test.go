package client_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"penates/client"
)

// FuzzStream reads server-sent events: as many as there are blocks with data.
func FuzzStream(f *testing.F) {
	f.Add("id: 1\nevent: change\ndata: {}\n\n:\n\nevent: end\ndata: {\ndata:}\n\n")
	f.Add("data\n\n")
	f.Add("event: change\n\ndata: x")
	f.Add("\xff:\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := client.Events(strings.NewReader(text))
		if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, client.ErrTooLarge) {
			t.Error(err)
		}
		if most := strings.Count(text, "data"); n > most {
			t.Errorf("%d events of %d fields", n, most)
		}
	})
}

// FuzzRefusal reads refusals in the forms of OAuth and of RFC 9457.
func FuzzRefusal(f *testing.F) {
	f.Add([]byte(`{"error":"invalid_grant","error_description":"over"}`))
	f.Add([]byte(`{"type":"urn:penates:problem:denied","title":"denied","status":403,"detail":"no"}`))
	f.Add([]byte(`{"error":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if said := client.Refusal(b); !strings.HasPrefix(said, "400 ") {
			t.Errorf("it says %q", said)
		}
	})
}
