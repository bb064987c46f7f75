package smsbackup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/smsbackup"
	"penates/internal/schema"
)

const header = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<?xml-stylesheet type=\"text/xsl\" href=\"sms.xsl\"?>\n"

const messages = header + `<smses count="5" backup_set="a" backup_date="1773480600000" type="full">
  <sms protocol="0" address="06 12 34 56 78" date="1773480600000" type="1" subject="null" body="Bonjour &#55357;&#56832; &amp; à ce soir&#10;14h &#0;" toa="null" read="1" status="-1" contact_name="Zoé Martin" />
  <sms protocol="0" address="+33612345678" date="1773480660000" type="2" subject="null" body="ok" read="1" contact_name="Zoé Martin" />
  <sms protocol="0" address="SFR" date="1773480720000" type="1" body="Facture" read="0" contact_name="(Unknown)" />
  <sms protocol="0" address="SFR" date="0" type="1" body="x" />
  <mms date="1773480780000" msg_box="1" address="+33612345678" m_type="132" sub="null" contact_name="Zoé Martin">
    <parts>
      <part seq="-1" ct="application/smil" name="null" cl="smil.xml" text="&lt;smil/&gt;" />
      <part seq="0" ct="image/jpeg" name="photo.jpg" cl="photo.jpg" data="aGVsbG8=" />
      <part seq="0" ct="text/plain" text="la photo &#x1F600;" />
    </parts>
    <addrs><addr address="+33612345678" type="137" charset="106" /><addr address="insert-address-token" type="151" charset="106" /></addrs>
  </mms>
  <mms date="1773480840" msg_box="1" address="+33612345678~+33698765432" contact_name="Zoé Martin, Max"><parts><part ct="text/plain" text="à tous" /></parts>
    <addrs><addr address="+33698765432" type="137" /></addrs></mms>
</smses>
`

const calls = header + `<calls count="4">
  <call number="0612345678" duration="65" date="1773480600000" type="1" presentation="1" contact_name="Zoé Martin" />
  <call number="+33612345678" duration="0" date="1773480700000" type="3" presentation="1" contact_name="Zoé Martin" />
  <call number="" duration="0" date="1773480800000" type="2" presentation="2" contact_name="null" />
  <call number="1" duration="0" date="1773480800000" type="99" />
</calls>`

func read(t *testing.T, text string) *importertest.Collector {
	t.Helper()
	if sure := smsbackup.Format.Recognise(importertest.File("x.xml", []byte(text)).Head); sure < 90 {
		t.Errorf("recognised with %d", sure)
	}
	c, err := importertest.Read(smsbackup.Format, "x.xml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMessages(t *testing.T) {
	c := read(t, messages)
	if len(c.Documents) != 6 || len(c.OfType(penates.Messages)) != 5 || len(c.Refusals) != 1 || c.Refusals[0].Line != 7 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	d, b := c.Documents[0], c.Bodies[0].(schema.Message)
	if b.Content != "Bonjour 😀 & à ce soir\n14h" || b.Thread != "Zoé Martin" || b.Folder != "inbox" || d.Party("from").Address != "+33612345678" ||
		d.Time.Start.String() != "2026-03-14T10:30:00+01:00" {
		t.Errorf("%+v %+v", d, b)
	}
	if d := c.Documents[1]; d.Party("to").Address != "+33612345678" || d.Party("from").Literal != "" {
		t.Errorf("%+v", d)
	}
	if d := c.Documents[2]; d.Party("from").Literal != "SFR" || d.Party("from").Address != "" {
		t.Errorf("%+v", d)
	}
	file, mms := c.Documents[3], c.Documents[4]
	b = c.Bodies[4].(schema.Message)
	if string(c.Files[file.ID]) != "hello" || b.Attachments[0].File != file.ID || b.Content != "la photo 😀" || len(c.Links) != 1 || c.Links[0].To != mms.ID || c.Links[0].From != file.ID {
		t.Errorf("%+v %+v %v", file, b, c.Links)
	}
	if d := c.Documents[5]; d.Party("from").Literal != "Max" || d.Party("to").Literal != "Zoé Martin" || c.Bodies[5].(schema.Message).Thread != "Zoé Martin, Max" ||
		d.Time.Start.String() != "2026-03-14T10:34:00+01:00" {
		t.Errorf("%+v", d)
	}
}

func TestCalls(t *testing.T) {
	c := read(t, calls)
	if len(c.Documents) != 3 || len(c.Refusals) != 1 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	d, b := c.Documents[0], c.Bodies[0].(schema.Call)
	if b != (schema.Call{Direction: "in", Number: "+33612345678", Kind: "voice", Seconds: 65}) || d.Time.End.String() != "2026-03-14T10:31:05+01:00" || d.Text != "Call in: Zoé Martin" {
		t.Errorf("%+v %+v", d, b)
	}
	if b := c.Bodies[1].(schema.Call); b.Direction != "missed" {
		t.Errorf("%+v", b)
	}
	if b := c.Bodies[2].(schema.Call); b.Direction != "out" || b.Number != "" {
		t.Errorf("%+v", b)
	}
}

// What a backup says of a number in one writing or another is the same message.
func TestAgain(t *testing.T) {
	a, b := read(t, messages), read(t, strings.ReplaceAll(messages, `"06 12 34 56 78"`, `"+33612345678"`))
	for i := range a.Documents {
		if a.Documents[i].ID != b.Documents[i].ID {
			t.Errorf("%s has another id", a.Documents[i].Text)
		}
	}
}

// The bytes come in pieces of any size.
func TestPieces(t *testing.T) {
	f := importertest.File("x.xml", []byte(messages))
	f.Open = func() (io.ReadCloser, error) {
		return io.NopCloser(iotest.OneByteReader(strings.NewReader(messages))), nil
	}
	c := &importertest.Collector{Connector: smsbackup.Format.Name}
	if err := smsbackup.Format.Read(context.Background(), f, c); err != nil || len(c.Documents) != 6 || c.Documents[0].Text != read(t, messages).Documents[0].Text {
		t.Errorf("%d documents, %v", len(c.Documents), err)
	}
}

func TestCut(t *testing.T) {
	c, err := importertest.Read(smsbackup.Format, "x.xml", []byte(messages[:len(messages)/2]))
	if !errors.Is(err, penates.Invalid) || len(c.Documents) != 3 {
		t.Errorf("%d documents, %v", len(c.Documents), err)
	}
}

func TestNotMine(t *testing.T) {
	for _, text := range []string{"", "smses", "<html><body>calls</body></html>", `<feed><call/></feed>`, `{"calls": []}`} {
		if sure := smsbackup.Format.Recognise(importer.Head{Bytes: []byte(text)}); sure > 0 {
			t.Errorf("%s: recognised with %d", text, sure)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(messages))
	f.Add([]byte(calls))
	f.Add([]byte(`<?xml version="9"?><smses/>`))
	f.Add([]byte(`<smses><sms date="1773480600000" body="&#55357;&#5;&#xD800;&#" /></smses>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		smsbackup.Format.Recognise(importertest.File("x", content).Head)
		if _, err := importertest.Read(smsbackup.Format, "x", content); err != nil && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	s.WriteString(header + "<smses>")
	for i := range 20_000 {
		fmt.Fprintf(&s, `<sms protocol="0" address="+3361234%04d" date="%d" type="1" subject="null" body="some words of a message, and a few more" toa="null" sc_toa="null" service_center="null" read="1" status="-1" locked="0" readable_date="14 mars 2026" contact_name="Max" />`+"\n", i%1000, 1773480600000+i*1000)
	}
	content := []byte(s.String() + "</smses>")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c := &importertest.Collector{Connector: "smsbackup"}
		if err := smsbackup.Format.Read(context.Background(), importertest.File("x", content), c); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
