package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/mail"
	"penates/internal/schema"
)

const stamp = "From a@x.org Tue Jan  2 10:00:00 2024\n"

func TestMbox(t *testing.T) {
	tests := []struct {
		name, raw string
		want      []string // subject: content
	}{
		{"two", stamp + "Subject: 1\n\none\n\n" + stamp + "Subject: 2\n\ntwo\n", []string{"1: one", "2: two"}},
		{"crlf", strings.ReplaceAll(stamp+"Subject: 1\n\none\n\n"+stamp+"Subject: 2\n\ntwo\n", "\n", "\r\n"), []string{"1: one", "2: two"}},
		{"no blank line before", stamp + "Subject: 1\n\none\n" + stamp + "Subject: 2\n\ntwo\n", []string{"1: one", "2: two"}},
		{"a sentence", stamp + "Subject: 1\n\nhi\n\nFrom now on: 10:30 is tea\n\nFrom Monday 10:30 on\nwe meet\n", []string{"1: hi\n\nFrom now on: 10:30 is tea\n\nFrom Monday 10:30 on\nwe meet"}},
		{"mboxrd", stamp + "Subject: 1\n\n>From me\n>>From you\n> From him\n", []string{"1: From me\n>From you\n> From him"}},
		{"thunderbird", "From - Tue Jan 02 10:00:00 2024\nX-Mozilla-Status: 0001\nSubject: 1\n\none\n\nFrom - Tue Jan 02 10:00:01 2024\nSubject: 2\n\ntwo", []string{"1: one", "2: two"}},
		{"takeout", "From 17000000@xxx Tue Jan 02 10:00:00 +0000 2024\r\nX-Gmail-Labels: Inbox\r\nSubject: 1\r\n\r\none\r\n\r\n", []string{"1: one"}},
		{"sender only", "From a@x.org\nSubject: 1\n\none\n\nFrom b@x.org\nSubject: 2\n\ntwo\n", []string{"1: one", "2: two"}},
		{"mboxcl2", stamp + fmt.Sprintf("Subject: 1\nContent-Length: %d\n\n\n%sTo: x@y\nz\n\n", len(stamp)+len("\nTo: x@y\nz\n"), stamp) + stamp + "Subject: 2\n\ntwo\n", []string{"1: " + stamp + "To: x@y\nz", "2: two"}},
		{"wrong length", stamp + "Subject: 1\nContent-Length: 9\n\none\n\n" + stamp + "Subject: 2\nContent-Length: 999999\n\ntwo\n", []string{"1: one", "2: two"}},
		{"no header", stamp + "\njust text\n\n" + stamp + "Subject: 2\n\ntwo\n", []string{": just text", "2: two"}},
		{"blank lines first", "\n\n" + stamp + "Subject: 1\n\none\n", []string{"1: one"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if mail.Mbox.Recognise(importertest.File("x", []byte(test.raw)).Head) == 0 {
				t.Error("not recognised")
			}
			c, err := importertest.Read(mail.Mbox, "Inbox.mbox", []byte(test.raw))
			if err != nil || len(c.Refusals) > 0 {
				t.Fatal(err, c.Refusals)
			}
			var got []string
			for _, d := range c.OfType(penates.Messages) {
				body := bodyOf(t, d)
				got = append(got, body.Subject+": "+body.Content)
				if body.Folder != "Inbox" && test.name != "takeout" {
					t.Errorf("folder %q", body.Folder)
				}
				if d.Time.Start.IsZero() && test.name != "sender only" {
					t.Error("no time")
				}
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// The same message is one document in an mbox and as EML; one with the same
// Message-ID that says something else is another.
func TestMboxIDs(t *testing.T) {
	one := "Message-ID: <1@x>\nSubject: s\n\none\n"
	c, err := importertest.Read(mail.Mbox, "x", []byte(stamp+one+"\n"+stamp+"X-Gmail-Labels: b\n"+one+"\n"+stamp+strings.Replace(one, "one", "other", 1)))
	if err != nil || len(c.Documents) != 3 {
		t.Fatal(err, len(c.Documents))
	}
	_, alone, _ := readOne(t, "a.eml", one)
	if c.Documents[0].ID != alone.ID || c.Documents[1].ID != alone.ID || c.Documents[2].ID == alone.ID {
		t.Errorf("ids %s %s %s, alone %s", c.Documents[0].ID, c.Documents[1].ID, c.Documents[2].ID, alone.ID)
	}
}

// Locators name the bytes of each message.
func TestMboxLocator(t *testing.T) {
	raw := stamp + "Subject: 1\n\none\n\n" + stamp + "Subject: 2\n\ntwo\n"
	c, err := importertest.Read(mail.Mbox, "x", []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, d := range c.Documents {
		var from, to int
		if _, err := fmt.Sscanf(d.Source.Locator, "bytes=%d-%d", &from, &to); err != nil || from != at || !strings.HasPrefix(raw[from:to], stamp) {
			t.Errorf("locator %q, begins at %d", d.Source.Locator, at)
		}
		at = to
	}
	if at != len(raw) {
		t.Errorf("ends at %d of %d", at, len(raw))
	}
}

// endless is a mailbox longer than any memory: count copies of unit.
func endless(unit []byte, count int) io.Reader {
	readers := make([]io.Reader, count)
	for i := range readers {
		readers[i] = bytes.NewReader(unit)
	}
	return io.MultiReader(readers...)
}

func TestLongMessage(t *testing.T) {
	line := bytes.Repeat([]byte("x"), 76)
	line = append(line, '\n')
	body := bytes.Repeat(line, 1<<20)
	head := stamp + "Message-ID: <long@x>\nSubject: long\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhi\n--x\nContent-Type: image/png\n\n"
	tail := "\n" + stamp + "Subject: after\n\nhere\n"
	f := importertest.File("x", []byte(head))
	f.Open = func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(head), bytes.NewReader(body), strings.NewReader(tail))), nil
	}
	c := &importertest.Collector{Connector: mail.Mbox.Name}
	if err := mail.Mbox.Read(context.Background(), f, c); err != nil {
		t.Fatal(err)
	}
	docs := c.OfType(penates.Messages)
	if len(docs) != 2 || len(c.Refusals) != 1 || !errors.Is(c.Refusals[0].Err, penates.TooLarge) {
		t.Fatalf("%d messages, refusals %v", len(docs), c.Refusals)
	}
	first, second := bodyOf(t, docs[0]), bodyOf(t, docs[1])
	if first.Content != "hi" || len(first.Attachments) != 1 || first.Attachments[0].File != "" || second.Content != "here" {
		t.Errorf("first %q %+v, second %q", first.Content, first.Attachments, second.Content)
	}
}

// A sink that stops, and a context that ends, stop the reading.
func TestStop(t *testing.T) {
	unit := []byte(stamp + "Subject: 1\n\none\n\n")
	f := importertest.File("x", unit)
	f.Open = func() (io.ReadCloser, error) { return io.NopCloser(endless(unit, 100_000)), nil }
	stop := errors.New("stop")
	if err := mail.Mbox.Read(context.Background(), f, &counter{limit: 10, err: stop}); !errors.Is(err, stop) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := mail.Mbox.Read(ctx, f, &counter{limit: 10, then: cancel}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A counter counts what it is given and may stop it.
type counter struct {
	importertest.Collector
	messages, limit int
	err             error
	then            func()
}

func (c *counter) Document(d *penates.Document, body schema.Body) error {
	c.messages++
	if c.messages == c.limit && c.then != nil {
		c.then()
	}
	if c.messages >= c.limit && c.limit > 0 {
		return c.err
	}
	return nil
}

func (c *counter) File(*penates.Document, schema.File, io.Reader) (penates.DocumentID, error) {
	return "doc_file", nil
}

func (c *counter) Link(penates.DocumentID, penates.Rel, penates.DocumentID) error { return nil }

func FuzzMbox(f *testing.F) {
	f.Add([]byte(stamp+reply+"\r\n"+stamp+"Subject: 2\n\n>From x\n"), uint16(7))
	f.Add([]byte(stamp+"Content-Length: 3\n\nabc\n"+stamp+"\n\n"), uint16(3))
	f.Fuzz(func(t *testing.T, raw []byte, size uint16) {
		file := importertest.File("x", raw)
		mail.Mbox.Recognise(file.Head)
		whole := &importertest.Collector{Connector: "mail"}
		if err := mail.Mbox.Read(t.Context(), file, whole); err != nil {
			t.Fatal(err)
		}
		file.Open = func() (io.ReadCloser, error) { return io.NopCloser(&dribble{raw, int(size)%512 + 1}), nil }
		parts := &importertest.Collector{Connector: "mail"}
		if err := mail.Mbox.Read(t.Context(), file, parts); err != nil {
			t.Fatal(err)
		}
		if len(whole.Documents) != len(parts.Documents) {
			t.Fatalf("%d documents at once, %d bit by bit", len(whole.Documents), len(parts.Documents))
		}
	})
}

// A dribble gives few bytes at a time.
type dribble struct {
	rest []byte
	size int
}

func (d *dribble) Read(p []byte) (int, error) {
	n := copy(p, d.rest[:min(d.size, len(d.rest))])
	d.rest = d.rest[n:]
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// BenchmarkMbox reads a mailbox of texts, newsletters and attachments.
func BenchmarkMbox(b *testing.B) {
	unit := mailbox()
	const copies = 20
	f := importertest.File("x", unit)
	f.Open = func() (io.ReadCloser, error) { return io.NopCloser(endless(unit, copies)), nil }
	b.SetBytes(int64(len(unit) * copies))
	b.ReportAllocs()
	for b.Loop() {
		if err := mail.Mbox.Read(context.Background(), f, &counter{}); err != nil {
			b.Fatal(err)
		}
	}
}

func mailbox() []byte {
	var b bytes.Buffer
	text := strings.Repeat("Bonjour, voici le relev=C3=A9 du mois et la suite de la phrase.\n", 30)
	html := strings.Repeat("<tr><td style=\"color:#123456\">Une ligne &eacute;crite</td><td>12,50 &euro;</td></tr>\n", 150)
	file := strings.Repeat(strings.Repeat("JVBERi0x", 9)+"QUJD\n", 1300)
	for i := range 40 {
		fmt.Fprintf(&b, "From a@x.org Tue Jan  2 10:00:00 2024\nMessage-ID: <%d@x.org>\nFrom: =?utf-8?Q?L=C3=A9a?= <lea@x.org>\nTo: me@x.org\nDate: Tue, 2 Jan 2024 10:00:00 +0100\nSubject: Message %d\n", i, i)
		switch {
		case i%2 == 0:
			b.WriteString("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n" + text + "\n")
		case i%8 == 1:
			b.WriteString("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + text + "\n--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n" + file + "--b--\n\n")
		default:
			b.WriteString("Content-Type: text/html; charset=utf-8\n\n<html><body><table>" + html + "</table></body></html>\n\n")
		}
	}
	return b.Bytes()
}

var _ importer.Sink = (*counter)(nil)
