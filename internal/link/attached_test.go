package link_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates/internal/link"
	"penates/internal/schema"
	"penates/internal/vault/vaulttest"
)

func TestAttachedFiles(t *testing.T) {
	s := vaulttest.New(t)
	file := func(id, folder, name string) vaulttest.Item {
		return item(id, "", schema.File{Name: name, Folder: folder}, nil)
	}
	message := func(id string, paths ...string) vaulttest.Item {
		b := schema.Message{Content: id}
		for _, p := range paths {
			b.Attachments = append(b.Attachments, schema.Attachment{Name: p, Path: p})
		}
		return item(id, "2026-03-14", b, nil)
	}
	vaulttest.Fill(t, s,
		file("whole", "export.zip/messages/inbox/zoe/photos", "1.jpg"), file("other", "export.zip/messages/inbox/max/photos", "1.jpg"),
		file("beside", "WhatsApp Chat - Zoé.zip", "IMG-1.jpg"), file("twin", "a", "2.jpg"), file("twin2", "b", "2.jpg"), file("alone", "c", "3.jpg"),
		message("m1", "messages/inbox/zoe/photos/1.jpg", "messages/inbox/zoe/photos/1.jpg"), message("m2", "IMG-1.jpg"), message("m3", "2.jpg", "gone.jpg", "x/3.jpg"), message("m4"),
	)
	if _, err := link.Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	want := []string{"doc_beside part_of doc_m2 part_of/path", "doc_whole part_of doc_m1 part_of/path"}
	if diff := cmp.Diff(want, made(t, s)); diff != "" {
		t.Error(diff)
	}
}
