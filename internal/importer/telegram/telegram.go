// Package telegram reads the machine-readable export of Telegram Desktop:
// result.json, of one chat or of a whole account, as
// https://core.telegram.org/import-export describes it.
//
// A message is named by its chat and its number there, so that any later export
// meets it. A service message of a call becomes a call; those of joining,
// renaming and the like stay messages, marked as service. Contacts of the
// account's address book become contacts. The file is read as a stream; when a
// chat's messages come before its name, it is opened once more to find that.
package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads result.json.
var Format = importer.Format{Name: "telegram", Title: "Telegram export", Recognise: recognise, Read: read}

const maxValue = 8 << 20 // bytes of one message

var (
	chatType = regexp.MustCompile(`"type"\s*:\s*"(?:(?:personal|bot|verify_codes|replies)_chat|bot_chat|saved_messages|(?:private|public)_(?:group|supergroup|channel)|verification_codes|replies)"`)
	stamped  = regexp.MustCompile(`"date_unixtime"\s*:\s*"\d+"`)
	account  = regexp.MustCompile(`"(?:personal_information|chats|contacts|frequent_contacts|left_chats|stories|sessions)"\s*:\s*\{`)
)

func recognise(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(b) == 0 || b[0] != '{' {
		return 0
	}
	chat := chatType.Match(b) && bytes.Contains(b, []byte(`"messages"`))
	switch {
	case chat && (stamped.Match(b) || bytes.Contains(b, []byte(`"from_id"`)) || bytes.Contains(b, []byte(`"text_entities"`))):
		return 98
	case bytes.Contains(b, []byte(`Telegram`)) && account.Match(b):
		return 95
	case chat:
		return 80
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	r := &reader{ctx: ctx, out: out, file: f}
	return r.open(func() error { return r.top() })
}

// A chat is what is said of a conversation before its messages.
type chat struct {
	Name, Type, ID string
}

// A reader reads one export.
type reader struct {
	ctx   context.Context
	out   importer.Sink
	file  *importer.File
	j     *jsonstream.Reader
	me    string // "user123", when the export tells
	names bank.Namer
	heads []chat // of all chats, when they had to be looked for
	seen  int    // chats met so far
}

// open opens the file and reads its object.
func (r *reader) open(read func() error) error {
	source, err := r.file.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	r.j = jsonstream.New(text, maxValue)
	return read()
}

// top reads the export: a chat, or an account which holds chats. All are objects
// whose members say which of both it is.
func (r *reader) top() error {
	var one chat
	return r.j.Object(func(key string) error {
		switch key {
		case "personal_information":
			return r.person()
		case "contacts", "frequent_contacts":
			return r.contacts(key)
		case "chats", "left_chats":
			return r.j.Object(func(key string) error {
				if key != "list" {
					return r.j.Skip()
				}
				return r.j.Array(func() error {
					var c chat
					return r.j.Object(func(key string) error { return r.member(&c, key) })
				})
			})
		}
		return r.member(&one, key)
	})
}

// member reads a member of a chat.
func (r *reader) member(c *chat, key string) error {
	switch key {
	case "name", "type", "id":
		var raw json.RawMessage
		if err := r.j.Value(&raw); err != nil {
			return err
		}
		c.set(key, raw)
		return nil
	case "messages":
		if err := r.complete(c); err != nil {
			return err
		}
		r.seen++
		return r.j.Array(func() error { return r.next(c) })
	}
	return r.j.Skip()
}

func (c *chat) set(key string, raw json.RawMessage) {
	s, _ := jsonstream.Text(raw)
	switch key {
	case "name":
		c.Name = social.Line(s)
	case "type":
		c.Type = s
	case "id":
		c.ID = s
	}
}

// complete finds what is said of the chat behind its messages, when they come
// first.
func (r *reader) complete(c *chat) error {
	if c.ID != "" && c.Type != "" {
		return nil
	}
	if r.heads == nil {
		again := &reader{ctx: r.ctx, file: r.file}
		if err := again.open(again.survey); err != nil {
			return err
		}
		r.heads = again.heads
	}
	if r.seen < len(r.heads) {
		*c = r.heads[r.seen]
	}
	return nil
}

// survey collects what is said of all chats, in order.
func (r *reader) survey() error {
	r.heads = []chat{}
	var visit func(depth int) error
	object := func(depth int) error {
		var c chat
		messages := false
		err := r.j.Any(func(key string) error {
			switch key {
			case "name", "type", "id":
				var raw json.RawMessage
				err := r.j.Value(&raw)
				c.set(key, raw)
				return err
			case "messages":
				messages = true
				return r.j.Any(func(string) error { return r.j.Skip() }, r.j.Skip, func(any) error { return nil })
			case "chats", "left_chats", "list":
				return visit(depth + 1)
			}
			return r.j.Skip()
		}, func() error { return visit(depth + 1) }, func(any) error { return nil })
		if messages && len(r.heads) < 100_000 {
			r.heads = append(r.heads, c)
		}
		return err
	}
	visit = func(depth int) error {
		if depth > 4 {
			return r.j.Skip()
		}
		return object(depth)
	}
	return visit(0)
}

func (r *reader) refuse(err error) error {
	return r.out.Refuse(r.j.Line(), err)
}

// person reads who the account belongs to.
func (r *reader) person() error {
	var p struct {
		ID       json.RawMessage `json:"user_id"`
		Given    string          `json:"first_name"`
		Family   string          `json:"last_name"`
		Phone    string          `json:"phone_number"`
		Username string          `json:"username"`
	}
	if err := r.j.Value(&p); err != nil {
		if jsonstream.Mismatch(err) {
			return r.refuse(err)
		}
		return err
	}
	id, _ := jsonstream.Text(p.ID)
	if id == "" {
		return nil
	}
	r.me = "user" + id
	body := schema.Identity{Given: social.Line(p.Given), Family: social.Line(p.Family), Phone: social.Phone(p.Phone, r.file.Country), Customer: id, Issuer: "Telegram"}
	d := &penates.Document{
		Source: penates.Source{NativeID: "account/" + id, Locator: fmt.Sprintf("line=%d", r.j.Line())},
		Text:   social.Line(strings.TrimSpace(p.Given+" "+p.Family) + ", Telegram"),
	}
	if body.Phone != "" {
		d.Refs = []penates.Ref{penates.NewRef(penates.RefPhone, body.Phone)}
	}
	return r.out.Document(d, body)
}

// contacts reads the address book; the list of whom one writes to most says
// nothing that its chats do not.
func (r *reader) contacts(key string) error {
	return r.j.Object(func(inner string) error {
		if inner != "list" || key != "contacts" {
			return r.j.Skip()
		}
		return r.j.Array(r.contact)
	})
}

func (r *reader) contact() error {
	var c struct {
		ID     json.RawMessage `json:"user_id"`
		Given  string          `json:"first_name"`
		Family string          `json:"last_name"`
		Phone  string          `json:"phone_number"`
	}
	if err := r.j.Value(&c); err != nil {
		if jsonstream.Mismatch(err) {
			return r.refuse(err)
		}
		return err
	}
	name := social.Line(strings.TrimSpace(c.Given + " " + c.Family))
	number := social.Phone(c.Phone, r.file.Country)
	if name == "" && c.Phone == "" {
		return r.refuse(fmt.Errorf("a contact without name and number: %w", penates.Invalid))
	}
	body := schema.Contact{FullName: name, Given: social.Line(c.Given), Family: social.Line(c.Family)}
	d := &penates.Document{Text: name, Source: penates.Source{Locator: fmt.Sprintf("line=%d", r.j.Line())}}
	if number != "" {
		body.Phone = []string{number}
		d.Refs = []penates.Ref{penates.NewRef(penates.RefPhone, number)}
	} else if c.Phone != "" {
		body.Phone = []string{social.Line(c.Phone)}
	}
	if d.Text == "" {
		d.Text = body.Phone[0]
	}
	// Deleted accounts all have the number 0, and older exports have none.
	d.Source.NativeID = "contact/" + r.names.Hash(name, c.Phone)
	return r.out.Document(d, body)
}

var errNoID = errors.New("a message without id")
