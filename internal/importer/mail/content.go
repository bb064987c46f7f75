package mail

import (
	"bytes"

	"strings"
	"unicode"

	"penates/internal/schema"
	"penates/internal/walk"
)

// maxContent bounds the text that is kept with a message; the rest is in the
// raw bytes.
const maxContent = 1 << 20

// An attached file came with a message.
type attached struct {
	schema.Attachment
	content []byte
	// embedded says that the text shows it, as a logo.
	embedded bool
	// listed says that it is only named and not kept as a file of its own: a
	// signature, or one that is cut off.
	listed bool
}

// A wording gathers what a message says, in the order of its parts.
type wording struct {
	pieces []piece
	files  []attached
}

type piece struct {
	part *part
	html bool
}

// gather walks the parts of a message.
func (w *wording) gather(p *part, parent string, root bool) {
	switch {
	case p.children != nil && p.mediaType == "multipart/alternative":
		w.choose(p)
	case p.children != nil:
		for _, child := range p.children {
			w.gather(child, p.mediaType, false)
		}
	case p.isText(root):
		html := p.mediaType != "text/plain"
		if root && !html && startsHTML(p.body) {
			html = true
		}
		w.pieces = append(w.pieces, piece{p, html})
	case len(bytes.TrimSpace(p.body)) > 0 || p.fileName != "":
		w.files = append(w.files, newAttached(p, parent))
	}
}

// choose takes the text of the first alternative in plain text, else of the
// first in HTML, and the files of all.
func (w *wording) choose(p *part) {
	var best wording
	for _, child := range p.children {
		var sub wording
		sub.gather(child, p.mediaType, false)
		w.files = append(w.files, sub.files...)
		if !sub.blank() && (best.pieces == nil || best.html() && !sub.html()) {
			best = sub
		}
	}
	w.pieces = append(w.pieces, best.pieces...)
}

func (w *wording) blank() bool {
	for _, p := range w.pieces {
		if len(bytes.TrimSpace(p.part.body)) > 0 {
			return false
		}
	}
	return true
}

func (w *wording) html() bool {
	for _, p := range w.pieces {
		if !p.html {
			return false
		}
	}
	return true
}

func startsHTML(body []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 200)]))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

// text returns the wording as plain text, and the files that stood in it
// uuencoded.
func (w *wording) text() (string, []attached) {
	var out strings.Builder
	var files []attached
	for _, p := range w.pieces {
		if out.Len() >= maxContent {
			break
		}
		content := p.part.content()
		var text string
		if p.html {
			text = htmlText(content, p.part.params["charset"])
		} else {
			content, files = takeUU(content, files)
			text = decodeText(content, p.part.params["charset"])
		}
		if text = tidy(text); text == "" {
			continue
		}
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		out.WriteString(text)
	}
	return clipText(out.String(), maxContent), files
}

// takeUU takes files which old mailers put into the text out of it.
func takeUU(content []byte, files []attached) ([]byte, []attached) {
	for range 100 {
		name, file, around, ok := cutUU(content)
		if !ok {
			break
		}
		content = around
		a := attached{content: file}
		a.Name, a.Mime, a.Size = fileName(name), mediaType("", file), int64(len(file))
		files = append(files, a)
	}
	return content, files
}

// clipText cuts s to at most limit bytes, between two characters.
func clipText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}

// tidy gives text line feeds only, no control characters, no blanks at line
// ends and no more than one empty line in a row.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || r == '\uFEFF' || r == '\u200B' || r == '\u200C' || r == '\u034F' || r == '\u00AD':
			return -1
		}
		return r
	}, s)
	var b strings.Builder
	b.Grow(len(s))
	empty := 0
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRight(line, " \t\u00A0")
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n"[:min(empty, 1)+1])
		}
		empty = 0
		b.WriteString(line)
	}
	return b.String()
}

func newAttached(p *part, parent string) attached {
	a := attached{content: p.content(), embedded: parent == "multipart/related" && p.disposition != "attachment"}
	a.Mime = mediaType(p.mediaType, a.content)
	a.Size = int64(len(a.content))
	a.listed = p.cut || strings.HasSuffix(p.mediaType, "-signature")
	if a.Name = p.fileName; a.Name == "" && strings.HasPrefix(p.mediaType, "message/rfc822") {
		inner, _ := splitHeader(a.content)
		if a.Name = fileName(strings.NewReplacer("/", "-", `\`, "-").Replace(inner.text("subject"))); a.Name != "" {
			a.Name += ".eml"
		}
	}
	if a.Name == "" {
		a.Name = "attachment" + extensions[a.Mime]
	}
	return a
}

// mediaType returns the declared media type, or what the content looks like
// when that says nothing.
func mediaType(declared string, content []byte) string {
	switch declared {
	case "", "application/octet-stream", "application/x-unknown", "application/unknown":
		detected, _, _ := strings.Cut(walk.Mime("", content), ";")
		return detected
	}
	return declared
}

// extensions are given to files that came without a name.
var extensions = map[string]string{
	"application/pdf": ".pdf", "application/zip": ".zip", "application/json": ".json", "application/xml": ".xml",
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/svg+xml": ".svg",
	"text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/xml": ".xml", "text/calendar": ".ics",
	"text/vcard": ".vcf", "text/x-vcard": ".vcf", "text/directory": ".vcf", "message/rfc822": ".eml",
	"audio/mpeg": ".mp3", "audio/wav": ".wav", "video/mp4": ".mp4",
	"message/delivery-status": ".txt", "text/rfc822-headers": ".txt",
}
