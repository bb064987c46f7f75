package web_test

import (
	"html/template"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/web"
)

// TestTemplates executes every page with its struct: once with nothing in it,
// once with everything, in each language.
func TestTemplates(t *testing.T) {
	names, err := web.PageNames()
	if err != nil {
		t.Fatal(err)
	}
	structs := web.PageStructs()
	if len(structs) != len(names) {
		t.Errorf("%d structs for %d pages", len(structs), len(names))
	}
	for _, name := range names {
		empty, ok := structs[name]
		if !ok {
			t.Errorf("page %s has no struct here", name)
			continue
		}
		full := reflect.New(reflect.TypeOf(empty)).Elem()
		fill(full, 0)
		for _, lang := range []string{"fr", "en"} {
			for what, data := range map[string]any{"empty": empty, "full": full.Interface()} {
				w := httptest.NewRecorder()
				if err := web.Render(w, lang, name, data); err != nil {
					t.Errorf("%s, %s, %s: %v", name, what, lang, err)
					continue
				}
				checkHTML(t, name+" "+what+" "+lang, w.Body.String())
			}
		}
	}
}

// checkHTML finds what would be wrong on any page.
func checkHTML(t *testing.T, name, html string) {
	t.Helper()
	for _, bad := range []string{"<no value>", "%!", "ZgotmplZ", " style=", " onclick=", "javascript:", "<script>", "map["} {
		if i := strings.Index(html, bad); i >= 0 {
			t.Errorf("%s: %q in …%s", name, bad, html[max(0, i-60):min(len(html), i+60)])
		}
	}
	if strings.Count(html, "<h1") != 1 || strings.Count(html, "<main") != 1 {
		t.Errorf("%s: %d headings of level one, %d mains", name, strings.Count(html, "<h1"), strings.Count(html, "<main"))
	}
}

const hostile = `<img src=x onerror=alert(1)> "' &amp; é`

// fill sets every field of a struct to something, hostile where it is text.
func fill(v reflect.Value, depth int) {
	if depth > 6 || !v.CanSet() {
		return
	}
	switch v.Interface().(type) {
	case template.HTML:
		v.SetString("<svg></svg>")
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)))
		return
	case penates.Moment:
		v.Set(reflect.ValueOf(penates.At(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC))))
		return
	case penates.Decimal:
		v.SetString("-1234.5")
		return
	case penates.Type:
		v.SetString(string(penates.BankOperations))
		return
	case penates.DocumentID:
		v.SetString("doc_aaaa")
		return
	case [][2]int:
		v.Set(reflect.ValueOf([][2]int{{1, 4}}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Float64:
		v.SetFloat(.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	}
}

// TestNothingHostileGetsThrough looks for markup of the data among that of the
// pages.
func TestNothingHostileGetsThrough(t *testing.T) {
	for name, empty := range web.PageStructs() {
		full := reflect.New(reflect.TypeOf(empty)).Elem()
		fill(full, 0)
		w := httptest.NewRecorder()
		if err := web.Render(w, "en", name, full.Interface()); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(w.Body.String(), "<img src=x") {
			t.Errorf("%s lets markup through", name)
		}
	}
	if got := web.Marked("a <b> c", [][2]int{{2, 5}, {1, 3}, {6, 99}}); got != "a <mark>&lt;b&gt;</mark> c" {
		t.Errorf("marked: %s", got)
	}
}
