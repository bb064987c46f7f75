// Package googlechat reads the conversations of Google Chat as Takeout gives
// them: messages.json of each group, and group_info.json and user_info.json,
// which say who takes part. There is no published grammar; this follows what
// Takeout writes.
//
// A message is named by its message_id ("group/topic/message"), in older exports,
// which have none, by its group, its time and its writer. Times are words in the
// account's language, as in "mardi 14 mars 2023 à 10:30:15 UTC".
package googlechat

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads the JSON files of Google Chat.
var Format = importer.Format{Name: "googlechat", Title: "Google Chat (Takeout)", Recognise: recognise, Read: read}

const (
	maxValue   = 8 << 20 // bytes of one message
	maxMembers = 1000
)

var (
	written = regexp.MustCompile(`"creator"\s*:\s*\{[^{}]*"user_type"|"message_state"\s*:|"created_date"\s*:[^{}]*"topic_id"\s*:`)
	members = regexp.MustCompile(`"members"\s*:\s*\[\s*\{[^{}]*"user_type"`)
	user    = regexp.MustCompile(`"user"\s*:\s*\{[^{}]*"user_type"`)
)

func recognise(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	switch {
	case len(b) == 0 || b[0] != '{':
		return 0
	case bytes.Contains(b, []byte(`"messages"`)) && written.Match(b):
		return 97
	case members.Match(b), user.Match(b) && bytes.Contains(b, []byte(`"membership_info"`)):
		return 95
	}
	return 0
}

// A person is somebody as Google writes them.
type person struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Type  string `json:"user_type"`
}

func (p person) social() social.Person {
	return social.Person{Name: social.Line(p.Name), Address: strings.ToLower(social.Line(p.Email))}
}

type message struct {
	Creator person `json:"creator"`
	Created string `json:"created_date"`
	Updated string `json:"updated_date"`
	Text    string `json:"text"`
	Topic   string `json:"topic_id"`
	ID      string `json:"message_id"`
	State   string `json:"message_state"`
	Deleted string `json:"deleted_date"`
	Files   []struct {
		Name   string `json:"original_name"`
		Export string `json:"export_name"`
	} `json:"attached_files"`
	Quoted *struct {
		Text string `json:"text"`
		ID   string `json:"message_id"`
	} `json:"quoted_message_metadata"`
}

type reader struct {
	out   importer.Sink
	j     *jsonstream.Reader
	names bank.Namer
	group string // as its folder is named, "DM abc" or "Space abc"
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	r := &reader{out: out, j: jsonstream.New(text, maxValue)}
	if dir := path.Base(path.Dir(f.Path)); dir != "." && dir != "/" {
		r.group = dir
	}
	return r.j.Object(func(key string) error {
		switch key {
		case "messages":
			return r.j.Array(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return r.message()
			})
		case "members":
			return r.members()
		case "user":
			return r.account()
		}
		return r.j.Skip()
	})
}

func (r *reader) refuse(err error) error { return r.out.Refuse(r.j.Line(), err) }

// value decodes what follows; what has another shape is refused.
func (r *reader) value(v any) (ok bool, err error) {
	switch err := r.j.Value(v); {
	case err == nil:
		return true, nil
	case jsonstream.Mismatch(err):
		return false, r.refuse(err)
	default:
		return false, err
	}
}

func (r *reader) message() error {
	var m message
	if ok, err := r.value(&m); !ok {
		return err
	}
	stamp := m.Created
	if stamp == "" {
		stamp = m.Deleted
	}
	at, err := social.WordTime(stamp, time.UTC)
	if err != nil {
		return r.refuse(err)
	}
	out := social.Message{
		Locator: fmt.Sprintf("line=%d", r.j.Line()), At: at, From: m.Creator.social(), Text: m.Text, Folder: "chat", Thread: r.group, Native: m.ID,
	}
	if group, _, ok := strings.Cut(m.ID, "/"); ok && out.Thread == "" {
		out.Thread = group
	}
	if m.ID == "" {
		out.Native = "message/" + r.names.Hash(r.group, m.Topic, stamp, m.Creator.Email, m.Creator.Name, m.Text)
	}
	if strings.Contains(strings.ToLower(m.State), "delet") {
		out.Flags = "deleted"
	}
	if m.Quoted != nil {
		out.ReplyTo = m.Quoted.ID
	}
	for _, f := range m.Files {
		a := schema.Attachment{Name: social.Line(f.Name)}
		if f.Export != "" {
			a.Path = path.Join(r.group, path.Base(f.Export))
		}
		if a.Name == "" {
			a.Name = path.Base(f.Export)
		}
		out.Attachments = append(out.Attachments, a)
	}
	return out.Give(r.out)
}

// members reads who takes part in a group: they are contacts, named by their
// address.
func (r *reader) members() error {
	n := 0
	return r.j.Array(func() error {
		var p person
		if ok, err := r.value(&p); !ok {
			return err
		}
		if n++; n > maxMembers || p.Name == "" && p.Email == "" || p.Type != "" && p.Type != "Human" {
			return nil // a program is nobody's contact
		}
		who := p.social()
		d := &penates.Document{Text: who.String(), Source: penates.Source{NativeID: "person/" + who.Address, Locator: fmt.Sprintf("line=%d", r.j.Line())}}
		body := schema.Contact{FullName: who.Name}
		if who.Address != "" {
			body.Email = []string{who.Address}
			d.Refs = []penates.Ref{penates.NewRef(penates.RefEmail, who.Address)}
		} else {
			d.Source.NativeID = "name/" + who.Name
		}
		return r.out.Document(d, body)
	})
}

// account reads whose account it is.
func (r *reader) account() error {
	var p person
	if ok, err := r.value(&p); !ok {
		return err
	}
	who := p.social()
	if who == (social.Person{}) {
		return nil
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: "account/" + who.String() + "/" + who.Address, Locator: fmt.Sprintf("line=%d", r.j.Line())},
		Text:   social.Line(who.String() + ", Google Chat"),
	}
	if who.Address != "" {
		d.Refs = []penates.Ref{penates.NewRef(penates.RefEmail, who.Address)}
	}
	return r.out.Document(d, schema.Identity{Preferred: who.Name, Email: who.Address, Issuer: "Google"})
}
