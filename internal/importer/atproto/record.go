package atproto

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/schema"
)

// A reader gives out the records of one repository.
type reader struct {
	did  string
	zone *time.Location
	out  importer.Sink
}

// verbs are the collections in which the person says something of what others
// published.
var verbs = map[string]string{
	"app.bsky.feed.like": "liked", "app.bsky.feed.repost": "reposted",
	"app.bsky.graph.follow": "followed", "app.bsky.graph.block": "blocked",
}

// record gives out the record with that key, "collection/name".
func (r *reader) record(key string, b block) error {
	collection, name, ok := strings.Cut(key, "/")
	v, err := unmarshal(b.data)
	fields, isMap := v.(map[string]any)
	switch {
	case !ok || name == "":
		err = fmt.Errorf("record key %q: %w", clip(key, 60), penates.Invalid)
	case err == nil && !isMap:
		err = fmt.Errorf("record %s is no object: %w", clip(key, 60), penates.Invalid)
	}
	if err != nil {
		return r.out.Refuse(0, err)
	}
	d := &penates.Document{Source: penates.Source{
		Connection: r.did, NativeID: key, Locator: fmt.Sprintf("bytes=%d-%d", b.at, b.at+int64(len(b.data))),
	}}
	if at, err := locale.Time(text(fields, "createdAt"), locale.DMY, r.zone); err == nil {
		d.Time.Start = at
	}
	switch {
	case collection == "app.bsky.feed.post":
		return r.post(d, fields, key)
	case verbs[collection] != "":
		return r.activity(d, fields, verbs[collection])
	case collection == "app.bsky.actor.profile":
		return r.profile(d, fields)
	}
	d.Text = locale.Line(clip(collection+" "+cmp.Or(text(fields, "title"), text(fields, "name"), name), 300))
	whole, _ := plain(fields).(map[string]any)
	return r.out.Document(d, schema.Record{Kind: collection, Fields: whole})
}

// post gives out what the person published (app.bsky.feed.post).
func (r *reader) post(d *penates.Document, fields map[string]any, key string) error {
	reply, _ := fields["reply"].(map[string]any)
	body := schema.Message{
		Content: text(fields, "text"), From: r.did,
		Thread:    cmp.Or(text(sub(reply, "root"), "uri"), "at://"+r.did+"/"+key),
		InReplyTo: text(sub(reply, "parent"), "uri"),
	}
	embed := sub(fields, "embed")
	if media := sub(embed, "media"); media != nil { // with a quoted post
		embed = media
	}
	images, _ := embed["images"].([]any)
	for _, i := range images {
		image, _ := i.(map[string]any)
		attach(&body, image, "image")
	}
	attach(&body, embed, "video")
	external := sub(embed, "external")
	if uri := text(external, "uri"); uri != "" && !strings.Contains(body.Content, uri) {
		body.Content = strings.TrimSpace(body.Content + "\n" + uri)
	}
	d.Parties = []penates.Party{{Role: "from", Address: r.did}}
	first, _, _ := strings.Cut(strings.TrimSpace(body.Content), "\n")
	d.Text = cmp.Or(locale.Line(clip(first, 300)), "Post of "+d.Time.Start.Date())
	return r.out.Document(d, body)
}

// attach notes a picture or film, whose bytes are not in the file.
func attach(body *schema.Message, m map[string]any, key string) {
	blob := sub(m, key)
	if blob == nil {
		return
	}
	ref, _ := blob["ref"].(cid)
	size, _ := blob["size"].(int64)
	name := cmp.Or(locale.Line(clip(text(m, "alt"), 200)), ref.String())
	body.Attachments = append(body.Attachments, schema.Attachment{Name: name, Mime: text(blob, "mimeType"), Size: max(size, 0)})
}

// activity gives out a record whose subject is a post or an account.
func (r *reader) activity(d *penates.Document, fields map[string]any, verb string) error {
	subject := cmp.Or(text(fields, "subject"), text(sub(fields, "subject"), "uri"))
	if subject == "" {
		return r.out.Refuse(0, fmt.Errorf("record %s has no subject: %w", d.Source.NativeID, penates.Invalid))
	}
	d.Text = locale.Line(clip(verb+" "+subject, 300))
	return r.out.Document(d, schema.Activity{Verb: verb, Object: subject, URL: webAddress(subject)})
}

// webAddress returns where a browser shows a post or an account.
func webAddress(subject string) string {
	did, rest, _ := strings.Cut(strings.TrimPrefix(subject, "at://"), "/")
	if !strings.HasPrefix(did, "did:") {
		return ""
	}
	address := "https://bsky.app/profile/" + did
	if name, ok := strings.CutPrefix(rest, "app.bsky.feed.post/"); ok {
		address += "/post/" + name
	}
	return address
}

// profile gives out how the person shows themselves.
func (r *reader) profile(d *penates.Document, fields map[string]any) error {
	body := schema.Contact{FullName: locale.Line(text(fields, "displayName")), Note: text(fields, "description"), URL: []string{webAddress(r.did)}}
	d.Text = cmp.Or(body.FullName, r.did)
	return r.out.Document(d, body)
}

func sub(m map[string]any, key string) map[string]any {
	inner, _ := m[key].(map[string]any)
	return inner
}

func text(m map[string]any, key string) string {
	switch v := m[key].(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
