package social

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
)

// Facts are what any row may say, whatever its shape.
type Facts struct {
	At     penates.Moment
	Title  string // what a person recognises it by
	URL    string
	Device string
}

// FactsOf looks for the facts in row. What is said nearer to the top counts
// more, then what is said in surer words.
func FactsOf(row any) Facts {
	f := facts{at: worst, title: worst, url: worst, device: worst}
	f.look("", row, 0)
	return f.Facts
}

const (
	worst     = 1 << 20
	ranks     = 64 // of words; each level down costs as much
	mostDepth = 8
)

type facts struct {
	Facts
	at, title, url, device int // how good each is; less is better
}

func (f *facts) look(key string, v any, depth int) {
	if depth > mostDepth {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			f.look(k, v[k], depth+1)
		}
	case []any:
		for _, e := range v[:min(len(v), 100)] {
			f.look(key, e, depth+1)
		}
	case string:
		f.text(plain(key), v, depth*ranks)
	case json.Number:
		f.number(plain(key), v.String(), depth*ranks)
	}
}

// plain is what the writings of a name have in common: "createdAt", "Created at".
func plain(key string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' {
			return -1
		}
		return r
	}, locale.Fold(key))
}

var (
	times = rank("timestampms", "timestamp", "timestampvalue", "date", "time", "datetime", "datums", "datum", "horodatage", "heure", "createdat", "createddate",
		"createdtime", "creationdate", "creationtime", "creationtimestamp", "addedtimestamp", "addedon", "addedat", "senton", "sentat", "eventtime",
		"impressiontime", "engagementtime", "startedon", "starttime", "logindate", "dateadded", "viewedat", "watchedat", "ts", "when", "updatedat", "updatetimestamp")
	titles = rank("title", "posttitle", "adtitle", "name", "displayname", "fullname", "companyname", "advertisername", "username", "screenname", "searchterm", "term",
		"query", "value", "text", "fulltext", "message", "comment", "commenttext", "posttext", "post", "content", "description", "hashtagname",
		"objectname", "object", "tweettext", "label", "keyword", "action", "activity", "type", "category", "ip", "loginip", "accountid")
)

func rank(words ...string) map[string]int {
	m := make(map[string]int, len(words))
	for i, w := range words {
		m[w] = i
	}
	return m
}

func (f *facts) text(key, s string, cost int) {
	s = strings.TrimSpace(s)
	if s == "" || s == "N/A" || s == "None" {
		return
	}
	if strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		if cost < f.url && len(s) <= 2000 && !strings.ContainsAny(s, " \n") {
			f.URL, f.url = s, cost
		}
		return
	}
	if r, ok := times[key]; ok && cost+r < f.at {
		if at, ok := Stamp(s); ok {
			f.At, f.at = at, cost+r
			return
		}
	}
	if (key == "devicemodel" || key == "device" || key == "devicename") && cost < f.device {
		f.Device, f.device = Line(s), cost
	}
	if r, ok := titles[key]; ok && cost+r < f.title {
		f.Title, f.title = Line(s), cost+r
	}
}

func (f *facts) number(key, s string, cost int) {
	if r, ok := times[key]; ok && cost+r < f.at {
		if at, ok := Stamp(s); ok {
			f.At, f.at = at, cost+r
		}
	}
}

// Stamp reads a time as services write it: seconds, milliseconds or microseconds
// since 1970, or a date with a time of day, in UTC when no zone is written.
func Stamp(s string) (penates.Moment, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && (len(s) < 8 || len(s) > 8) {
		return unix(n)
	}
	at, err := locale.Time(s, locale.MDY, time.UTC)
	return at, err == nil
}

// unix returns the moment n units after 1970; which unit tells the size: what is
// stamped lies between 1973 and 2100.
func unix(n int64) (penates.Moment, bool) {
	const first, last = 100_000_000, 4_102_444_800 // seconds
	for _, unit := range [...]int64{1, 1e3, 1e6, 1e9} {
		if n >= first*unit && n < last*unit {
			per := int64(time.Second) / unit
			return penates.At(time.Unix(n/unit, n%unit*per).UTC()), true
		}
	}
	return penates.Moment{}, false
}
