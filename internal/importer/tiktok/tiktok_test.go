package tiktok_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/tiktok"
	"penates/internal/schema"
)

const export = `{"Activity": {
 "Follower List": {"FansList": [{"Date": "2021-03-10 12:00:00", "UserName": "zoe"}]}, "Favorite Videos": {"FavoriteVideoList": null},
 "Like List": {"ItemFavoriteList": [{"Date": "2021-03-10 12:00:00", "VideoLink": "https://x.test/1/"}, {"Date": "2021-03-10 12:00:00", "VideoLink": "https://x.test/1/"}]},
 "Login History": {"LoginHistoryList": [{"Date": "2021-03-10 12:00:00 UTC", "IP": "192.0.2.1", "DeviceModel": "Phone"}]},
 "Video Browsing History": {"VideoList": [{"Date": "2021-03-10 12:00:00", "VideoLink": "https://x.test/2/"}]}},
 "Video": {"Videos": {"VideoList": [{"Date": "2021-03-10 12:00:00", "VideoLink": "https://x.test/3/", "Likes": "4"}]}},
 "Comment": {"Comments": {"CommentsList": [{"Date": "2021-03-10 12:00:00", "Comment": "bravo"}, {"Date": "?", "Comment": "x"}]}},
 "Direct Messages": {"Chat History": {"ChatHistory": {"Chat History with zoe:": [{"Date": "2021-03-10 12:00:00", "From": "max", "Content": "salut"}, {"Date": "2021-03-10 12:01:00", "From": "zoe", "Content": "oui"}, {"From": "zoe"}]}}},
 "App Settings": {"Settings": {"SettingsMap": {"Language": "fr", "Push": {"Fans": "Off"}}}},
 "Profile": {"Profile Information": {"ProfileMap": {"userName": "max", "birthDate": "10-Aug-2002", "emailAddress": "Max@example.org", "telephoneNumber": "None", "PlatformInfo": []}}}}`

func read(t *testing.T, text string) *importertest.Collector {
	t.Helper()
	if sure := tiktok.Format.Recognise(importertest.File("user_data.json", []byte(text)).Head); sure < 75 {
		t.Errorf("recognised with %d", sure)
	}
	c, err := importertest.Read(tiktok.Format, "user_data.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExport(t *testing.T) {
	c := read(t, export)
	var got []string
	for _, d := range c.Documents {
		got = append(got, d.Text)
	}
	want := []string{"followed by: zoe", "liked: https://x.test/1/", "liked: https://x.test/1/", "logged in: 192.0.2.1", "watched: https://x.test/2/", "posted: https://x.test/3/", "bravo",
		"max: salut", "zoe: oui", "Push", "SettingsMap", "max, TikTok"}
	if !slices.Equal(got, want) || len(c.Refusals) != 2 || c.Repeated > 0 {
		t.Errorf("%q, refused %v, %d repeated", got, c.Refusals, c.Repeated)
	}
	if a := c.Bodies[3].(schema.Activity); a.Device != "Phone" || c.Documents[3].Time.Start.String() != "2021-03-10T12:00:00Z" {
		t.Errorf("%+v", a)
	}
	if m := c.Bodies[7].(schema.Message); m.To != "zoe" || m.Thread != "zoe" {
		t.Errorf("%+v", m)
	}
	if i := c.Bodies[11].(schema.Identity); i.BirthDate != "2002-08-10" || i.Email != "max@example.org" || i.Phone != "" {
		t.Errorf("%+v", i)
	}
}

// A later year writes the same with other names.
func TestLaterYear(t *testing.T) {
	a := read(t, export)
	b := read(t, `{"Your Activity": {"Login History": {"LoginHistoryList": [{"date": "2021-03-10 12:00:00 UTC", "ip": "192.0.2.1", "deviceModel": "Phone"}]},
	 "Watch History": {"VideoList": [{"date": "2021-03-10 12:00:00", "link": "https://x.test/2/"}]}},
	 "Direct Message": {"Direct Messages": {"ChatHistory": {"Chat History with zoe:": [{"Date": "2021-03-10 12:00:00", "From": "max", "Content": "salut"}]}}}}`)
	for i, j := range map[int]int{0: 3, 1: 4, 2: 7} {
		if b.Documents[i].ID != a.Documents[j].ID {
			t.Errorf("%q has another id", b.Documents[i].Text)
		}
	}
}

// The lists of the file: 30 + 200 + 589 + 2289 + 389 + 1 + 5549 + 16 + 389 + 589 +
// 189 elements; status, settings and those within them as records; the profile.
func TestCorpus(t *testing.T) {
	content, ok := importertest.Corpus(t, "takeout/hestia/tiktok.zip")
	if !ok {
		return
	}
	for name, file := range importertest.Members(t, content) {
		c := read(t, string(file))
		types := map[penates.Type]int{}
		for _, d := range c.Documents {
			types[d.Type]++
		}
		want := map[penates.Type]int{penates.Messages: 589 + 189 + 389, penates.Activities: 30 + 200 + 589 + 2289 + 389 + 1 + 5549 + 16, penates.Identities: 1, penates.Records: 3}
		for kind, n := range want {
			if types[kind] != n {
				t.Errorf("%s: %d %s, want %d", name, types[kind], kind, n)
			}
		}
		if len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Errorf("%s: refused %v, %d repeated", name, c.Refusals, c.Repeated)
		}
		t.Log(types)
	}
}

func TestNotMine(t *testing.T) {
	for _, text := range []string{"", "{}", "[]", `{"Activity": {}}`, `{"Settings": {"Block": {}}}`} {
		if sure := tiktok.Format.Recognise(importer.Head{Bytes: []byte(text)}); sure > 0 {
			t.Errorf("%s: recognised with %d", text, sure)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(export))
	f.Add([]byte(`{"Activity": {"a": [[1], {"Date": 5}], "Chat History with ": [3]}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := importertest.Read(tiktok.Format, "x", content); err != nil && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	s.WriteString(`{"Activity": {"Video Browsing History": {"VideoList": [`)
	for i := range 20_000 {
		fmt.Fprintf(&s, `{"Date": "2021-03-10 12:%02d:%02d", "VideoLink": "https://www.tiktokv.com/share/video/%d/"},`, i/60%60, i%60, i)
	}
	content := []byte(strings.TrimSuffix(s.String(), ",") + `]}}}`)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c := &importertest.Collector{Connector: "tiktok"}
		if err := tiktok.Format.Read(context.Background(), importertest.File("x", content), c); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
