package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/schema"
)

// maxMessage bounds one message; of a longer one the beginning is read.
const maxMessage = 64 << 20

// A message is a mail that was read and not yet given out.
type message struct {
	doc   penates.Document
	body  schema.Message
	files []attached
	// sum identifies what the sender wrote, whatever servers and mailboxes added.
	sum [sha256.Size]byte
}

// An origin is what the place a message was found at says of it.
type origin struct {
	stamp   string // date, after the sender when it is of an mbox line
	folder  string
	flags   string
	cut     bool // only the beginning of the message is there
	certain bool // it is a message even if it has no header
}

var errNoMail = fmt.Errorf("no header of a mail was found: %w", penates.Invalid)

// parseMessage reads a message. It fails only on what is no mail at all.
func parseMessage(raw []byte, from origin) (m *message, err error) {
	defer func() {
		// The parser has no known way to panic; a mailbox must not be lost to an unknown one.
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("message cannot be read: %w", penates.Invalid)
		}
	}()
	raw = bytes.TrimLeft(unixLines(raw), " \t\r\n")
	var ps parser
	root := ps.parse(raw, "text/plain", 0, from.cut)
	if !isMail(root.header) && (!from.certain || len(raw) == 0) {
		return nil, errNoMail
	}
	m = &message{sum: fingerprint(root)}
	m.fillEnvelope(root.header, from)
	var w wording
	w.gather(root, "", true)
	text, uu := w.text()
	m.body.Content = text
	m.files = append(w.files, uu...)
	m.body.Folder, m.body.Flags = place(root.header, from)
	return m, nil
}

// isMail reports whether a header is one of a mail or of a MIME part.
func isMail(h header) bool {
	for _, f := range h {
		switch f.name {
		case "from", "to", "cc", "bcc", "subject", "date", "message-id", "received", "return-path", "sender", "reply-to",
			"delivered-to", "mime-version", "content-type", "x-mailer", "content-transfer-encoding", "content-disposition":
			return true
		}
	}
	return false
}

// fillEnvelope fills what the header says.
func (m *message) fillEnvelope(h header, from origin) {
	sender, stamp := cutStamp(from.stamp)
	m.doc.Time.Start = sent(h, stamp)
	m.body.Subject = clipText(h.text("subject"), 4<<10)
	m.doc.Text = m.body.Subject
	author := parseAddresses(h.all("from"))
	if len(author) == 0 {
		author = parseAddresses(h.all("sender"))
	}
	if len(author) == 0 && sender != "" {
		author = parseAddresses([]byte(sender))
	}
	to, cc, bcc := parseAddresses(h.all("to")), parseAddresses(h.all("cc")), parseAddresses(h.all("bcc"))
	m.doc.Parties = parties("from", author)
	m.doc.Parties = append(m.doc.Parties, parties("to", to)...)
	m.doc.Parties = append(m.doc.Parties, parties("cc", cc)...)
	m.doc.Parties = append(m.doc.Parties, parties("bcc", bcc)...)
	m.body.From = oneLine(author)
	m.body.To = oneLine(append(to, cc...))
	id := first(messageIDs(h.get("message-id")))
	m.body.InReplyTo = first(messageIDs(h.get("in-reply-to")))
	m.body.Thread = first(messageIDs(h.all("references")))
	if m.body.Thread == "" {
		m.body.Thread = m.body.InReplyTo
	}
	if m.body.Thread == "" {
		m.body.Thread = id
	}
	if id != "" {
		m.doc.Refs = []penates.Ref{{Scheme: penates.RefMessageID, Value: id}}
		m.doc.Source.NativeID = id
		return
	}
	m.doc.Source.NativeID = "sha256-" + hex.EncodeToString(m.sum[:16])
}

// messageIDs returns the ids of a Message-ID, In-Reply-To or References field,
// normalised. Ids without brackets are taken when nothing else stands there.
func messageIDs(value []byte) []string {
	const most = 100
	var ids []string
	s := string(value)
	for len(ids) < most {
		_, rest, ok := strings.Cut(s, "<")
		if !ok {
			break
		}
		id, after, ok := strings.Cut(rest, ">")
		if !ok {
			break
		}
		if id = normaliseID(id); id != "" {
			ids = append(ids, id)
		}
		s = after
	}
	if ids == nil {
		// Words without brackets; in In-Reply-To they may be a sentence about the mail answered.
		for _, word := range strings.Fields(s) {
			if id := normaliseID(strings.Trim(word, "<>;,")); strings.Contains(id, "@") {
				return []string{id}
			}
		}
	}
	return ids
}

func normaliseID(s string) string {
	s = strings.Join(strings.Fields(locale.Decode([]byte(s), "")), "")
	return clipText(penates.NewRef(penates.RefMessageID, locale.Line(s)).Value, 500)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// fingerprint sums what the sender wrote: the fields that travel unchanged and
// the body, line ends aside.
func fingerprint(root *part) (sum [sha256.Size]byte) {
	hash := sha256.New()
	for _, name := range []string{"from", "to", "cc", "subject", "date"} {
		hash.Write(bytes.Join(bytes.Fields(root.header.all(name)), []byte(" ")))
		hash.Write([]byte{0})
	}
	rest := bytes.TrimRight(root.body, "\r\n")
	for len(rest) > 0 {
		i := bytes.Index(rest, []byte("\r\n"))
		if i < 0 {
			hash.Write(rest)
			break
		}
		hash.Write(rest[:i])
		hash.Write([]byte{'\n'})
		rest = rest[i+2:]
	}
	hash.Sum(sum[:0])
	return sum
}

// unixLines makes the line ends of old Macintosh files line feeds, and UTF-16
// files UTF-8.
func unixLines(raw []byte) []byte {
	if bytes.HasPrefix(raw, []byte("\xFF\xFE")) || bytes.HasPrefix(raw, []byte("\xFE\xFF")) {
		raw = []byte(locale.Decode(raw, ""))
	}
	raw = bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF"))
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') >= 0 {
		return bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
	}
	return raw
}

// give hands the message and its files to out.
func (m *message) give(out importer.Sink) error {
	id := penates.NewDocumentID(connector, m.doc.Source.Connection, m.doc.Source.NativeID)
	var ids []penates.DocumentID
	for i := range m.files {
		f := &m.files[i]
		if !f.listed {
			file, err := out.File(m.fileDocument(i), schema.File{Name: f.Name, Mime: f.Mime, Size: f.Size}, bytes.NewReader(f.content))
			if err != nil {
				return err
			}
			f.File = file
			ids = append(ids, file)
		}
		m.body.Attachments = append(m.body.Attachments, f.Attachment)
	}
	if err := out.Document(&m.doc, m.body); err != nil {
		return err
	}
	for _, file := range ids {
		if err := out.Link(file, penates.PartOf, id); err != nil {
			return err
		}
	}
	return nil
}

// fileDocument returns the envelope of the i-th file. A file attached belongs to
// its message; a picture shown in the text is one document however many
// messages show it.
func (m *message) fileDocument(i int) *penates.Document {
	f := &m.files[i]
	d := &penates.Document{Text: f.Name}
	if f.embedded {
		sum := sha256.Sum256(f.content)
		d.Source.NativeID = "embedded/" + hex.EncodeToString(sum[:16]) + "/" + f.Name
		return d
	}
	d.Source.NativeID = m.doc.Source.NativeID + "/" + strconv.Itoa(i+1)
	d.Source.Locator = m.doc.Source.Locator
	d.Time = m.doc.Time
	for _, p := range m.doc.Parties {
		if p.Role == "from" {
			d.Parties = append(d.Parties, p)
		}
	}
	return d
}
