// Package browserhistory reads which pages a person visited: the SQLite files of
// Chrome and its kin (History: urls and visits), of Firefox (places.sqlite:
// moz_places, moz_historyvisits, moz_bookmarks) and of Safari (History.db:
// history_items, history_visits); the Chrome history of Takeout (JSON); and the
// dumps of the program browserexport (JSON or JSON lines).
//
// The tables are described by the sources of Chromium (components/history),
// Mozilla (toolkit/components/places) and WebKit. A database is read where it
// lies, through the engine, as a file that never changes: nothing of it is
// written to disk. A visit is named by its address and its millisecond, so that
// a later copy of the file meets it again.
package browserhistory

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
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

// Format reads the history of browsers.
var Format = importer.Format{Name: "browserhistory", Title: "browser history", Recognise: recognise, Read: read}

const (
	signature = "SQLite format 3\x00"
	maxValue  = 4 << 20 // bytes of one visit
	maxURL    = 64 << 10
)

var (
	tables  = regexp.MustCompile(`(?i)CREATE TABLE "?(?:moz_places|moz_historyvisits|history_visits|visits)\b`)
	takeout = regexp.MustCompile(`^(?:\x{FEFF})?\s*\{\s*"Browser History"\s*:`)
	dump    = regexp.MustCompile(`^(?:\x{FEFF})?\s*(?:\[\s*)?\{\s*"url"\s*:\s*"(?:[^"\\]|\\.)*"\s*,\s*"dt"\s*:\s*[0-9"]`)
)

func recognise(h importer.Head) int {
	switch {
	case bytes.HasPrefix(h.Bytes, []byte(signature)):
		if tables.Match(h.Bytes) {
			return 96
		}
		return 30 // the list of tables may lie further behind
	case takeout.Match(h.Bytes):
		return 97
	case dump.Match(h.Bytes):
		return 90
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	g := &giver{ctx: ctx, out: out}
	if bytes.HasPrefix(f.Bytes, []byte(signature)) {
		return g.database(f)
	}
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	j := jsonstream.New(text, maxValue)
	if !takeout.Match(f.Bytes) {
		return j.Each(func() error { return g.value(j) })
	}
	return j.Object(func(key string) error {
		if key != "Browser History" {
			return j.Skip()
		}
		return j.Array(func() error { return g.value(j) })
	})
}

// A giver gives out the visits of one file.
type giver struct {
	ctx   context.Context
	out   importer.Sink
	names bank.Namer
}

// A visit is one look at a page.
type visit struct {
	url, title string
	at         penates.Moment
	stay       time.Duration
	locator    string
	line       int
}

func (g *giver) give(v *visit) error {
	switch {
	case v.url == "" || len(v.url) > maxURL:
		return g.out.Refuse(v.line, fmt.Errorf("%s: a visit without address or with a very long one: %w", v.locator, penates.Invalid))
	case v.at.IsZero():
		return g.out.Refuse(v.line, fmt.Errorf("%s: a visit without time: %w", v.locator, penates.Invalid))
	}
	title := social.Line(v.title)
	if title == "" {
		title = social.Line(v.url)
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: g.names.Hash(v.url, strconv.FormatInt(v.at.Time().UnixMilli(), 10)), Locator: v.locator},
		Time:   penates.Span{Start: v.at},
		Text:   "visited: " + title,
	}
	if v.stay > 0 && v.stay < 31*24*time.Hour {
		d.Time.End = penates.At(v.at.Time().Add(v.stay))
	}
	return g.out.Document(d, schema.Activity{Verb: "visited", Object: title, URL: strings.ToValidUTF8(v.url, "")})
}

// value reads a visit of a JSON file.
func (g *giver) value(j *jsonstream.Reader) error {
	if err := g.ctx.Err(); err != nil {
		return err
	}
	var n struct {
		URL      string          `json:"url"`
		Title    string          `json:"title"`
		Micros   json.Number     `json:"time_usec"`
		DT       json.RawMessage `json:"dt"`
		Metadata *struct {
			Title    string      `json:"title"`
			Duration json.Number `json:"duration"`
		} `json:"metadata"`
	}
	err := j.Value(&n)
	switch {
	case jsonstream.Mismatch(err):
		return g.out.Refuse(j.Line(), err)
	case err != nil:
		return err
	}
	v := &visit{url: n.URL, title: n.Title, line: j.Line(), locator: fmt.Sprintf("line=%d", j.Line())}
	if micros, err := n.Micros.Int64(); err == nil {
		v.at = since(0, micros)
	} else if dt, ok := jsonstream.Text(n.DT); ok {
		v.at = seconds(dt)
	}
	if n.Metadata != nil {
		v.title = n.Metadata.Title
		if s, err := n.Metadata.Duration.Float64(); err == nil && s > 0 && s < 1e6 {
			v.stay = time.Duration(s * float64(time.Second))
		}
	}
	return g.give(v)
}

// seconds reads seconds since 1970 with a fraction, or a date.
func seconds(s string) penates.Moment {
	if f, err := strconv.ParseFloat(s, 64); err == nil && f > 0 && f < 4_102_444_800 {
		return penates.At(time.UnixMilli(int64(math.Round(f * 1000))).UTC())
	}
	at, _ := social.Stamp(s)
	return at
}

// since returns the moment micros microseconds after epoch, which is in seconds
// since 1970; unknown when nobody had a browser then.
func since(epoch, micros int64) penates.Moment {
	const first, last = 631_152_000, 4_102_444_800
	s := micros/1e6 + epoch
	if s < first || s > last {
		return penates.Moment{}
	}
	return penates.At(time.Unix(s, micros%1e6*1000).UTC())
}
