package meta

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/schema"
)

const maxParticipants = 1000

// A thread is what a file says of its conversation.
type thread struct {
	key          string // stable name
	title        string
	folder       string // "inbox", "archived_threads" …
	participants []string
}

// folders are those a conversation may lie in.
var folders = map[string]bool{"inbox": true, "archived_threads": true, "filtered_threads": true, "message_requests": true, "e2ee_cutover": true, "legacy_threads": true}

// survey reads what is said of the conversation, most of which stands behind its
// messages.
func survey(f *importer.File) (t thread, err error) {
	err = open(f, func(j *jsonstream.Reader) error {
		return j.Object(func(key string) error {
			if key == "messages" {
				return j.Array(j.Skip)
			}
			var raw json.RawMessage
			if err := j.Value(&raw); err != nil {
				return err
			}
			text, _ := jsonstream.Text(raw)
			switch key {
			case "title", "threadName":
				t.title = social.Line(mend(text))
			case "thread_path":
				t.folder, t.key = path.Base(path.Dir(text)), path.Base(text)
			case "participants":
				t.participants = participants(raw)
			}
			return nil
		})
	})
	if t.key == "" || t.key == "." || t.key == "/" {
		dir := path.Dir(f.Path)
		if t.key = ""; folders[path.Base(path.Dir(dir))] {
			t.key, t.folder = path.Base(dir), path.Base(path.Dir(dir))
		}
	}
	if t.key == "" { // encrypted chats are files side by side
		t.key = t.title + "/" + strings.Join(slices.Sorted(slices.Values(t.participants)), ",")
	}
	if t.title == "" {
		t.title = strings.Join(t.participants[:min(len(t.participants), 8)], ", ")
	}
	if t.folder == "." || t.folder == "/" {
		t.folder = ""
	}
	return t, err
}

// participants reads objects with a name, or names.
func participants(raw json.RawMessage) (names []string) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	for _, e := range list[:min(len(list), maxParticipants)] {
		name, ok := jsonstream.Text(e)
		if !ok {
			var p struct {
				Name string `json:"name"`
			}
			if json.Unmarshal(e, &p) != nil {
				continue
			}
			name = p.Name
		}
		if name = social.Line(mend(name)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

type file struct {
	URI  string `json:"uri"`
	Name string `json:"filename"`
}

// A message is a message of either kind of conversation.
type message struct {
	Sender  string          `json:"sender_name"`
	Sender2 string          `json:"senderName"`
	Milli   json.RawMessage `json:"timestamp_ms"`
	Time    json.RawMessage `json:"timestamp"`
	Content string          `json:"content"`
	Text    string          `json:"text"`
	Type    string          `json:"type"`
	Unsent  bool            `json:"is_unsent"`
	Unsent2 bool            `json:"isUnsent"`
	Photos  []file          `json:"photos"`
	Videos  []file          `json:"videos"`
	Audio   []file          `json:"audio_files"`
	Files   []file          `json:"files"`
	Gifs    []file          `json:"gifs"`
	Media   []file          `json:"media"`
	Sticker *file           `json:"sticker"`
	Share   *struct {
		Link string `json:"link"`
		Text string `json:"share_text"`
	} `json:"share"`
	Call json.RawMessage `json:"call_duration"`
}

type threadReader struct {
	thread
	out   importer.Sink
	j     *jsonstream.Reader
	zone  *time.Location
	names bank.Namer
}

func readThread(ctx context.Context, f *importer.File, out importer.Sink) error {
	t, err := survey(f)
	if err != nil && t.key == "" {
		return err
	}
	// A file that ends too early gives the messages before its end all the same.
	r := &threadReader{thread: t, out: out, zone: f.Zone}
	if r.zone == nil {
		r.zone = time.UTC
	}
	return open(f, func(j *jsonstream.Reader) error {
		r.j = j
		return j.Object(func(key string) error {
			if key != "messages" {
				return j.Skip()
			}
			return j.Array(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return r.next()
			})
		})
	})
}

func (r *threadReader) refuse(err error) error { return r.out.Refuse(r.j.Line(), err) }

func (r *threadReader) next() error {
	var m message
	if err := r.j.Value(&m); err != nil {
		if jsonstream.Mismatch(err) {
			return r.refuse(fmt.Errorf("a message of another shape: %w", penates.Invalid))
		}
		return err
	}
	stamp, _ := jsonstream.Text(m.Milli)
	if stamp == "" {
		stamp, _ = jsonstream.Text(m.Time)
	}
	at, ok := social.Stamp(stamp)
	if !ok || at.DateOnly() {
		return r.refuse(fmt.Errorf("a message with the time %q: %w", social.Clip(stamp, 40), penates.Invalid))
	}
	at = penates.At(at.Time().In(r.zone))
	from := social.Line(mend(m.Sender + m.Sender2))
	native := r.names.Unique(fmt.Sprintf("thread/%s/%d/%s", r.key, at.Time().UnixMilli(), from))
	if seconds, _ := jsonstream.Text(m.Call); seconds != "" || m.Type == "Call" {
		return r.call(&m, native, from, seconds, at)
	}
	out := social.Message{
		Native: native, Locator: fmt.Sprintf("line=%d", r.j.Line()), Thread: r.title, At: at, Folder: r.folder,
		From: social.Person{Name: from}, To: r.others(from), Text: m.text(), Attachments: m.attachments(),
	}
	if m.Unsent || m.Unsent2 {
		out.Flags = "unsent"
	}
	return out.Give(r.out)
}

// others returns who else takes part.
func (r *threadReader) others(from string) (to []social.Person) {
	for _, p := range r.participants {
		if p != from {
			to = append(to, social.Person{Name: p})
		}
	}
	return to
}

func (m *message) text() string {
	text := mend(m.Content)
	if text == "" {
		text = mend(m.Text)
	}
	if m.Share != nil {
		for _, more := range [...]string{mend(m.Share.Text), m.Share.Link} {
			if more != "" && !strings.Contains(text, more) {
				text = strings.TrimSpace(text + "\n" + more)
			}
		}
	}
	return text
}

func (m *message) attachments() (list []schema.Attachment) {
	for _, files := range [...][]file{m.Photos, m.Videos, m.Audio, m.Files, m.Gifs, m.Media} {
		for _, f := range files {
			list = append(list, attachment(f))
		}
	}
	if m.Sticker != nil {
		list = append(list, attachment(*m.Sticker))
	}
	return slices.DeleteFunc(list, func(a schema.Attachment) bool { return a == schema.Attachment{} })
}

// attachment returns the file at a path below the export's own root.
func attachment(f file) (a schema.Attachment) {
	uri := mend(f.URI)
	if uri != "" && !strings.Contains(uri, "://") {
		a.Path = strings.TrimPrefix(path.Clean("/"+uri), "/")
		a.Name = path.Base(a.Path)
	} else if uri != "" {
		a.Name = social.Line(uri)
	}
	if f.Name != "" {
		a.Name = social.Line(mend(f.Name))
	}
	return a
}

// call gives out a call. The file does not tell whose it is, and so not the
// direction.
func (r *threadReader) call(m *message, native, from, seconds string, at penates.Moment) error {
	body := schema.Call{Kind: "voice"}
	d := &penates.Document{
		Source: penates.Source{NativeID: native, Locator: fmt.Sprintf("line=%d", r.j.Line())},
		Time:   penates.Span{Start: at}, Text: social.Line(mend(m.Content)),
	}
	if n, err := strconv.ParseInt(seconds, 10, 64); err == nil && n > 0 && n < 1_000_000 {
		body.Seconds = n
		d.Time.End = penates.At(at.Time().Add(time.Duration(n) * time.Second))
	} else {
		body.Direction = "missed"
	}
	if d.Text == "" {
		d.Text = social.Line("Call: " + r.title)
	}
	if from != "" {
		d.Parties = append(d.Parties, penates.Party{Role: "from", Literal: from})
	}
	for _, p := range r.others(from)[:min(len(r.others(from)), 20)] {
		d.Parties = append(d.Parties, penates.Party{Role: "to", Literal: p.Name})
	}
	return r.out.Document(d, body)
}
