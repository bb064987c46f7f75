// Package meta reads what Facebook, Messenger and Instagram give their users
// ("Download your information"), in JSON and in HTML. There is no published
// grammar, and the names of folders and members change from year to year; this
// follows what the files have in common:
//
//   - conversations: "participants", "messages", "thread_path", with the members
//     of encrypted chats ("senderName", "text") too;
//   - lists: a member such as "likes_media_likes" or "friends_v2" whose elements
//     carry a time somewhere ("timestamp", "string_map_data", "label_values");
//   - pages: boxes, each with a heading, a content and a time.
//
// Facebook writes the bytes of UTF-8 as if each were a character of Latin-1
// ("Zo\u00c3\u00a9"); texts which are that are mended.
//
// A message has no id; it is named by its conversation, its time in milliseconds
// and its writer, so that a later export meets it.
package meta

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"penates/internal/importer"
	"penates/internal/jsonstream"
	"penates/internal/locale"
)

// Format reads the files of an export.
var Format = importer.Format{Name: "meta", Title: "Facebook or Instagram export", Recognise: recognise, Read: read}

const maxValue = 16 << 20 // bytes of one message or element

var (
	versioned = regexp.MustCompile(`^\{\s*"[a-z][a-z0-9_]*_v[2-9]"\s*:`)
	instagram = regexp.MustCompile(`^\{\s*"(?:likes|impressions_history|relationships|saved|comments|searches|profile|account|ig|story_activities|stories|login|ads_interests|inferred_data|monetization|devices|media|topics|reels|your_[a-z]+|contacts)_[a-z0-9_]+"\s*:\s*\[`)
	mapped    = regexp.MustCompile(`"(?:string_map_data|string_list_data|label_values)"\s*:\s*[\[{]`)
)

func recognise(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(b) == 0 {
		return 0
	}
	has := func(some ...string) bool {
		for _, s := range some {
			if !bytes.Contains(b, []byte(s)) {
				return false
			}
		}
		return true
	}
	switch b[0] {
	case '{':
		switch {
		case has(`"participants"`, `"messages"`) && (has(`"sender_name"`, `"timestamp_ms"`) || has(`"senderName"`, `"timestamp"`)):
			return 97
		case mapped.Match(b):
			return 92
		case versioned.Match(b):
			return 88
		case instagram.Match(b) && has(`timestamp`):
			return 80
		}
	case '[':
		switch {
		case mapped.Match(b):
			return 90
		case isPosts(b):
			return 85
		}
	case '<':
		return recognisePage(b)
	}
	return 0
}

var errEnough = errors.New("enough")

// isPosts reports that b begins with a post: one of a list without a name.
func isPosts(b []byte) bool {
	var first struct {
		Time        json.RawMessage   `json:"timestamp"`
		Data        []json.RawMessage `json:"data"`
		Attachments []json.RawMessage `json:"attachments"`
		Media       []struct {
			URI  string          `json:"uri"`
			Time json.RawMessage `json:"creation_timestamp"`
		} `json:"media"`
	}
	j := jsonstream.New(bytes.NewReader(b), len(b))
	if err := j.Array(func() error { return errors.Join(j.Value(&first), errEnough) }); !errors.Is(err, errEnough) {
		return false
	}
	return len(first.Time) > 0 && (first.Data != nil || first.Attachments != nil) || len(first.Media) > 0 && first.Media[0].URI != "" && len(first.Media[0].Time) > 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	head := strings.TrimLeft(locale.Decode(f.Bytes, ""), "\uFEFF \t\r\n")
	switch {
	case strings.HasPrefix(head, "<"):
		return readPage(ctx, f, out)
	case strings.HasPrefix(head, "{") && strings.Contains(head, `"participants"`) && strings.Contains(head, `"messages"`):
		return readThread(ctx, f, out)
	}
	return readLists(ctx, f, out)
}

// open opens f as JSON and calls use.
func open(f *importer.File, use func(j *jsonstream.Reader) error) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	return use(jsonstream.New(text, maxValue))
}
