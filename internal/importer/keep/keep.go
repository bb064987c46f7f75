// Package keep reads the notes of Google Keep as Takeout gives them: a JSON file
// for each note (the HTML beside it says the same), with title, textContent or
// listContent, labels, annotations and attachments.
//
// There is no published grammar; unknown members are ignored. A note is named by
// when it was made and by its file, since copies of a note share their time; it
// is another one after its title was changed, which renames the file. What is in
// the bin is read, too, and marked so.
package keep

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads the notes of Google Keep.
var Format = importer.Format{Name: "keep", Title: "Google Keep note", Recognise: recognise, Read: read}

const (
	maxNote    = 16 << 20 // bytes of a file
	maxContent = 1 << 20  // bytes of the words of a note
	maxLabels  = 500
)

func recognise(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	has := func(s string) bool { return bytes.Contains(b, []byte(`"`+s+`"`)) }
	if len(b) > 0 && b[0] == '{' && has("userEditedTimestampUsec") && (has("isTrashed") || has("isArchived") || has("isPinned") || has("textContent") || has("listContent")) {
		return 97
	}
	return 0
}

type note struct {
	Title    string `json:"title"`
	Text     string `json:"textContent"`
	Trashed  bool   `json:"isTrashed"`
	Archived bool   `json:"isArchived"`
	Pinned   bool   `json:"isPinned"`
	List     []struct {
		Text    string `json:"text"`
		Checked bool   `json:"isChecked"`
	} `json:"listContent"`
	Edited  json.RawMessage `json:"userEditedTimestampUsec"`
	Created json.RawMessage `json:"createdTimestampUsec"`
	Labels  []struct {
		Name string `json:"name"`
	} `json:"labels"`
	Annotations []struct {
		Title       string `json:"title"`
		URL         string `json:"url"`
		Description string `json:"description"`
	} `json:"annotations"`
	Attachments []struct {
		Path string `json:"filePath"`
	} `json:"attachments"`
	Sharees []struct {
		Email string `json:"email"`
	} `json:"sharees"`
}

func read(_ context.Context, f *importer.File, out importer.Sink) error {
	b, err := f.ReadAll(maxNote)
	if err != nil {
		return err
	}
	var n note
	if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")), &n); err != nil {
		return fmt.Errorf("note: %w (%w)", penates.Invalid, err)
	}
	created, edited := micros(n.Created), micros(n.Edited)
	if created.IsZero() {
		created = edited // notes made before 2021 have no other
	}
	if created.IsZero() {
		return fmt.Errorf("a note without time: %w", penates.Invalid)
	}
	body := schema.Note{Title: social.Line(n.Title), Content: social.Clip(n.content(), maxContent), Tags: n.tags()}
	d := &penates.Document{
		Source: penates.Source{NativeID: "note/" + created.Time().Format("20060102T150405.000") + "/" + locale.Line(strings.TrimSuffix(f.Name, ".json"))},
		Time:   penates.Span{Start: created},
		Text:   first(body.Title, social.Line(body.Content), "an empty note"),
	}
	for _, s := range n.Sharees[:min(len(n.Sharees), 20)] {
		if address := locale.Line(s.Email); address != "" {
			d.Parties = append(d.Parties, penates.Party{Role: "attendee", Address: strings.ToLower(address)})
		}
	}
	return out.Document(d, body)
}

// content returns the words of the note, lists as lines with boxes, then what
// is said of the links in it and the names of its attachments.
func (n *note) content() string {
	var b strings.Builder
	b.WriteString(n.Text)
	line := func(s string) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(s)
	}
	for _, item := range n.List {
		box := "[ ] "
		if item.Checked {
			box = "[x] "
		}
		line(box + item.Text)
	}
	for _, a := range n.Annotations {
		line(locale.Line(a.Title + " " + a.URL))
	}
	for _, a := range n.Attachments {
		line("(" + locale.Line(a.Path) + ")")
	}
	return strings.ToValidUTF8(b.String(), "")
}

func (n *note) tags() (tags []string) {
	for _, l := range n.Labels[:min(len(n.Labels), maxLabels)] {
		if name := locale.Line(l.Name); name != "" {
			tags = append(tags, name)
		}
	}
	for _, state := range []struct {
		is   bool
		name string
	}{{n.Trashed, "trashed"}, {n.Archived, "archived"}, {n.Pinned, "pinned"}} {
		if state.is {
			tags = append(tags, state.name)
		}
	}
	return tags
}

// micros reads microseconds since 1970, as a number or as text.
func micros(raw json.RawMessage) penates.Moment {
	n, err := strconv.ParseInt(strings.Trim(string(raw), `" `), 10, 64)
	if err != nil || n <= 0 || n > 4_102_444_800_000_000 {
		return penates.Moment{}
	}
	return penates.At(time.UnixMicro(n).UTC())
}

func first(some ...string) string {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}
