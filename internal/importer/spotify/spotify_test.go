package spotify_test

import (
	"strings"
	"testing"

	"penates/internal/importer/importertest"
	"penates/internal/importer/spotify"
	"penates/internal/schema"
)

const (
	short = `[
  {"endTime": "2024-02-03 20:10", "artistName": "Band", "trackName": "Song", "msPlayed": 60000},
  {"endTime": "2024-02-03 20:10", "artistName": "Band", "trackName": "Song", "msPlayed": 60000},
  {"endTime": "2024-02-03 20:15", "podcastName": "Talk", "episodeName": "Of birds", "msPlayed": 1500}
]`
	extended = `[{"ts": "2019-02-03T20:10:05Z", "username": "x", "platform": "Android", "ms_played": 1500, "conn_country": "FR",
  "master_metadata_track_name": "Song", "master_metadata_album_artist_name": "Band", "master_metadata_album_album_name": "Album",
  "spotify_track_uri": "spotify:track:4uLU6", "episode_name": null, "shuffle": true},
 {"ts": "2019-02-03T21:10:05Z", "ms_played": 0, "master_metadata_track_name": null, "spotify_track_uri": null}]`
	queries = `[{"platform": "ANDROID", "searchTime": "2024-02-03T20:10:05.123Z[UTC]", "searchQuery": "bees", "searchInteractionURIs": []}]`
)

func read(t *testing.T, content string) *importertest.Collector {
	t.Helper()
	if sure := spotify.Format.Recognise(importertest.File("x", []byte(content)).Head); sure < 90 {
		t.Errorf("recognised at %d", sure)
	}
	c, err := importertest.Read(spotify.Format, "x", []byte(content))
	if err != nil || c.Repeated > 0 {
		t.Fatalf("%d repeated, %v", c.Repeated, err)
	}
	return c
}

func TestShort(t *testing.T) {
	c := read(t, short)
	if len(c.Documents) != 3 || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	if d := c.Documents[0]; d.Text != "listened: Song – Band" || d.Time.Start.String() != "2024-02-03T20:09:00Z" || d.Party("author").Literal != "Band" {
		t.Errorf("%+v", d)
	}
	if d := c.Documents[2]; d.Text != "listened: Of birds – Talk" {
		t.Errorf("%+v", d)
	}
}

func TestExtended(t *testing.T) {
	c := read(t, extended)
	if len(c.Documents) != 2 || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	body, ok := c.Bodies[0].(schema.Activity)
	if d := c.Documents[0]; !ok || body.URL != "https://open.spotify.com/track/4uLU6" || body.Device != "Android" || d.Time.Start.String() != "2019-02-03T20:10:03.5Z" {
		t.Errorf("%+v %+v", d, body)
	}
	if d := read(t, queries).Documents[0]; d.Text != "searched: bees" || d.Time.Start.String() != "2024-02-03T20:10:05.123Z" {
		t.Errorf("%+v", d)
	}
}

func TestBadPlays(t *testing.T) {
	for old, bad := range map[string]string{`"2024-02-03 20:10"`: `"never"`, `60000`: `-1`, `"Song"`: `[]`} {
		c := read(t, strings.Replace(short, old, bad, 1))
		if len(c.Documents) != 2 || len(c.Refusals) != 1 || c.Refusals[0].Line != 2 {
			t.Errorf("%s: %d documents, %v", bad, len(c.Documents), c.Refusals)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(short))
	f.Add([]byte(extended))
	f.Add([]byte(queries))
	f.Fuzz(func(t *testing.T, content []byte) {
		spotify.Format.Recognise(importertest.File("x", content).Head)
		if c, err := importertest.Read(spotify.Format, "x", content); c.Repeated > 0 {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	one := strings.TrimSuffix(strings.TrimPrefix(extended, "["), "]")
	content := []byte("[" + strings.Repeat(one+",", 5000) + one + "]")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(spotify.Format, "x", content); err != nil || len(c.Documents) != 10_002 {
			b.Fatal(err)
		}
	}
}
