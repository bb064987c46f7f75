package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/telegram"
	"penates/internal/schema"
)

const one = `{"name": "Zoé", "type": "personal_chat", "id": 77, "messages": [
 {"id": 1, "type": "message", "date": "2026-03-14T10:30:00", "date_unixtime": "1773480600", "from": "Zoé", "from_id": "user77", "text": "Bonjour"},
 {"id": 2, "type": "message", "date": "2026-03-14T10:31:00", "date_unixtime": "1773480660", "from": "Max", "from_id": "user5", "reply_to_message_id": 1,
  "text": ["voir ", {"type": "link", "text": "https://example.org"}, " et ", {"type": "text_link", "text": "là", "href": "https://example.org/b"}],
  "photo": "chats/chat_1/photos/photo_1.jpg", "photo_file_size": 3},
 {"id": 3, "type": "message", "date": "2026-03-14T10:32:00", "from": null, "from_id": "user9", "text": "", "file": "(File not included.)", "mime_type": "video/mp4",
  "location_information": {"latitude": 48.85, "longitude": 2.35}},
 {"id": 4, "type": "service", "date": "2026-03-14T11:00:00", "date_unixtime": "1773482400", "actor": "Zoé", "actor_id": "user77", "action": "phone_call", "duration": 65, "discard_reason": "hangup", "text": ""},
 {"id": 5, "type": "service", "date": "2026-03-14T12:00:00", "date_unixtime": "1773486000", "actor": "Max", "actor_id": "user5", "action": "phone_call", "discard_reason": "missed", "text": ""},
 {"id": 6, "type": "service", "date": "2026-03-14T13:00:00", "date_unixtime": "1773489600", "actor": "Max", "actor_id": "user5", "action": "invite_members", "members": ["Eve", null], "text": ""},
 {"id": 7, "type": "message", "date": "2026-03-14T14:00:00", "date_unixtime": "1773493200", "from": "Max", "text": "", "poll": {"question": "Quand ?", "answers": [{"text": "lundi"}, {"text": "mardi"}]}}
]}`

func read(t *testing.T, text string) *importertest.Collector {
	t.Helper()
	if sure := telegram.Format.Recognise(importertest.File("export/result.json", []byte(text)).Head); sure < 80 {
		t.Errorf("recognised with %d", sure)
	}
	c, err := importertest.Read(telegram.Format, "export/result.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChat(t *testing.T) {
	c := read(t, one)
	if len(c.Documents) != 7 || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	body := func(i int) schema.Message { return c.Bodies[i].(schema.Message) }
	if d := c.Documents[0]; d.Text != "Zoé: Bonjour" || d.Time.Start.String() != "2026-03-14T10:30:00+01:00" || d.Source.NativeID != "personal_chat/77/1" || body(0).Thread != "Zoé" {
		t.Errorf("%+v", d)
	}
	if b := body(1); b.Content != "voir https://example.org et là <https://example.org/b>" || b.InReplyTo != "personal_chat/77/1" || b.To != "Zoé" ||
		b.Attachments[0] != (schema.Attachment{Name: "photo_1.jpg", Path: "chats/chat_1/photos/photo_1.jpg"}) {
		t.Errorf("%+v", b)
	}
	if d, b := c.Documents[2], body(2); b.From != "user9" || d.Place == nil || d.Place.Lat != 48.85 || b.Attachments[0].Mime != "video/mp4" || b.Attachments[0].Path != "" ||
		d.Time.Start.String() != "2026-03-14T10:32:00+01:00" {
		t.Errorf("%+v %+v", d, b)
	}
	in, out := c.Bodies[3].(schema.Call), c.Bodies[4].(schema.Call)
	if in.Direction != "in" || in.Seconds != 65 || c.Documents[3].Time.End.String() != "2026-03-14T11:01:05+01:00" || out.Direction != "out" {
		t.Errorf("%+v %+v", in, out)
	}
	if b := body(5); b.Content != "invite members: Eve" || b.Flags != "service" {
		t.Errorf("%+v", b)
	}
	if b := body(6); b.Content != "Quand ?\n- lundi\n- mardi" {
		t.Errorf("%q", b.Content)
	}
}

func ids(c *importertest.Collector) (ids []penates.DocumentID) {
	for _, d := range c.OfType(penates.Messages) {
		ids = append(ids, d.ID)
	}
	slices.Sort(ids)
	return ids
}

// The same chat within the export of an account, or with its messages first,
// gives the same documents.
func TestAccount(t *testing.T) {
	first := strings.TrimPrefix(one, `{"name": "Zoé", "type": "personal_chat", "id": 77, `)
	first = "{" + strings.TrimSuffix(first, "}") + `, "name": "Zoé", "type": "personal_chat", "id": 77}`
	account := `{"about": "Here is the data … Telegram", "personal_information": {"user_id": 5, "first_name": "Max", "last_name": "M", "phone_number": "+33 6 12 34 56 78"},
	"contacts": {"about": "", "list": [{"user_id": 77, "first_name": "Zoé", "last_name": "", "phone_number": "0033612345679"}, {"first_name": "", "last_name": "", "phone_number": ""}]},
	"frequent_contacts": {"list": [{"id": 77}]}, "chats": {"about": "", "list": [` + one + `]}, "left_chats": {"list": [{"type": "private_group", "id": 8, "messages": []}]}}`
	want := ids(read(t, one))
	if got := ids(read(t, first)); !slices.Equal(got, want) {
		t.Errorf("messages first: %v, want %v", got, want)
	}
	c := read(t, account)
	if got := ids(c); !slices.Equal(got, want) || len(c.Refusals) != 1 {
		t.Errorf("account: %v, want %v; refused %v", got, want, c.Refusals)
	}
	if contact := c.OfType(penates.Contacts); len(contact) != 1 || contact[0].Ref(penates.RefPhone) != "+33612345679" {
		t.Errorf("%+v", contact)
	}
	if me := c.OfType(penates.Identities); len(me) != 1 || me[0].Text != "Max M, Telegram" {
		t.Errorf("%+v", me)
	}
}

func TestBadMessages(t *testing.T) {
	c := read(t, `{"name": "Z", "type": "personal_chat", "id": 7, "messages": [{"id": 1, "date": "never", "text": "a", "from_id": "user1"}, {"text": "b"}, 5,
		{"id": 2, "date": "2026-03-14T10:30:00", "text": "c"}]}`)
	if len(c.Documents) != 1 || len(c.Refusals) != 3 {
		t.Errorf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
}

func TestNotMine(t *testing.T) {
	for _, text := range []string{"", "{}", `{"messages": []}`, `{"participants": [], "messages": [{"sender_name": "a"}]}`, `[{"type": "message"}]`} {
		if sure := telegram.Format.Recognise(importer.Head{Bytes: []byte(text)}); sure > 0 {
			t.Errorf("%s: recognised with %d", text, sure)
		}
	}
}

func TestCorpus(t *testing.T) {
	content, ok := importertest.Corpus(t, "social/telegram/personal_chat.json")
	if !ok {
		return
	}
	c := read(t, string(content)) // 5 messages, of which one is the service message of a call
	if len(c.OfType(penates.Messages)) != 4 || len(c.OfType(penates.Calls)) != 1 || len(c.Refusals) > 0 {
		t.Errorf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(one))
	f.Add([]byte(`{"chats": {"list": [{"messages": [{"id": 1, "date": "2026-03-14T10:30:00"}], "id": 3, "type": "x"}]}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		telegram.Format.Recognise(importertest.File("x", content).Head)
		if _, err := importertest.Read(telegram.Format, "x", content); err != nil && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	s.WriteString(`{"name": "Z", "type": "personal_chat", "id": 7, "messages": [`)
	for i := range 20_000 {
		fmt.Fprintf(&s, `{"id": %d, "type": "message", "date": "2026-03-14T10:30:00", "date_unixtime": "%d", "from": "Max", "from_id": "user5", "text": "some words of a message", "text_entities": [{"type": "plain", "text": "some words of a message"}]},`, i+1, 1773480600+i)
	}
	content := []byte(strings.TrimSuffix(s.String(), ",") + "]}")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c := &importertest.Collector{Connector: "telegram"}
		if err := telegram.Format.Read(context.Background(), importertest.File("x", content), c); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
