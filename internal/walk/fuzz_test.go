package walk_test

import (
	"bytes"
	"encoding/base64"
	"testing"

	"penates/internal/walk"
)

// FuzzStream holds the limits against any bytes: nothing panics, and no archive
// unpacks to more than its limits allow.
func FuzzStream(f *testing.F) {
	two := []entry{{"a.txt", "aaaaaaaaaaaaaaaaaaaaaaaa"}, {"d/b.txt", "bee"}}
	z, s, tr := zipOf(f, two...), storedZip(f, two...), tarOf(f, two...)
	for _, seed := range [][]byte{z, s, tr, gz(f, tr), gz(f, z), zipOf(f, entry{"in.zip", string(z)}), z[:len(z)-30], s[:len(s)-30], tr[:600], []byte("text")} {
		f.Add(seed)
	}
	for _, packed := range []string{bzipped, xzed} {
		seed, err := base64.StdEncoding.DecodeString(packed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x21\x00\x00bee\n\x00\x00\x00\x00"))
	limits := walk.Limits{Depth: 3, Entries: 20, Slack: 64 << 10, Ratio: 10, Name: 100, Directory: 1 << 20}
	f.Fuzz(func(t *testing.T, content []byte) {
		found := newFound()
		err := walk.Stream(t.Context(), "x", int64(len(content)), bytes.NewReader(content), walk.Options{Limits: limits, Spool: spool}, found)
		if err != nil {
			t.Fatal(err)
		}
		if most := limits.Slack + (limits.Ratio+1)*int64(len(content)) + 2*walk.HeadSize; found.bytes > most {
			t.Errorf("%d bytes came out of %d", found.bytes, len(content))
		}
		walk.Mime("x", content)
	})
}
