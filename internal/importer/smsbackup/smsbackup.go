// Package smsbackup reads the XML files in which the Android application SMS
// Backup & Restore keeps the messages and the calls of a telephone, as
// https://synctech.com.au/sms-backup-restore/fields-in-xml-backup-files/
// describes them: <smses> with <sms> and <mms>, <calls> with <call>.
//
// The application writes characters beyond the first plane as two numeric
// references, each half a surrogate pair, which XML does not allow; they are
// mended before the XML is read. "null" stands for what is not known.
//
// A message is named by its time, the other side, its direction and its text; a
// call by its time, number and duration. So backups that overlap meet.
package smsbackup

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads backups of messages and of calls.
var Format = importer.Format{Name: connector, Title: "SMS and call log backup", Recognise: recognise, Read: read}

const (
	connector = "smsbackup"
	maxPart   = 48 << 20 // bytes of one element with its attributes
	maxParts  = 200      // of an MMS
	maxPeople = 200
)

var (
	root  = regexp.MustCompile(`<(smses|calls|allsms)(?:[\s>/])`)
	entry = regexp.MustCompile(`<(?:sms|mms|call)\s[^<]*\b(?:date|number)="`)
)

func recognise(h importer.Head) int {
	head := locale.Decode(h.Bytes, "")
	if !strings.HasPrefix(strings.TrimLeft(head, "\uFEFF \t\r\n"), "<") {
		return 0
	}
	m := root.FindStringIndex(head)
	switch {
	case m == nil || m[0] > 4096:
		return 0
	case entry.MatchString(head[m[0]:]):
		return 98
	case strings.Contains(head[m[0]:], "count=\""):
		return 70
	}
	return 0
}

// A budget reader stops when more than maxPart bytes are read for one element.
type budget struct {
	r    io.Reader
	left int
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("an element longer than %d bytes: %w", maxPart, penates.TooLarge)
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

type reader struct {
	*xml.Decoder
	ctx     context.Context
	budget  *budget
	out     importer.Sink
	zone    *time.Location
	country string
	names   bank.Namer
	phones  map[string]string
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, locale.XMLCharset(f.Bytes))
	b := &budget{r: newMender(text), left: maxPart}
	r := &reader{Decoder: xml.NewDecoder(b), ctx: ctx, budget: b, out: out, zone: f.Zone, country: f.Country, phones: map[string]string{}}
	if r.zone == nil {
		r.zone = time.UTC
	}
	r.Strict = false
	r.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 already
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.left = maxPart
		tok, err := r.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return r.explain(err)
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if err := r.element(start); err != nil {
			return err
		}
	}
}

// explain gives an error of the decoder its place and kind.
func (r *reader) explain(err error) error {
	line, _ := r.InputPos()
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, penates.TooLarge):
		return err
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %s: %w", syntax.Line, syntax.Msg, penates.Invalid)
	case strings.HasPrefix(err.Error(), "xml: "): // as of a version or a charset
		return fmt.Errorf("line %d: %w: %w", line, err, penates.Invalid)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("line %d: the file ends too early: %w", line, penates.Invalid)
	}
	return fmt.Errorf("line %d: %w", line, err)
}

func (r *reader) element(start xml.StartElement) error {
	line, _ := r.InputPos()
	a := attributes(start)
	switch start.Name.Local {
	case "sms":
		return r.sms(a, line)
	case "call":
		return r.call(a, line)
	case "mms":
		return r.mms(a, line)
	}
	return nil
}

// attrs are the attributes of an element that say something.
type attrs map[string]string

func attributes(e xml.StartElement) attrs {
	a := make(attrs, len(e.Attr))
	for _, at := range e.Attr {
		if at.Value != "null" && at.Value != "" {
			a[at.Name.Local] = at.Value
		}
	}
	return a
}

func (r *reader) refuse(line int, format string, args ...any) error {
	return r.out.Refuse(line, fmt.Errorf(format+": %w", append(args, penates.Invalid)...))
}

// when reads milliseconds since 1970; in MMS, some telephones give seconds.
func (r *reader) when(s string) (penates.Moment, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 100_000_000 || n > 4_102_444_800_000 {
		return penates.Moment{}, false
	}
	if n < 10_000_000_000 {
		n *= 1000
	}
	return penates.At(time.UnixMilli(n).In(r.zone)), true
}

// person returns the other side: its name in the address book and its number.
func (r *reader) person(number, name string) social.Person {
	p := social.Person{Name: social.Line(name)}
	if name == "(Unknown)" || name == "(unknown)" {
		p.Name = ""
	}
	phone, known := r.phones[number]
	if !known {
		if phone = social.Phone(number, r.country); len(r.phones) < 10_000 {
			r.phones[strings.Clone(number)] = phone
		}
	}
	p.Address = phone
	if p.Address == "" && strings.Contains(number, "@") {
		p.Address = strings.ToLower(strings.TrimSpace(number))
	}
	if p.Name == "" {
		p.Name = social.Line(number) // as with "SFR" or 36105, which are no numbers one can call
	}
	return p
}

// The boxes of a message; what is not received was written by the person.
var boxes = map[string]string{"1": "inbox", "2": "sent", "3": "draft", "4": "outbox", "5": "failed", "6": "queued"}

func (r *reader) sms(a attrs, line int) error {
	at, ok := r.when(a["date"])
	if !ok {
		return r.refuse(line, "a message without a time that can be: %q", social.Clip(a["date"], 40))
	}
	other := r.person(a["address"], a["contact_name"])
	m := social.Message{
		Native:  "sms/" + r.names.Hash(a["date"], key(other, a["address"]), a["type"], a["body"]),
		Locator: fmt.Sprintf("line=%d", line),
		Thread:  other.String(), At: at, Text: a["body"], Subject: a["subject"], Folder: boxes[a["type"]],
	}
	if a["read"] == "1" {
		m.Flags = "seen"
	}
	if a["type"] == "1" {
		m.From = other
	} else {
		m.To = []social.Person{other}
	}
	return m.Give(r.out)
}

// key is what names the other side: the number as it is dialled, else as written.
func key(p social.Person, written string) string {
	if p.Address != "" {
		return p.Address
	}
	return strings.Join(strings.Fields(written), "")
}

// The ways of a call.
var ways = map[string]string{"1": "in", "2": "out", "3": "missed", "4": "missed", "5": "missed", "6": "missed", "7": "in"}

func (r *reader) call(a attrs, line int) error {
	at, ok := r.when(a["date"])
	if !ok {
		return r.refuse(line, "a call without a time that can be: %q", social.Clip(a["date"], 40))
	}
	way := ways[a["type"]]
	if way == "" {
		return r.refuse(line, "a call of type %q", social.Clip(a["type"], 40))
	}
	other := r.person(a["number"], a["contact_name"])
	body := schema.Call{Direction: way, Kind: "voice", Number: key(other, a["number"])}
	d := &penates.Document{
		Source: penates.Source{NativeID: "call/" + r.names.Hash(a["date"], body.Number, a["duration"]), Locator: fmt.Sprintf("line=%d", line)},
		Time:   penates.Span{Start: at},
		Text:   social.Line("Call " + way + ": " + other.String()),
	}
	if other != (social.Person{}) {
		p := penates.Party{Role: "from", Literal: other.Name, Address: other.Address}
		if way == "out" {
			p.Role = "to"
		}
		d.Parties = []penates.Party{p}
	}
	if other.Address != "" {
		d.Refs = []penates.Ref{penates.NewRef(penates.RefPhone, other.Address)}
	}
	if n, err := strconv.ParseInt(a["duration"], 10, 64); err == nil && n > 0 && n < 10_000_000 {
		body.Seconds = n
		d.Time.End = penates.At(at.Time().Add(time.Duration(n) * time.Second))
	}
	return r.out.Document(d, body)
}
