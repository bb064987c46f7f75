package whatsapp_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/whatsapp"
	"penates/internal/schema"
)

func read(t *testing.T, name, chat string) *importertest.Collector {
	t.Helper()
	c, err := importertest.Read(whatsapp.Format, name, []byte(chat))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func times(c *importertest.Collector) (at []string) {
	for _, d := range c.Documents {
		at = append(at, d.Time.Start.Time().Format("2006-01-02 15:04:05"))
	}
	return at
}

// Every language has stamps of its own; each chat here is two messages.
func TestStamps(t *testing.T) {
	for _, tt := range []struct{ name, chat, first, second string }{
		{"iPhone, France", "[14/03/2026 10:30:12] Zoé: a\n[02/04/2026 22:01:00] Max: b", "2026-03-14 10:30:12", "2026-04-02 22:01:00"},
		{"iPhone, United States", "[3/14/26, 10:30:12\u202fAM] Zoé: a\n[4/2/26, 10:01:00\u202fPM] Max: b", "2026-03-14 10:30:12", "2026-04-02 22:01:00"},
		{"iPhone, Germany", "[14.03.26, 10:30:12] Zoé: a\n[02.04.26, 22:01:00] Max: b", "2026-03-14 10:30:12", "2026-04-02 22:01:00"},
		{"iPhone, Finland", "[14.3.2026 klo 10.30.12] Zoé: a\n[2.4.2026 klo 22.01.00] Max: b", "2026-03-14 10:30:12", "2026-04-02 22:01:00"},
		{"iPhone, Sweden", "[2026-03-14, 10:30:12] Zoé: a\n[2026-04-02, 22:01:00] Max: b", "2026-03-14 10:30:12", "2026-04-02 22:01:00"},
		{"iPhone, Korea", "[2026. 3. 14. 오전 10:30:12] Zoé: a\n[2026. 4. 2. 오후 10:01:00] Max: b", "2026-03-14 10:30:12", "2026-04-02 22:01:00"},
		{"iPhone, China", "[2026/3/14 上午10:30:12] Zoé: a\n[2026/4/2 下午10:01:00] Max: b", "2026-03-14 10:30:12", "2026-04-02 22:01:00"},
		{"iPhone, Thailand", "[14/3/2569 10:30:12] Zoé: a\n[2/4/2569 22:01:00] Max: b", "2026-03-14 10:30:12", "2026-04-02 22:01:00"},
		{"Android, France", "14/03/2026, 10:30 - Zoé: a\n02/04/2026, 22:01 - Max: b", "2026-03-14 10:30:00", "2026-04-02 22:01:00"},
		{"Android, France, earlier", "14/03/2026 à 10:30 - Zoé: a\n02/04/2026 à 22:01 - Max: b", "2026-03-14 10:30:00", "2026-04-02 22:01:00"},
		{"Android, United States", "3/14/26, 10:30 AM - Zoé: a\n4/2/26, 10:01 PM - Max: b", "2026-03-14 10:30:00", "2026-04-02 22:01:00"},
		{"Android, Spain", "14/3/26, 10:30\u00a0a.\u00a0m. - Zoé: a\n2/4/26, 10:01\u00a0p.\u00a0m. - Max: b", "2026-03-14 10:30:00", "2026-04-02 22:01:00"},
		{"Android, Germany", "14.03.26, 10:30 - Zoé: a\n02.04.26, 22:01 - Max: b", "2026-03-14 10:30:00", "2026-04-02 22:01:00"},
		{"Android, Netherlands", "14-03-2026 10:30 - Zoé: a\n02-04-2026 22:01 - Max: b", "2026-03-14 10:30:00", "2026-04-02 22:01:00"},
		{"Android, Hungary", "2026. 03. 14. 10:30 - Zoé: a\n2026. 04. 02. 22:01 - Max: b", "2026-03-14 10:30:00", "2026-04-02 22:01:00"},
		{"Android, Egypt", "١٤/٣/٢٠٢٦، ١٠:٣٠ ص - Zoé: a\n٢/٤/٢٠٢٦، ١٠:٠١ م - Max: b", "2026-03-14 10:30:00", "2026-04-02 22:01:00"},
		{"two digits first", "26/03/14, 10:30 - Zoé: a\n26/04/02, 22:01 - Max: b", "2026-03-14 10:30:00", "2026-04-02 22:01:00"},
		{"days that go forward", "03/04/2026, 10:30 - Zoé: a\n04/02/2026, 22:01 - Max: b\n", "2026-03-04 10:30:00", "2026-04-02 22:01:00"},
		{"midnight and noon", "3/14/26, 12:30 AM - Zoé: a\n3/14/26, 12:30 PM - Max: b", "2026-03-14 00:30:00", "2026-03-14 12:30:00"},
	} {
		if sure := whatsapp.Format.Recognise(importertest.File("x.txt", []byte(tt.chat)).Head); sure < 50 {
			t.Errorf("%s: recognised with %d", tt.name, sure)
		}
		c := read(t, "x.txt", tt.chat)
		if got := times(c); len(c.Refusals) > 0 || !slices.Equal(got, []string{tt.first, tt.second}) {
			t.Errorf("%s: %v, refused %v", tt.name, got, c.Refusals)
			continue
		}
		if a, b := c.Documents[0], c.Documents[1]; a.Party("from").Literal != "Zoé" || a.Text != "Zoé: a" || b.Text != "Max: b" {
			t.Errorf("%s: %q and %q", tt.name, a.Text, b.Text)
		}
	}
}

const android = "14/03/2026, 10:30 - Les messages et les appels sont chiffrés de bout en bout.\n" +
	"14/03/2026, 10:31 - Zoé Martin: Bonjour\net à ce soir :\n14h ?\n" +
	"14/03/2026, 10:32 - +33 6 12 34 56 78: \u200eIMG-20260314-WA0001.jpg (fichier joint)\nla photo\n" +
	"14/03/2026, 10:33 - Max: rapport.pdf (fichier joint)\n" +
	"14/03/2026, 10:33 - Max: ok\n14/03/2026, 10:33 - Max: ok\n" +
	"14/03/2026, 10:34 - Max a nommé le groupe « Amis : 2026 »\n" +
	"14/03/2026, 10:35 - Max: position: https://maps.google.com/?q=48.85,2.35\n"

func TestChat(t *testing.T) {
	c := read(t, "dossier/Discussion WhatsApp avec Zoé Martin (1).txt", android)
	if len(c.Documents) != 8 || len(c.Refusals) > 0 || c.Repeated > 0 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	body := func(i int) schema.Message { return c.Bodies[i].(schema.Message) }
	if b := body(0); b.Flags != "service" || b.From != "" || b.Thread != "Zoé Martin" {
		t.Errorf("%+v", b)
	}
	if b := body(1); b.Content != "Bonjour\net à ce soir :\n14h ?" || b.From != "Zoé Martin" || b.To != "+33 6 12 34 56 78, Max" {
		t.Errorf("%+v", b)
	}
	d := c.Documents[2]
	if b := body(2); d.Party("from").Address != "+33612345678" || b.Content != "la photo" || d.Source.Locator != "line=5-6" ||
		len(b.Attachments) != 1 || b.Attachments[0] != (schema.Attachment{Name: "IMG-20260314-WA0001.jpg", Path: "IMG-20260314-WA0001.jpg"}) {
		t.Errorf("%+v %+v", d, b)
	}
	if b := body(3); len(b.Attachments) != 1 || b.Attachments[0].Name != "rapport.pdf" || b.Content != "" {
		t.Errorf("%+v", b)
	}
	if b := body(6); b.Flags != "service" {
		t.Errorf("%+v", b)
	}
	if p := c.Documents[7].Place; p == nil || p.Lat != 48.85 || p.Lon != 2.35 {
		t.Errorf("place %+v", p)
	}
}

// A file of an iPhone names its attachment in angle brackets, in its language.
func TestAttachedOnIPhone(t *testing.T) {
	for _, word := range []string{"attached: ", "pièce jointe\u00a0: ", "Anhang: ", "adjunto: ", "allegato: "} {
		c := read(t, "WhatsApp Chat - Max.zip/_chat.txt", "\u200e[14/03/2026, 10:30:12] Max: voilà \u200e<"+word+"00000012-PHOTO-2026.jpg>\r\n")
		b := c.Bodies[0].(schema.Message)
		if b.Content != "voilà" || len(b.Attachments) != 1 || b.Attachments[0].Path != "00000012-PHOTO-2026.jpg" || b.Thread != "Max" {
			t.Errorf("%s: %+v", word, b)
		}
	}
}

// A longer export of a chat gives the same ids, whatever the file lies in.
func TestLonger(t *testing.T) {
	a := read(t, "Discussion WhatsApp avec Zoé.txt", android)
	b := read(t, "later.zip/Discussion WhatsApp avec Zoé (2).txt", "13/03/2026, 08:00 - Zoé Martin: avant\n"+android+"15/03/2026, 08:00 - Eve: après\n")
	ids := map[penates.DocumentID]bool{}
	for _, d := range b.Documents {
		ids[d.ID] = true
	}
	for _, d := range a.Documents {
		if !ids[d.ID] {
			t.Errorf("%s has another id", d.Text)
		}
	}
	if len(ids) != len(a.Documents)+2 {
		t.Errorf("%d ids", len(ids))
	}
}

func TestBadStamps(t *testing.T) {
	c := read(t, "x.txt", "before\n14/03/2026, 10:30 - Max: a\n31/02/2026, 10:30 - Max: b\n15/03/2026, 25:30 - Max: c\n16/03/2026, 10:30 - Max: d\n")
	if len(c.Documents) != 2 || len(c.Refusals) != 3 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	for i, want := range []int{1, 3, 4} {
		if c.Refusals[i].Line != want {
			t.Errorf("refused line %d, want %d", c.Refusals[i].Line, want)
		}
	}
}

func TestNotChats(t *testing.T) {
	for _, text := range []string{
		"", "hello", "[1] a footnote: b", "2026-03-14 10:30:12 - INFO starting: ok\n2026-03-14 10:30:13 - INFO done: ok", "14/03/2026;12,50;shop",
		"[2026-03-14 10:30] nobody speaks here", "BEGIN:VCARD\n", `{"a": 1}`,
	} {
		if sure := whatsapp.Format.Recognise(importer.Head{Name: "x.txt", Bytes: []byte(text)}); sure > 60 {
			t.Errorf("%q: recognised with %d", text, sure)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(android))
	f.Add([]byte("[3/14/26, 10:30:12\u202fAM] Zoé: a\n\u200e[4/2/26, 10:01:00 PM] Max: \u200e<attached: a.jpg>"))
	f.Add([]byte("[2026. 3. 14. 오전 10:30:12] a: b"))
	f.Fuzz(func(t *testing.T, content []byte) {
		whatsapp.Format.Recognise(importertest.File("x", content).Head)
		if _, err := importertest.Read(whatsapp.Format, "x", content); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var chat strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&chat, "%02d/03/2026, %02d:%02d - Person %d: message number %d of the chat, with some words more\n", 1+i/1000, i/60%24, i%60, i%5, i)
	}
	content := []byte(chat.String())
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c := &importertest.Collector{Connector: "whatsapp"}
		if err := whatsapp.Format.Read(context.Background(), importertest.File("x", content), c); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
