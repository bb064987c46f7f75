package mail_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/mail"
	"penates/internal/schema"
)

// readOne reads a single message.
func readOne(t *testing.T, name, raw string) (*importertest.Collector, *penates.Document, schema.Message) {
	t.Helper()
	c, err := importertest.Read(mail.EML, name, []byte(raw))
	if err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	docs := c.OfType(penates.Messages)
	if len(docs) != 1 {
		t.Fatalf("%q: %d messages", raw, len(docs))
	}
	return c, docs[0], bodyOf(t, docs[0])
}

func bodyOf(t *testing.T, d *penates.Document) schema.Message {
	t.Helper()
	var body schema.Message
	if err := json.Unmarshal(d.Body, &body); err != nil {
		t.Fatal(err)
	}
	return body
}

const reply = "Received: from mx by mail; Tue, 2 Jan 2024 10:00:09 +0100\r\n" +
	"Date: Tue, 2 Jan 2024 10:00:00 +0100 (CET)\r\n" +
	"From: =?utf-8?Q?Zo=C3=A9_Lef=C3=A8vre?= <Zoe@Example.ORG>\r\n" +
	"To: \"Martin, Paul\" <paul@example.org>, anne@example.org\r\n" +
	"Cc: Équipe <team@example.org>\r\n" +
	"Subject: Re: =?iso-8859-1?Q?relev=E9_de?= =?iso-8859-1?Q?_compteur?=\r\n" +
	"Message-ID: <Two@Example.org>\r\n" +
	"In-Reply-To: <one@example.org>\r\n" +
	"References: <zero@example.org>\r\n <one@example.org>\r\n" +
	"MIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n" +
	"preamble\r\n" +
	"--b1\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n" +
	"--b2\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"Voil=C3=A0 le relev=\r\n=C3=A9.\r\n" +
	"--b2\r\nContent-Type: text/html\r\n\r\n<p>Voil&agrave;</p>\r\n--b2--\r\n" +
	"--b1\r\nContent-Type: application/pdf; name*=utf-8''relev%C3%A9.pdf\r\nContent-Disposition: attachment\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjcK\r\n--b1--\r\n"

func TestMessage(t *testing.T) {
	c, d, body := readOne(t, "a.eml", reply)
	if got := d.Time.Start.String(); got != "2024-01-02T10:00:00+01:00" {
		t.Errorf("time %s", got)
	}
	parties := []penates.Party{
		{Role: "from", Literal: "Zoé Lefèvre", Address: "zoe@example.org"},
		{Role: "to", Literal: "Martin, Paul", Address: "paul@example.org"},
		{Role: "to", Address: "anne@example.org"},
		{Role: "cc", Literal: "Équipe", Address: "team@example.org"},
	}
	if !slices.Equal(d.Parties, parties) {
		t.Errorf("parties %+v", d.Parties)
	}
	if d.Source.NativeID != "two@example.org" || d.Ref(penates.RefMessageID) != "two@example.org" {
		t.Errorf("id %q, refs %v", d.Source.NativeID, d.Refs)
	}
	if body.Subject != "Re: relevé de compteur" || d.Text != body.Subject {
		t.Errorf("subject %q, text %q", body.Subject, d.Text)
	}
	if body.Thread != "zero@example.org" || body.InReplyTo != "one@example.org" {
		t.Errorf("thread %q, in reply to %q", body.Thread, body.InReplyTo)
	}
	if body.Content != "Voilà le relevé." {
		t.Errorf("content %q", body.Content)
	}
	if body.From != "Zoé Lefèvre <zoe@example.org>" || body.To != "Martin, Paul <paul@example.org>, anne@example.org, Équipe <team@example.org>" {
		t.Errorf("from %q, to %q", body.From, body.To)
	}
	if len(body.Attachments) != 1 || body.Attachments[0].Name != "relevé.pdf" || body.Attachments[0].Size != 9 {
		t.Fatalf("attachments %+v", body.Attachments)
	}
	file := body.Attachments[0].File
	if string(c.Files[file]) != "%PDF-1.7\n" {
		t.Errorf("file %q", c.Files[file])
	}
	if !slices.Equal(c.Links, []penates.Link{{From: file, Rel: penates.PartOf, To: d.ID}}) {
		t.Errorf("links %+v", c.Links)
	}
}

func TestBroken(t *testing.T) {
	tests := []struct {
		name, raw        string
		subject, content string
		files            int
	}{
		{"bare line feeds", "Subject: a\n\nb\n", "a", "b", 0},
		{"bare carriage returns", "Subject: a\rFrom: b\r\rc\r", "a", "c", 0},
		{"no empty line", "Subject: a\nFrom: b@c\nbody begins here\nand goes on: so", "a", "body begins here\nand goes on: so", 0},
		{"junk within the header", "Subject: a\njunk\nFrom: b@c\n\nbody", "a", "body", 0},
		{"blank before the header", "\n Subject: a\nFrom: b@c\n\nbody", "a", "body", 0},
		{"never closed", "Subject: a\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\n\ntwo", "a", "one\n\ntwo", 0},
		{"boundary not declared", "Subject: a\nContent-Type: multipart/mixed\n\n--abcdef\nContent-Type: text/plain\n\none\n--abcdef--\n", "a", "one", 0},
		{"boundary never used", "Subject: a\nContent-Type: multipart/mixed; boundary=x\n\nwhat is this\n", "a", "what is this", 0},
		{"boundary is beginning of another", "Subject: a\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; boundary=xy\n\n--xy\n\none\n--xy--\n--x\n\ntwo\n--x--\n", "a", "one\n\ntwo", 0},
		{"latin-1 not declared", "Subject: caf\xe9 cr\xe8me\n\nd\xe9j\xe0 vu\n", "café crème", "déjà vu", 0},
		{"latin-1 that is utf-8", "Subject: a\nContent-Type: text/plain; charset=iso-8859-1\n\ndéjà vu\n", "a", "déjà vu", 0},
		{"character cut between words", "Subject: =?utf-8?B?w6k=?= =?utf-8?Q?t=C3?= =?utf-8?Q?=A9?=\n\n", "été", "", 0},
		{"word never closed", "Subject: =?utf-8?Q?abc\n\n", "=?utf-8?Q?abc", "", 0},
		{"utf-7", "Subject: a\nContent-Type: text/plain; charset=utf-7\n\nd+AOk-j+AOA- vu", "a", "déjà vu", 0},
		{"only html", "Subject: a\nContent-Type: text/html\n\n<head><title>no</title></head><style>p{}</style><p>Hello<br>you&nbsp;&eacute;<ul><li>one<li>two</ul>", "a", "Hello\nyou é\n\n- one\n- two", 0},
		{"html by its meta", "Subject: a\nContent-Type: text/html\n\n<meta charset=iso-8859-5><p>\xbf\xe0\xd8\xd2\xd5\xe2", "a", "Привет", 0},
		{"base64 with junk", "Subject: a\nContent-Transfer-Encoding: base64\n\naGVs\n bG8=\n!!\n", "a", "hello", 0},
		{"quoted-printable with junk", "Subject: a\nContent-Transfer-Encoding: quoted-printable\n\n1=2 =3D =\n= end=", "a", "1=2 = = end", 0},
		{"unknown encoding", "Subject: a\nContent-Transfer-Encoding: rot13\n\nuryyb", "a", "uryyb", 0},
		{"uuencoded", "Subject: a\n\nsee\nbegin 644 a.txt\n#86)C\n`\nend\nbye", "a", "see\nbye", 1},
		{"message within", "Subject: a\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\nSubject: inner\n\nb\n--x--\n", "a", "", 1},
		{"text file", "Subject: a\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhi\n--x\nContent-Type: text/csv; name=\"a;b.csv\"\n\n1\n--x--\n", "a", "hi", 1},
		{"attachment only", "Subject: a\nContent-Type: image/png; name=x.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n", "a", "", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, body := readOne(t, "a.eml", test.raw)
			if body.Subject != test.subject || body.Content != test.content || len(body.Attachments) != test.files {
				t.Errorf("subject %q, content %q, attachments %+v; want %q, %q, %d", body.Subject, body.Content, body.Attachments, test.subject, test.content, test.files)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct{ field, want string }{
		{"a@x.org", "|a@x.org"},
		{"A B <a@X.org>", "A B|a@x.org"},
		{"a@x.org (A B)", "A B|a@x.org"},
		{"Doe, John <j@x.org>, k@x.org", "Doe, John|j@x.org |k@x.org"},
		{`"Doe, \"J\"" <j@x.org>`, `Doe, "J"|j@x.org`},
		{"a@x.org; b@x.org;", "|a@x.org |b@x.org"},
		{"Team: a@x.org, B <b@x.org>;, c@x.org", "|a@x.org B|b@x.org |c@x.org"},
		{"undisclosed-recipients:;", "undisclosed-recipients|"},
		{"<@relay,@other:a@x.org>", "|a@x.org"},
		{"<mailto:a@x.org>", "|a@x.org"},
		{"'a@x.org' <a@x.org>", "|a@x.org"},
		{"=?utf-8?Q?L=C3=A9a,_X?= <l@x.org>", "Léa, X|l@x.org"},
		{`"=?utf-8?B?TMOpYQ==?=" <l@x.org>`, "Léa|l@x.org"},
		{"A <a@x.org", "A|a@x.org"},
		{`"A <a@x.org>`, "A|a@x.org"},
		{"A (the (real) one) <a@x.org>", "A|a@x.org"},
		{"a b c", "a b c|"},
		{"", ""},
		{",;<>()", ""},
	}
	for _, test := range tests {
		_, d, _ := readOne(t, "a.eml", "Subject: s\nTo: "+test.field+"\n\n")
		var got []string
		for _, p := range d.Parties {
			got = append(got, p.Literal+"|"+p.Address)
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%q: %q, want %q", test.field, s, test.want)
		}
	}
}

func TestDates(t *testing.T) {
	tests := []struct{ field, want string }{
		{"Tue, 2 Jan 2024 10:00:00 +0100", "2024-01-02T10:00:00+01:00"},
		{"2 Jan 2024 10:00 GMT", "2024-01-02T10:00:00Z"},
		{"Tue, 2 Jan 24 10:00:00 EST", "2024-01-02T10:00:00-05:00"},
		{"Tue Jan  2 10:00:00 2024", "2024-01-02T10:00:00Z"},
		{"Tue Jan 02 10:00:00 CET 2024", "2024-01-02T10:00:00+01:00"},
		{"Tue, 02-Jan-2024 10:00:00 -0000", "2024-01-02T10:00:00Z"},
		{"Tue, 2 January 2024 10:00:00 PM +02:00", "2024-01-02T22:00:00+02:00"},
		{"2024-01-02T10:00:00+01:00", "2024-01-02T10:00:00+01:00"},
		{"Tue, 2 Jan 2024 10:00:00 +0100 (heure normale)", "2024-01-02T10:00:00+01:00"},
		{"Tue, 2 Jan 104 10:00:00 Z", "2004-01-02T10:00:00Z"},
		{"31 Feb 2024 10:00:00 +0000", ""},
		{"2 Jan 9024 10:00:00 +0000", ""},
		{"2 Jan 2024 25:00:00 +0000", ""},
		{"yesterday", ""},
		{"", ""},
	}
	for _, test := range tests {
		_, d, _ := readOne(t, "a.eml", "Subject: s\nDate: "+test.field+"\n\n")
		if got := d.Time.Start.String(); got != test.want {
			t.Errorf("%q: %q, want %q", test.field, got, test.want)
		}
	}
	_, d, _ := readOne(t, "a.eml", "Received: by x; Tue, 2 Jan 2024 10:00:00 +0100\nDate: ?\nSubject: s\n\n")
	if got := d.Time.Start.String(); got != "2024-01-02T10:00:00+01:00" {
		t.Errorf("by Received: %q", got)
	}
}

// A message without Message-ID has an id made of what it says, which line ends
// and the fields servers add do not change.
func TestNativeID(t *testing.T) {
	base := "From: a@x\nSubject: s\n\nbody\nmore\n"
	_, first, _ := readOne(t, "a.eml", base)
	_, served, _ := readOne(t, "b.eml", "Received: by x; Tue, 2 Jan 2024 10:00:00 +0100\n"+strings.ReplaceAll(base, "\n", "\r\n"))
	_, other, _ := readOne(t, "c.eml", base+"else")
	if first.ID != served.ID || first.ID == other.ID {
		t.Errorf("ids %s, %s, %s", first.ID, served.ID, other.ID)
	}
}

func TestMaildir(t *testing.T) {
	tests := []struct{ path, folder, flags string }{
		{"Maildir/cur/1700000000.M1P2.host:2,FS", "INBOX", "seen flagged"},
		{"Maildir/.Travail.2024/cur/1700000000.M1P2.host,S=12:2,RS", "Travail/2024", "seen answered"},
		{"Maildir/.Envoy&AOk-s/new/1700000000.M1P2.host", "Envoyés", ""},
		{"Maildir/cur/1700000000.M1P2.host;2,DPT", "INBOX", "forwarded draft deleted"},
	}
	for _, test := range tests {
		_, d, body := readOne(t, test.path, "no header at all")
		if body.Folder != test.folder || body.Flags != test.flags || body.Content != "no header at all" {
			t.Errorf("%s: folder %q, flags %q, content %q", test.path, body.Folder, body.Flags, body.Content)
		}
		if got := d.Time.Start.String(); got != "2023-11-14T22:13:20Z" {
			t.Errorf("%s: time %q", test.path, got)
		}
	}
}

func TestNoMail(t *testing.T) {
	for _, raw := range []string{"", "hello", "// no mail", "{\"a\": 1}", "key: value\n\ntext", "BEGIN:VCARD\nFN:x\nEND:VCARD\n", "HTTP/1.1 200 OK\nDate: x\n"} {
		if n := mail.EML.Recognise(importertest.File("a.txt", []byte(raw)).Head); n != 0 && !strings.HasPrefix(raw, "HTTP") {
			t.Errorf("%q: recognised with %d", raw, n)
		}
		if _, err := importertest.Read(mail.EML, "a.txt", []byte(raw)); !errors.Is(err, penates.Invalid) && !strings.HasPrefix(raw, "HTTP") {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

// Deep and wide messages end.
func TestLimits(t *testing.T) {
	var deep strings.Builder
	deep.WriteString("Subject: deep\n")
	for i := range 2000 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	wide := "Subject: wide\nContent-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x\nContent-Type: image/png\n\na\n", 5000)
	folds := "Subject: folded\nTo: a@x" + strings.Repeat("\n  ,a@x", 300_000) + "\n\nbody"
	words := "Subject: " + strings.Repeat("=?a?q?", 200_000) + "\n\n"
	dashes := "Subject: dashes\nContent-Type: multipart/mixed\n\n" + strings.Repeat("--abcdefg1\n--abcdefg2\n", 5000)
	fields := strings.Repeat("Subject: many\n", 50_000) + "\nbody"
	for _, raw := range []string{deep.String(), wide, fields, folds, words, dashes, "Subject: long " + strings.Repeat("=?utf-8?Q?a?= ", 100_000) + "\n\n"} {
		_, d, body := readOne(t, "a.eml", raw)
		if len(d.Parties) > 3000 || len(body.Attachments) > 1000 || len(body.Subject) > 4<<10 {
			t.Errorf("%d attachments, subject of %d bytes", len(body.Attachments), len(body.Subject))
		}
	}
	_, _, body := readOne(t, "a.eml", "Subject: s\n\n"+strings.Repeat("é", 1<<20))
	if len(body.Content) > 1<<20 || !strings.HasSuffix(body.Content, "é") {
		t.Errorf("content of %d bytes", len(body.Content))
	}
}

func FuzzEML(f *testing.F) {
	f.Add([]byte(reply))
	f.Add([]byte("Subject: =?iso-2022-jp?B?GyRCJCIbKEI=?=\nTo: \"a\\\" <b@c>, (d) g:;\nDate: 1 Jan 70 1:2 PDT\n\n<p>x"))
	f.Add([]byte("Content-Type: multipart/digest; boundary*0=a; boundary*1*='' b\n\n--a\n\nbegin 644 x\n#86)C\nend"))
	f.Add([]byte("Content-Type: text/html;charset=utf-7\n\n<style><!--<img alt='a b'>+AOk"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file := importertest.File("a.eml", raw)
		mail.EML.Recognise(file.Head)
		c, err := importertest.Read(mail.EML, "a.eml", raw)
		if err != nil {
			if !errors.Is(err, penates.Invalid) {
				t.Fatal(err)
			}
			return
		}
		again, _ := importertest.Read(mail.EML, "a.eml", raw)
		if len(c.OfType(penates.Messages)) != 1 || c.Documents[0].ID != again.Documents[0].ID {
			t.Fatal("not one message, or another id the second time")
		}
	})
}
