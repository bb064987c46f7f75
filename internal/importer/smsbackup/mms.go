package smsbackup

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"penates"
	"penates/internal/importer/social"
	"penates/internal/schema"
)

// The types of an address of an MMS (OMA Multimedia Messaging Service
// Encapsulation Protocol, header fields From, To and Cc).
const (
	addrFrom = "137"
	addrTo   = "151"
	addrCc   = "130"
)

// An mms is a multimedia message in the making.
type mms struct {
	from  string
	to    []string
	text  []string
	files []part
}

// A part is a file of an MMS, as base64.
type part struct{ name, mime, data string }

func (r *reader) mms(a attrs, line int) error {
	m, err := r.parts()
	if err != nil {
		return err
	}
	at, ok := r.when(a["date"])
	if !ok {
		return r.refuse(line, "a message without a time that can be: %q", social.Clip(a["date"], 40))
	}
	numbers := strings.FieldsFunc(a["address"], func(c rune) bool { return c == '~' })
	names := strings.Split(a["contact_name"], ", ")
	names = append(names, make([]string, len(numbers))...)
	if len(numbers) == 1 {
		names[0] = a["contact_name"]
	}
	box := a["msg_box"]
	subject := a["sub"]
	out := social.Message{
		Locator: fmt.Sprintf("line=%d", line), At: at, Subject: subject, Text: strings.Join(m.text, "\n"), Folder: boxes[box],
	}
	var others []string
	for i, n := range numbers[:min(len(numbers), maxPeople)] {
		p := r.person(n, names[i])
		others = append(others, p.String())
		switch {
		case box != "1":
			out.To = append(out.To, p)
		case len(numbers) == 1 || key(p, n) == key(r.person(m.from, ""), m.from):
			out.From = p
		default:
			out.To = append(out.To, p)
		}
	}
	if box == "1" && out.From == (social.Person{}) && m.from != "" {
		out.From = r.person(m.from, "")
	}
	out.Thread = strings.Join(others, ", ")
	parts := []string{a["date"], box, strings.Join(sortedCopy(numbers), "~"), out.Text, subject, a["m_id"]}
	out.Native = "mms/" + r.names.Hash(parts...)
	return r.give(&out, m.files)
}

func sortedCopy(s []string) []string { s = slices.Clone(s); slices.Sort(s); return s }

// give gives out the message after its files.
func (r *reader) give(m *social.Message, files []part) error {
	id := penates.NewDocumentID(connector, "", m.Native)
	var kept []penates.DocumentID
	for i, f := range files {
		d := &penates.Document{
			Source: penates.Source{NativeID: m.Native + "/" + strconv.Itoa(i+1), Locator: m.Locator},
			Time:   penates.Span{Start: m.At}, Text: f.name,
		}
		if m.From != (social.Person{}) {
			d.Parties = []penates.Party{{Role: "from", Literal: m.From.Name, Address: m.From.Address}}
		}
		content := base64.NewDecoder(base64.StdEncoding, strings.NewReader(f.data))
		file, err := r.out.File(d, schema.File{Name: f.name, Mime: f.mime}, &decoder{r: content, name: f.name})
		if err != nil {
			return err
		}
		m.Attachments = append(m.Attachments, schema.Attachment{Name: f.name, Mime: f.mime, File: file})
		if file != "" {
			kept = append(kept, file)
		}
	}
	if err := m.Give(r.out); err != nil {
		return err
	}
	for _, file := range kept {
		if err := r.out.Link(file, penates.PartOf, id); err != nil {
			return err
		}
	}
	return nil
}

// A decoder says what is wrong with base64.
type decoder struct {
	r    io.Reader
	name string
}

func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("no base64: %w", penates.Invalid)
	}
	return n, err
}

// parts reads what lies in an <mms> up to its end.
func (r *reader) parts() (m mms, err error) {
	size := 0
	for depth := 1; depth > 0; {
		r.budget.left = maxPart - size // all files of a message are in memory together
		tok, err := r.Token()
		if err != nil {
			return m, r.explain(err)
		}
		switch tok := tok.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			if depth++; depth > 100 {
				return m, fmt.Errorf("elements within elements without end: %w", penates.Invalid)
			}
			a := attributes(tok)
			switch tok.Name.Local {
			case "part":
				size += len(a["data"])
				m.part(a)
			case "addr":
				m.addr(a)
			}
		}
	}
	return m, r.ctx.Err()
}

// part takes a part: a text belongs to the message, the layout (SMIL) to nobody,
// all else is a file.
func (m *mms) part(a attrs) {
	mime := strings.ToLower(a["ct"])
	switch {
	case mime == "text/plain" && a["data"] == "":
		if a["text"] != "" && len(m.text) < maxParts {
			m.text = append(m.text, a["text"])
		}
	case mime == "application/smil" || a["data"] == "" || len(m.files) >= maxParts:
	default:
		name := ""
		for _, k := range [...]string{"cl", "name", "fn", "cid"} {
			if name = path.Base(strings.Trim(social.Line(a[k]), "<>")); a[k] != "" {
				break
			}
		}
		if name == "." || name == "/" {
			name = "part " + strconv.Itoa(len(m.files)+1)
		}
		m.files = append(m.files, part{name, mime, a["data"]})
	}
}

func (m *mms) addr(a attrs) {
	switch {
	case a["address"] == "insert-address-token": // stands for the telephone itself
	case a["type"] == addrFrom:
		m.from = a["address"]
	case (a["type"] == addrTo || a["type"] == addrCc) && len(m.to) < maxPeople:
		m.to = append(m.to, a["address"])
	}
}
