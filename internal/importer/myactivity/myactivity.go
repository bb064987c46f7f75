// Package myactivity reads the activity log of a Google account as Takeout gives
// it: "My Activity" of each product, and the watch and search history of
// YouTube, which are written alike, as JSON or as HTML and in the language of
// the account.
//
// There is no published grammar. An element of the JSON has header (the
// product), title, titleUrl, subtitles, time, products, locationInfos. In the
// HTML each entry is a div of class outer-cell: a header-cell names the product,
// the first content-cell has lines separated by <br> (what was done, of whom,
// when), and a caption has products and places.
//
// An entry is named by product, second and address (else words), which are the
// same in both forms, so that having both gives each entry once.
package myactivity

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads My Activity and YouTube's history.
var Format = importer.Format{Name: "myactivity", Title: "Google activity", Recognise: recognise, Read: read}

const (
	maxValue = 4 << 20 // bytes of one entry
	maxWords = 16 << 10
)

var (
	jsonEntry = regexp.MustCompile(`^\[\s*\{\s*"(?:header|title|titleUrl|time|products|subtitles)"\s*:`)
	bom       = []byte("\xEF\xBB\xBF")
)

func recognise(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, bom), " \t\r\n")
	has := func(s string) bool { return bytes.Contains(b, []byte(s)) }
	switch {
	case jsonEntry.Match(b):
		if has(`"header"`) && has(`"time"`) && has(`"title"`) {
			return 95
		}
	case len(b) == 0 || b[0] != '<':
	case has("mdl-cell") && (has("outer-cell") || has("content-cell")):
		return 96
	case has("mdl-") && has("<style") && h.Size > int64(len(h.Bytes)):
		return 60 // newer files begin with a style sheet that fills the head
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	r := &reader{ctx: ctx, out: out, zone: f.Zone}
	if b := bytes.TrimLeft(bytes.TrimPrefix(f.Bytes, bom), " \t\r\n"); len(b) > 0 && b[0] == '<' {
		return r.html(text)
	}
	return r.json(jsonstream.New(text, maxValue))
}

type reader struct {
	ctx   context.Context
	out   importer.Sink
	zone  *time.Location
	names bank.Namer
}

// An entry is what is said of one thing that was done.
type entry struct {
	Header    string   `json:"header"`
	Title     string   `json:"title"`
	URL       string   `json:"titleUrl"`
	Subtitles []named  `json:"subtitles"`
	Time      string   `json:"time"`
	Products  []string `json:"products"`
	Places    []named  `json:"locationInfos"`
	object    string   // the part of Title that is a link
	zone      *time.Location
}

type named struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

func (r *reader) json(j *jsonstream.Reader) error {
	return j.Array(func() error {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		var e entry
		err := j.Value(&e)
		switch {
		case jsonstream.Mismatch(err):
			return r.out.Refuse(j.Line(), err)
		case err != nil:
			return err
		}
		e.zone = time.UTC
		return r.give(&e, fmt.Sprintf("line=%d", j.Line()))
	})
}

func lineOf(locator string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(locator, "line="))
	return n
}

func (r *reader) give(e *entry, locator string) error {
	at, err := locale.Time(tidy.Replace(e.Time), locale.DMY, e.zone)
	if err != nil || at.DateOnly() {
		return r.out.Refuse(lineOf(locator), fmt.Errorf("%s: time %.60q: %w", locator, e.Time, penates.Invalid))
	}
	title := social.Line(e.Title)
	if title == "" && e.URL == "" {
		return r.out.Refuse(lineOf(locator), fmt.Errorf("%s: an entry that says nothing: %w", locator, penates.Invalid))
	}
	header := locale.Line(e.Header)
	if header == "" && len(e.Products) > 0 {
		header = locale.Line(e.Products[0])
	}
	verb, object := said(title, e.URL)
	if e.object != "" {
		object = social.Line(e.object)
	}
	// The HTML has no parts of a second.
	what := e.URL
	if what == "" {
		what = title
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: r.names.Hash(header, at.Time().UTC().Format(time.DateTime), what), Locator: locator},
		Time:   penates.Span{Start: penates.At(at.Time().Truncate(time.Second))},
		Text:   social.Line(verb + ": " + object),
	}
	for _, s := range e.Subtitles {
		// A channel is somebody, other subtitles are remarks.
		if s.Name != "" && s.URL != "" && len(d.Parties) < 5 {
			d.Parties = append(d.Parties, penates.Party{Role: "author", Literal: social.Line(s.Name)})
		}
	}
	d.Place = placed(e.Places)
	return r.out.Document(d, schema.Activity{Verb: verb, Object: object, URL: e.URL, Device: header})
}

// tidy makes a time that is written in the language of an account one that
// package locale reads: it drops no-break blanks and Portuguese "de", and
// translates zones that it does not know.
var tidy = strings.NewReplacer("\u202f", " ", "\u00a0", " ", "\u2009", " ", " de ", " ",
	" MESZ", " CEST", " MEZ", " CET", " JST", " +09:00", " KST", " +09:00", " IST", " +05:30",
	" BRT", " -03:00", " ART", " -03:00", " MSK", " +03:00", " AEST", " +10:00", " AEDT", " +11:00", " NZST", " +12:00", " NZDT", " +13:00")

var center = regexp.MustCompile(`(?:[?&](?:q|query|center)=|@)(-?\d{1,2}(?:\.\d+)?)(?:,|%2C)(-?\d{1,3}(?:\.\d+)?)`)

func placed(places []named) *penates.Place {
	for _, p := range places {
		m := center.FindStringSubmatch(p.URL)
		if m == nil {
			continue
		}
		lat, err1 := strconv.ParseFloat(m[1], 64)
		lon, err2 := strconv.ParseFloat(m[2], 64)
		if err1 == nil && err2 == nil && lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180 {
			return &penates.Place{Lat: lat, Lon: lon, Name: social.Line(strings.TrimSuffix(p.Name, ":"))}
		}
	}
	return nil
}

// said returns what was done, and to what. The address tells in any language;
// else the words do, where they are known.
func said(title, address string) (verb, object string) {
	verb, object = spoken(title)
	if v, query := visited(address); v != "" {
		verb = v
		if query != "" {
			object = social.Line(query)
		}
	}
	if object == "" {
		object = title
	}
	return verb, object
}

// visited tells what one does at an address of Google.
func visited(address string) (verb, query string) {
	u, err := url.Parse(address)
	if err != nil {
		return "", ""
	}
	host := strings.TrimPrefix(strings.TrimPrefix(u.Host, "www."), "m.")
	switch {
	case strings.HasSuffix(host, "youtube.com") && (u.Path == "/watch" || strings.HasPrefix(u.Path, "/shorts/")), host == "youtu.be":
		return "watched", ""
	case strings.HasSuffix(host, "youtube.com") && u.Path == "/results":
		return "searched", u.Query().Get("search_query")
	case strings.HasPrefix(host, "google.") && u.Path == "/search":
		return "searched", u.Query().Get("q")
	}
	return "", ""
}
