package meta

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

var (
	boxed    = regexp.MustCompile(`class="[^"]*\b(?:uiBoxWhite|_a6-g)\b`)
	early    = regexp.MustCompile(`class="message_header"`)
	messages = regexp.MustCompile(`(?i)^message_\d+\.html?$`)
)

func recognisePage(b []byte) int {
	switch {
	case boxed.Match(b) && (bytes.Contains(b, []byte("_a6-")) || bytes.Contains(b, []byte("_2pi")) || bytes.Contains(b, []byte("_3-9"))):
		return 90
	case early.Match(b) && bytes.Contains(b, []byte(`class="user"`)) && bytes.Contains(b, []byte(`class="meta"`)):
		return 90
	}
	return 0
}

const maxBox = 1 << 20 // bytes of text in one box

// A box is one entry of a page: a message, a post, a like. Its parts are the
// blocks directly within it.
type box struct {
	parts []string
	files []string
	links []string
}

// A pageReader reads boxes as they come.
type pageReader struct {
	social.Giver
	file   *importer.File
	tokens *html.Tokenizer
	title  string
	talk   bool // the page is a conversation
	key    string
	count  int

	depth  int // of open <div>
	inside int // the depth of the box in hand, 0 when there is none
	silent int // how many <ul> are open in it: reactions
	box    box
	text   strings.Builder

	early  bool // a page of before 2018
	class  string
	writer string
	when   string
}

func readPage(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "utf-8")
	r := &pageReader{Giver: social.Giver{Out: out}, file: f, tokens: html.NewTokenizer(text)}
	r.tokens.SetMaxBuf(8 << 20)
	dir := path.Dir(f.Path)
	r.talk = messages.MatchString(f.Name) || folders[path.Base(path.Dir(dir))] || early.Match(f.Bytes)
	r.early = early.Match(f.Bytes)
	if folders[path.Base(path.Dir(dir))] {
		r.key = path.Base(dir)
	}
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		more, err := r.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if err := r.tokens.Err(); err != io.EOF {
		if err == html.ErrBufferExceeded {
			return fmt.Errorf("a tag of more than 8 MB: %w", penates.TooLarge)
		}
		return err
	}
	return r.endEarly()
}

func (r *pageReader) next() (more bool, err error) {
	switch r.tokens.Next() {
	case html.ErrorToken:
		return false, nil
	case html.TextToken:
		if r.silent == 0 && r.text.Len() < maxBox {
			r.text.Write(r.tokens.Text())
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		tag, class, href, src := r.tag()
		return true, r.start(tag, class, href, src)
	case html.EndTagToken:
		name, _ := r.tokens.TagName()
		return true, r.end(atom.Lookup(name))
	}
	return true, nil
}

// tag returns the element that begins, and its attributes that matter.
func (r *pageReader) tag() (tag atom.Atom, class, href, src string) {
	name, more := r.tokens.TagName()
	tag = atom.Lookup(name)
	for more {
		var key, value []byte
		key, value, more = r.tokens.TagAttr()
		switch string(key) {
		case "class":
			class = string(value)
		case "href":
			href = string(value)
		case "src":
			src = string(value)
		}
	}
	return tag, class, href, src
}

func (r *pageReader) start(tag atom.Atom, class, href, src string) error {
	switch tag {
	case atom.Title, atom.Script, atom.Style:
		r.text.Reset()
	case atom.Br:
		r.text.WriteByte('\n')
	case atom.Ul:
		if r.inside > 0 {
			r.silent++
		}
	case atom.Div:
		r.depth++
		switch {
		case r.early:
			return r.startEarly(class)
		case r.inside == 0 && isBox(class):
			r.inside, r.box = r.depth, box{}
			r.text.Reset()
		case r.inside > 0 && r.depth == r.inside+1:
			r.part()
		default:
			r.text.WriteByte('\n')
		}
	case atom.Span, atom.P:
		if r.early {
			r.class = class
			r.text.Reset()
		}
	}
	if r.inside > 0 && r.silent == 0 {
		for _, uri := range [...]string{src, href} {
			if uri == "" || len(r.box.files)+len(r.box.links) > 200 {
				continue
			}
			if strings.Contains(uri, "://") {
				r.box.links = append(r.box.links, uri)
			} else if !strings.HasPrefix(uri, "#") && !strings.HasSuffix(uri, ".html") && !slices.Contains(r.box.files, uri) {
				r.box.files = append(r.box.files, uri)
			}
		}
	}
	return nil
}

func isBox(class string) bool {
	for c := range strings.FieldsSeq(class) {
		if c == "uiBoxWhite" || c == "_a6-g" {
			return true
		}
	}
	return false
}

// part ends the block in hand.
func (r *pageReader) part() {
	if s := blocks(r.text.String()); s != "" && len(r.box.parts) < 100 {
		r.box.parts = append(r.box.parts, s)
	}
	r.text.Reset()
}

// blocks returns text with single line ends and blanks.
func blocks(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = locale.Line(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func (r *pageReader) end(tag atom.Atom) error {
	switch tag {
	case atom.Title:
		r.title = social.Line(r.text.String())
		r.text.Reset()
	case atom.Script, atom.Style:
		r.text.Reset()
	case atom.Ul:
		r.silent = max(r.silent-1, 0)
	case atom.Span, atom.P:
		return r.endWords(tag)
	case atom.Div:
		if r.inside > 0 && r.depth == r.inside {
			r.part()
			r.inside, r.silent = 0, 0
			r.depth--
			return r.give()
		}
		if r.inside > 0 && r.depth == r.inside+1 {
			r.part()
		} else {
			r.text.WriteByte('\n')
		}
		r.depth = max(r.depth-1, 0)
	}
	return nil
}

// give gives out the box in hand: its last part that is a time is its time, what
// stands before, its heading and its content.
func (r *pageReader) give() error {
	r.count++
	b := &r.box
	var at penates.Moment
	last := len(b.parts) - 1
	for ; last >= 0; last-- {
		if t, err := social.WordTime(b.parts[last], r.file.Zone); err == nil {
			at = t
			break
		}
	}
	if last < 0 {
		if len(b.parts) == 0 || r.count == 1 || len(b.parts) == 1 {
			return nil // the page's own heading: who takes part, what it shows
		}
		return r.Out.Refuse(0, fmt.Errorf("entry %d of the page has no time: %w", r.count, penates.Invalid))
	}
	stamp := b.parts[last]
	parts := slices.Delete(b.parts, last, last+1)
	heading, content := "", strings.Join(parts, "\n")
	if len(parts) > 1 || r.talk && len(parts) == 1 && len(b.files) > 0 {
		heading, content = parts[0], strings.Join(parts[1:], "\n")
	}
	if r.talk {
		return r.message(stamp, heading, content, at)
	}
	object := content
	if heading != "" {
		object = heading + "\n" + content
	}
	body := schema.Activity{Verb: strings.ToLower(r.title), Object: social.Line(object)}
	if len(b.links) > 0 {
		body.URL = social.Clip(b.links[0], 2000)
	}
	stem := page.ReplaceAllString(path.Base(r.file.Name), "")
	native := "page/" + stem + "/" + r.Names.Hash(stamp, object, body.URL)
	return r.Did(native, at, body, fmt.Sprintf("path=/%d", r.count))
}

func (r *pageReader) message(stamp, writer, content string, at penates.Moment) error {
	key := r.key
	if key == "" {
		key = r.title
	}
	m := social.Message{
		Native: "page/" + key + "/" + r.Names.Hash(key, stamp, writer, content), Locator: fmt.Sprintf("path=/%d", r.count),
		Thread: r.title, At: at, Text: content, From: social.Person{Name: locale.Line(writer)},
	}
	if r.title != "" && r.title != m.From.Name {
		m.To = []social.Person{{Name: r.title}}
	}
	for _, f := range r.box.files {
		m.Attachments = append(m.Attachments, attachment(file{URI: f}))
	}
	return m.Give(r.Out)
}
