package demo

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// A message is one mail of the mailbox.
type message struct {
	at         time.Time
	from       person
	to, cc     []person
	subject    string
	text       string
	rich       bool // also as HTML
	answers    *message
	attachment *attachment
	id         string
}

// An attachment is a file that comes with a message.
type attachment struct {
	name, mime string
	content    []byte
}

// thread returns the ids of the messages answered, oldest first.
func (m *message) thread() (ids []string) {
	for up := m.answers; up != nil; up = up.answers {
		ids = append([]string{up.id}, ids...)
	}
	return ids
}

// mbox writes the messages in the mboxrd variant of RFC 4155's format: a line
// of the text that begins with "From " gets a ">" before it.
func mbox(messages []*message) []byte {
	var b bytes.Buffer
	for _, m := range messages {
		fmt.Fprintf(&b, "From %s %s\n", m.from.mail, m.at.UTC().Format(time.ANSIC))
		for line := range strings.Lines(strings.ReplaceAll(m.mime(), "\r\n", "\n")) {
			if strings.HasPrefix(strings.TrimLeft(line, ">"), "From ") {
				b.WriteByte('>')
			}
			b.WriteString(line)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// mime writes the message as RFC 5322 and MIME want it.
func (m *message) mime() string {
	var b strings.Builder
	header := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	header("Return-Path", "<"+m.from.mail+">")
	header("Date", m.at.Format(time.RFC1123Z))
	header("From", addresses([]person{m.from}))
	header("To", addresses(m.to))
	header("Cc", addresses(m.cc))
	header("Subject", mime.QEncoding.Encode("utf-8", m.subject))
	header("Message-ID", "<"+m.id+">")
	if ids := m.thread(); len(ids) > 0 {
		header("In-Reply-To", "<"+ids[len(ids)-1]+">")
		header("References", "<"+strings.Join(ids, ">\r\n <")+">")
	}
	header("MIME-Version", "1.0")
	body, kind := m.alternatives()
	if m.attachment != nil {
		boundary := "=_m" + uuid("mixed:" + m.id)[:18]
		body = "--" + boundary + "\r\n" + kind + body + "\r\n--" + boundary + "\r\n" + m.attachment.part() + "--" + boundary + "--\r\n"
		kind = "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n"
	}
	return b.String() + kind + body
}

// alternatives returns the text, alone or with its HTML form, and the header
// lines that describe it.
func (m *message) alternatives() (body, kind string) {
	plain := "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	if !m.rich {
		return quoted(m.text), plain
	}
	boundary := "=_a" + uuid("alternative:" + m.id)[:18]
	page := "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	body = "--" + boundary + "\r\n" + plain + quoted(m.text) + "\r\n--" + boundary + "\r\n" + page + quoted(m.html()) + "\r\n--" + boundary + "--\r\n"
	return body, "Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n"
}

func (m *message) html() string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"fr\"><head><title>" + html.EscapeString(m.subject) + "</title></head><body>\n")
	for p := range strings.SplitSeq(m.text, "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(strings.TrimSpace(p)), "\n", "<br>\n") + "</p>\n")
	}
	return b.String() + "</body></html>\n"
}

func (a *attachment) part() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Content-Type: %s; name=\"%s\"\r\nContent-Disposition: attachment; filename=\"%s\"\r\nContent-Transfer-Encoding: base64\r\n\r\n", a.mime, a.name, a.name)
	coded := base64.StdEncoding.EncodeToString(a.content)
	for len(coded) > 76 {
		b.WriteString(coded[:76] + "\r\n")
		coded = coded[76:]
	}
	return b.String() + coded + "\r\n"
}

func addresses(people []person) string {
	list := make([]string, 0, len(people))
	for _, p := range people {
		list = append(list, (&mail.Address{Name: p.name(), Address: p.mail}).String())
	}
	return strings.Join(list, ",\r\n ")
}

// quoted encodes text as quoted-printable (RFC 2045 section 6.7).
func quoted(text string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	// A strings.Builder takes everything, so neither call can fail.
	_, _ = w.Write([]byte(strings.ReplaceAll(strings.TrimSpace(text)+"\n", "\n", "\r\n")))
	_ = w.Close()
	return b.String()
}
