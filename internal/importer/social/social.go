// Package social holds what the formats of messengers and social networks share:
// messages with who wrote to whom, lists of what a person did there, telephone
// numbers as these services write them.
package social

import (
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/locale"
	"penates/internal/schema"
)

const (
	maxText    = 300     // bytes of the line a document is recognised by
	maxContent = 1 << 20 // bytes of a message
	maxParties = 20      // recipients named one by one; of larger groups the first
)

// A Person takes part in a conversation.
type Person struct {
	Name    string
	Address string // e-mail or E.164, when known
}

// String returns the name, else the address.
func (p Person) String() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Address
}

// A Message is what a service says of one message.
type Message struct {
	Native      string // what names it among all of the service; stable
	Locator     string
	Thread      string // the conversation
	At          penates.Moment
	From        Person
	To          []Person
	Subject     string
	Text        string
	ReplyTo     string
	Folder      string
	Flags       string
	Place       *penates.Place
	Attachments []schema.Attachment
	Refs        []penates.Ref
}

// Give gives the message to out.
func (m *Message) Give(out importer.Sink) error {
	m.Text = Clip(tidy(m.Text), maxContent)
	d := &penates.Document{
		Source: penates.Source{NativeID: m.Native, Locator: m.Locator},
		Time:   penates.Span{Start: m.At},
		Place:  m.Place,
		Refs:   m.Refs,
		Text:   m.line(),
	}
	body := schema.Message{
		Subject: locale.Line(m.Subject), From: locale.Line(m.From.String()), Thread: locale.Line(Clip(m.Thread, maxText)), InReplyTo: m.ReplyTo,
		Content: m.Text, Folder: m.Folder, Flags: m.Flags, Attachments: m.Attachments,
	}
	if m.From != (Person{}) {
		d.Parties = append(d.Parties, party("from", m.From))
	}
	to := m.To[:min(len(m.To), maxParties)]
	names := make([]string, 0, len(to))
	for _, p := range to {
		if p != (Person{}) {
			d.Parties = append(d.Parties, party("to", p))
			names = append(names, p.String())
		}
	}
	body.To = locale.Line(strings.Join(names, ", "))
	return out.Document(d, body)
}

func party(role string, p Person) penates.Party {
	return penates.Party{Role: role, Literal: locale.Line(p.Name), Address: p.Address}
}

// line returns what the message is recognised by: who wrote it, and how it begins.
func (m *Message) line() string {
	text := m.Subject
	if text == "" {
		text = m.Text
	}
	if strings.TrimSpace(text) == "" && len(m.Attachments) > 0 {
		text = m.Attachments[0].Name
	}
	if from := m.From.String(); from != "" {
		text = from + ": " + text
	}
	return Line(text)
}

// Line returns s as one line, fit to recognise a document by.
func Line(s string) string { return locale.Line(Clip(s, maxText)) }

// Clip returns s, cut when it is longer than most bytes.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// tidy gives text line feeds only and no control characters.
func tidy(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(strings.ToValidUTF8(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case r < ' ' || r == 0x7F || r == '\u200e' || r == '\u200f' || r == '\ufeff':
			return -1
		}
		return r
	}, s), ""))
}

// A Giver gives out the rows of lists that one file of a service holds. The
// zero Names numbers equal rows.
type Giver struct {
	Out   importer.Sink
	Names bank.Namer
}

// A Kind is a kind of row, as in the posts a person liked.
type Kind struct {
	Name  string // the service's own name for it; part of the row's id
	Verb  string // what the person did, as in "liked"; Name when ""
	Label string // of a row without a time; Name when ""
	Title string // what the row is about, when its words alone do not tell
}
