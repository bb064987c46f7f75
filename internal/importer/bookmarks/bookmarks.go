// Package bookmarks reads what people keep of the web: the bookmark file that
// all browsers write (NETSCAPE-Bookmark-file-1, as "Netscape Bookmark File
// Format" of MSDN describes it), the Bookmarks file of Chrome and its kin, the
// JSON backup of Firefox, and the lists of Pinboard (API v1, posts/all) and
// Instapaper (API 1.1).
//
// A bookmark of a browser is named by its address and the second it was made,
// which all its files say, so that the HTML and the JSON of one browser give
// each bookmark once. Equal ones, in two folders, are numbered.
package bookmarks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

// The formats.
var (
	Format     = importer.Format{Name: "bookmarks", Title: "browser bookmarks", Recognise: recognise, Read: read}
	Pinboard   = importer.Format{Name: "pinboard", Title: "Pinboard bookmarks", Recognise: isPinboard, Read: readPinboard}
	Instapaper = importer.Format{Name: "instapaper", Title: "Instapaper lists", Recognise: isInstapaper, Read: readInstapaper}
)

const (
	maxTree  = 32 << 20 // bytes of a JSON file, whose folders are named behind what they hold
	deepest  = 60       // folders within folders
	maxWords = 16 << 10 // bytes of a description
	maxURL   = 64 << 10 // bytes of an address; little programs live there, too
)

var (
	netscape = regexp.MustCompile(`(?i)<!DOCTYPE\s+NETSCAPE-Bookmark-file`)
	likely   = regexp.MustCompile(`(?is)<DL>.*<DT>.*<A\s+HREF=[^>]*ADD_DATE=`)
	bom      = []byte("\xEF\xBB\xBF")
)

func begin(h importer.Head) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, bom), " \t\r\n")
}

func recognise(h importer.Head) int {
	b := begin(h)
	switch {
	case len(b) == 0:
		return 0
	case b[0] == '{':
		if isTree(b) {
			return 98
		}
	case netscape.Match(b[:min(len(b), 1000)]):
		return 100
	case b[0] == '<' && likely.Match(b):
		return 80
	}
	return 0
}

func isTree(b []byte) bool {
	has := func(s string) bool { return bytes.Contains(b, []byte(s)) }
	return has(`"roots"`) && has(`"bookmark_bar"`) || has(`"text/x-moz-place-container"`)
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	g := &giver{ctx: ctx, out: out}
	if b := begin(f.Head); len(b) > 0 && b[0] == '{' {
		return g.tree(f)
	}
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	return g.page(text)
}

// A giver gives out the bookmarks of one file.
type giver struct {
	ctx   context.Context
	out   importer.Sink
	names bank.Namer
}

// A mark is a bookmark as it was read.
type mark struct {
	title, url, description string
	added                   penates.Moment
	folders, tags           []string
	locator                 string
}

func (g *giver) give(m *mark) error {
	if m.url == "" || len(m.url) > maxURL {
		return g.out.Refuse(0, fmt.Errorf("%s: %q has no address or a very long one: %w", m.locator, social.Clip(m.title, 60), penates.Invalid))
	}
	at := m.added.Time().Unix()
	if m.added.IsZero() {
		at = 0
	}
	body := schema.Bookmark{
		Title: social.Line(m.title), URL: m.url, Folder: social.Line(strings.Join(m.folders, "/")), Tags: m.tags,
		Description: strings.TrimSpace(social.Clip(m.description, maxWords)),
	}
	text := body.Title
	if text == "" {
		text = social.Line(m.url)
	}
	return g.out.Document(&penates.Document{
		Source: penates.Source{NativeID: g.names.Hash(m.url, strconv.FormatInt(at, 10)), Locator: m.locator},
		Time:   penates.Span{Start: m.added},
		Text:   text,
	}, body)
}

// split returns the labels of a list.
func split(s, separators string) (tags []string) {
	const most = 200
	for _, t := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if t = locale.Line(t); t != "" && len(tags) < most {
			tags = append(tags, t)
		}
	}
	return tags
}

// tree reads a JSON file, whose folders are objects with children.
func (g *giver) tree(f *importer.File) error {
	b, err := f.ReadAll(maxTree)
	if err != nil {
		return err
	}
	if !isTree(b[:min(len(b), importer.HeadSize)]) {
		return fmt.Errorf("no bookmarks: %w", importer.ErrNotMine)
	}
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, bom)))
	dec.UseNumber()
	var top map[string]any
	if err := dec.Decode(&top); err != nil {
		return fmt.Errorf("bookmarks: %w (%w)", penates.Invalid, err)
	}
	roots, chrome := top["roots"].(map[string]any)
	if !chrome {
		return g.node(top, nil, "")
	}
	for _, name := range rootNames(roots) {
		if root, ok := roots[name].(map[string]any); ok {
			if err := g.node(root, nil, "/roots/"+name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *giver) node(n map[string]any, folders []string, path string) error {
	if err := g.ctx.Err(); err != nil {
		return err
	}
	title, url := text(n, "name", "title"), text(n, "url", "uri")
	children, folder := n["children"].([]any)
	switch {
	case folder:
	case url != "":
		m := &mark{title: title, url: url, folders: folders, tags: split(text(n, "tags"), ","), added: added(n), locator: "path=" + path}
		return g.give(m)
	default: // a separator or an empty folder
		return nil
	}
	if title != "" && len(folders) < deepest {
		folders = append(folders[:len(folders):len(folders)], locale.Line(title))
	}
	for i, c := range children {
		place := path + "/children/" + strconv.Itoa(i)
		child, ok := c.(map[string]any)
		if !ok {
			if err := g.out.Refuse(0, fmt.Errorf("%s is no bookmark: %w", social.Clip(place, 200), penates.Invalid)); err != nil {
				return err
			}
			continue
		}
		if len(place) > 1000 {
			return g.out.Refuse(0, fmt.Errorf("%s: folders within folders: %w", social.Clip(place, 200), penates.TooLarge))
		}
		if err := g.node(child, folders, place); err != nil {
			return err
		}
	}
	return nil
}

func text(n map[string]any, keys ...string) string {
	for _, k := range keys {
		switch v := n[k].(type) {
		case string:
			return v
		case json.Number:
			return v.String()
		}
	}
	return ""
}

// added returns when a node was made: Chrome counts microseconds since 1601,
// Firefox since 1970.
func added(n map[string]any) penates.Moment {
	if micros, err := strconv.ParseInt(text(n, "date_added"), 10, 64); err == nil && micros > 0 {
		const since1601 = 11_644_473_600
		return stamp(micros/1e6 - since1601)
	}
	if micros, err := strconv.ParseInt(text(n, "dateAdded"), 10, 64); err == nil {
		return stamp(micros / 1e6)
	}
	return penates.Moment{}
}

// stamp returns the second since 1970, unknown when it is no time at which a
// browser ran.
func stamp(seconds int64) penates.Moment {
	if seconds <= 0 || seconds > 4_102_444_800 {
		return penates.Moment{}
	}
	return penates.At(time.Unix(seconds, 0).UTC())
}
