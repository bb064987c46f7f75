package jsonstream_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/jsonstream"
)

// list reads {"items": [{"v": …}, …], …} and returns "line:value" of each item.
func list(r *jsonstream.Reader) (got []string, err error) {
	err = r.Object(func(key string) error {
		if key != "items" {
			return r.Skip()
		}
		return r.Array(func() error {
			var item struct{ V json.RawMessage }
			if err := r.Value(&item); err != nil {
				return err
			}
			text, ok := jsonstream.Text(item.V)
			got = append(got, fmt.Sprintf("%d:%s:%t", r.Line(), text, ok))
			return nil
		})
	})
	return got, err
}

func TestWalk(t *testing.T) {
	const text = "{\"before\": {\"deep\": [1, 2]},\n \"items\": [\n  {\"v\": \"a\"},\n\n  {\"v\": 1.50}, {\"v\": true},\n  {\"v\": null}, {}, {\"v\": []}],\n \"after\": null}"
	got, err := list(jsonstream.New(strings.NewReader(text), 1000))
	want := []string{"3:a:true", "5:1.50:true", "5:true:true", "6::true", "6::true", "6::false"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestBadFiles(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		kind     error
	}{
		{"empty", "", penates.Invalid},
		{"array for object", "[]", penates.Invalid},
		{"object for array", `{"items": {}}`, penates.Invalid},
		{"text for array", `{"items": "x"}`, penates.Invalid},
		{"cut in a value", `{"items": [{"v": "a"`, penates.Invalid},
		{"cut between values", `{"items": [{"v": "a"},`, penates.Invalid},
		{"syntax", `{"items": [{"v" "a"}]}`, penates.Invalid},
		{"wrong shape", `{"items": ["a"]}`, penates.Invalid},
		{"deep", `{"items": [{"v": ` + strings.Repeat("[", 20_000), penates.Invalid},
		{"long value", `{"items": [{"v": "` + strings.Repeat("a", 200_000) + `"}]}`, penates.TooLarge},
		{"long name", `{"` + strings.Repeat("a", 200_000) + `": 1}`, penates.TooLarge},
	} {
		if got, err := list(jsonstream.New(strings.NewReader(tt.in), 100_000)); !errors.Is(err, tt.kind) {
			t.Errorf("%s: got %q, %v, want %v", tt.name, got, err, tt.kind)
		}
	}
}

func TestMismatchGoesOn(t *testing.T) {
	r := jsonstream.New(strings.NewReader(`[{"v": 1}, 2, {"v": 3}]`), 1000)
	var got []string
	err := r.Array(func() error {
		var item struct{ V json.Number }
		err := r.Value(&item)
		if jsonstream.Mismatch(err) {
			got = append(got, "refused")
			return nil
		}
		got = append(got, item.V.String())
		return err
	})
	if want := []string{"1", "refused", "3"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestEach(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string
		bad  bool
	}{
		{"[1, 2]", []string{"1", "2"}, false},
		{" 1 ", []string{"1"}, false},
		{"{}\n{}\n\n[3, [4]]\n", []string{"{}", "{}", "3", "[4]"}, false},
		{"[]", nil, false},
		{"", nil, true},
		{"[1", []string{"1"}, true},
		{"1 ]", []string{"1"}, true},
		{"1 }", []string{"1"}, true},
		{strings.Repeat(" ", 900) + "[7]", []string{"7"}, false},
	} {
		r := jsonstream.New(strings.NewReader(tt.in), 1000)
		var got []string
		err := r.Each(func() error {
			var raw json.RawMessage
			err := r.Value(&raw)
			if err == nil {
				got = append(got, string(raw))
			}
			return err
		})
		if !slices.Equal(got, tt.want) || (err != nil) != tt.bad || err != nil && !errors.Is(err, penates.Invalid) {
			t.Errorf("%q: got %q, %v, want %q, bad %t", tt.in, got, err, tt.want, tt.bad)
		}
	}
}

func TestAny(t *testing.T) {
	r := jsonstream.New(strings.NewReader(`{"a": [1, {"b": null}], "c": "x", "d": {}}`), 1000)
	var got []string
	var visit func() error
	visit = func() error {
		return r.Any(func(key string) error {
			got = append(got, key+":")
			return visit()
		}, visit, func(v any) error {
			got = append(got, fmt.Sprintf("%T", v))
			return nil
		})
	}
	want := []string{"a:", "json.Number", "b:", "<nil>", "c:", "string", "d:"}
	if err := visit(); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

// A file may be much longer than the limit of one value.
func TestLongFile(t *testing.T) {
	text := `{"items": [` + strings.Repeat("{\"v\": \"0123456789\"},\n", 50_000) + `{"v": "last"}]}`
	got, err := list(jsonstream.New(strings.NewReader(text), 5000))
	if err != nil || len(got) != 50_001 || got[50_000] != "50001:last:true" {
		t.Errorf("got %d items, %v", len(got), err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"items": [{"v": "a"}, {"v": 1}]}`))
	f.Add([]byte(`{"items": null, "x": [[[{}]]]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := list(jsonstream.New(strings.NewReader(string(b)), 1000))
		if err == nil && !strings.HasPrefix(strings.TrimSpace(string(b)), "{") && !strings.HasPrefix(strings.TrimSpace(string(b)), "null") {
			t.Errorf("%q read as %q", b, got)
		}
	})
}

// What visits a value by calling itself for each inside it does not run out of stack.
func TestDepth(t *testing.T) {
	r := jsonstream.New(strings.NewReader(strings.Repeat("[", 1_000_000)), 1<<20)
	var visit func() error
	visit = func() error { return r.Array(visit) }
	if err := visit(); !errors.Is(err, penates.TooLarge) {
		t.Error(err)
	}
}
