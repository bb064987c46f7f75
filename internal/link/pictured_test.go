package link_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates/internal/link"
	"penates/internal/schema"
	"penates/internal/vault/vaulttest"
)

func TestPictured(t *testing.T) {
	const long = "A very long title of a picture that somebody sent around"
	s := vaulttest.New(t)
	file := func(id, folder, name string) vaulttest.Item {
		return item(id, "", schema.File{Name: name, Folder: folder}, nil)
	}
	about := func(id, media string) vaulttest.Item {
		return item(id, "2023-10-06", schema.Record{Kind: "photo", Fields: map[string]any{"media": media}}, nil)
	}
	vaulttest.Fill(t, s,
		file("one", "takeout-001.zip/Takeout/Google Photos/Été", "IMG_1.jpg"), file("elsewhere", "other", "IMG_1.jpg"),
		file("edited", "takeout-001.zip/Takeout/Google Photos/Été", "IMG_1-modifié.jpg"), file("long", "x/Été", long[:47]+".jpg"), file("alone", "x/Été", "IMG_9.jpg"),
		about("d1", "Été/IMG_1.jpg"), about("d2", "Été/"+long[:46]), about("d3", "Été/gone.jpg"),
		file("raw", "Photos", "P1.CR2"), about("d4", "Photos/P1"), // as an XMP file names it
	)
	if _, err := link.Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	want := []string{"doc_edited documents doc_d1 documents/beside-edit", "doc_long documents doc_d2 documents/beside-cut", "doc_one documents doc_d1 documents/beside", "doc_raw documents doc_d4 documents/beside"}
	if diff := cmp.Diff(want, made(t, s)); diff != "" {
		t.Error(diff)
	}
}
