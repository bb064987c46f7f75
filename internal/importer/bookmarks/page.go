package bookmarks

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"penates"
	"penates/internal/importer/social"
	"penates/internal/locale"
)

// rootNames returns the names of Chrome's top folders in a fixed order.
func rootNames(roots map[string]any) (names []string) {
	for name := range roots {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A page is the state of reading the HTML: DL is a list, named by the H3 before
// it, of DT with a link or a list, each perhaps with a DD that describes it.
type page struct {
	*giver
	folders []string
	depth   int    // lists that are open
	named   []bool // whether each of them has a name in folders
	next    string // the name that the next list gets
	open    *mark  // waits for its description
	into    *string
	count   int
}

func (g *giver) page(in io.Reader) error {
	p := &page{giver: g}
	z := html.NewTokenizer(in)
	z.SetMaxBuf(4 << 20) // icons are attributes
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			if err := z.Err(); errors.Is(err, html.ErrBufferExceeded) {
				return fmt.Errorf("after bookmark %d: a tag of more than four megabytes: %w", p.count, penates.TooLarge)
			} else if err != io.EOF {
				return err
			}
			return p.flush()
		case html.TextToken:
			if p.into != nil && len(*p.into) < maxWords {
				*p.into += social.Clip(string(z.Text()), maxWords)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			if err := p.start(string(name), z, more); err != nil {
				return err
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if err := p.ended(string(name)); err != nil {
				return err
			}
		}
	}
}

func (p *page) start(tag string, z *html.Tokenizer, more bool) error {
	switch tag {
	case "dt", "hr":
		return p.flush()
	case "h3":
		if err := p.flush(); err != nil {
			return err
		}
		p.next, p.into = "", &p.next
	case "dl":
		if err := p.flush(); err != nil {
			return err
		}
		p.depth++
		name := locale.Line(p.next)
		p.next = ""
		if p.depth > 10_000 {
			return fmt.Errorf("lists within lists: %w", penates.TooLarge)
		}
		p.named = append(p.named, name != "" && len(p.folders) < deepest)
		if p.named[len(p.named)-1] {
			p.folders = append(p.folders[:len(p.folders):len(p.folders)], name)
		}
	case "dd":
		if p.open != nil {
			p.into = &p.open.description
		} else {
			p.into = nil // of a folder
		}
	case "a":
		return p.link(z, more)
	case "br":
		if p.into != nil {
			*p.into += "\n"
		}
	}
	return p.ctx.Err()
}

func (p *page) link(z *html.Tokenizer, more bool) error {
	m := &mark{folders: p.folders, locator: fmt.Sprintf("path=/%d", p.count)}
	link := false
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		switch string(k) {
		case "href":
			m.url, link = strings.TrimSpace(string(v)), true
		case "add_date":
			m.added, _ = social.Stamp(strings.TrimSpace(string(v)))
		case "tags":
			m.tags = split(string(v), ",")
		}
	}
	if !link || p.open != nil && p.into == &p.open.description {
		return nil // an anchor, or a link within a description
	}
	if err := p.flush(); err != nil {
		return err
	}
	p.count++
	p.open, p.into = m, &m.title
	return nil
}

func (p *page) ended(tag string) error {
	switch tag {
	case "a":
		if p.open != nil && p.into == &p.open.title {
			p.into = nil
		}
	case "h3":
		p.into = nil
	case "dl":
		if err := p.flush(); err != nil {
			return err
		}
		if p.depth > 0 {
			p.depth--
			if p.named[p.depth] {
				p.folders = p.folders[:len(p.folders)-1]
			}
			p.named = p.named[:p.depth]
		}
	}
	return nil
}

// flush gives out the bookmark that waited for its description.
func (p *page) flush() error {
	m := p.open
	p.open, p.into = nil, nil
	if m == nil {
		return nil
	}
	return p.give(m)
}
