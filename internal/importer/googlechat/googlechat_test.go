package googlechat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/googlechat"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const messages = `{"messages": [
 {"creator": {"name": "Zoé Martin", "email": "Zoe@example.org", "user_type": "Human"}, "created_date": "Tuesday, March 14, 2023 at 10:30:15 AM UTC", "text": "Bonjour", "topic_id": "t1", "message_id": "abc/t1/m1"},
 {"creator": {"name": "Max", "email": "max@example.org", "user_type": "Human"}, "created_date": "mardi 14 mars 2023 à 22:30:15 UTC", "text": "voilà", "message_id": "abc/t1/m2",
  "attached_files": [{"original_name": "photo.jpg", "export_name": "File-photo.jpg"}], "quoted_message_metadata": {"message_id": "abc/t1/m1", "text": "Bonjour"}},
 {"creator": {"name": "Max", "email": "max@example.org", "user_type": "Human"}, "created_date": "Dienstag, 14. März 2023 um 22:31:15 UTC", "text": "sans nom"},
 {"message_state": "DELETED", "created_date": "14/03/2023", "message_id": "abc/t1/m3"},
 {"text": "quand ?", "message_id": "abc/t1/m4"}, {"text": 5}
]}`

const group = `{"name": "Amis", "members": [
 {"name": "Zoé Martin", "email": "Zoe@example.org", "user_type": "Human"}, {"name": "Robot", "user_type": "Bot"}, {"name": "Max", "user_type": "Human"}]}`

const me = `{"user": {"name": "Max", "email": "max@example.org", "user_type": "Human"}, "membership_info": [{"group_name": "Amis", "group_id": "Space/abc"}]}`

func read(t *testing.T, name, text string) *importertest.Collector {
	t.Helper()
	if sure := googlechat.Format.Recognise(importertest.File(name, []byte(text)).Head); sure < 90 {
		t.Errorf("%s: recognised with %d", name, sure)
	}
	c, err := importertest.Read(googlechat.Format, name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMessages(t *testing.T) {
	c := read(t, "Takeout/Google Chat/Groups/DM abc/messages.json", messages)
	if len(c.Documents) != 4 || len(c.Refusals) != 2 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	d, b := c.Documents[0], c.Bodies[0].(schema.Message)
	if d.Source.NativeID != "abc/t1/m1" || d.Time.Start.String() != "2023-03-14T10:30:15Z" || d.Party("from").Address != "zoe@example.org" || b.Thread != "DM abc" || b.Content != "Bonjour" {
		t.Errorf("%+v %+v", d, b)
	}
	d, b = c.Documents[1], c.Bodies[1].(schema.Message)
	if d.Time.Start.String() != "2023-03-14T22:30:15Z" || b.InReplyTo != "abc/t1/m1" || len(b.Attachments) != 1 ||
		b.Attachments[0] != (schema.Attachment{Name: "photo.jpg", Path: "DM abc/File-photo.jpg"}) {
		t.Errorf("%+v %+v", d, b)
	}
	if d := c.Documents[2]; d.Time.Start.String() != "2023-03-14T22:31:15Z" || d.Source.NativeID == "" {
		t.Errorf("%+v", d)
	}
	if b := c.Bodies[3].(schema.Message); b.Flags != "deleted" {
		t.Errorf("%+v", b)
	}
}

func TestPeople(t *testing.T) {
	c := read(t, "Groups/Space abc/group_info.json", group)
	if len(c.Documents) != 2 || c.Documents[0].Ref(penates.RefEmail) != "zoe@example.org" || c.Documents[1].Text != "Max" {
		t.Errorf("%+v", c.Documents)
	}
	c = read(t, "Users/User 1/user_info.json", me)
	if len(c.Documents) != 1 || c.Bodies[0].(schema.Identity).Email != "max@example.org" {
		t.Errorf("%+v", c.Bodies)
	}
}

func TestNotMine(t *testing.T) {
	for _, text := range []string{"", "{}", `{"messages": [{"sender_name": "a"}]}`, `{"members": [{"name": "a"}]}`, `{"user": {"name": "a"}}`} {
		if sure := googlechat.Format.Recognise(importer.Head{Bytes: []byte(text)}); sure > 0 {
			t.Errorf("%s: recognised with %d", text, sure)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(messages))
	f.Add([]byte(group))
	f.Add([]byte(me))
	f.Fuzz(func(t *testing.T, content []byte) {
		googlechat.Format.Recognise(importertest.File("x", content).Head)
		if _, err := importertest.Read(googlechat.Format, "x", content); err != nil && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	s.WriteString(`{"messages": [`)
	for i := range 20_000 {
		fmt.Fprintf(&s, `{"creator": {"name": "Max", "email": "max@example.org", "user_type": "Human"}, "created_date": "Tuesday, March 14, 2023 at 10:%02d:15 AM UTC", "text": "some words of a message", "topic_id": "t", "message_id": "abc/t/m%d"},`, i%60, i)
	}
	content := []byte(strings.TrimSuffix(s.String(), ",") + "]}")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c := &importertest.Collector{Connector: "googlechat"}
		if err := googlechat.Format.Read(context.Background(), importertest.File("x", content), c); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
