package demo_test

import (
	"bytes"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-vcard"
	"github.com/jhillyerd/enmime/v2"

	"penates/internal/demo"
)

// splitMbox cuts a mailbox at its "From " lines and takes one ">" off quoted ones.
func splitMbox(t testing.TB, box []byte) (messages [][]byte) {
	t.Helper()
	var m *bytes.Buffer
	for line := range bytes.Lines(box) {
		switch {
		case bytes.HasPrefix(line, []byte("From ")):
			if m != nil {
				messages = append(messages, m.Bytes())
			}
			m = &bytes.Buffer{}
		case m == nil:
			t.Fatalf("the mailbox begins with %q", line)
		case bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")):
			m.Write(line[1:])
		default:
			m.Write(line)
		}
	}
	return append(messages, m.Bytes())
}

func TestMailbox(t *testing.T) {
	h := household(t, 1, lastDay)
	f := h.Facts()
	known := contactAddresses(t, h)
	messages := splitMbox(t, file(t, h, ".mbox"))
	if len(messages) != f.Messages {
		t.Errorf("%d messages, want %d", len(messages), f.Messages)
	}
	// Charsets are taken as declared: the library's guess is wrong on short French texts.
	parser := enmime.NewParser(enmime.DisableCharacterDetection(true))
	ids, attachments, threads := map[string]bool{}, 0, 0
	var last time.Time
	for n, raw := range messages {
		e, err := parser.ReadEnvelope(bytes.NewReader(raw))
		if err != nil || len(e.Errors) > 0 {
			t.Fatalf("message %d: %v %v", n, err, e.Errors)
		}
		date, err := mail.ParseDate(e.GetHeader("Date"))
		if err != nil || date.Before(last) || date.Before(h.First.Add(-time.Hour)) || date.After(h.Last.Add(24*time.Hour)) {
			t.Errorf("message %d: date %q after %v", n, e.GetHeader("Date"), last)
		}
		last = date
		id := e.GetHeader("Message-ID")
		if ids[id] {
			t.Errorf("two messages %s", id)
		}
		ids[id] = true
		if answers := e.GetHeader("In-Reply-To"); answers == "" {
			threads++
		} else if !ids[answers] || !strings.Contains(e.GetHeader("References"), answers) {
			t.Errorf("%s answers %s, which did not come before", id, answers)
		}
		if e.GetHeader("Subject") == "" || len(e.Text) < 20 || strings.ContainsAny(e.Text, "{}�Ã") {
			t.Errorf("%s: subject %q, text %q", id, e.GetHeader("Subject"), e.Text)
		}
		for _, header := range []string{"From", "To", "Cc"} {
			checkAddresses(t, e, header, known)
		}
		attachments += len(e.Attachments)
		for _, a := range e.Attachments {
			if !bytes.HasPrefix(a.Content, []byte("%PDF-")) {
				t.Errorf("%s: attachment %s is no PDF", id, a.FileName)
			}
		}
	}
	if attachments != f.Attachments || threads != f.Threads {
		t.Errorf("%d attachments, %d threads, want %d and %d", attachments, threads, f.Attachments, f.Threads)
	}
}

func checkAddresses(t *testing.T, e *enmime.Envelope, header string, known map[string]bool) {
	t.Helper()
	if e.GetHeader(header) == "" {
		return
	}
	list, err := e.AddressList(header)
	if err != nil {
		t.Errorf("%s: %v", header, err)
	}
	for _, a := range list {
		if !known[a.Address] {
			t.Errorf("%s: %s is not in the address book", header, a)
		}
	}
}

var (
	reserved = regexp.MustCompile(`@([a-z0-9-]+\.)*(example|example\.(org|com|net))$`)
	fiction  = regexp.MustCompile(`^tel:\+33(199000|261910|261911|353012|465710|536490|63998)\d+$`)
)

func contactAddresses(t testing.TB, h *demo.Household) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, card := range readCards(t, h) {
		for _, f := range card[vcard.FieldEmail] {
			known[f.Value] = true
		}
	}
	return known
}

func readCards(t testing.TB, h *demo.Household) (cards []vcard.Card) {
	t.Helper()
	d := vcard.NewDecoder(bytes.NewReader(file(t, h, ".vcf")))
	for n := strings.Count(string(file(t, h, ".vcf")), "BEGIN:VCARD"); n > 0; n-- {
		card, err := d.Decode()
		if err != nil {
			t.Fatal(err)
		}
		cards = append(cards, card)
	}
	return cards
}

func TestContacts(t *testing.T) {
	h := household(t, 1, lastDay)
	cards := readCards(t, h)
	if len(cards) != h.Facts().Contacts {
		t.Errorf("%d cards, want %d", len(cards), h.Facts().Contacts)
	}
	uids := map[string]bool{}
	for _, card := range cards {
		name, uid := card.PreferredValue(vcard.FieldFormattedName), card.Value(vcard.FieldUID)
		if card.Value(vcard.FieldVersion) != "4.0" || name == "" || uids[uid] {
			t.Errorf("card %q %q, version %q", name, uid, card.Value(vcard.FieldVersion))
		}
		uids[uid] = true
		for _, f := range card[vcard.FieldEmail] {
			if !reserved.MatchString(f.Value) {
				t.Errorf("%s: %s is in a domain somebody may have", name, f.Value)
			}
		}
		for _, f := range card[vcard.FieldTelephone] {
			if !fiction.MatchString(f.Value) || len(f.Value) != len("tel:+33639980114") {
				t.Errorf("%s: %s is a number somebody may have", name, f.Value)
			}
		}
	}
	for line := range strings.SplitSeq(string(file(t, h, ".vcf")), "\r\n") {
		if len(line) > 75 {
			t.Errorf("line of %d octets: %q", len(line), line)
		}
	}
}
