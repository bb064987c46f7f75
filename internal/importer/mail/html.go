package mail

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// htmlText returns what a reader of an HTML body sees, as plain text: a line for
// each block, a dash for each item of a list, blanks between cells.
func htmlText(content []byte, declared string) string {
	if declared == "" {
		// What the page's meta elements say; windows-1252 is the answer for none too.
		if _, name, _ := charset.DetermineEncoding(content[:min(len(content), 1024)], "text/html"); name != "windows-1252" {
			declared = name
		}
	}
	page := htmlPage{tokens: html.NewTokenizer(strings.NewReader(decodeText(content, declared)))}
	page.tokens.SetMaxBuf(4 << 20)
	for page.out.Len() < maxContent && page.next() {
	}
	return page.out.String()
}

// An htmlPage turns tokens of HTML into text.
type htmlPage struct {
	tokens *html.Tokenizer
	out    strings.Builder
	silent atom.Atom // the element whose text is not shown, or 0
	blank  bool      // a blank is due before the next word
	fresh  bool      // the line is empty
}

func (p *htmlPage) next() bool {
	switch p.tokens.Next() {
	case html.ErrorToken: // the end, or a tag longer than any
		return false
	case html.TextToken:
		if p.silent == 0 {
			p.text(p.tokens.Text())
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		name, attrs := p.tokens.TagName()
		p.open(atom.Lookup(name), attrs)
	case html.EndTagToken:
		name, _ := p.tokens.TagName()
		p.close(atom.Lookup(name))
	}
	return true
}

// text writes words with single blanks between them.
func (p *htmlPage) text(b []byte) {
	raw := bytes.Map(func(r rune) rune {
		if r == '\u00A0' {
			return ' '
		}
		return r
	}, b)
	if len(raw) > 0 && isBlank(raw[0]) {
		p.blank = true
	}
	for word := range bytes.FieldsSeq(raw) {
		if p.blank && !p.fresh && p.out.Len() > 0 {
			p.out.WriteByte(' ')
		}
		p.out.Write(word)
		p.blank, p.fresh = true, false
	}
	p.blank = len(raw) > 0 && isBlank(raw[len(raw)-1]) || p.blank && len(bytes.TrimSpace(raw)) == 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func (p *htmlPage) open(tag atom.Atom, attrs bool) {
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript:
		if p.silent == 0 {
			p.silent = tag
		}
	case atom.Li:
		p.line()
		p.out.WriteString("- ")
	case atom.Td, atom.Th:
		p.blank = true
	case atom.Img:
		if p.silent == 0 && attrs {
			p.alternative()
		}
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Table, atom.Ul, atom.Ol:
		p.line()
		p.out.WriteByte('\n')
	case atom.Br, atom.Div, atom.Tr, atom.Hr, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Body:
		p.line()
	}
}

func (p *htmlPage) close(tag atom.Atom) {
	switch tag {
	case p.silent:
		p.silent = 0
	case atom.P, atom.Div, atom.Tr, atom.Table, atom.Li, atom.Ul, atom.Ol, atom.Blockquote, atom.Pre,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		p.line()
	}
}

// line ends the line.
func (p *htmlPage) line() {
	p.blank = false
	if p.out.Len() > 0 {
		p.out.WriteByte('\n')
	}
	p.fresh = true
}

// alternative writes what a picture says instead of itself.
func (p *htmlPage) alternative() {
	for {
		key, val, more := p.tokens.TagAttr()
		if string(key) == "alt" {
			if bytes.ContainsAny(val, " ") || !bytes.ContainsAny(val, "./") { // and not a file name
				p.text(val)
			}
			return
		}
		if !more {
			return
		}
	}
}
