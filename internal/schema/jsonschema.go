package schema

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

const draft = "https://json-schema.org/draft/2020-12/schema"

// JSONSchema returns the JSON Schema (draft 2020-12) of the type's body, with
// the vocabulary's terms as x-term.
func (k *Kind) JSONSchema() json.RawMessage {
	s := objectSchema(k.Fields)
	s["$schema"] = draft
	s["$id"] = "urn:penates:schema:" + string(k.Type)
	s["title"] = k.Title
	s["x-term"] = k.Term
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	return b
}

func objectSchema(fields []Field) map[string]any {
	properties := map[string]any{}
	for _, f := range fields {
		p := map[string]any{"type": f.Type, "description": f.Doc}
		switch f.Format {
		case "date":
			p["pattern"] = `^\d{4}-\d{2}-\d{2}$`
		case "decimal":
			p["pattern"] = `^-?\d+(\.\d+)?$`
		case "":
		default:
			p["format"] = f.Format
		}
		if f.Term != "" {
			p["x-term"] = f.Term
		}
		if f.items != nil {
			p["items"] = itemSchema(*f.items)
		}
		properties[f.Name] = p
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

func itemSchema(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Struct {
		return objectSchema(fieldsOf(t))
	}
	return map[string]any{"type": jsonType(t)}
}

// JSONLDContext returns a JSON-LD 1.1 context that gives the envelope's and the
// type's fields the terms of their vocabularies.
func (k *Kind) JSONLDContext() json.RawMessage {
	c := map[string]any{
		"schema": "https://schema.org/",
		"as":     "https://www.w3.org/ns/activitystreams#",
		"sosa":   "http://www.w3.org/ns/sosa/",
		"vcard":  "http://www.w3.org/2006/vcard/ns#",
		"fhir":   "http://hl7.org/fhir/",
		"id":     "@id",
		"type":   "@type",
		"text":   "schema:name",
		"body":   "@nest",
		"amount": "schema:price", "currency": "schema:priceCurrency",
		"lat": "schema:latitude", "lon": "schema:longitude",
		string(k.Type): k.Term,
	}
	for _, f := range k.Fields {
		if f.Term != "" {
			c[f.Name] = f.Term
		}
	}
	b, err := json.MarshalIndent(map[string]any{"@context": c}, "", "  ")
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	return b
}

// maxWords bounds the text that is indexed of one document.
const maxWords = 1 << 20

// EachText calls f with each text of body that full-text search knows it by, until
// they are about 1 MiB together.
func EachText(body Body, f func(string)) {
	v := reflect.ValueOf(body)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	w := textWalk{f: f, room: maxWords}
	w.texts(v)
}

// Words returns those texts.
func Words(body Body) string {
	var b strings.Builder
	EachText(body, func(s string) {
		b.WriteByte(' ')
		b.WriteString(s)
	})
	return b.String()
}

type textWalk struct {
	f    func(string)
	room int
}

func (w *textWalk) texts(v reflect.Value) {
	if w.room < 0 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); s != "" {
			w.room -= len(s) + 1
			w.f(s)
		}
	case reflect.Slice:
		for i := range v.Len() {
			w.texts(v.Index(i))
		}
	case reflect.Struct:
		for _, i := range searched(v.Type()) {
			w.texts(v.Field(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			w.texts(v.MapIndex(key))
		}
	case reflect.Interface:
		if !v.IsNil() {
			w.texts(v.Elem())
		}
	}
}

// searchedFields holds what searched found out, by type: reading tags takes long.
var searchedFields sync.Map

// searched returns which fields of a struct full-text search knows.
func searched(t reflect.Type) []int {
	if known, ok := searchedFields.Load(t); ok {
		return known.([]int)
	}
	var fields []int
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("search") == "yes" {
			fields = append(fields, i)
		}
	}
	searchedFields.Store(t, fields)
	return fields
}

// Decode reads a stored body into the struct of its type. Numbers in records
// keep every digit.
func (k *Kind) Decode(raw json.RawMessage) (Body, error) {
	p := reflect.New(k.body)
	if len(raw) > 0 {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(p.Interface()); err != nil {
			return nil, err
		}
	}
	return p.Elem().Interface().(Body), nil
}
