// Package twitter reads the archive that X (Twitter) gives its users: data/*.js,
// each an assignment of a JSON list to a name, as in
//
//	window.YTD.tweets.part0 = [ { "tweet" : { … } } ]
//
// and, in archives before 2019, "Grailbird.data.tweets_2014_03 = [ … ]". The
// README that comes in each archive describes the files; which there are changes
// from year to year, so one that is not known is read by what its elements say.
//
// Tweets and direct messages are named by the numbers X gives them.
package twitter

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads the files of an archive.
var Format = importer.Format{Name: "twitter", Title: "X (Twitter) archive", Recognise: recognise, Read: read}

const (
	maxValue = 16 << 20 // bytes of one element
	maxName  = 200      // bytes up to the equals sign
)

var assigned = regexp.MustCompile(`^\s*(?:window\.YTD\.([A-Za-z0-9_]+)\.part\d+|Grailbird\.data\.([A-Za-z]+)[A-Za-z0-9_]*)\s*=\s*`)

func recognise(h importer.Head) int {
	if assigned.Match(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF"))) {
		return 98
	}
	return 0
}

type reader struct {
	social.Giver
	j    *jsonstream.Reader
	kind string // of the file, as in "ad_impressions"
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "utf-8")
	in := bufio.NewReaderSize(text, 64<<10)
	head, err := in.Peek(maxName)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	m := assigned.FindSubmatchIndex(head)
	if m == nil {
		return fmt.Errorf("no assignment of X: %w", importer.ErrNotMine)
	}
	r := &reader{Giver: social.Giver{Out: out}, kind: "tweets"}
	if m[2] >= 0 {
		r.kind = strings.ReplaceAll(string(head[m[2]:m[3]]), "-", "_")
	}
	in.Discard(m[1]) // it was peeked
	r.j = jsonstream.New(in, maxValue)
	return r.list(ctx)
}

// list reads the elements of the file.
func (r *reader) list(ctx context.Context) error {
	talk := strings.HasPrefix(r.kind, "direct_message")
	return r.j.Each(func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if talk { // a conversation may be long
			return r.j.Object(func(key string) error {
				if key != "dmConversation" {
					return r.j.Skip()
				}
				return r.conversation()
			})
		}
		var row any
		if err := r.j.Value(&row); err != nil {
			return err
		}
		return r.row(row)
	})
}

func (r *reader) refuse(format string, args ...any) error {
	return r.Out.Refuse(r.j.Line(), fmt.Errorf(format+": %w", append(args, penates.Invalid)...))
}

func (r *reader) locator() string { return fmt.Sprintf("line=%d", r.j.Line()) }

// verbs say what the elements of a file are.
var verbs = map[string]string{
	"like": "liked", "follower": "followed by", "following": "followed", "block": "blocked", "mute": "muted", "ip_audit": "logged in",
	"ad_impressions": "saw ad", "ad_engagements": "clicked ad", "saved_search": "searched", "lists_created": "made list", "lists_subscribed": "followed list",
	"lists_member": "joined list", "screen_name_change": "renamed", "connected_application": "connected app", "email_address_change": "changed e-mail",
	"account_creation_ip": "joined", "deleted_tweets": "deleted", "ad_mobile_conversions_attributed": "converted", "ad_online_conversions_attributed": "converted",
}

// row gives out one element. Most wrap what they hold in one member.
func (r *reader) row(row any) error {
	whole, _ := row.(map[string]any)
	inner := whole
	for len(inner) == 1 {
		one := ""
		for key := range inner {
			one = key
		}
		next, ok := inner[one].(map[string]any)
		if !ok {
			break
		}
		inner = next
	}
	switch r.kind {
	case "tweet", "tweets", "deleted_tweets", "note_tweet", "community_tweet":
		return r.tweet(inner)
	case "like":
		return r.like(inner)
	case "account":
		return r.account(inner)
	case "contact":
		return r.contact(inner)
	case "ad_impressions", "ad_engagements":
		return r.ads(inner)
	}
	if len(inner) == 0 {
		return r.Row(social.Kind{Name: r.kind}, row, r.j.Line())
	}
	kind := social.Kind{Name: r.kind, Verb: verbs[r.kind]}
	if kind.Verb != "" && social.FactsOf(any(inner)).At.IsZero() && r.kind != "personalization" {
		return r.undated(kind, inner)
	}
	return r.Row(kind, any(inner), r.j.Line())
}

// undated gives out something the person did without saying when, as whom they
// follow: its id is what it is about.
func (r *reader) undated(kind social.Kind, inner map[string]any) error {
	facts := social.FactsOf(any(inner))
	what := facts.Title
	if what == "" {
		what = facts.URL
	}
	return r.Did(r.Names.Unique(kind.Name+"/"+what), penates.Moment{}, schema.Activity{Verb: kind.Verb, Object: what, URL: facts.URL}, r.locator())
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func first(m map[string]any, keys ...string) string {
	for _, k := range keys {
		if s := text(m[k]); s != "" {
			return s
		}
	}
	return ""
}

// stamp reads the times of X: "Wed Mar 10 12:00:00 +0000 2021", and the others
// services write.
func stamp(s string) (penates.Moment, bool) {
	if at, err := time.Parse(time.RubyDate, s); err == nil && at.Year() >= 1970 && at.Year() <= 9999 {
		return penates.At(at.UTC()), true
	}
	return social.Stamp(s)
}

func (r *reader) like(inner map[string]any) error {
	id := first(inner, "tweetId", "id")
	if id == "" {
		return r.refuse("a like without the number of its tweet")
	}
	body := schema.Activity{Verb: "liked", Object: html.UnescapeString(first(inner, "fullText")), URL: first(inner, "expandedUrl")}
	return r.Did("like/"+id, penates.Moment{}, body, r.locator())
}

func (r *reader) account(inner map[string]any) error {
	id := first(inner, "accountId", "username")
	if id == "" {
		return r.refuse("an account without number and name")
	}
	body := schema.Identity{Preferred: social.Line(first(inner, "accountDisplayName")), Email: strings.ToLower(first(inner, "email")), Customer: first(inner, "username"), Issuer: "X"}
	d := &penates.Document{
		Source: penates.Source{NativeID: "account/" + id, Locator: r.locator()},
		Text:   social.Line("@" + body.Customer + ", X"),
	}
	if body.Email != "" {
		d.Refs = []penates.Ref{penates.NewRef(penates.RefEmail, body.Email)}
	}
	d.Time.Start, _ = stamp(first(inner, "createdAt"))
	return r.Out.Document(d, body)
}

// contact gives out somebody of the address book that was handed to X.
func (r *reader) contact(inner map[string]any) error {
	body := schema.Contact{Given: social.Line(first(inner, "firstName")), Family: social.Line(first(inner, "lastName"))}
	body.FullName = social.Line(body.Given + " " + body.Family)
	d := &penates.Document{Text: body.FullName}
	for _, e := range list(inner["emails"]) {
		body.Email = append(body.Email, strings.ToLower(text(e)))
		d.Refs = append(d.Refs, penates.NewRef(penates.RefEmail, text(e)))
	}
	for _, p := range list(inner["phoneNumbers"]) {
		body.Phone = append(body.Phone, text(p))
	}
	id := first(inner, "id")
	if id == "" || d.Text == "" && len(d.Refs) == 0 && len(body.Phone) == 0 {
		return r.refuse("a contact without number or name")
	}
	if d.Text == "" {
		d.Text = strings.Join(append(body.Email, body.Phone...), ", ")
	}
	d.Source = penates.Source{NativeID: "contact/" + id, Locator: r.locator()}
	return r.Out.Document(d, body)
}

func list(v any) []any {
	l, _ := v.([]any)
	return l[:min(len(l), 10_000)]
}

// ads gives out each advertisement of an element by itself.
func (r *reader) ads(inner map[string]any) error {
	rows := list(inner["impressions"])
	rows = append(rows, list(inner["engagements"])...)
	if len(rows) == 0 {
		return r.Row(social.Kind{Name: r.kind, Verb: verbs[r.kind]}, any(inner), r.j.Line())
	}
	for _, row := range rows {
		ad, _ := row.(map[string]any)
		seen, _ := ad["impressionAttributes"].(map[string]any)
		if seen == nil {
			seen = ad
		}
		done := verbs[r.kind]
		at, ok := stamp(first(seen, "impressionTime"))
		for _, e := range list(ad["engagementAttributes"]) {
			m, _ := e.(map[string]any)
			if t, good := stamp(first(m, "engagementTime")); good {
				at, ok = t, true
				break
			}
		}
		if !ok {
			if err := r.refuse("an advertisement without a time"); err != nil {
				return err
			}
			continue
		}
		who, what := social.Deep(seen["advertiserInfo"], "advertiserName", "screenName"), social.Deep(seen, "tweetText", "name")
		body := schema.Activity{Verb: done, Object: strings.Trim(who+": "+html.UnescapeString(what), ": "), Device: social.Deep(seen["deviceInfo"], "osType")}
		raw, err := json.Marshal(row)
		if err != nil {
			return err
		}
		if err := r.Did(r.kind+"/"+r.Names.Hash(string(raw)), at, body, r.locator()); err != nil {
			return err
		}
	}
	return nil
}
