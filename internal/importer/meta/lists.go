package meta

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// verbs say what a list is of. A list that is not here is read all the same,
// under its own name.
var verbs = map[string]string{
	"likes_media_likes": "liked", "likes_comment_likes": "liked", "reactions": "reacted", "page_likes": "liked", "pages_followed": "followed",
	"impressions_history_ads_seen": "saw ad", "impressions_history_ads_clicked": "clicked ad", "impressions_history_posts_seen": "saw",
	"impressions_history_videos_watched": "watched", "impressions_history_recs_hidden_accounts": "hid", "impressions_history_app_message": "saw",
	"relationships_followers": "followed by", "followers": "followed by", "relationships_following": "followed", "following": "followed",
	"relationships_unfollowed_users": "unfollowed", "relationships_blocked_users": "blocked", "blocked_users": "blocked",
	"relationships_follow_requests_sent": "asked to follow", "installed_apps": "connected app", "app_posts": "posted with app", "history": "clicked ad",
	"searches": "searched", "searches_user": "searched", "searches_keyword": "searched", "searches_hashtag": "searched", "searches_place": "searched",
	"account_history_login_history": "logged in", "account_activity": "logged in", "account_accesses": "logged in", "logins": "logged in",
	"saved_saved_media": "saved", "saves": "saved", "removed_friends": "unfriended", "sent_requests": "asked as friend", "received_requests": "asked as friend by",
	"off_facebook_activity": "interacted", "events_joined": "joined", "groups_joined": "joined", "group_posts": "posted", "recently_viewed": "saw",
	"story_activities_polls": "answered", "story_activities_emoji_sliders": "answered", "story_activities_story_likes": "liked",
}

// labels name lists whose elements have no time.
var labels = map[string]string{
	"topics": "Ads interest", "custom_audiences": "Advertiser with your contact data", "custom_audiences_all_types": "Advertiser using your data",
	"inferred_data_ig_interest": "Ads interest", "profile_user": "Profile", "profile": "Profile",
}

var (
	version = regexp.MustCompile(`_v\d+$`)
	page    = regexp.MustCompile(`(?:_\d+)?\.[a-zA-Z0-9]+$`)
)

type listReader struct {
	social.Giver
	j    *jsonstream.Reader
	stem string // of the file's name
}

func readLists(ctx context.Context, f *importer.File, out importer.Sink) error {
	r := &listReader{Giver: social.Giver{Out: out}, stem: page.ReplaceAllString(path.Base(f.Name), "")}
	return open(f, func(j *jsonstream.Reader) error {
		r.j = j
		return social.Lists(j, func(at []string, row any) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return r.row(at, mendAll(row))
		})
	})
}

// row gives out an element of the list at a path of names.
func (r *listReader) row(at []string, row any) error {
	name := r.stem
	if len(at) > 0 {
		name = version.ReplaceAllString(mend(strings.Join(at, "/")), "")
	}
	name, fields := social.Line(name), object(row)
	switch {
	case name == "friends" && fields != nil:
		return r.friend(fields)
	case name == "off_facebook_activity" && fields["events"] != nil:
		return r.events(fields)
	case name == "comments" || name == "group_comments" || strings.HasPrefix(name, "comments_"):
		if done, err := r.comment(name, fields); done || err != nil {
			return err
		}
	case at == nil && fields["string_list_data"] == nil, name == "group_posts", name == "other_photos":
		if done, err := r.post(name, fields); done || err != nil {
			return err
		}
	}
	kind := social.Kind{Name: name, Verb: verbs[name], Label: labels[name]}
	if kind.Verb == "searched" {
		kind.Title = strings.Trim(social.Deep(fields["data"], "text", "name"), `"`)
	}
	return r.Row(kind, row, r.j.Line())
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
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

func (r *listReader) locator() string { return fmt.Sprintf("line=%d", r.j.Line()) }

func (r *listReader) friend(fields map[string]any) error {
	name := social.Line(text(fields["name"]))
	if name == "" {
		return r.Out.Refuse(r.j.Line(), fmt.Errorf("a friend without a name: %w", penates.Invalid))
	}
	at, _ := social.Stamp(text(fields["timestamp"]))
	return r.Out.Document(&penates.Document{
		Source: penates.Source{NativeID: r.Names.Unique("friend/" + name), Locator: r.locator()},
		Time:   penates.Span{Start: at},
		Text:   name,
	}, schema.Contact{FullName: name, Groups: []string{"Facebook"}})
}

// events gives out what a company told Facebook, each event by itself.
func (r *listReader) events(fields map[string]any) error {
	company := social.Line(text(fields["name"]))
	list, _ := fields["events"].([]any)
	for _, e := range list {
		event := object(e)
		at, ok := social.Stamp(text(event["timestamp"]))
		if !ok {
			if err := r.Out.Refuse(r.j.Line(), fmt.Errorf("an event of %s without a time: %w", social.Clip(company, 60), penates.Invalid)); err != nil {
				return err
			}
			continue
		}
		kind := social.Line(text(event["type"]))
		native := r.Names.Unique(strings.Join([]string{"off_facebook_activity", company, text(event["timestamp"]), kind, text(event["id"])}, "/"))
		body := schema.Activity{Verb: "interacted", Object: strings.TrimSpace(company + " " + strings.ToLower(strings.ReplaceAll(kind, "_", " ")))}
		if err := r.Did(native, at, body, r.locator()); err != nil {
			return err
		}
	}
	return nil
}

// commentWords name the comment among the localised members of Instagram.
var commentWords = map[string]bool{"comment": true, "commentaire": true, "kommentar": true, "comentario": true, "commento": true, "reactie": true, "opmerking": true, "komentarz": true}

// comment gives out what the person wrote below something.
func (r *listReader) comment(name string, fields map[string]any) (bool, error) {
	facts := social.FactsOf(fields)
	var m social.Message
	for key, v := range object(fields["string_map_data"]) {
		if commentWords[locale.Fold(key)] {
			m.Text = text(object(v)["value"])
		}
	}
	for _, e := range list(fields["data"]) {
		if c := object(object(e)["comment"]); c != nil {
			m.Text, m.From.Name = text(c["comment"]), social.Line(text(c["author"]))
		}
	}
	if facts.At.IsZero() || m.Text == "" {
		return false, nil
	}
	m.Subject = text(fields["title"])
	m.Native = name + "/" + r.Names.Hash(facts.At.String(), m.Text, m.Subject)
	m.Locator, m.At, m.Folder, m.Attachments = r.locator(), facts.At, "comments", files(fields)
	return true, m.Give(r.Out)
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// post gives out what the person published.
func (r *listReader) post(name string, fields map[string]any) (bool, error) {
	_, fromFacebook := fields["timestamp"]
	_, media := fields["media"]
	if !media && (!fromFacebook || fields["data"] == nil && fields["attachments"] == nil) {
		return false, nil
	}
	var m social.Message
	for _, e := range list(fields["data"]) {
		if s := text(object(e)["post"]); s != "" {
			m.Text = s
		}
	}
	m.Subject = text(fields["title"])
	m.Attachments = files(fields)
	if media && m.Subject == "" {
		m.Text, m.Subject = social.Deep(fields["media"], "title"), ""
	}
	if link := social.Deep(fields["attachments"], "url"); link != "" {
		m.Text = strings.TrimSpace(m.Text + "\n" + link)
	}
	stamp := text(fields["timestamp"])
	if stamp == "" {
		stamp = text(fields["creation_timestamp"])
	}
	if stamp == "" {
		stamp = social.Deep(fields["media"], "creation_timestamp")
	}
	at, ok := social.Stamp(stamp)
	if !ok {
		return false, nil
	}
	first := ""
	if len(m.Attachments) > 0 {
		first = m.Attachments[0].Name
	}
	m.Native = "post/" + r.Names.Hash(at.String(), m.Text, m.Subject, first)
	m.Locator, m.At, m.Folder, m.Place = r.locator(), at, "posts", place(fields)
	return true, m.Give(r.Out)
}

// files returns all files a row names.
func files(v any) (out []schema.Attachment) {
	const most = 200
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if out = append(out, files(e)...); len(out) > most {
				break
			}
		}
	case map[string]any:
		if uri, ok := v["uri"].(string); ok && uri != "" {
			return []schema.Attachment{attachment(file{URI: uri})}
		}
		for _, key := range [...]string{"attachments", "data", "media", "photo"} {
			out = append(out, files(v[key])...)
		}
	}
	return out[:min(len(out), most)]
}

// place returns the position of a post.
func place(fields map[string]any) *penates.Place {
	for _, a := range list(fields["attachments"]) {
		for _, e := range list(object(a)["data"]) {
			p := object(object(e)["place"])
			c := object(p["coordinate"])
			lat, ok1 := c["latitude"].(json.Number)
			lon, ok2 := c["longitude"].(json.Number)
			if !ok1 || !ok2 {
				continue
			}
			y, err1 := lat.Float64()
			x, err2 := lon.Float64()
			if err1 == nil && err2 == nil && y >= -90 && y <= 90 && x >= -180 && x <= 180 {
				return &penates.Place{Lat: y, Lon: x, Name: social.Line(text(p["name"]))}
			}
		}
	}
	return nil
}
