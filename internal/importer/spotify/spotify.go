// Package spotify reads the listening history that Spotify gives back: the
// account data of the last year (StreamingHistory_music_0.json,
// StreamingHistory_podcast_0.json, earlier StreamingHistory0.json), the extended
// history of a life (Streaming_History_Audio_2019_1.json, earlier endsong_0.json)
// and the search queries, as the "Understanding my data" pages of Spotify
// describe their fields.
//
// All are JSON arrays of plain objects. Times are UTC and say when playing
// ended; the start is that less what was played. The two kinds of history name
// a play differently (the short one knows the minute only, and no track number),
// so a play that both have is given twice, under each kind's name.
package spotify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads the listening history.
var Format = importer.Format{Name: "spotify", Title: "Spotify listening history", Recognise: recognise, Read: read}

const maxValue = 1 << 20 // bytes of one play

var begins = regexp.MustCompile(`^(?:\x{FEFF})?\s*\[\s*\{`)

func recognise(h importer.Head) int {
	b := h.Bytes[:min(len(h.Bytes), 8<<10)]
	has := func(s string) bool { return bytes.Contains(b, []byte(`"`+s+`"`)) }
	switch {
	case !begins.Match(b):
		return 0
	case has("ms_played") && has("ts"),
		has("msPlayed") && has("endTime") && (has("trackName") || has("podcastName") || has("episodeName") || has("audiobookName")),
		has("searchQuery") && has("searchTime"):
		return 97
	}
	return 0
}

// A play has the fields of all kinds of history.
type play struct {
	// The account data.
	EndTime string      `json:"endTime"`
	Artist  string      `json:"artistName"`
	Track   string      `json:"trackName"`
	Podcast string      `json:"podcastName"`
	Episode string      `json:"episodeName"`
	Book    string      `json:"audiobookName"`
	Chapter string      `json:"chapterName"`
	Played  json.Number `json:"msPlayed"`

	// The extended history.
	TS         string      `json:"ts"`
	Platform   string      `json:"platform"`
	MSPlayed   json.Number `json:"ms_played"`
	TrackX     string      `json:"master_metadata_track_name"`
	ArtistX    string      `json:"master_metadata_album_artist_name"`
	URI        string      `json:"spotify_track_uri"`
	EpisodeX   string      `json:"episode_name"`
	Show       string      `json:"episode_show_name"`
	EpisodeURI string      `json:"spotify_episode_uri"`
	BookX      string      `json:"audiobook_title"`
	ChapterX   string      `json:"audiobook_chapter_title"`
	ChapterURI string      `json:"audiobook_chapter_uri"`

	// The search queries.
	Searched string `json:"searchTime"`
	Query    string `json:"searchQuery"`
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	j := jsonstream.New(text, maxValue)
	var names bank.Namer
	return j.Array(func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		var p play
		err := j.Value(&p)
		switch {
		case jsonstream.Mismatch(err):
			return out.Refuse(j.Line(), err)
		case err != nil:
			return err
		}
		d, body, err := p.document(&names)
		if err != nil {
			return out.Refuse(j.Line(), err)
		}
		d.Source.Locator = fmt.Sprintf("line=%d", j.Line())
		return out.Document(d, body)
	})
}

func (p *play) document(names *bank.Namer) (*penates.Document, schema.Body, error) {
	if p.Searched != "" {
		return p.search(names)
	}
	short, stamp, played := p.TS == "", first(p.TS, p.EndTime), first(string(p.MSPlayed), string(p.Played))
	end, ok := social.Stamp(stamp)
	if !ok {
		return nil, nil, fmt.Errorf("time %.40q: %w", stamp, penates.Invalid)
	}
	ms, err := json.Number(first(played, "0")).Int64()
	const longest = 7 * 24 * 3600 * 1000
	if err != nil || ms < 0 || ms > longest {
		return nil, nil, fmt.Errorf("played for %.40q milliseconds: %w", played, penates.Invalid)
	}
	what := first(p.TrackX, p.EpisodeX, p.ChapterX, p.Track, p.Episode, p.Chapter, p.BookX, p.Book)
	who := first(p.ArtistX, p.Show, p.BookX, p.Artist, p.Podcast, p.Book)
	uri := first(p.URI, p.EpisodeURI, p.ChapterURI)
	if what == "" {
		what = first(uri, "a local or private track") // the history has plays without any name
	}
	what, who = social.Line(what), social.Line(who)
	kind := "ts"
	if short {
		kind = "end"
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: kind + "/" + names.Hash(stamp, first(uri, what), who, played)},
		Time:   penates.Span{Start: penates.At(end.Time().Add(-time.Duration(ms) * time.Millisecond)), End: end},
		Text:   "listened: " + what,
	}
	if who != "" {
		d.Parties = []penates.Party{{Role: "author", Literal: who}}
		d.Text = social.Line(d.Text + " – " + who)
	}
	return d, schema.Activity{Verb: "listened", Object: strings.TrimPrefix(d.Text, "listened: "), URL: address(uri), Device: social.Line(p.Platform)}, nil
}

func (p *play) search(names *bank.Namer) (*penates.Document, schema.Body, error) {
	// "2024-02-03T20:10:00.123Z[UTC]"
	at, ok := social.Stamp(strings.TrimSuffix(p.Searched, "[UTC]"))
	if !ok {
		return nil, nil, fmt.Errorf("time %.40q: %w", p.Searched, penates.Invalid)
	}
	query := social.Line(p.Query)
	return &penates.Document{
		Source: penates.Source{NativeID: "search/" + names.Hash(p.Searched, query)},
		Time:   penates.Span{Start: at},
		Text:   "searched: " + query,
	}, schema.Activity{Verb: "searched", Object: query}, nil
}

// address returns the web address of "spotify:track:4uLU6".
func address(uri string) string {
	parts := strings.Split(uri, ":")
	if len(parts) != 3 || parts[0] != "spotify" {
		return ""
	}
	return "https://open.spotify.com/" + parts[1] + "/" + parts[2]
}

func first(some ...string) string {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}
