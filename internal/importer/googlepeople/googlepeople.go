// Package googlepeople reads contacts as the People API of Google gives them
// (developers.google.com/people/api/rest/v1/people#Person): one Person, an array of
// them, or the answers of people.connections.list, otherContacts.list and
// people.searchContacts, whole or as JSON lines.
//
// A contact is named by its resourceName, which stays the same.
package googlepeople

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads contacts of Google.
var Format = importer.Format{Name: "googlepeople", Title: "Google contacts (People API)", Recognise: recognise, Read: read}

const (
	maxPerson = 4 << 20 // bytes of one
	maxNative = 64 << 10
	maxValues = 200
	maxText   = 64 << 10
)

var resource = regexp.MustCompile(`"resourceName"\s*:\s*"(people|otherContacts)/`)

func recognise(h importer.Head) int {
	b := bytes.TrimLeft([]byte(locale.Decode(h.Bytes, "")), "\uFEFF \t\r\n")
	if len(b) == 0 || b[0] != '{' && b[0] != '[' || !resource.Match(b) {
		return 0
	}
	return 95
}

type valued struct {
	Value    string   `json:"value"`
	Metadata metadata `json:"metadata"`
}

type metadata struct {
	Primary bool `json:"primary"`
}

type person struct {
	ResourceName string `json:"resourceName"`
	Names        []struct {
		Display string `json:"displayName"`
		Family  string `json:"familyName"`
		Given   string `json:"givenName"`
		Middle  string `json:"middleName"`
	} `json:"names"`
	Nicknames []valued `json:"nicknames"`
	Emails    []valued `json:"emailAddresses"`
	Phones    []struct {
		valued
		Canonical string `json:"canonicalForm"`
	} `json:"phoneNumbers"`
	Addresses []struct {
		Formatted string `json:"formattedValue"`
		Street    string `json:"streetAddress"`
		Extended  string `json:"extendedAddress"`
		Code      string `json:"postalCode"`
		City      string `json:"city"`
		Region    string `json:"region"`
		Country   string `json:"country"`
	} `json:"addresses"`
	Organizations []struct {
		Name       string `json:"name"`
		Department string `json:"department"`
		Title      string `json:"title"`
	} `json:"organizations"`
	Birthdays []struct {
		Date struct{ Year, Month, Day int } `json:"date"`
		Text string                         `json:"text"`
	} `json:"birthdays"`
	Biographies []valued `json:"biographies"`
	URLs        []valued `json:"urls"`
	Memberships []struct {
		Group struct {
			ID   string `json:"contactGroupId"`
			Name string `json:"contactGroupResourceName"`
		} `json:"contactGroupMembership"`
	} `json:"memberships"`
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	j := jsonstream.New(text, maxPerson)
	r := &reader{ctx: ctx, country: f.Country, out: out, json: j}
	return j.Each(r.value)
}

type reader struct {
	ctx     context.Context
	country string
	out     importer.Sink
	json    *jsonstream.Reader
}

// lists are the members of answers that hold people.
var lists = []string{"connections", "otherContacts", "results", "responses", "people"}

// value reads a Person, or an answer that holds a list of them. The members of an
// answer are few, so it is the members of the first that tell.
func (r *reader) value() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	line := r.json.Line()
	members := map[string]json.RawMessage{}
	listed := false
	err := r.json.Object(func(key string) error {
		if slices.Contains(lists, key) {
			listed = true
			return r.json.Array(r.value)
		}
		if key == "person" {
			listed = true
			return r.value()
		}
		var v json.RawMessage
		err := r.json.Value(&v)
		members[key] = v
		return err
	})
	if err != nil || listed || len(members["resourceName"]) == 0 {
		return err
	}
	native, err := json.Marshal(members)
	if err != nil {
		return err
	}
	return r.person(native, line)
}

func (r *reader) person(native []byte, line int) error {
	var p person
	if err := json.Unmarshal(native, &p); err != nil {
		var shape *json.UnmarshalTypeError
		if !errors.As(err, &shape) || p.ResourceName == "" {
			return r.out.Refuse(line, fmt.Errorf("not a person as Google writes one: %w", penates.Invalid))
		}
	}
	c := p.contact(r.country)
	d := &penates.Document{Text: first(append(append([]string{c.FullName, c.Company, c.Nickname}, c.Email...), c.Phone...)...)}
	if d.Text == "" {
		return r.out.Refuse(line, fmt.Errorf("%.60s has no name, organisation, address or number: %w", p.ResourceName, penates.Invalid))
	}
	d.Source = penates.Source{NativeID: p.ResourceName, Locator: fmt.Sprintf("line=%d", line)}
	for _, mail := range c.Email {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefEmail, mail))
	}
	for _, phone := range c.Phone {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefPhone, phone))
	}
	if len(native) <= maxNative {
		c.Native = string(native)
	}
	return r.out.Document(d, c)
}

func first(some ...string) string {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}

func (p *person) contact(country string) schema.Contact {
	c := schema.Contact{
		Email: values(p.Emails, func(s string) string { return strings.ToLower(strings.TrimPrefix(s, "mailto:")) }),
		URL:   values(p.URLs, func(s string) string { return s }),
		Note:  note(p.Biographies),
		Kind:  "individual",
	}
	for _, n := range p.Names {
		if c.FullName == "" {
			c.FullName, c.Family, c.Given = social.Line(n.Display), social.Line(n.Family), social.Line(n.Given+" "+n.Middle)
		}
	}
	if c.FullName == "" {
		c.FullName = social.Line(c.Given + " " + c.Family)
	}
	if len(p.Nicknames) > 0 {
		c.Nickname = social.Line(p.Nicknames[0].Value)
	}
	for _, o := range p.Organizations {
		if c.Company == "" && c.JobTitle == "" {
			c.Company, c.JobTitle = join(o.Name, o.Department), social.Line(o.Title)
		}
	}
	for _, t := range p.Phones {
		number := first(social.Phone(t.Canonical, country), social.Phone(t.Value, country), social.Line(t.Value))
		c.Phone = add(c.Phone, number, t.Metadata.Primary)
	}
	for _, a := range p.Addresses {
		line := join(a.Street, a.Extended, social.Line(a.Code+" "+a.City), a.Region, a.Country)
		if a.Formatted != "" {
			line = join(strings.Split(a.Formatted, "\n")...)
		}
		c.Address = add(c.Address, line, false)
	}
	for _, b := range p.Birthdays {
		if c.Birthday == "" {
			c.Birthday = birthday(b.Date.Year, b.Date.Month, b.Date.Day)
		}
	}
	for _, m := range p.Memberships {
		if id := first(m.Group.ID, strings.TrimPrefix(m.Group.Name, "contactGroups/")); id != "myContacts" {
			c.Groups = add(c.Groups, social.Line(id), false)
		}
	}
	return c
}

// birthday returns YYYY-MM-DD, or --MM-DD without a year, or "".
func birthday(year, month, day int) string {
	if month < 1 || month > 12 || day < 1 || day > 31 || year < 0 || year > 9999 {
		return ""
	}
	if year == 0 {
		return fmt.Sprintf("--%02d-%02d", month, day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
}

func note(list []valued) string {
	var parts []string
	for _, v := range list {
		if s := strings.TrimSpace(v.Value); s != "" && len(parts) < maxValues {
			parts = append(parts, s)
		}
	}
	return social.Clip(strings.Join(parts, "\n\n"), maxText)
}

func values(list []valued, clean func(string) string) (out []string) {
	for _, v := range list {
		out = add(out, social.Line(clean(v.Value)), v.Metadata.Primary)
	}
	return out
}

// add adds a value that is not there yet, a preferred one in front.
func add(list []string, s string, preferred bool) []string {
	if s == "" || slices.Contains(list, s) || len(list) >= maxValues {
		return list
	}
	if preferred {
		return slices.Insert(list, 0, s)
	}
	return append(list, s)
}

// join joins what is there of an address or a name to one line.
func join(parts ...string) string {
	var there []string
	for _, p := range parts {
		if p = strings.Trim(social.Line(p), ", "); p != "" {
			there = append(there, p)
		}
	}
	return strings.Join(there, ", ")
}
