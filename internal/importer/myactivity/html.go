package myactivity

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
)

// A cell says which part of an entry is being read.
type cell int

const (
	outside cell = iota
	headerCell
	bodyCell
	otherCell
	captionCell
)

// A page reads entries from HTML. Its state is one entry.
type page struct {
	*reader
	count  int
	open   bool // within an entry
	in     cell
	header string
	lines  []named // of the body: words, and the address of the first link
	object string  // words of the first link of the first line
	link   bool
	places []named
}

const maxLines = 40 // of one cell

func (r *reader) html(in io.Reader) error {
	p := &page{reader: r}
	z := html.NewTokenizer(in)
	z.SetMaxBuf(1 << 20)
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return p.end(z.Err())
		}
		if err := p.token(z, kind); err != nil {
			return err
		}
	}
}

func (p *page) end(err error) error {
	switch {
	case errors.Is(err, html.ErrBufferExceeded):
		return fmt.Errorf("entry %d: a word of more than a megabyte: %w", p.count, penates.TooLarge)
	case err != io.EOF:
		return err
	}
	if err := p.flush(); err != nil {
		return err
	}
	if p.count == 0 {
		return fmt.Errorf("no entries: %w", importer.ErrNotMine)
	}
	return nil
}

func (p *page) token(z *html.Tokenizer, kind html.TokenType) error {
	switch kind {
	case html.TextToken:
		p.text(string(z.Text()))
	case html.StartTagToken, html.SelfClosingTagToken:
		name, more := z.TagName()
		switch string(name) {
		case "div":
			return p.div(attribute(z, more, "class"))
		case "br":
			p.newLine()
		case "a":
			p.anchor(attribute(z, more, "href"))
		}
	case html.EndTagToken:
		if name, _ := z.TagName(); string(name) == "a" {
			p.link = false
		}
	}
	return nil
}

func attribute(z *html.Tokenizer, more bool, name string) (value string) {
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		if string(k) == name {
			value = string(v)
		}
	}
	return value
}

// div begins an entry or one of its cells.
func (p *page) div(class string) error {
	classes := strings.Fields(class)
	has := func(name string) bool {
		for _, c := range classes {
			if c == name {
				return true
			}
		}
		return false
	}
	switch {
	case has("outer-cell"):
		if err := p.flush(); err != nil {
			return err
		}
		p.open = true
		p.count++
		return p.ctx.Err()
	case !p.open:
	case has("header-cell"):
		p.in = headerCell
	case has("mdl-typography--caption"):
		p.in, p.link = captionCell, false
	case has("content-cell") && has("mdl-typography--text-right"):
		p.in = otherCell // an image
	case has("content-cell"):
		p.in = bodyCell
		p.lines = append(p.lines, named{})
	}
	return nil
}

func (p *page) newLine() {
	if p.in == bodyCell && len(p.lines) < maxLines {
		p.lines = append(p.lines, named{})
	}
	p.link = false
}

func (p *page) anchor(href string) {
	p.link = true
	switch {
	case p.in == bodyCell && p.lines[len(p.lines)-1].URL == "":
		p.lines[len(p.lines)-1].URL = href
	case p.in == captionCell && len(p.places) < maxLines:
		p.places = append(p.places, named{URL: href})
	}
}

func (p *page) text(s string) {
	switch p.in {
	case headerCell:
		p.header = add(p.header, s)
	case bodyCell:
		last := &p.lines[len(p.lines)-1]
		last.Name = add(last.Name, s)
		if p.link && len(p.lines) == 1 {
			p.object = add(p.object, s)
		}
	}
}

// add appends words up to a limit.
func add(to, s string) string {
	if len(to)+len(s) > maxWords {
		return to
	}
	return to + s
}

// flush gives out the entry that was read.
func (p *page) flush() error {
	open, lines := p.open, p.lines
	e := &entry{Header: p.header, Places: p.places, object: p.object, zone: p.zone}
	*p = page{reader: p.reader, count: p.count}
	if !open {
		return nil
	}
	// The last line that says something is the time.
	for len(lines) > 0 && locale.Line(lines[len(lines)-1].Name) == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) > 0 {
		e.Time = locale.Line(lines[len(lines)-1].Name)
		lines = lines[:len(lines)-1]
	}
	if len(lines) > 0 {
		e.Title, e.URL = lines[0].Name, lines[0].URL
		e.Subtitles = lines[1:]
	}
	return p.give(e, fmt.Sprintf("path=/%d", p.count-1))
}
