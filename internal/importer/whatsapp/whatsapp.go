// Package whatsapp reads chats that WhatsApp exports as text ("_chat.txt" of an
// iPhone, "WhatsApp Chat with ….txt" of Android), in any of its languages.
//
// There is no published grammar; this one follows what the two applications
// write. A message begins with a stamp at the beginning of a line and goes on to
// the next stamp:
//
//	[14/03/2026, 10:30:12] Name: text         iPhone
//	14/03/2026, 10:30 - Name: text            Android
//
// Day, month and year come in the order and with the separators, digits and
// words for the half of the day that the telephone's language has; the order of
// a chat is the one in which its days exist and go forward. Marks of direction
// (U+200E, U+200F) stand anywhere. What has no name is said by WhatsApp itself.
//
// A message has no id. Its native id is made of the chat's name, when the file
// or its archive is named after it, the stamp, the writer and the text, so that
// a longer export of a chat meets the shorter one.
package whatsapp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/locale"
)

// Format reads exported chats.
var Format = importer.Format{Name: "whatsapp", Title: "WhatsApp chat", Recognise: recognise, Read: read}

const (
	maxLine    = 256 << 10
	maxMessage = 1 << 20
)

// recognise looks for a chat: its first line is stamped, and so are most or the
// stamped ones agree in form.
func recognise(h importer.Head) int {
	head := locale.Decode(h.Bytes, "")
	stamped, spoken, lines, firstLine := 0, 0, 0, false
	for line := range strings.Lines(head) {
		if lines++; lines > 400 {
			break
		}
		s, rest, ok := cutStamp(strings.TrimRight(line, "\r\n"))
		if !ok || s.log() {
			continue
		}
		if lines == 1 {
			firstLine = true
		}
		stamped++
		if name, _ := cutName(rest); name != "" {
			spoken++
		}
	}
	switch {
	case !firstLine || spoken == 0:
		return 0
	case stamped > 2 || chatName(h.Path) != "":
		return 90
	}
	return 60
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	known, err := look(ctx, f)
	if err != nil {
		return err
	}
	r := &reader{out: out, survey: known, people: map[string]social.Person{}, zone: f.Zone, country: f.Country, chat: chatName(f.Path)}
	if r.zone == nil {
		r.zone = time.UTC
	}
	if err := eachLine(ctx, f, r.line); err != nil {
		return errors.Join(r.end(), err)
	}
	return r.end()
}

// eachLine calls use for each line of f with its number. What is longer than
// maxLine is cut.
func eachLine(ctx context.Context, f *importer.File, use func(n int, line string) error) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	text, _ := locale.UTF8(file, "")
	in := bufio.NewReaderSize(text, maxLine)
	for n := 1; ; n++ {
		b, err := in.ReadSlice('\n')
		line := strings.TrimRight(string(b), "\r\n")
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if line != "" || err == nil {
			if err := use(n, line); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err == nil && n%1024 == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// A reader collects the lines of a message.
type reader struct {
	survey
	out     importer.Sink
	zone    *time.Location
	country string
	chat    string // its name, "" when not known
	names   bank.Namer
	people  map[string]social.Person

	open        bool
	at          penates.Moment
	writer      string
	text        strings.Builder
	first, last int
	stopped     bool
}

func (r *reader) line(n int, line string) error {
	s, rest, ok := cutStamp(line)
	if !ok {
		switch {
		case !r.open && strings.TrimSpace(bare(line)) == "":
		case !r.open:
			return r.refuse(n, fmt.Errorf("text that belongs to no message: %w", penates.Invalid))
		case r.text.Len() < maxMessage:
			r.text.WriteByte('\n')
			r.text.WriteString(line)
			r.last = n
		}
		return nil
	}
	at, err := s.moment(r.order, r.zone)
	if err != nil {
		if err := r.end(); err != nil {
			return err
		}
		return r.refuse(n, err)
	}
	if err := r.end(); err != nil {
		return err
	}
	r.open, r.at, r.first, r.last = true, at, n, n
	var text string
	r.writer, text = cutName(rest)
	r.text.WriteString(text)
	return nil
}

func (r *reader) refuse(n int, err error) error {
	err = r.out.Refuse(n, err)
	r.stopped = r.stopped || err != nil
	return err
}

// end gives out the message in hand.
func (r *reader) end() error {
	if !r.open || r.stopped {
		return nil
	}
	r.open = false
	text := bare(r.text.String())
	raw := r.text.String()
	r.text.Reset()
	m := social.Message{
		Native:  r.names.Hash(r.chat, r.at.Time().In(r.zone).Format("20060102150405"), r.writer, text),
		Locator: fmt.Sprintf("line=%d", r.first),
		Thread:  r.thread(),
		At:      r.at,
		Text:    text,
		Place:   place(text),
	}
	if r.last > r.first {
		m.Locator += fmt.Sprintf("-%d", r.last)
	}
	if r.writer != "" {
		m.From = r.person(r.writer)
	} else {
		m.Flags = "service"
	}
	if name, caption, ok := attached(raw); ok {
		m.Text = caption
		m.Attachments = append(m.Attachments, attachment(name))
	}
	m.To = r.recipients()
	err := m.Give(r.out)
	r.stopped = err != nil
	return err
}

// person returns who a name stands for. Chats have few.
func (r *reader) person(name string) social.Person {
	p, known := r.people[name]
	if !known {
		if p = social.Named(name, r.country); len(r.people) < maxWriters {
			r.people[name] = p
		}
	}
	return p
}

// thread returns the chat's name, else those of the people who write in it.
func (r *reader) thread() string {
	if r.chat != "" {
		return r.chat
	}
	return strings.Join(r.writers[:min(len(r.writers), 8)], ", ")
}

// recipients returns who else takes part in the chat.
func (r *reader) recipients() (to []social.Person) {
	if r.chat != "" && r.chat != r.writer {
		return []social.Person{r.person(r.chat)}
	}
	for _, w := range r.writers {
		if w != r.writer {
			to = append(to, r.person(w))
		}
	}
	return to
}
