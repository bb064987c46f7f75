// Package mail reads e-mail: single messages (EML, files of a Maildir) and mbox
// mailboxes of any program, as they are found and not only as they should be.
//
// The parser is our own and total: RFC 5322, MIME (RFC 2045 to 2047, 2231) and
// what mailers have made of them in forty years give a message, with what is
// broken read as the text or bytes it is. Only what has no header of a mail is
// refused. Limits on size, depth and number of parts hold for every message.
//
// A message is one document wherever it is found: its native id is its
// Message-ID, or a sum of what the sender wrote when it has none or shares it
// with another message of the same mailbox.
package mail

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"penates"
	"penates/internal/importer"
)

// connector is the name both formats share.
const connector = "mail"

// EML reads one message a file: .eml of mail programs, files of a Maildir
// (whose names carry flags) and of MH folders.
var EML = importer.Format{
	Name:      connector,
	Title:     "E-mail message",
	Recognise: recogniseEML,
	Read:      readEML,
}

// Mbox reads mailboxes of many messages (RFC 4155, and its kin mboxrd, mboxo,
// mboxcl and mboxcl2). Its documents are those of EML.
var Mbox = importer.Format{
	Name:      connector,
	Title:     "mbox mailbox",
	Recognise: recogniseMbox,
	Read:      readMbox,
}

func recogniseMbox(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), "\r\n")
	if !bytes.HasPrefix(b, fromLine) {
		return 0
	}
	line, rest := cutLine(b)
	if !isSeparator(line, rest, true) {
		return 0
	}
	return 95
}

// common fields of mails, and the other fields that hint at one.
var (
	mailFields = map[string]bool{
		"from": true, "to": true, "cc": true, "subject": true, "date": true, "message-id": true, "received": true, "return-path": true,
		"delivered-to": true, "mime-version": true, "dkim-signature": true, "references": true, "in-reply-to": true, "reply-to": true,
		"sender": true, "x-mailer": true, "x-original-to": true, "authentication-results": true, "envelope-to": true, "arc-seal": true,
	}
	partFields = map[string]bool{"content-type": true, "content-transfer-encoding": true, "content-disposition": true}
)

// recogniseEML counts fields of mails at the beginning, since messages have no
// signature. A lone MIME part is taken when nothing else claims it.
func recogniseEML(h importer.Head) int {
	maildir, inMaildir := maildirOrigin(h)
	if maildir.certain {
		return 90
	}
	head := unixLines(h.Bytes)
	if bytes.HasPrefix(head, fromLine) {
		_, head = cutLine(head)
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	if !continues(head) {
		return 0
	}
	fields, _ := splitHeader(head)
	seen := map[string]bool{}
	part := 0
	for _, f := range fields {
		if mailFields[f.name] {
			seen[f.name] = true
		}
		if partFields[f.name] {
			part = 1
		}
	}
	switch n := len(seen) + part; {
	case len(seen) >= 3 || n > 0 && inMaildir:
		return 90
	case n >= 2:
		return 75
	case n == 1 && (mailFields[fields[0].name] || partFields[fields[0].name]):
		return 40
	}
	return 0
}

func readEML(ctx context.Context, f *importer.File, out importer.Sink) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	var buf bytes.Buffer
	if _, err := io.Copy(&buf, io.LimitReader(r, maxMessage+1)); err != nil {
		return err
	}
	raw := buf.Bytes()
	from, _ := maildirOrigin(f.Head)
	if from.cut = len(raw) > maxMessage; from.cut {
		raw = raw[:maxMessage]
		if err := out.Refuse(0, errLong); err != nil {
			return err
		}
	}
	raw = bytes.TrimLeft(raw, "\r\n")
	if bytes.HasPrefix(raw, fromLine) {
		var line []byte
		line, raw = cutLine(raw)
		from.stamp, from.certain = string(line[len(fromLine):]), true
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m, err := parseMessage(raw, from)
	if err != nil {
		return err
	}
	return m.give(out)
}

var errLong = fmt.Errorf("message longer than %d MiB, what is beyond is left out: %w", maxMessage>>20, penates.TooLarge)
