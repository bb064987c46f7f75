// Package tiktok reads user_data.json, which TikTok gives its users: an object
// of sections ("Activity" or "Your Activity", "Direct Messages", "Comment" …),
// which hold sections, which hold lists. There is no published grammar; names of
// sections and the case of members change from year to year, so a list is known
// by its own name, and one that is not known is read by what its elements say.
// Times are in UTC.
//
// Nothing in the file has an id. What a person did is named by its list, its time
// and what it was about; a message by its conversation, its time, its writer and
// its text.
package tiktok

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads user_data.json.
var Format = importer.Format{Name: "tiktok", Title: "TikTok export", Recognise: recognise, Read: read}

const maxValue = 4 << 20 // bytes of one element

var sections = regexp.MustCompile(`"(?:Favorite (?:Videos|Sounds|Effects|Hashtags)|Follower(?: List)?|Following(?: List)?|Video Browsing History|Watch History|Like List|Login History|` +
	`Chat History|Direct Messages?|Ti[kK][tT]ok Shop(?:ping)?|TikTok Live|Share History|Purchase History|App Settings|Profile And Settings|Block(?: List)?|Ads and data|FansList|ItemFavoriteList|LoginHistoryList|SearchList)"\s*:\s*[\[{]`)

func recognise(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(b) == 0 || b[0] != '{' {
		return 0
	}
	switch n := len(sections.FindAllIndex(b, 4)); {
	case n >= 3:
		return 93
	case n == 2:
		return 75
	}
	return 0
}

// verbs say what a list is of.
var verbs = map[string]string{
	"FansList": "followed by", "Following": "followed", "ItemFavoriteList": "liked", "FavoriteVideoList": "saved", "FavoriteSoundList": "saved", "FavoriteEffectsList": "saved",
	"FavoriteHashtagList": "saved", "FavoriteCollectionList": "saved", "LoginHistoryList": "logged in", "SearchList": "searched", "ShareHistoryList": "shared",
	"BlockList": "blocked", "WatchHistoryList": "watched", "WatchLiveList": "watched", "GiftList": "gave", "RepostList": "reposted",
}

type reader struct {
	social.Giver
	j *jsonstream.Reader
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	r := &reader{Giver: social.Giver{Out: out}, j: jsonstream.New(text, maxValue)}
	return social.Lists(r.j, func(at []string, row any) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return r.row(at, row)
	})
}

func (r *reader) locator() string { return fmt.Sprintf("line=%d", r.j.Line()) }

// row gives out an element of the list at a path of names.
func (r *reader) row(at []string, row any) error {
	name := "export"
	if len(at) > 0 {
		name = social.Line(at[len(at)-1])
	}
	fields, _ := row.(map[string]any)
	partner, talk := strings.CutPrefix(name, "Chat History with ")
	switch {
	case talk:
		return r.message(strings.TrimRight(partner, ": "), fields)
	case name == "CommentsList":
		return r.comment(fields)
	case name == "ProfileMap" || name == "Profile Info":
		return r.profile(fields)
	}
	kind := social.Kind{Name: name, Verb: verbs[name], Label: name}
	if name == "VideoList" {
		kind.Verb = "watched"
		if len(at) > 1 && !strings.Contains(at[len(at)-2], "History") {
			kind.Name, kind.Verb = "Videos", "posted"
		}
	}
	facts := social.FactsOf(row)
	if facts.At.IsZero() {
		return r.Row(kind, row, r.j.Line())
	}
	if kind.Verb == "" {
		kind.Verb = strings.ToLower(strings.TrimSuffix(name, "List"))
	}
	native := r.Names.Unique(strings.Join([]string{kind.Name, facts.At.String(), facts.Title, facts.URL}, "/"))
	return r.Did(native, facts.At, schema.Activity{Verb: kind.Verb, Object: facts.Title, URL: facts.URL, Device: facts.Device}, r.locator())
}

// get returns the text of a member, whatever its case.
func get(fields map[string]any, keys ...string) string {
	for _, want := range keys {
		for _, key := range [...]string{want, strings.ToUpper(want[:1]) + want[1:]} {
			if s, ok := fields[key].(string); ok && s != "" && s != "None" && s != "N/A" {
				return s
			}
		}
	}
	return ""
}

func (r *reader) message(partner string, fields map[string]any) error {
	date := get(fields, "date")
	at, ok := social.Stamp(date)
	if !ok {
		return r.Out.Refuse(r.j.Line(), fmt.Errorf("a message with the time %q: %w", social.Clip(date, 40), penates.Invalid))
	}
	m := social.Message{
		Locator: r.locator(), Thread: partner, At: at, Folder: "direct messages",
		From: social.Person{Name: social.Line(get(fields, "from"))}, Text: get(fields, "content", "comment"),
	}
	if m.From.Name != partner {
		m.To = []social.Person{{Name: partner}}
	}
	m.Native = "dm/" + r.Names.Hash(partner, date, m.From.Name, m.Text)
	return m.Give(r.Out)
}

func (r *reader) comment(fields map[string]any) error {
	date := get(fields, "date")
	at, ok := social.Stamp(date)
	if !ok {
		return r.Out.Refuse(r.j.Line(), fmt.Errorf("a comment with the time %q: %w", social.Clip(date, 40), penates.Invalid))
	}
	m := social.Message{Locator: r.locator(), At: at, Folder: "comments", Text: get(fields, "comment")}
	if url := get(fields, "url", "link"); url != "" {
		m.Text = strings.TrimSpace(m.Text + "\n" + url)
	}
	m.Native = "comment/" + r.Names.Hash(date, m.Text)
	return m.Give(r.Out)
}

// profile gives out who the account belongs to.
func (r *reader) profile(fields map[string]any) error {
	name := social.Line(get(fields, "userName"))
	if name == "" {
		return r.Row(social.Kind{Name: "ProfileMap", Label: "Profile"}, any(fields), r.j.Line())
	}
	body := schema.Identity{Preferred: name, Customer: name, Email: strings.ToLower(get(fields, "emailAddress")), Phone: get(fields, "telephoneNumber"), Issuer: "TikTok"}
	if day, err := locale.Day(get(fields, "birthDate"), locale.DMY); err == nil {
		body.BirthDate = day.Date()
	}
	d := &penates.Document{Source: penates.Source{NativeID: "account/" + name, Locator: r.locator()}, Text: name + ", TikTok"}
	if body.Email != "" {
		d.Refs = []penates.Ref{penates.NewRef(penates.RefEmail, body.Email)}
	}
	return r.Out.Document(d, body)
}
