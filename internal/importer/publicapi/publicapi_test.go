package publicapi_test

import (
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/publicapi"
	"penates/internal/schema"
)

const (
	statuses = `[{"account": {"acct": "zoe", "display_name": "Zoë"}, "content": "<p>Soup &amp; bread</p><p>twice</p>", "created_at": "2024-02-03T04:05:06.000Z", "id": "1",
 "uri": "https://a.example/1", "spoiler_text": "", "visibility": "public", "reblog": null, "mentions": [{"acct": "max"}], "media_attachments": []},
 {"id": "2", "created_at": "2024-02-03T04:05:07.000Z", "account": {"acct": "zoe"}, "content": "", "reblog": {"account": {"acct": "max"}, "content": "hello"}}]`
	outbox = `{"@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json", "type": "OrderedCollection", "totalItems": 4, "orderedItems": [
 {"id": "https://a.example/1/activity", "type": "Create", "actor": "https://a.example/users/zoe", "published": "2024-02-03T04:05:06Z",
  "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": ["https://a.example/users/zoe/followers"],
  "object": {"id": "https://a.example/1", "type": "Note", "summary": null, "inReplyTo": null, "content": "<p>Soup &amp; bread</p><p>twice</p>",
   "attachment": [{"type": "Document", "mediaType": "image/png", "url": "/a.example/files/soup.png", "name": "a soup"}], "tag": [{"type": "Mention", "name": "@max@b.example"}, {"type": "Hashtag", "name": "#soup"}]}},
 {"id": "https://a.example/2/activity", "type": "Announce", "actor": "https://a.example/users/zoe", "published": "2024-02-03T04:05:07Z", "to": [], "cc": [], "object": "https://b.example/9"},
 {"id": "https://a.example/3/activity", "type": "Create", "actor": "https://a.example/users/zoe", "published": "2024-02-03T04:05:08Z", "to": ["https://a.example/users/zoe/followers"], "cc": [],
  "object": {"id": "https://a.example/3", "type": "Question", "content": "<p>Which?</p>", "inReplyTo": "https://a.example/1", "oneOf": [{"name": "soup"}, {"name": "bread"}]}},
 {"id": "https://a.example/4/activity", "type": "Create", "actor": "https://a.example/users/zoe", "published": "2024-02-03T04:05:09Z", "object": "https://a.example/4"}]}`
	account = `{"meta": {"code": 200}, "response": {"user": {"id": "7", "firstName": "Zoë", "lastName": "Martin", "homeCity": "Lyon", "contact": {"email": "Z@mail.example"},
 "friends": {"count": 1, "groups": [{"type": "others", "items": [{"id": "8", "firstName": "Max"}]}]},
 "checkins": {"count": 1, "items": [{"id": "c1", "createdAt": 1700000000, "timeZoneOffset": 60, "shout": "here", "venue": {"name": "Bakery", "location": {"lat": 45.7, "lng": 4.8, "city": "Lyon"}, "categories": [{"name": "Shop"}]}}]}}}}`
	export = `{"count": 1, "items": [{"id": "c1", "createdAt": "2023-11-14 22:13:20.000000", "type": "checkin", "timeZoneOffset": 60, "venue": {"id": "v", "name": "Bakery"}, "lat": 45.7, "lng": 4.8}]}`
)

func read(t *testing.T, format importer.Format, content string) *importertest.Collector {
	t.Helper()
	if sure := format.Recognise(importertest.File("x", []byte(content)).Head); sure < 90 {
		t.Errorf("%s: recognised at %d", format.Name, sure)
	}
	c, err := importertest.Read(format, "x", []byte(content))
	if err != nil || c.Repeated > 0 {
		t.Fatalf("%d repeated, %v", c.Repeated, err)
	}
	return c
}

func TestMastodon(t *testing.T) {
	c := read(t, publicapi.Mastodon, statuses)
	if len(c.Documents) != 2 || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	body, ok := c.Bodies[0].(schema.Message)
	if d := c.Documents[0]; !ok || body.Content != "Soup & bread\ntwice" || d.Party("from").Literal != "Zoë" || d.Party("to").Literal != "max" {
		t.Errorf("%+v %+v", d, body)
	}
	if body, ok := c.Bodies[1].(schema.Message); !ok || body.Content != "RT max: hello" {
		t.Errorf("%+v", body)
	}
}

func TestMastodonArchive(t *testing.T) {
	c := read(t, publicapi.Mastodon, outbox)
	if len(c.Documents) != 3 || len(c.Refusals) != 1 {
		t.Fatalf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	first := c.Documents[0]
	body, ok := c.Bodies[0].(schema.Message)
	if !ok || body.Content != "Soup & bread\ntwice" || body.Flags != "public" || first.Party("to").Literal != "max@b.example" ||
		len(body.Attachments) != 1 || body.Attachments[0].Path != "a.example/files/soup.png" {
		t.Errorf("%+v %+v", first, body)
	}
	if body, ok := c.Bodies[1].(schema.Message); !ok || body.Content != "RT https://b.example/9" || body.Flags != "direct reblog" {
		t.Errorf("%+v", body)
	}
	if body, ok := c.Bodies[2].(schema.Message); !ok || body.Content != "Which?\n- soup\n- bread" || body.Flags != "private" {
		t.Errorf("%+v", body)
	}
	// The interface tells of the first under the same name.
	if api := read(t, publicapi.Mastodon, statuses); api.Documents[0].Source.NativeID != first.Source.NativeID {
		t.Errorf("%q and %q", api.Documents[0].Source.NativeID, first.Source.NativeID)
	}
}

func TestSwarm(t *testing.T) {
	c := read(t, publicapi.Swarm, account)
	places := c.OfType(penates.Places)
	if len(c.Documents) != 3 || len(places) != 1 || len(c.OfType(penates.Contacts)) != 1 || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	if d := places[0]; d.Text != "Bakery: here" || d.Time.Start.String() != "2023-11-14T23:13:20+01:00" || d.Place.Lat != 45.7 {
		t.Errorf("%+v", d)
	}
	if d := read(t, publicapi.Swarm, export).Documents[0]; d.ID != places[0].ID || d.Time.Start.String() != "2023-11-14T23:13:20+01:00" || d.Place == nil {
		t.Errorf("%+v", d)
	}
}

func TestDamage(t *testing.T) {
	for old, bad := range map[string]string{`"2024-02-03T04:05:06.000Z"`: `"once"`, `"<p>Soup &amp; bread</p><p>twice</p>"`: `{}`} {
		c := read(t, publicapi.Mastodon, strings.Replace(statuses, old, bad, 1))
		if len(c.Documents) != 1 || len(c.Refusals) != 1 || c.Refusals[0].Line != 2 {
			t.Errorf("%s: %d documents, %v", bad, len(c.Documents), c.Refusals)
		}
	}
	if c := read(t, publicapi.Swarm, strings.Replace(account, "1700000000", "-1", 1)); len(c.Documents) != 2 || len(c.Refusals) != 1 {
		t.Errorf("%d documents, %v", len(c.Documents), c.Refusals)
	}
}

// The corpus has two statuses, and an account with what the answer holds of its
// friends and check-ins.
func TestCorpus(t *testing.T) {
	content, ok := importertest.Corpus(t, "social/perkeep/mastodon/testdata/user_statuses.json")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the files of this package are read")
		return
	}
	if c := read(t, publicapi.Mastodon, string(content)); len(c.Documents) != 2 || len(c.Refusals) > 0 {
		t.Errorf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	content, _ = importertest.Corpus(t, "social/perkeep/swarm/testdata/users-me-res.json")
	if c := read(t, publicapi.Swarm, string(content)); len(c.OfType(penates.Identities)) != 1 || len(c.OfType(penates.Contacts)) != 10 || len(c.OfType(penates.Places)) != 1 || len(c.Refusals) > 0 {
		t.Errorf("%d documents, %v", len(c.Documents), c.Refusals)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{statuses, outbox, account, export} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, format := range []importer.Format{publicapi.Mastodon, publicapi.Swarm} {
			format.Recognise(importertest.File("x", content).Head)
			c, err := importertest.Read(format, "x", content)
			if err == nil && len(c.Documents) > len(content) {
				t.Errorf("%d documents of %d bytes", len(c.Documents), len(content))
			}
		}
	})
}

func BenchmarkMastodon(b *testing.B) {
	one := strings.TrimSuffix(strings.TrimPrefix(statuses, "["), "]")
	content := []byte("[" + strings.Repeat(one+",", 5000) + one + "]")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(publicapi.Mastodon, "x", content); err != nil || len(c.Documents) != 10_002 {
			b.Fatal(err)
		}
	}
}
