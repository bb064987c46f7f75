package myactivity_test

import (
	"errors"
	"strings"
	"testing"

	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/myactivity"
	"penates/internal/schema"
)

const asJSON = `[{
  "header": "YouTube", "title": "Watched A song", "titleUrl": "https://www.youtube.com/watch?v=x1&t=2",
  "subtitles": [{"name": "Some band", "url": "https://www.youtube.com/channel/1"}],
  "time": "2024-02-03T20:10:00.123Z", "products": ["YouTube"]
}, {
  "header": "Recherche", "title": "Vous avez recherché pain", "titleUrl": "https://www.google.com/search?q=pain+d%27%C3%A9pice",
  "time": "2024-02-03T21:10:00Z", "products": ["Recherche"],
  "locationInfos": [{"name": "Près d'ici", "url": "https://www.google.com/maps/@?api=1&map_action=map&center=48.85,2.35&zoom=12"}]
}, {
  "header": "Chrome", "title": "Penates besucht", "titleUrl": "https://penates.example/", "time": "2024-02-03T22:10:00Z"
}]`

func html(entries ...string) string {
	const before, after = `<html><head><title>My Activity History</title></head><body><div class="mdl-grid">`, `</div></body></html>`
	var b strings.Builder
	b.WriteString(before)
	for _, e := range entries {
		b.WriteString(`<div class="outer-cell mdl-cell mdl-cell--12-col"><div class="mdl-grid"><div class="header-cell mdl-cell"><p>YouTube<br></p></div><div class="content-cell mdl-cell mdl-typography--body-1">` + e +
			`</div><div class="content-cell mdl-cell mdl-typography--body-1 mdl-typography--text-right"></div><div class="content-cell mdl-cell mdl-typography--caption"><b>Products:</b><br>&emsp;YouTube<br><b>Locations:</b><br>&emsp;At <a href="https://google.com/maps?q=25.8,-80.1">home</a></div></div></div>`)
	}
	return b.String() + after
}

const watched = `Watched&nbsp;<a href="https://www.youtube.com/watch?v=x1&amp;t=2">A song</a><br><a href="https://www.youtube.com/channel/1">Some band</a><br>`

func read(t *testing.T, content string) *importertest.Collector {
	t.Helper()
	if sure := myactivity.Format.Recognise(importertest.File("x", []byte(content)).Head); sure < 90 {
		t.Errorf("recognised at %d", sure)
	}
	c, err := importertest.Read(myactivity.Format, "x", []byte(content))
	if err != nil || c.Repeated > 0 {
		t.Fatalf("%d repeated, %v", c.Repeated, err)
	}
	return c
}

func TestJSON(t *testing.T) {
	c := read(t, asJSON)
	want := []string{"watched: A song", "searched: pain d'épice", "visited: Penates"}
	if len(c.Documents) != len(want) || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	for i, d := range c.Documents {
		if d.Text != want[i] {
			t.Errorf("%q, want %q", d.Text, want[i])
		}
	}
	if d := c.Documents[0]; d.Party("author").Literal != "Some band" || d.Time.Start.String() != "2024-02-03T20:10:00Z" {
		t.Errorf("%+v", d)
	}
	if d := c.Documents[1]; d.Place == nil || d.Place.Lat != 48.85 || d.Place.Lon != 2.35 {
		t.Errorf("%+v", d.Place)
	}
}

// The same entry has the same id in both forms and in any language of its date.
func TestHTML(t *testing.T) {
	id := read(t, asJSON).Documents[0].ID
	for _, when := range []string{
		"Feb 3, 2024, 9:10:00 PM CET", "Feb 3, 2024, 9:10:00\u202fPM", "3 févr. 2024, 21:10:00 CET", "3 févr. 2024 à 21:10:00 UTC+01:00",
		"03.02.2024, 21:10:00 MEZ", "3 feb 2024 21:10:00 CET", "2024/02/04 5:10:00 JST", "3 de fev. de 2024, 17:10:00 BRT",
	} {
		c := read(t, html(watched+when, watched+"Feb 4, 2024, 9:10:00 PM CET"))
		if len(c.Documents) != 2 || len(c.Refusals) > 0 {
			t.Errorf("%s: %d documents, %v", when, len(c.Documents), c.Refusals)
			continue
		}
		d := c.Documents[0]
		body, ok := c.Bodies[0].(schema.Activity)
		if d.ID != id || d.Text != "watched: A song" || d.Party("author").Literal != "Some band" || d.Place == nil || !ok || body.Device != "YouTube" {
			t.Errorf("%s: %s %+v %+v", when, d.Time.Start, d, body)
		}
	}
}

func TestBadEntries(t *testing.T) {
	c := read(t, html(watched+"once", watched+"Feb 4, 2024, 9:10:00 PM CET", "", watched+"Feb 5, 2024, 9:10:00 PM CET"))
	if len(c.Documents) != 2 || len(c.Refusals) != 2 || !strings.Contains(c.Refusals[0].Err.Error(), "once") {
		t.Errorf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	c = read(t, strings.Replace(asJSON, "2024-02-03T21:10:00Z", "later", 1))
	if len(c.Documents) != 2 || len(c.Refusals) != 1 || c.Refusals[0].Line != 9 {
		t.Errorf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	if _, err := importertest.Read(myactivity.Format, "x", []byte("<html><style>.mdl-x{}</style></html>")); !errors.Is(err, importer.ErrNotMine) {
		t.Error(err)
	}
}

// The manifest counts three cells.
func TestCorpus(t *testing.T) {
	content, ok := importertest.Corpus(t, "takeout/myactivity_html/MyActivity.html")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the files of this package are read")
		return
	}
	c := read(t, string(content))
	if len(c.Documents) != 3 || len(c.Refusals) > 0 {
		t.Errorf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	for _, d := range c.Documents {
		t.Log(d.Time.Start, d.Text, d.Place)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(asJSON))
	f.Add([]byte(html(watched + "Feb 3, 2024, 9:10:00 PM CET")))
	f.Add([]byte(`<div class="outer-cell"><div class="content-cell">a<br><br><a href=x>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		myactivity.Format.Recognise(importertest.File("x", content).Head)
		if c, err := importertest.Read(myactivity.Format, "x", content); c.Repeated > 0 {
			t.Error(err)
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	content := []byte(html(strings.Split(strings.Repeat(watched+"Feb 3, 2024, 9:10:00 PM CET|", 5000)+watched+"Feb 3, 2024, 9:10:00 PM CET", "|")...))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(myactivity.Format, "x", content); err != nil || len(c.Documents) != 5001 {
			b.Fatal(err)
		}
	}
}
