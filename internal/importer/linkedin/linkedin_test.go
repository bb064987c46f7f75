package linkedin_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/linkedin"
	"penates/internal/schema"
)

const connections = "Notes:\n\"When exporting your connection data, you may notice that some of the email addresses are missing.\"\n\n" +
	"First Name,Last Name,URL,Email Address,Company,Position,Connected On\n" +
	"Zoé,Martin,https://www.linkedin.com/in/zoe,Zoe@example.org,\"Boulangerie, Lyon\",Boulangère,15 Mar 2019\n" +
	"Max,Noir,,,,,04 Dec 2012\nMax,Noir,,,,,04 Dec 2012\n,,,,,,05 Dec 2012\nEve,X,,,,,soon\n"

const messages = "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER,ATTACHMENTS\n" +
	"2-abc,,Zoé Martin,https://x.test/zoe,\"Max Noir,Eve X\",,2026-03-14 10:30:15 UTC,Bonjour,\"<p>Salut,</p><p>ça va ?</p>\",INBOX,\n" +
	"2-abc,,Max Noir,,Zoé Martin,,2026-03-14 10:31:15 UTC,,\"oui\nbien\",INBOX,https://x.test/a.pdf\n"

func read(t *testing.T, name, text string) *importertest.Collector {
	t.Helper()
	if sure := linkedin.Format.Recognise(importertest.File(name, []byte(text)).Head); sure < 70 {
		t.Errorf("%s: recognised with %d", name, sure)
	}
	c, err := importertest.Read(linkedin.Format, name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConnections(t *testing.T) {
	c := read(t, "Connections.csv", connections)
	if len(c.Documents) != 3 || len(c.Refusals) != 2 || c.Repeated > 0 || c.Refusals[1].Line != 9 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	d, b := c.Documents[0], c.Bodies[0].(schema.Contact)
	if d.Text != "Zoé Martin" || d.Ref(penates.RefEmail) != "zoe@example.org" || b.Company != "Boulangerie, Lyon" || b.JobTitle != "Boulangère" || d.Time.Start.String() != "2019-03-15" ||
		d.Source.NativeID != "connections/https://www.linkedin.com/in/zoe" {
		t.Errorf("%+v %+v", d, b)
	}
}

func TestMessages(t *testing.T) {
	c := read(t, "messages.csv", messages)
	if len(c.Documents) != 2 || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	d, b := c.Documents[0], c.Bodies[0].(schema.Message)
	if b.Content != "Salut,\nça va ?" || b.From != "Zoé Martin" || b.To != "Max Noir, Eve X" || b.Thread != "2-abc" || d.Time.Start.String() != "2026-03-14T10:30:15Z" || d.Text != "Zoé Martin: Bonjour" {
		t.Errorf("%+v %+v", d, b)
	}
	if b := c.Bodies[1].(schema.Message); b.Content != "oui\nbien" || len(b.Attachments) != 1 {
		t.Errorf("%+v", b)
	}
}

func TestTables(t *testing.T) {
	for _, tt := range []struct{ name, text, want, start string }{
		{"Reactions.csv", "Date,Type,Link\n2026-03-14 10:30:15,LIKE,https://x.test/p\n", "penates.activities reacted: LIKE", "2026-03-14T10:30:15Z"},
		{"Comments.csv", "Date,Link,Message\n2026-03-14 10:30:15,https://x.test/p,bravo\n", "penates.messages bravo https://x.test/p", "2026-03-14T10:30:15Z"},
		{"Invitations.csv", "From,To,Sent At,Message,Direction\nZoé,Max,\"3/14/26, 10:30 AM\",,INCOMING\n", "penates.activities invited: Zoé, Max", "2026-03-14T10:30:00Z"},
		{"Positions.csv", "Company Name,Title,Description,Location,Started On,Finished On\nPain,Boulanger,,Lyon,Mar 2019,2021\n", "penates.records LinkedIn positions: Boulanger, Pain", "2019-03-01"},
		{"Skills.csv", "Name\nPain\n", "penates.records LinkedIn skills: Pain", ""},
		{"Profile.csv", "First Name,Last Name,Maiden Name,Address,Birth Date,Headline,Summary,Industry,Zip Code\nZoé,Martin,Noir,Lyon,,,,,69001\n", "io.cozy.identities Zoé Martin, LinkedIn", ""},
		{"ImportedContacts.csv", "Source,FirstName,LastName,Companies,Title,Emails,PhoneNumbers,CreatedAt\nx,,,,,Zoe@example.org,06 12 34 56 78,\n", "io.cozy.contacts zoe@example.org", ""},
		{"Logins.csv", "Login Date,IP Address,User Agent,Login Type\nSat Mar 14 10:30:15 UTC 2026,192.0.2.1,x,y\n", "penates.activities logged in: 192.0.2.1", "2026-03-14T10:30:15Z"},
	} {
		c := read(t, tt.name, tt.text)
		if len(c.Documents) != 1 || len(c.Refusals) > 0 {
			t.Errorf("%s: %d documents, refused %v", tt.name, len(c.Documents), c.Refusals)
			continue
		}
		if d := c.Documents[0]; string(d.Type)+" "+d.Text != tt.want || d.Time.Start.String() != tt.start {
			t.Errorf("%s: %s %q at %s", tt.name, d.Type, d.Text, d.Time.Start)
		}
	}
}

var counted = regexp.MustCompile(`([A-Za-z_]+\.csv):? (\d+)`)

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	_, rest, _ := strings.Cut(string(manifest), "\ntakeout/hestia/linkedin.zip\t")
	line, _, _ := strings.Cut(rest, "\n")
	want := map[string]int{}
	for _, m := range counted.FindAllStringSubmatch(line, -1) {
		want[m[1]], _ = strconv.Atoi(m[2])
	}
	content, _ := importertest.Corpus(t, "takeout/hestia/linkedin.zip")
	for name, file := range importertest.Members(t, content) {
		c := read(t, name, string(file))
		if n, ok := want[path.Base(name)]; !ok || len(c.Documents) != n || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Errorf("%s: %d documents, want %d; %d repeated, refused %v", name, len(c.Documents), n, c.Repeated, c.Refusals)
		}
		t.Log(name, c.Documents[0].Type, c.Documents[0].Text)
	}
}

func TestNotMine(t *testing.T) {
	for _, text := range []string{"", "Date,Label,Amount\n", "Name\nx\n", "Date;Type;Link\n", "{\"a\": 1}", "Title,Date\n"} {
		if sure := linkedin.Format.Recognise(importer.Head{Name: "x.csv", Bytes: []byte(text)}); sure > 0 {
			t.Errorf("%q: recognised with %d", text, sure)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(connections))
	f.Add([]byte(messages))
	f.Add([]byte("Date,Type,Link\n\"2026-03-14 10:30:15,LIKE"))
	f.Fuzz(func(t *testing.T, content []byte) {
		linkedin.Format.Recognise(importertest.File("x", content).Head)
		if _, err := importertest.Read(linkedin.Format, "x", content); err != nil && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) && !errors.Is(err, importer.ErrNotMine) {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	s.WriteString("First Name,Last Name,Email Address,Company,Position,Connected On\n")
	for i := range 20_000 {
		fmt.Fprintf(&s, "Given%d,Family,given%d@example.org,\"Some, Company\",Baker,15 Mar 2019\n", i, i)
	}
	content := []byte(s.String())
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c := &importertest.Collector{Connector: "linkedin"}
		if err := linkedin.Format.Read(context.Background(), importertest.File("x", content), c); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
