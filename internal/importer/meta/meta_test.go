package meta_test

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
	"penates/internal/importer/meta"
	"penates/internal/schema"
)

const thread = `{"participants": [{"name": "Zo\u00c3\u00a9"}, {"name": "Max"}], "messages": [
 {"sender_name": "Max", "timestamp_ms": 1773480660000, "content": "regarde \u00f0\u009f\u0098\u0080", "photos": [{"uri": "messages/inbox/zoe_1/photos/1.jpg", "creation_timestamp": 1773480660}], "share": {"link": "https://example.org"}},
 {"sender_name": "Zo\u00c3\u00a9", "timestamp_ms": 1773480600000, "content": "d\u00c3\u00a9j\u00c3\u00a0", "reactions": [{"reaction": "x", "actor": "Max"}]},
 {"sender_name": "Zo\u00c3\u00a9", "timestamp_ms": 1773480600000, "content": "le m\u00c3\u00aame instant"},
 {"sender_name": "Max", "timestamp_ms": 1773480500000, "call_duration": 65, "type": "Call", "content": "Max vous a appel\u00c3\u00a9."},
 {"sender_name": "Max", "timestamp_ms": 1773480400000, "is_unsent": true},
 {"sender_name": "Max", "content": "sans heure"}, 7
], "title": "Zo\u00c3\u00a9", "thread_path": "inbox/zoe_1"}`

const encrypted = `{"participants": ["Zoé", "Max"], "threadName": "Zoé_3", "messages": [
 {"isUnsent": false, "media": [{"uri": "./media/1.jpeg"}], "reactions": [], "senderName": "Max", "text": "voilà", "timestamp": 1773480660123, "type": "media"}]}`

func read(t *testing.T, name, text string) *importertest.Collector {
	t.Helper()
	if sure := meta.Format.Recognise(importertest.File(name, []byte(text)).Head); sure < 80 {
		t.Errorf("%s: recognised with %d", name, sure)
	}
	c, err := importertest.Read(meta.Format, name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestThread(t *testing.T) {
	c := read(t, "messages/inbox/zoe_1/message_1.json", thread)
	if len(c.Documents) != 5 || len(c.Refusals) != 2 || c.Repeated > 0 {
		t.Fatalf("%d documents, %d repeated, refused %v", len(c.Documents), c.Repeated, c.Refusals)
	}
	d, b := c.Documents[0], c.Bodies[0].(schema.Message)
	if b.Content != "regarde 😀\nhttps://example.org" || b.From != "Max" || b.To != "Zoé" || b.Thread != "Zoé" || b.Folder != "inbox" ||
		b.Attachments[0] != (schema.Attachment{Name: "1.jpg", Path: "messages/inbox/zoe_1/photos/1.jpg"}) || d.Time.Start.String() != "2026-03-14T10:31:00+01:00" {
		t.Errorf("%+v %+v", d, b)
	}
	if d := c.Documents[1]; d.Text != "Zoé: déjà" || d.Source.NativeID != "thread/zoe_1/1773480600000/Zoé" {
		t.Errorf("%+v", d)
	}
	if b := c.Bodies[3].(schema.Call); b.Seconds != 65 || c.Documents[3].Text != "Max vous a appelé." || c.Documents[3].Party("to").Literal != "Zoé" {
		t.Errorf("%+v %+v", b, c.Documents[3])
	}
	if b := c.Bodies[4].(schema.Message); b.Flags != "unsent" {
		t.Errorf("%+v", b)
	}
	moved := read(t, "x.json", strings.Replace(thread, "inbox/zoe_1", "archived_threads/zoe_1", 1))
	if moved.Documents[0].ID != c.Documents[0].ID {
		t.Error("an archived conversation has other ids")
	}
	c = read(t, "Max_3.json", encrypted)
	if b := c.Bodies[0].(schema.Message); b.Content != "voilà" || b.Attachments[0].Path != "media/1.jpeg" || b.To != "Zoé" || b.Thread != "Zoé_3" {
		t.Errorf("%+v", b)
	}
}

func TestLists(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string // type and text
	}{
		{"liked_posts.json", `{"likes_media_likes": [{"title": "zoe", "string_list_data": [{"href": "https://x.test/p", "value": "\u00f0\u009f\u0091\u008d", "timestamp": 1568361404}]}]}`,
			[]string{"penates.activities liked: zoe"}},
		{"ads_viewed.json", `{"impressions_history_ads_seen": [{"title": "", "string_map_data": {"Auteur": {"value": "Caf\u00c3\u00a9"}, "Heure": {"timestamp": 1646810883}}}]}`,
			[]string{"penates.activities saw ad: Café"}},
		{"followers_1.json", `[{"title": "", "media_list_data": [], "string_list_data": [{"href": "https://www.instagram.com/zoe", "value": "zoe", "timestamp": 1646810883}]}]`,
			[]string{"penates.activities followed by: zoe"}},
		{"friends.json", `{"friends_v2": [{"name": "Zo\u00c3\u00a9", "timestamp": 1646810883}, {"timestamp": 1}]}`, []string{"io.cozy.contacts Zoé"}},
		{"comments.json", `{"comments_v2": [{"timestamp": 1646810883, "data": [{"comment": {"timestamp": 1646810883, "comment": "bravo", "author": "Max"}}], "title": "Max commented on Zoe's post."}]}`,
			[]string{"penates.messages Max: Max commented on Zoe's post."}},
		{"post_comments_1.json", `{"comments_media_comments": [{"string_map_data": {"Commentaire": {"value": "bravo"}, "Heure": {"timestamp": 1646810883}}}]}`, []string{"penates.messages bravo"}},
		{"your_posts_1.json", `[{"timestamp": 1646810883, "attachments": [{"data": [{"media": {"uri": "posts/media/1.jpg", "creation_timestamp": 1646810880}},
			{"place": {"name": "Lyon", "coordinate": {"latitude": 45.75, "longitude": 4.85}}}]}], "data": [{"post": "en vacances"}, {"update_timestamp": 1646810883}], "title": "Max a publi\u00c3\u00a9."},
			{"timestamp": 1646810884, "data": [], "title": "Max a chang\u00c3\u00a9 de photo."}]`, []string{"penates.messages Max a publié.", "penates.messages Max a changé de photo."}},
		{"posts_1.json", `[{"media": [{"uri": "media/posts/1.jpg", "creation_timestamp": 1646810883, "title": "la mer"}]}]`, []string{"penates.messages la mer"}},
		{"ads_interests.json", `{"topics_v2": ["Ch\u00c3\u00a2teau", "Vie"]}`, []string{"penates.records Ads interest: Château", "penates.records Ads interest: Vie"}},
		{"off.json", `{"off_facebook_activity_v2": [{"name": "Shop", "events": [{"id": 1, "type": "PAGE_VIEW", "timestamp": 1635622200}, {"id": 1, "type": "PAGE_VIEW", "timestamp": 1635622200}, {"id": 2}]}]}`,
			[]string{"penates.activities interacted: Shop page view", "penates.activities interacted: Shop page view"}},
		{"searches.json", `{"searches_v2": [{"timestamp": 1646810883, "data": [{"text": "pain"}], "title": "You searched Facebook"}]}`, []string{"penates.activities searched: pain"}},
		{"new.json", `{"something_else_v2": [{"timestamp": 1646810883, "name": "a"}]}`, []string{"penates.activities something else: a"}},
	} {
		c := read(t, tt.name, tt.text)
		var got []string
		for _, d := range c.Documents {
			got = append(got, string(d.Type)+" "+d.Text)
		}
		if !slices.Equal(got, tt.want) || c.Repeated > 0 {
			t.Errorf("%s: %q, %d repeated, want %q", tt.name, got, c.Repeated, tt.want)
		}
	}
	c := read(t, "your_posts_1.json", `[{"timestamp": 1646810883, "attachments": [{"data": [{"place": {"name": "Lyon", "coordinate": {"latitude": 45.75, "longitude": 4.85}}}, {"media": {"uri": "posts/1.jpg"}}]}], "data": [{"post": "x"}]}]`)
	if p := c.Documents[0].Place; p == nil || p.Name != "Lyon" || c.Bodies[0].(schema.Message).Attachments[0].Path != "posts/1.jpg" {
		t.Errorf("%+v", c.Documents[0])
	}
}

const talkPage = `<html><head><title>Zoé</title><style>.x{}</style></head><body class="_5vb_"><div class="_10aw"><div class="_a705"><div class="_3-8y">Max</div></div>
<div class="_a706" role="main"><div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><div class="_3-95 _2pim _a6-h _a6-i">Participants&nbsp;: Zoé et Max</div></div>
<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><div class="_3-95 _2pim _a6-h _a6-i">Max</div><div class="_3-95 _a6-p"><div><div></div><div>Bonjour &amp;amp; merci<br />à demain</div><div><a href="messages/inbox/zoe_1/photos/1.jpg"><img src="messages/inbox/zoe_1/photos/1.jpg" class="_a6_o" /></a></div><div><ul class="_a6-q"><li>❤ Zoé</li></ul></div></div></div><div class="_3-94 _a6-o">Mar 14, 2026 10:31:00 am</div></div>
<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><div class="_3-95 _2pim _a6-h _a6-i">Zoé</div><div class="_3-95 _a6-p"><div><div>déjà</div></div></div><div class="_3-94 _a6-o">14 mars 2026, 10:30</div></div>
<div class="_a6-g uiBoxWhite noborder"><div class="_a6-h">Zoé</div><div class="_a6-p">sans</div><div class="_a6-o">heure</div></div>
</div></div></body></html>`

const earlyPage = `<html><body><div class="contents"><h1>Max</h1><div><div class="thread">Zoé, Max<div class="message"><div class="message_header"><span class="user">Zoé</span><span class="meta">Wednesday, November 12, 2008 at 8:53pm UTC+01</span></div></div><p>Salut</p><div class="message"><div class="message_header"><span class="user">Max</span><span class="meta">Wednesday, November 12, 2008 at 8:55pm UTC+01</span></div></div><p>oui</p></div></div></div></body></html>`

const likesPage = `<html><head><title>Likes</title></head><body><div class="_a706"><div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><div class="_3-95 _2pim _a6-h">zoe</div><div class="_3-95 _a6-p"><a href="https://www.instagram.com/p/x/">👍</a></div><div class="_3-94 _a6-o">Mar 14, 2026 10:31 am</div></div></div></body></html>`

func TestPages(t *testing.T) {
	c := read(t, "messages/inbox/zoe_1/message_1.html", talkPage)
	if len(c.Documents) != 2 || len(c.Refusals) != 1 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	d, b := c.Documents[0], c.Bodies[0].(schema.Message)
	if b.Content != "Bonjour &amp; merci\nà demain" || b.From != "Max" || b.Thread != "Zoé" || b.To != "Zoé" || d.Time.Start.String() != "2026-03-14T10:31:00+01:00" ||
		len(b.Attachments) != 1 || b.Attachments[0].Path != "messages/inbox/zoe_1/photos/1.jpg" {
		t.Errorf("%+v %+v", d, b)
	}
	if d := c.Documents[1]; d.Text != "Zoé: déjà" || d.Time.Start.String() != "2026-03-14T10:30:00+01:00" {
		t.Errorf("%+v", d)
	}
	c = read(t, "messages.htm", earlyPage)
	if len(c.Documents) != 2 || c.Documents[0].Text != "Zoé: Salut" || c.Documents[1].Text != "Max: oui" || c.Documents[0].Time.Start.String() != "2008-11-12T20:53:00+01:00" ||
		c.Bodies[0].(schema.Message).Thread != "Zoé, Max" {
		t.Errorf("%+v %v", c.Documents, c.Refusals)
	}
	c = read(t, "likes/liked_posts.html", likesPage)
	if len(c.Documents) != 1 || c.Documents[0].Text != "likes: zoe 👍" || c.Bodies[0].(schema.Activity).URL != "https://www.instagram.com/p/x/" {
		t.Errorf("%+v %v", c.Documents, c.Refusals)
	}
}

func TestNotMine(t *testing.T) {
	for _, text := range []string{"", "{}", `{"messages": []}`, `[{"timestamp": 1646810883}]`, `{"profile_interests": ["a"]}`, "<html><body><div class=\"box\">x</div></body></html>", `{"type": "FeatureCollection"}`} {
		if sure := meta.Format.Recognise(importer.Head{Bytes: []byte(text)}); sure > 0 {
			t.Errorf("%s: recognised with %d", text, sure)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{thread, encrypted, talkPage, earlyPage, likesPage, `{"friends_v2": [{"name": "a"}], "comments_v2": [{"timestamp": 1646810883, "data": [{"comment": {"comment": "x"}}]}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		meta.Format.Recognise(importertest.File("x", content).Head)
		if _, err := importertest.Read(meta.Format, "message_1.html", content); err != nil && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	s.WriteString(`{"participants": [{"name": "Zoe"}, {"name": "Max"}], "messages": [`)
	for i := range 20_000 {
		fmt.Fprintf(&s, `{"sender_name": "Max", "timestamp_ms": %d, "content": "some words of a message d\u00c3\u00a9j\u00c3\u00a0", "type": "Generic", "is_unsent": false},`, 1773480600000+i*1000)
	}
	content := []byte(strings.TrimSuffix(s.String(), ",") + `], "title": "Zoe", "thread_path": "inbox/zoe_1"}`)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c := &importertest.Collector{Connector: "meta"}
		if err := meta.Format.Read(context.Background(), importertest.File("x", content), c); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
