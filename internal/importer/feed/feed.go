// Package feed reads web feeds that a person kept or wrote: RSS 0.9x and 2.0
// (rssboard.org), RSS 1.0 (RDF), Atom 0.3 and 1.0 (RFC 4287) and JSON Feed 1.x
// (jsonfeed.org).
//
// Each item becomes a bookmark in a folder named after the feed: it is something
// to be read at an address. The XML is read token by token and leniently, since
// much of what is published is not well-formed; an item is named by its guid or
// id, else by its address and title.
package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/html"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads RSS, Atom and JSON feeds.
var Format = importer.Format{Name: "feed", Title: "web feed", Recognise: recognise, Read: read}

const (
	maxText  = 256 << 10 // bytes of an element
	maxValue = 4 << 20   // bytes of an item of JSON
	maxTags  = 200
)

var (
	root     = regexp.MustCompile(`(?s)^(?:\x{FEFF})?\s*(?:<\?xml[^>]*>\s*)?(?:(?:<!--.*?-->|<\?[^>]*>|<!DOCTYPE[^>]*>)\s*)*<(?:(rss)\b|(feed)\b|((?:rdf:)?RDF)\b)`)
	jsonFeed = regexp.MustCompile(`"version"\s*:\s*"https?://(?:www\.)?jsonfeed\.org/version/`)
)

func recognise(h importer.Head) int {
	head := []byte(locale.Decode(h.Bytes, locale.XMLCharset(h.Bytes)))
	b := bytes.TrimLeft(head, " \t\r\n")
	switch m := root.FindSubmatch(head); {
	case len(b) > 0 && b[0] == '{':
		switch {
		case jsonFeed.Match(b):
			return 97
		case bytes.Contains(b, []byte(`"version"`)) && bytes.Contains(b, []byte(`"items"`)) && (bytes.Contains(b, []byte(`"home_page_url"`)) || bytes.Contains(b, []byte(`"feed_url"`))):
			return 85 // its version is to be an address, and is not everywhere
		}
	case m == nil:
	case len(m[1]) > 0:
		return 95
	case len(m[2]) > 0 && (bytes.Contains(b, []byte("Atom")) || bytes.Contains(b, []byte("purl.org/atom/"))):
		return 85 // other formats are Atom with content of their own
	case len(m[3]) > 0 && (bytes.Contains(b, []byte("purl.org/rss/")) || bytes.Contains(b, []byte("my.netscape.com/rdf"))):
		return 95
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, locale.XMLCharset(f.Bytes))
	g := &giver{ctx: ctx, out: out}
	if b := bytes.TrimLeft(bytes.TrimPrefix(f.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n"); len(b) > 0 && b[0] == '{' {
		return g.json(jsonstream.New(text, maxValue))
	}
	return g.xml(text)
}

type giver struct {
	ctx   context.Context
	out   importer.Sink
	names bank.Namer
	title string // of the feed
}

// An item is what a feed says of one of its items.
type item struct {
	id, title, url, summary, author string
	at                              penates.Moment
	tags                            []string
	line                            int
	// media is what is said of the picture or sound, for want of better.
	media struct{ title, url, summary, author string }
}

func (g *giver) give(it *item) error {
	it.title, it.summary, it.author = first(it.title, it.media.title), first(it.summary, it.media.summary), first(it.author, it.media.author)
	it.url = first(it.url, it.media.url)
	native := it.id
	if native == "" {
		native = it.url + " " + it.title
	}
	if strings.TrimSpace(native) == "" {
		native = it.summary + it.author + it.at.String() + strings.Join(it.tags, " ")
	}
	if native == "" {
		return g.out.Refuse(it.line, fmt.Errorf("an item that says nothing: %w", penates.Invalid))
	}
	if it.url == "" && strings.HasPrefix(it.id, "http") {
		it.url = it.id // a guid is an address unless it says otherwise
	}
	body := schema.Bookmark{Title: social.Line(words(it.title)), URL: social.Clip(it.url, maxText), Folder: social.Line(g.title), Tags: it.tags, Description: words(it.summary)}
	d := &penates.Document{
		Source: penates.Source{Connection: body.Folder, NativeID: "item/" + g.names.Hash(native), Locator: fmt.Sprintf("line=%d", it.line)},
		Time:   penates.Span{Start: it.at},
	}
	for _, text := range []string{body.Title, social.Line(body.Description), social.Line(body.URL), social.Line(it.id), social.Line("an item of " + first(body.Folder, "a feed"))} {
		if d.Text == "" {
			d.Text = text
		}
	}
	if author := social.Line(it.author); author != "" {
		d.Parties = []penates.Party{{Role: "author", Literal: author}}
	}
	return g.out.Document(d, body)
}

// json reads a JSON Feed.
func (g *giver) json(j *jsonstream.Reader) error {
	return j.Object(func(key string) error {
		switch key {
		case "title":
			var raw json.RawMessage
			err := j.Value(&raw)
			g.title, _ = jsonstream.Text(raw)
			return err
		case "items":
			return j.Array(func() error { return g.object(j) })
		}
		return j.Skip()
	})
}

func (g *giver) object(j *jsonstream.Reader) error {
	type named struct {
		Name string `json:"name"`
	}
	var n struct {
		ID        json.RawMessage `json:"id"`
		URL       string          `json:"url"`
		External  string          `json:"external_url"`
		Title     string          `json:"title"`
		HTML      string          `json:"content_html"`
		Text      string          `json:"content_text"`
		Summary   string          `json:"summary"`
		Published string          `json:"date_published"`
		Modified  string          `json:"date_modified"`
		Tags      []string        `json:"tags"`
		Authors   []named         `json:"authors"`
		Author    named           `json:"author"`
	}
	if err := j.Value(&n); err != nil {
		if jsonstream.Mismatch(err) {
			return g.out.Refuse(j.Line(), err)
		}
		return err
	}
	it := &item{url: first(n.URL, n.External), title: n.Title, summary: first(n.Summary, n.Text, n.HTML), author: n.Author.Name, line: j.Line(), tags: n.Tags[:min(len(n.Tags), maxTags)]}
	it.id, _ = jsonstream.Text(n.ID)
	it.at = when(first(n.Published, n.Modified))
	if len(n.Authors) > 0 {
		it.author = n.Authors[0].Name
	}
	return g.give(it)
}

// xml reads RSS and Atom: names are the same with any prefix, and what lies
// deeper than the elements of an item is text of the one it is in.
func (g *giver) xml(in io.Reader) error {
	dec := xml.NewDecoder(in)
	dec.Strict, dec.Entity = false, xml.HTMLEntity
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var it *item
	started := false
	for {
		token, err := dec.Token()
		var syntax *xml.SyntaxError
		switch {
		case err == io.EOF && started:
			return nil
		case err == io.EOF:
			return fmt.Errorf("no feed: %w", importer.ErrNotMine)
		case errors.As(err, &syntax):
			return fmt.Errorf("feed: %w (%w)", penates.Invalid, err)
		case err != nil:
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			if name := t.Name.Local; it != nil && (name == "item" || name == "entry") {
				if err := g.give(it); err != nil {
					return err
				}
				it = nil
			}
		case xml.StartElement:
			started = true
			line, _ := dec.InputPos()
			switch {
			case t.Name.Local == "item" || t.Name.Local == "entry":
				it = &item{line: line}
				err = g.ctx.Err()
			case it != nil:
				err = it.element(dec, t)
			case t.Name.Local == "title" && g.title == "":
				g.title, err = text(dec)
			case t.Name.Local == "image" || t.Name.Local == "textinput" || t.Name.Local == "textInput":
				err = dec.Skip() // it has a title of its own
			}
			if err != nil {
				return fmt.Errorf("feed: %w (%w)", penates.Invalid, err)
			}
		}
	}
}

// element reads one element of an item.
func (it *item) element(dec *xml.Decoder, t xml.StartElement) error {
	attribute := func(name string) string {
		for _, a := range t.Attr {
			if a.Name.Local == name {
				return strings.TrimSpace(a.Value)
			}
		}
		return ""
	}
	s, err := text(dec)
	if err != nil {
		return err
	}
	space := t.Name.Space
	if strings.Contains(space, "search.yahoo.com") || space == "media" || strings.Contains(space, "itunes") {
		switch t.Name.Local {
		case "title":
			it.media.title = first(it.media.title, s)
		case "description", "summary", "subtitle":
			it.media.summary = first(it.media.summary, s)
		case "author", "credit":
			it.media.author = first(it.media.author, s)
		}
		return nil
	}
	switch t.Name.Local {
	case "title":
		it.title = first(it.title, s)
	case "link":
		if rel := attribute("rel"); rel == "" || rel == "alternate" {
			it.url = first(it.url, attribute("href"), s)
		} else if rel == "enclosure" {
			it.media.url = first(it.media.url, attribute("href"))
		}
	case "enclosure":
		it.media.url = first(it.media.url, attribute("url"))
	case "guid", "id":
		it.id = first(it.id, s)
	case "description", "summary", "content", "encoded", "tagline":
		it.summary = first(it.summary, s)
	case "author", "creator":
		it.author = first(it.author, s)
	case "category", "subject":
		if tag := locale.Line(first(attribute("label"), attribute("term"), s)); tag != "" && len(it.tags) < maxTags {
			it.tags = append(it.tags, tag)
		}
	case "pubDate", "published", "issued", "date", "created":
		if at := when(s); !at.IsZero() {
			it.at = at
		}
	case "updated", "modified":
		if it.at.IsZero() {
			it.at = when(s)
		}
	}
	return nil
}

// text returns the characters up to the end of the open element, cut at maxText.
func text(dec *xml.Decoder) (string, error) {
	var b strings.Builder
	for depth := 0; ; {
		token, err := dec.Token()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			if depth--; depth < 0 {
				return strings.TrimSpace(b.String()), nil
			}
			b.WriteByte(' ')
		case xml.CharData:
			if room := maxText - b.Len(); room > 0 {
				b.Write(t[:min(room, len(t))])
			}
		}
	}
}

// when reads a date of RFC 822 or RFC 3339; feeds have all kinds of others, which
// leave the item without.
func when(s string) penates.Moment {
	at, err := locale.Time(locale.Line(s), locale.MDY, time.UTC)
	if err != nil {
		return penates.Moment{}
	}
	return at
}

// words returns the text of what may be HTML.
func words(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return strings.TrimSpace(strings.ToValidUTF8(s, ""))
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(strings.ToValidUTF8(b.String(), ""))
		case html.TextToken:
			b.Write(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			b.WriteByte(' ')
		}
	}
}

func first(some ...string) string {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}
