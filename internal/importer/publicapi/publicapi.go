// Package publicapi reads answers of the interfaces of social services that
// people keep as their export: the statuses of Mastodon (API v1,
// /accounts/:id/statuses: an array of Status; the service's own archive, outbox.json:
// an OrderedCollection of ActivityPub) and the check-ins of Swarm, once
// Foursquare (API v2, users/self/checkins and users/self: {meta, response}; the
// service's own export checkins1.json: {count, items}).
//
// A status is a message of the person; a check-in a place they stayed at. Ids
// are those of the services.
package publicapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// The formats.
var (
	Mastodon = importer.Format{Name: "mastodon", Title: "Mastodon statuses", Recognise: isMastodon, Read: readMastodon}
	Swarm    = importer.Format{Name: "swarm", Title: "Swarm check-ins", Recognise: isSwarm, Read: readSwarm}
)

const maxValue = 8 << 20 // bytes of one status or check-in

func begin(h importer.Head) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
}

func hasAll(b []byte, members ...string) bool {
	for _, m := range members {
		if !bytes.Contains(b, []byte(`"`+m+`"`)) {
			return false
		}
	}
	return true
}

func isMastodon(h importer.Head) int {
	b := begin(h)
	if isOutbox(b) || len(b) > 0 && b[0] == '[' && hasAll(b, "account", "acct", "content", "created_at", "visibility", "spoiler_text") {
		return 95
	}
	return 0
}

var (
	answer  = regexp.MustCompile(`^\{\s*"meta"\s*:\s*\{\s*"code"\s*:`)
	exports = regexp.MustCompile(`^\{\s*"(?:count|items)"\s*:`)
)

func isSwarm(h importer.Head) int {
	b := begin(h)
	switch {
	case answer.Match(b) && hasAll(b, "response") && (hasAll(b, "user", "firstName") || hasAll(b, "venue") || hasAll(b, "checkins")):
		return 92
	case exports.Match(b) && hasAll(b, "items", "createdAt", "venue", "checkin"):
		return 92
	}
	return 0
}

// open returns a reader of f's JSON.
func open(f *importer.File, read func(*jsonstream.Reader) error) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	return read(jsonstream.New(text, maxValue))
}

// A status is what is read of Mastodon's Status entity.
type status struct {
	ID      json.RawMessage `json:"id"`
	URI     string          `json:"uri"`
	URL     string          `json:"url"`
	Created string          `json:"created_at"`
	Content string          `json:"content"`
	Spoiler string          `json:"spoiler_text"`
	ReplyTo string          `json:"in_reply_to_id"`
	Access  string          `json:"visibility"`
	Account struct {
		Acct string `json:"acct"`
		Name string `json:"display_name"`
	} `json:"account"`
	Reblog *status `json:"reblog"`
	Media  []struct {
		URL         string `json:"url"`
		Type        string `json:"type"`
		Description string `json:"description"`
	} `json:"media_attachments"`
	Mentions []struct {
		Acct string `json:"acct"`
	} `json:"mentions"`
}

func readMastodon(ctx context.Context, f *importer.File, out importer.Sink) error {
	return open(f, func(j *jsonstream.Reader) error {
		if isOutbox(begin(f.Head)) {
			return readOutbox(ctx, j, out)
		}
		return giveAll[status](ctx, j, out)
	})
}

// giveAll gives out the messages that the elements of an array of T tell of.
func giveAll[T any, P interface {
	*T
	message() (*social.Message, error)
}](ctx context.Context, j *jsonstream.Reader, out importer.Sink) error {
	var names bank.Namer
	return j.Array(func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		var v T
		err := j.Value(&v)
		switch {
		case jsonstream.Mismatch(err):
			return out.Refuse(j.Line(), err)
		case err != nil:
			return err
		}
		m, err := P(&v).message()
		if err != nil {
			return out.Refuse(j.Line(), err)
		}
		m.Native, m.Locator = names.Unique(m.Native), fmt.Sprintf("line=%d", j.Line())
		return m.Give(out)
	})
}

func (s *status) message() (*social.Message, error) {
	id, _ := jsonstream.Text(s.ID)
	at, ok := social.Stamp(s.Created)
	switch {
	case id == "" && s.URI == "":
		return nil, fmt.Errorf("a status without id: %w", penates.Invalid)
	case !ok:
		return nil, fmt.Errorf("time %.40q: %w", s.Created, penates.Invalid)
	}
	if s.URI != "" {
		id = s.URI // numbers belong to one server
	}
	m := &social.Message{
		Native: "status/" + id, Thread: "Mastodon", At: at, Subject: s.Spoiler, Text: words(s.Content),
		From: social.Person{Name: locale.Line(s.Account.Name), Address: locale.Line(s.Account.Acct)}, ReplyTo: s.ReplyTo, Flags: s.Access,
	}
	if s.Reblog != nil {
		m.Text, m.Flags = "RT "+s.Reblog.Account.Acct+": "+words(s.Reblog.Content), strings.TrimSpace(m.Flags+" reblog")
	}
	for _, to := range s.Mentions {
		m.To = append(m.To, social.Person{Name: locale.Line(to.Acct)})
	}
	for _, a := range s.Media[:min(len(s.Media), 50)] {
		m.Attachments = append(m.Attachments, schema.Attachment{Name: social.Line(a.Description), Mime: a.Type, Path: social.Clip(a.URL, 2000)})
	}
	return m, nil
}

// words returns the text of the HTML of a status.
func words(s string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			b.Write(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			if name, _ := z.TagName(); (string(name) == "p" || string(name) == "br") && b.Len() > 0 {
				b.WriteByte('\n')
			}
		}
	}
}
