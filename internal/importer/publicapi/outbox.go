package publicapi

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// isOutbox reports whether b begins the outbox.json of a Mastodon archive: an
// ActivityPub OrderedCollection of what the person did.
func isOutbox(b []byte) bool {
	return len(b) > 0 && b[0] == '{' && hasAll(b, "@context", "OrderedCollection", "orderedItems") && hasAll(b, "actor", "published", "object")
}

func readOutbox(ctx context.Context, j *jsonstream.Reader, out importer.Sink) error {
	return j.Object(func(key string) error {
		if key == "orderedItems" {
			return giveAll[activity](ctx, j, out)
		}
		return j.Skip()
	})
}

// An activity is what is read of ActivityStreams' Create and Announce.
type activity struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Actor     string          `json:"actor"`
	Published string          `json:"published"`
	To        []string        `json:"to"`
	Cc        []string        `json:"cc"`
	Object    json.RawMessage `json:"object"`
}

// A note is the object of a Create.
type note struct {
	ID      string `json:"id"`
	Summary string `json:"summary"`
	ReplyTo string `json:"inReplyTo"`
	Content string `json:"content"`
	Tags    []struct {
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"tag"`
	Attachments []struct {
		MediaType string `json:"mediaType"`
		URL       string `json:"url"`
		Name      string `json:"name"`
	} `json:"attachment"`
	Choices []choice `json:"oneOf"`
	Several []choice `json:"anyOf"`
}

type choice struct {
	Name string `json:"name"`
}

// message returns what was said. A status is named by the address of its note, as
// the interface names it, so that both kinds of export tell of one.
func (a *activity) message() (*social.Message, error) {
	at, ok := social.Stamp(a.Published)
	if !ok {
		return nil, fmt.Errorf("time %.40q: %w", a.Published, penates.Invalid)
	}
	m := &social.Message{Thread: "Mastodon", At: at, From: social.Person{Address: locale.Line(path.Base(a.Actor))}, Flags: a.visibility()}
	switch a.Type {
	case "Create":
		var n note
		if err := json.Unmarshal(a.Object, &n); err != nil || n.ID == "" {
			return nil, fmt.Errorf("a status without its text or id: %w", penates.Invalid)
		}
		n.fill(m)
	case "Announce":
		what, ok := jsonstream.Text(a.Object)
		if !ok || a.ID == "" {
			return nil, fmt.Errorf("a share that does not say of what: %w", penates.Invalid)
		}
		m.Native, m.Text, m.Flags = "status/"+a.ID, "RT "+social.Line(what), m.Flags+" reblog"
	default:
		return nil, fmt.Errorf("an activity of type %.40q: %w", a.Type, penates.Unsupported)
	}
	return m, nil
}

func (n *note) fill(m *social.Message) {
	m.Native, m.Subject, m.Text, m.ReplyTo = "status/"+n.ID, social.Line(n.Summary), words(n.Content), path.Base(n.ReplyTo)
	if n.ReplyTo == "" {
		m.ReplyTo = ""
	}
	for _, c := range append(n.Choices, n.Several...) { // of a poll
		m.Text += "\n- " + social.Line(c.Name)
	}
	m.Text = strings.TrimSpace(m.Text)
	for _, t := range n.Tags {
		if t.Type == "Mention" {
			m.To = append(m.To, social.Person{Name: locale.Line(strings.TrimPrefix(t.Name, "@"))})
		}
	}
	for _, f := range n.Attachments[:min(len(n.Attachments), 50)] {
		where := strings.TrimPrefix(path.Clean("/"+f.URL), "/") // beside outbox.json
		m.Attachments = append(m.Attachments, schema.Attachment{Name: social.Line(f.Name), Mime: social.Line(f.MediaType), Path: social.Clip(where, 2000)})
	}
}

// visibility is the interface's word for who may see a status.
func (a *activity) visibility() string {
	const public = "https://www.w3.org/ns/activitystreams#Public"
	is := func(to []string, short string) bool {
		return slices.Contains(to, public) || slices.Contains(to, short)
	}
	switch {
	case is(a.To, "as:Public"):
		return "public"
	case is(a.Cc, "as:Public"):
		return "unlisted"
	case slices.ContainsFunc(a.To, func(s string) bool { return strings.HasSuffix(s, "/followers") }):
		return "private"
	}
	return "direct"
}
