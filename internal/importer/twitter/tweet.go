package twitter

import (
	"encoding/json"
	"html"
	"path"
	"strconv"
	"strings"

	"penates"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/schema"
)

// tweet gives out something the person published, or meant to.
func (r *reader) tweet(t map[string]any) error {
	id := first(t, "id_str", "id", "noteTweetId")
	at, ok := stamp(first(t, "created_at", "createdAt"))
	if id == "" || !ok {
		return r.refuse("a tweet without number or time")
	}
	m := social.Message{
		Native: "tweet/" + id, Locator: r.locator(), At: at, Folder: strings.ReplaceAll(r.kind, "_", " "),
		Text: first(t, "full_text", "text"), ReplyTo: first(t, "in_reply_to_status_id_str", "in_reply_to_status_id"),
	}
	if core, ok := t["core"].(map[string]any); ok { // a long tweet
		m.Text = first(core, "text")
	}
	if m.ReplyTo != "" {
		m.ReplyTo = "tweet/" + m.ReplyTo
	}
	if r.kind != "deleted_tweets" {
		m.Folder = "tweets"
	}
	if user, ok := t["user"].(map[string]any); ok {
		m.From.Name = social.Line(first(user, "name", "screen_name"))
	}
	if to := first(t, "in_reply_to_screen_name"); to != "" {
		m.To = []social.Person{{Name: "@" + social.Line(to)}}
	}
	m.Text = html.UnescapeString(expand(m.Text, t))
	m.Attachments = media(id, t)
	m.Place = place(t)
	return m.Give(r.Out)
}

// expand puts the addresses back that X made short.
func expand(s string, t map[string]any) string {
	entities, _ := t["entities"].(map[string]any)
	for _, u := range list(entities["urls"]) {
		m, _ := u.(map[string]any)
		if short, long := first(m, "url"), first(m, "expanded_url", "expanded"); short != "" && long != "" && len(s) < maxValue {
			s = strings.Replace(s, short, long, 1)
		}
	}
	return s
}

// media returns the pictures and films of a tweet, which lie in tweets_media
// under the tweet's number and their own name.
func media(id string, t map[string]any) (files []schema.Attachment) {
	entities, _ := t["extended_entities"].(map[string]any)
	if entities == nil {
		entities, _ = t["entities"].(map[string]any)
	}
	for _, e := range list(entities["media"]) {
		m, _ := e.(map[string]any)
		url := best(m)
		if url == "" {
			continue
		}
		name := id + "-" + path.Base(url)
		files = append(files, schema.Attachment{Name: name, Path: "tweets_media/" + name})
	}
	return files
}

// best returns the address of a picture, or of the film in the best quality.
func best(m map[string]any) string {
	url := first(m, "media_url_https", "media_url")
	video, _ := m["video_info"].(map[string]any)
	rate := int64(-1)
	for _, v := range list(video["variants"]) {
		variant, _ := v.(map[string]any)
		n, _ := strconv.ParseInt(text(variant["bitrate"]), 10, 64)
		if s := first(variant, "url"); s != "" && n > rate && first(variant, "content_type") == "video/mp4" {
			url, rate = s, n
		}
	}
	url, _, _ = strings.Cut(url, "?")
	return url
}

func place(t map[string]any) *penates.Place {
	geo, _ := t["geo"].(map[string]any)
	at := list(geo["coordinates"]) // latitude first
	if len(at) != 2 {
		return nil
	}
	lat, err1 := strconv.ParseFloat(text(at[0]), 64)
	lon, err2 := strconv.ParseFloat(text(at[1]), 64)
	if err1 != nil || err2 != nil || !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) {
		return nil
	}
	return &penates.Place{Lat: lat, Lon: lon}
}

// conversation reads the direct messages of one conversation. Its id stands
// before them, and is made of the two accounts when there are only two.
func (r *reader) conversation() error {
	var id string
	return r.j.Object(func(key string) error {
		switch key {
		case "conversationId":
			var raw json.RawMessage
			err := r.j.Value(&raw)
			id, _ = jsonstream.Text(raw)
			return err
		case "messages":
			return r.j.Array(func() error {
				var row map[string]any
				if err := r.j.Value(&row); err != nil {
					if jsonstream.Mismatch(err) {
						return r.refuse("a message of another shape")
					}
					return err
				}
				return r.direct(id, row)
			})
		}
		return r.j.Skip()
	})
}

// direct gives out a direct message, or what else happened in a conversation.
func (r *reader) direct(conversation string, row map[string]any) error {
	kind, m := "", map[string]any(nil)
	for key, v := range row {
		if inner, ok := v.(map[string]any); ok && (m == nil || key < kind) {
			kind, m = key, inner
		}
	}
	at, ok := stamp(first(m, "createdAt"))
	if !ok {
		return r.refuse("a direct message without a time")
	}
	id := first(m, "id")
	if id == "" {
		raw, err := json.Marshal(m)
		if err != nil {
			return err
		}
		id = r.Names.Hash(kind, string(raw))
	}
	out := social.Message{
		Native: "dm/" + conversation + "/" + id, Locator: r.locator(), At: at, Thread: "X " + conversation, Folder: "direct messages",
		Text: html.UnescapeString(first(m, "text")), From: account(first(m, "senderId", "initiatingUserId", "userId")),
	}
	if to := first(m, "recipientId"); to != "" {
		out.To = []social.Person{account(to)}
	}
	for _, u := range list(m["urls"]) {
		l, _ := u.(map[string]any)
		if short, long := first(l, "url"), first(l, "expanded"); short != "" && long != "" {
			out.Text = strings.Replace(out.Text, short, long, 1)
		}
	}
	for _, u := range list(m["mediaUrls"]) {
		if url := text(u); url != "" {
			name := id + "-" + path.Base(url)
			out.Attachments = append(out.Attachments, schema.Attachment{Name: name, Path: "direct_messages_media/" + name})
		}
	}
	if kind != "messageCreate" {
		out.Flags = "service"
		if out.Text == "" {
			out.Text = kind + " " + first(m, "name")
		}
	}
	return out.Give(r.Out)
}

// account returns somebody of whom only the account's number is told.
func account(id string) social.Person {
	if id == "" {
		return social.Person{}
	}
	return social.Person{Name: "X account " + social.Line(social.Clip(id, 40))}
}
