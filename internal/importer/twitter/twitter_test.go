package twitter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/twitter"
	"penates/internal/schema"
)

const tweets = `window.YTD.tweets.part0 = [
 {"tweet": {"id_str": "11", "created_at": "Wed Mar 10 12:00:00 +0000 2021", "full_text": "d\u00e9j\u00e0 &amp; vu https://t.co/a https://t.co/m", "lang": "fr",
   "entities": {"urls": [{"url": "https://t.co/a", "expanded_url": "https://example.org/long"}]},
   "extended_entities": {"media": [{"url": "https://t.co/m", "media_url_https": "https://pbs.example/media/x.jpg",
     "video_info": {"variants": [{"content_type": "video/mp4", "bitrate": "256", "url": "https://v.example/s.mp4?tag=1"}, {"content_type": "video/mp4", "bitrate": "832", "url": "https://v.example/b.mp4?tag=1"}]}}]},
   "geo": {"type": "Point", "coordinates": ["48.85", "2.35"]}, "in_reply_to_status_id_str": "10", "in_reply_to_screen_name": "zoe"}},
 {"tweet": {"id_str": "12", "full_text": "sans date"}}
]`

const directs = `window.YTD.direct_messages.part0 = [ {"dmConversation": {"conversationId": "5-7", "messages": [
 {"messageCreate": {"recipientId": "7", "senderId": "5", "id": "100", "createdAt": "2021-03-10T12:00:00.000Z", "text": "voir https://t.co/a", "urls": [{"url": "https://t.co/a", "expanded": "https://example.org"}], "mediaUrls": ["https://ton.example/dm/1/pic.jpg"], "reactions": []}},
 {"conversationNameUpdate": {"initiatingUserId": "7", "name": "Amis", "createdAt": "2021-03-10T12:01:00.000Z"}},
 {"messageCreate": {"text": "sans date"}}, 5]}} ]`

const likes = `window.YTD.like.part0 = [{"like": {"tweetId": "99", "fullText": "bravo", "expandedUrl": "https://twitter.com/i/web/status/99"}}, {"like": {}}]`

const engagements = `window.YTD.ad_engagements.part0 = [{"ad": {"adsUserData": {"adEngagements": {"engagements": [
 {"impressionAttributes": {"deviceInfo": {"osType": "Android"}, "promotedTweetInfo": {"tweetId": "1", "tweetText": "Achetez"}, "advertiserInfo": {"advertiserName": "Shop", "screenName": "@shop"}, "impressionTime": "2021-04-15 19:43:20"},
  "engagementAttributes": [{"engagementTime": "2021-04-15 19:43:31", "engagementType": "Click"}]}, {"impressionAttributes": {}}]}}}}]`

func read(t *testing.T, text string) *importertest.Collector {
	t.Helper()
	if sure := twitter.Format.Recognise(importertest.File("data/x.js", []byte(text)).Head); sure < 90 {
		t.Errorf("recognised with %d", sure)
	}
	c, err := importertest.Read(twitter.Format, "data/x.js", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTweets(t *testing.T) {
	c := read(t, tweets)
	if len(c.Documents) != 1 || len(c.Refusals) != 1 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	d, b := c.Documents[0], c.Bodies[0].(schema.Message)
	if b.Content != "déjà & vu https://example.org/long https://t.co/m" || d.Time.Start.String() != "2021-03-10T12:00:00Z" || d.Place == nil || d.Place.Lon != 2.35 ||
		b.InReplyTo != "tweet/10" || b.To != "@zoe" || len(b.Attachments) != 1 || b.Attachments[0].Path != "tweets_media/11-b.mp4" {
		t.Errorf("%+v %+v", d, b)
	}
}

func TestOlder(t *testing.T) {
	c := read(t, `Grailbird.data.tweets_2014_03 = [{"id_str": "3", "created_at": "2014-03-10 12:00:00 +0000", "text": "ancien", "user": {"name": "Max"}}]`)
	if len(c.Documents) != 1 || c.Documents[0].Text != "Max: ancien" || c.Documents[0].Time.Start.String() != "2014-03-10T12:00:00Z" {
		t.Errorf("%+v %v", c.Documents, c.Refusals)
	}
}

func TestDirectMessages(t *testing.T) {
	c := read(t, directs)
	if len(c.Documents) != 2 || len(c.Refusals) != 2 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	d, b := c.Documents[0], c.Bodies[0].(schema.Message)
	if d.Source.NativeID != "dm/5-7/100" || b.Content != "voir https://example.org" || b.Thread != "X 5-7" || b.Attachments[0].Path != "direct_messages_media/100-pic.jpg" {
		t.Errorf("%+v %+v", d, b)
	}
	if b := c.Bodies[1].(schema.Message); b.Flags != "service" || b.Content != "conversationNameUpdate Amis" {
		t.Errorf("%+v", b)
	}
}

func TestOthers(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		refused    int
	}{
		{likes, "penates.activities liked: bravo", 1},
		{engagements, "penates.activities clicked ad: Shop: Achetez", 1},
		{`window.YTD.follower.part0 = [{"follower": {"accountId": "5", "userLink": "https://twitter.com/intent/user?user_id=5"}}]`, "penates.activities followed by: 5", 0},
		{`window.YTD.account.part0 = [{"account": {"email": "Max@example.org", "username": "max", "accountId": "7", "createdAt": "2014-03-10T12:00:00.000Z", "accountDisplayName": "Max"}}]`, "io.cozy.identities @max, X", 0},
		{`window.YTD.contact.part0 = [{"contact": {"id": "1", "emails": ["Zoe@example.org"], "phoneNumbers": []}}]`, "io.cozy.contacts zoe@example.org", 0},
		{`window.YTD.ip_audit.part0 = [{"ipAudit": {"accountId": "7", "createdAt": "2021-03-10T12:00:00.000Z", "loginIp": "192.0.2.1"}}]`, "penates.activities logged in: 192.0.2.1", 0},
		{`window.YTD.personalization.part0 = [{"p13nData": {"demographics": {"languages": [{"language": "French"}]}, "interests": {}}}]`, "penates.records personalization", 0},
		{`window.YTD.new_thing.part0 = [{"newThing": {"name": "a", "createdAt": "2021-03-10T12:00:00.000Z"}}]`, "penates.activities new thing: a", 0},
	} {
		c := read(t, tt.text)
		if len(c.Documents) != 1 || len(c.Refusals) != tt.refused || string(c.Documents[0].Type)+" "+c.Documents[0].Text != tt.want {
			t.Errorf("%.40s: %+v, refused %v", tt.text, c.Documents, c.Refusals)
		}
	}
}

// Of advertisements the manifest counts the elements of the file, each of which
// holds those of one day.
func TestCorpus(t *testing.T) {
	content, ok := importertest.Corpus(t, "takeout/hestia/twitter-small.zip")
	if !ok {
		return
	}
	want := map[string]int{"data/ad-impressions.js": 826, "data/ad-engagements.js": 329, "data/personalization.js": 1}
	for name, file := range importertest.Members(t, content) {
		if c := read(t, string(file)); len(c.Documents) != want[name] || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Errorf("%s: %d documents, want %d; %d repeated, refused %v", name, len(c.Documents), want[name], c.Repeated, c.Refusals)
		}
	}
}

func TestNotMine(t *testing.T) {
	for _, text := range []string{"", "window.x = []", "[]", "var tweets = []"} {
		if sure := twitter.Format.Recognise(importer.Head{Bytes: []byte(text)}); sure > 0 {
			t.Errorf("%s: recognised with %d", text, sure)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{tweets, directs, likes, engagements} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := importertest.Read(twitter.Format, "x", content); err != nil && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) && !errors.Is(err, importer.ErrNotMine) {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	s.WriteString("window.YTD.tweets.part0 = [")
	for i := range 20_000 {
		fmt.Fprintf(&s, `{"tweet": {"id_str": "%d", "created_at": "Wed Mar 10 12:00:00 +0000 2021", "full_text": "some words of a tweet", "lang": "en", "retweeted": false, "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []}}},`, i)
	}
	content := []byte(strings.TrimSuffix(s.String(), ",") + "]")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c := &importertest.Collector{Connector: "twitter"}
		if err := twitter.Format.Read(context.Background(), importertest.File("x", content), c); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
