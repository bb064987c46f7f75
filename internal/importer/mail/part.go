package mail

import (
	"bytes"
	"strings"

	"penates/internal/locale"
)

// Limits on the shape of a message. What lies deeper or beyond is not looked
// into; it stays in the raw bytes.
const (
	maxDepth = 24
	maxParts = 1000
)

// A part is a node of a MIME message (RFC 2046): a leaf with a body that is
// still transfer-encoded, or a multipart with children.
type part struct {
	header      header
	mediaType   string // lower case, "text/plain" when none is given
	params      map[string]string
	disposition string
	fileName    string
	body        []byte
	children    []*part
	// cut says that the body ends where the message was cut off.
	cut bool
}

// parser counts the parts of one message.
type parser struct{ parts int }

// parse reads the part that raw holds. It has no errors: what is broken is read
// as the text or bytes it is.
func (ps *parser) parse(raw []byte, standard string, depth int, cut bool) *part {
	ps.parts++
	p := &part{cut: cut}
	p.header, p.body = splitHeader(raw)
	p.classify(standard)
	if strings.HasPrefix(p.mediaType, "multipart/") {
		ps.split(p, depth)
	}
	return p
}

// classify fills what the Content- fields say.
func (p *part) classify(standard string) {
	p.mediaType, p.params = parseParameters(p.header.get("content-type"))
	var disposition map[string]string
	p.disposition, disposition = parseParameters(p.header.get("content-disposition"))
	kind, sub, ok := strings.Cut(p.mediaType, "/")
	switch {
	case p.mediaType == "":
		p.mediaType = standard
	case p.mediaType == "text":
		p.mediaType = "text/plain"
	case p.mediaType == "multipart":
		p.mediaType = "multipart/mixed"
	case p.mediaType == "attachment": // Content-Type: attachment; filename=…
		p.mediaType, p.disposition = "application/octet-stream", "attachment"
	case !ok || kind == "" || sub == "":
		p.mediaType = standard
	}
	for _, name := range []string{disposition["filename"], p.params["filename"], disposition["name"], p.params["name"], p.params["file"]} {
		if p.fileName = fileName(name); p.fileName != "" {
			return
		}
	}
}

// fileName returns a name a mailer gave as a plain base name.
func fileName(s string) string {
	s = decodeWords([]byte(s))
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = locale.Line(s)
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[len(s)-200:], "")
	}
	if strings.Trim(s, ".") == "" {
		return ""
	}
	return s
}

// split reads the children of a multipart. One in which the boundary never
// occurs becomes plain text.
func (ps *parser) split(p *part, depth int) {
	boundary := p.params["boundary"]
	sections, closed := splitSections(p.body, boundary)
	if sections == nil {
		if guess := guessBoundary(p.body); guess != "" && guess != boundary {
			sections, closed = splitSections(p.body, guess)
		}
	}
	if sections == nil || depth >= maxDepth {
		p.mediaType = "text/plain"
		return
	}
	standard := "text/plain"
	if p.mediaType == "multipart/digest" {
		standard = "message/rfc822"
	}
	for i, s := range sections {
		if ps.parts >= maxParts {
			return
		}
		last := i == len(sections)-1
		p.children = append(p.children, ps.parse(s, standard, depth+1, p.cut && last && !closed))
	}
}

// splitSections returns what stands between the boundary lines of body, and
// whether the closing one was found.
func splitSections(body []byte, boundary string) (sections [][]byte, closed bool) {
	boundary = strings.TrimRight(boundary, " \t")
	if boundary == "" {
		return nil, false
	}
	mark := []byte("--" + boundary)
	start, from := -1, 0
	for from < len(body) && len(sections) < maxParts {
		i := bytes.Index(body[from:], mark)
		if i < 0 {
			break
		}
		i += from
		from = i + len(mark)
		line, _ := cutLine(body[from:])
		tail := strings.TrimSpace(string(line[:min(len(line), 80)]))
		if i > 0 && body[i-1] != '\n' || tail != "" && tail != "--" {
			continue
		}
		if start >= 0 {
			sections = append(sections, trimLineEnd(body[start:i]))
		}
		if tail == "--" && start >= 0 {
			return sections, true
		}
		start = min(from+len(line)+1, len(body))
		if start < len(body) && body[start-1] == '\r' {
			start++
		}
		from = start
	}
	if start >= 0 && (start < len(body) || sections == nil) {
		sections = append(sections, body[start:])
	}
	return sections, false
}

// trimLineEnd removes the line end that belongs to the boundary.
func trimLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// guessBoundary returns the first line that looks like a boundary and occurs
// again, for multiparts which do not say theirs, or say it wrong.
func guessBoundary(body []byte) string {
	const looked, most = 64 << 10, 50
	rest := body[:min(len(body), looked)]
	for tried := 0; len(rest) > 0 && tried < most; {
		var line []byte
		line, rest = cutLine(rest)
		name, ok := bytes.CutPrefix(bytes.TrimRight(line, " \t"), []byte("--"))
		if !ok || len(name) < 6 || len(name) > 200 || bytes.ContainsAny(name, " \t") {
			continue
		}
		tried++
		if len(bytes.Trim(name, "-")) > 0 && bytes.Contains(rest, line) && continues(rest) {
			return string(name)
		}
	}
	return ""
}

// content returns the body with its transfer encoding undone.
func (p *part) content() []byte {
	return decodeTransfer(p.body, string(p.header.get("content-transfer-encoding")))
}

// isText reports whether the part is wording to be read with the message and
// not a file that came with it.
func (p *part) isText(root bool) bool {
	switch p.mediaType {
	case "text/plain", "text/html", "text/enriched", "text/richtext", "text/x-amp-html", "text/watch-html":
		return p.disposition != "attachment" && (root && p.disposition == "" || p.fileName == "")
	}
	return false
}
