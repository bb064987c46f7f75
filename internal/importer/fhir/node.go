package fhir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"penates"
	"penates/internal/importer/health"
)

// A node is an element of a resource. Releases differ in whether an element is
// one, a list, or wrapped once more; a node is asked the same way for each.
type node map[string]any

// parse reads a resource and keeps its numbers as they are written.
func parse(raw json.RawMessage) (node, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("%w (%w)", penates.Invalid, err)
	}
	n, ok := v.(map[string]any)
	if !ok || !isType(node(n).text("resourceType")) {
		return nil, fmt.Errorf("a resource without resourceType: %w", penates.Invalid)
	}
	return n, nil
}

// text returns the string, number or boolean of an element, "" for any other.
func (n node) text(key string) string { return scalar(n[key]) }

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return health.Prose(v)
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

// child returns an element that is an object, or the first of a list of them.
func (n node) child(key string) node {
	switch v := n[key].(type) {
	case map[string]any:
		return v
	case []any:
		for _, e := range v {
			if c, ok := e.(map[string]any); ok {
				return c
			}
		}
	}
	return nil
}

// list returns the objects of an element that is a list, or the one that it is.
func (n node) list(key string) (nodes []node) {
	switch v := n[key].(type) {
	case map[string]any:
		return []node{v}
	case []any:
		for _, e := range v {
			if c, ok := e.(map[string]any); ok {
				nodes = append(nodes, c)
			}
		}
	}
	return nodes
}

// texts returns the strings of an element that is a list, or the one that it is.
func (n node) texts(key string) (texts []string) {
	list, ok := n[key].([]any)
	if !ok {
		list = []any{n[key]}
	}
	for _, e := range list {
		if s := scalar(e); s != "" {
			texts = append(texts, s)
		}
	}
	return texts
}

// first returns the words of the first of some elements that has any.
func (n node) first(keys ...string) (words, code string) {
	for _, key := range keys {
		if words, code = n.concept(key); words != "" {
			return words, code
		}
	}
	return "", ""
}

// concept returns the words and the code of a CodeableConcept, Coding,
// CodeableReference, Reference or string.
func (n node) concept(key string) (words, code string) {
	if s := n.texts(key); len(s) > 0 {
		return health.Clean(s[0]), ""
	}
	c := n.child(key)
	if inner := c.child("concept"); inner != nil {
		c = inner
	}
	codings := c.list("coding")
	if c.text("code") != "" {
		codings = append(codings, c)
	}
	words = c.text("text")
	// The code that says it in words is the one a person means.
	slices.SortStableFunc(codings, func(a, b node) int { return rank(a) - rank(b) })
	for _, coding := range codings {
		if code == "" {
			code = health.Code(coding.text("system"), coding.text("code"))
		}
		if words == "" {
			words = coding.text("display")
		}
	}
	if words == "" {
		words = c.text("display")
	}
	if words == "" && len(codings) > 0 {
		words = codings[0].text("code")
	}
	return health.Clean(words), code
}

func rank(coding node) int {
	switch {
	case coding.text("userSelected") == "true":
		return 0
	case coding.text("display") != "":
		return 1
	}
	return 2
}

// name returns a HumanName, the name of an organisation, or that of a device or
// medication.
func (n node) name() string {
	names := n.list("name")
	slices.SortStableFunc(names, func(a, b node) int { return nameRank(a) - nameRank(b) })
	for _, name := range names {
		if s := humanName(name); s != "" {
			return s
		}
	}
	words, _ := n.first("name", "deviceName", "code", "type", "title")
	return words
}

func nameRank(name node) int {
	switch name.text("use") {
	case "official", "usual":
		return 0
	case "old", "nickname", "anonymous", "maiden":
		return 2
	}
	return 1
}

func humanName(name node) string {
	if s := name.text("text"); s != "" {
		return health.Clean(s)
	}
	parts := append(name.texts("prefix"), name.texts("given")...)
	return health.Clean(strings.Join(append(parts, name.texts("family")...), " "))
}

// A directory knows the names and ids of what resources refer to.
type directory map[string]named

type named struct{ name, id string }

// listed are the resource types that others refer to by name.
var listed = map[string]bool{
	"Patient": true, "Practitioner": true, "PractitionerRole": true, "Organization": true, "Location": true,
	"RelatedPerson": true, "Medication": true, "Device": true, "HealthcareService": true, "CareTeam": true,
}

// add takes the name of a resource, and of those in bundles inside.
func (d directory) add(raw json.RawMessage, url string) {
	var head struct {
		Type string `json:"resourceType"`
	}
	if json.Unmarshal(raw, &head) != nil || !listed[head.Type] && head.Type != "Bundle" || len(d) >= maxKnown {
		return
	}
	n, err := parse(raw)
	if err != nil {
		return
	}
	d.take(n, url, 0)
}

func (d directory) take(n node, url string, depth int) {
	kind, id := n.text("resourceType"), n.text("id")
	if kind == "Bundle" && depth < maxNesting {
		for _, e := range n.list("entry") {
			d.take(e.child("resource"), e.text("fullUrl"), depth+1)
		}
		return
	}
	if !listed[kind] || len(d) >= maxKnown {
		return
	}
	name := n.name()
	if kind == "PractitionerRole" {
		name = health.Clean(n.child("practitioner").text("display"))
	}
	if id == "" {
		id = lastPart(url)
	}
	entry := named{name: name, id: id}
	if url != "" {
		d[url] = entry
	}
	if id != "" {
		d[kind+"/"+id] = entry
	}
}

// lastPart returns the id in a URL or URN.
func lastPart(url string) string {
	return url[strings.LastIndexAny(url, "/:#")+1:]
}

// refer returns the name and the id a reference stands for, as far as known.
func (d directory) refer(ref node, within node) (name, id string) {
	if inner := ref.child("reference"); inner != nil { // CodeableReference
		ref = inner
	}
	target := ref.text("reference")
	target, _, _ = strings.Cut(target, "/_history/")
	if local, ok := strings.CutPrefix(target, "#"); ok {
		for _, c := range within.list("contained") {
			if c.text("id") == local {
				name = c.name()
			}
		}
	} else if target != "" {
		known, ok := d[target]
		if parts := strings.Split(target, "/"); !ok && len(parts) >= 2 {
			known = d[strings.Join(parts[len(parts)-2:], "/")]
		}
		name, id = known.name, known.id
		if id == "" {
			id = lastPart(target)
		}
	}
	if s := ref.text("display"); s != "" {
		name = health.Clean(s)
	}
	return name, health.Clean(id)
}
