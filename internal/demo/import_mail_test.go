package demo_test

import (
	"bytes"
	"strings"
	"testing"

	"penates"
	"penates/internal/schema"
)

func TestImportMail(t *testing.T) {
	h := household(t, 1, lastDay)
	f := h.Facts()
	messages, files, threads := 0, 0, map[string]bool{}
	for _, c := range imported(t, h, "courrier/", "mail") {
		files += len(c.Files)
		for id, content := range c.Files {
			if !bytes.HasPrefix(content, []byte("%PDF-")) {
				t.Errorf("file %s is no PDF", id)
			}
		}
		for i, body := range c.Bodies {
			m, ok := body.(schema.Message)
			if !ok {
				continue
			}
			messages++
			threads[m.Thread] = true
			d := c.Documents[i]
			if d.Time.Start.IsZero() || d.Party("from").Address == "" || m.Subject == "" || strings.ContainsAny(m.Content, "Ã�") || len(m.Content) < 20 {
				t.Errorf("%s: %s %v %q %q", d.Source.NativeID, d.Time.Start, d.Parties, m.Subject, m.Content)
			}
			if d.Ref(penates.RefMessageID) == "" {
				t.Errorf("%s has no reference", d.Source.NativeID)
			}
		}
	}
	if messages != f.Messages || len(threads) != f.Threads || files != f.Attachments {
		t.Errorf("%d messages, %d threads, %d files, want %d, %d, %d", messages, len(threads), files, f.Messages, f.Threads, f.Attachments)
	}
}
