package form_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	"penates/internal/form"
)

// jsonb returns what SQLite makes of text.
func jsonb(t testing.TB) func(text []byte) ([]byte, error) {
	t.Helper()
	c, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := c.Prepare("SELECT jsonb(?)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(text []byte) (b []byte, err error) {
		if err := s.BindRawText(1, text); err != nil {
			return nil, err
		}
		if s.Step() {
			b = bytes.Clone(s.ColumnBlob(0, nil))
		}
		return b, s.Reset()
	}
}

// TestJSONB holds that JSON becomes byte for byte what SQLite makes of it.
func TestJSONB(t *testing.T) {
	ofSQLite := jsonb(t)
	check := func(t interface{ Fatalf(string, ...any) }, text []byte) {
		want, err := ofSQLite(text)
		if err != nil {
			t.Fatalf("SQLite: %v", err)
		}
		got, err := form.JSONB(text)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("of %.300q: %x, %v, want %x", text, got, err, want)
		}
	}
	for _, n := range []int{0, 1, 11, 12, 13, 250, 255, 256, 257, 65_530, 65_535, 65_536, 70_000} {
		s := strings.Repeat("a", n)
		for _, text := range []string{`"%s"`, `["%s"]`, `{"k":{"l":["%s",1]},"m":true}`, `{"%s":[]}`, `"\"%s\\"`, ` [ 1 , "%s" ] `} {
			check(t, fmt.Appendf(nil, text, s))
		}
	}
	check(t, []byte(strings.Repeat("[", 900)+strings.Repeat("]", 900)))
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`["<>&\\/a é\x00-\x1f]{0,12}`))
	value := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }), rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }), rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just(any(nil)), rapid.Map(rapid.SliceOfN(text, 0, 30), func(s []string) any { return s }),
		rapid.Map(rapid.MapOfN(text, rapid.SliceOfN(rapid.Float64(), 0, 5), 0, 8), func(m map[string][]float64) any { return m }))
	rapid.Check(t, func(t *rapid.T) {
		b, err := json.Marshal(rapid.MapOfN(text, value, 0, 12).Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		check(t, b)
	})
}

// FuzzJSONB holds that what is no JSON breaks nothing, and that what is one is
// stored as SQLite stores it.
func FuzzJSONB(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,-0,null,true,false,"é\n\"x\\"]}`, `{`, `[1,`, `"\`, `"\"`, `{"a"}`, `{"a":1,}`, `tru`, ``, `[]]`, strings.Repeat("[", 2000)} {
		f.Add([]byte(s))
	}
	ofSQLite := jsonb(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := form.JSONB(text)
		if !json.Valid(text) {
			return
		}
		want, refused := ofSQLite(text)
		if refused != nil { // nested too deeply
			if err == nil {
				t.Errorf("%.200q is taken, but not by SQLite: %v", text, refused)
			}
			return
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%.200q: %x, %v, want %x", text, got, err, want)
		}
	})
}
