package mail_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/mail"
	"penates/internal/schema"
)

// An oracle is what another parser says of a message, for the corpus.
type oracle struct {
	HTMLBody    []int `json:"html_body"`
	TextBody    []int `json:"text_body"`
	Attachments []int `json:"attachments"`
	Parts       []struct {
		Headers []struct {
			Name  any         `json:"name"`
			Value oracleValue `json:"value"`
		} `json:"headers"`
		Body json.RawMessage `json:"body"`
	} `json:"parts"`
}

type oracleValue struct {
	Text     *string
	TextList []string
	Address  *struct {
		List  []oracleAddress
		Group []struct {
			Addresses []oracleAddress `json:"addresses"`
		}
	}
	DateTime *struct {
		Year, Month, Day, Hour, Minute, Second int
		Before                                 bool `json:"tz_before_gmt"`
		Hours                                  int  `json:"tz_hour"`
		Minutes                                int  `json:"tz_minute"`
	}
}

// UnmarshalJSON leaves values of other shapes empty.
func (v *oracleValue) UnmarshalJSON(b []byte) error {
	type plain oracleValue
	if err := json.Unmarshal(b, (*plain)(v)); err != nil {
		*v = oracleValue{}
	}
	return nil
}

type oracleAddress struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

func (o *oracle) header(name string) *oracleValue {
	for i, h := range o.Parts[0].Headers {
		if h.Name == name {
			return &o.Parts[0].Headers[i].Value
		}
	}
	return &oracleValue{}
}

func (v *oracleValue) addresses() []string {
	var out []string
	add := func(list []oracleAddress) {
		for _, a := range list {
			out = append(out, a.Name+"|"+strings.ToLower(a.Address))
		}
	}
	if v.Address != nil {
		add(v.Address.List)
		for _, g := range v.Address.Group {
			add(g.Addresses)
		}
	}
	return out
}

func (v *oracleValue) time() string {
	d := v.DateTime
	if d == nil {
		return ""
	}
	seconds := d.Hours*3600 + d.Minutes*60
	if d.Before {
		seconds = -seconds
	}
	return time.Date(d.Year, time.Month(d.Month), d.Day, d.Hour, d.Minute, d.Second, 0, time.FixedZone("", seconds)).UTC().Format(time.RFC3339)
}

// text returns the text of a message; ok is false when some of it is HTML,
// which every program turns into text in its own way.
func (o *oracle) text() (text string, ok bool) {
	var out []string
	for _, i := range o.TextBody {
		var body struct{ Text, Html *string }
		if json.Unmarshal(o.Parts[i].Body, &body) != nil || body.Html != nil {
			return "", false
		}
		if body.Text != nil {
			out = append(out, *body.Text)
		}
	}
	return strings.Join(strings.Fields(strings.Join(out, " ")), " "), true
}

// agrees compares as text; the oracle has a replacement character where it
// could not tell the charset.
func agrees(want, got string) bool {
	if !strings.Contains(want, "\uFFFD") {
		return want == got
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(want), "\uFFFD", ".")
	ok, err := regexp.MatchString("^(?s)"+pattern+"$", got)
	return ok && err == nil
}

// justified says why a field of a message is read otherwise than by the oracle.
var justified = map[string]string{
	"legacy/049 attachments":     "uuencoded files in the text are files here",
	"legacy/049 text":            "and no text",
	"rfc/000 attachments":        "text/enriched is text here",
	"rfc/000 text":               "and read with the message",
	"rfc/003 attachments":        "text/enriched is an alternative text here, no file",
	"thirdparty/000 text":        "of several plain alternatives the first is read",
	"thirdparty/001 text":        "of several plain alternatives the first is read",
	"thirdparty/002 attachments": "base64 that is none is read as the text it is declared as",
	"thirdparty/002 text":        "and what it decodes to is not dropped",
	"thirdparty/005 text":        "the closing boundary is not at the beginning of a line",
	"thirdparty/007 from":        "a word without @ is a name here, no address",
	"thirdparty/015 attachments": "the oracle stops at the first message attached, there are three",
}

func addressesOf(d *penates.Document, role string) []string {
	var out []string
	for _, p := range d.Parties {
		if p.Role == role {
			out = append(out, p.Literal+"|"+p.Address)
		}
	}
	return out
}

// The messages that come with the parse of another program agree with it, field
// by field, but for the justified differences.
func TestCorpusOracles(t *testing.T) {
	agree, seen := map[string]int{}, map[string]int{}
	for _, name := range corpusFiles(t, "mail/eml/stalwart") {
		if !strings.HasSuffix(name, ".eml") {
			continue
		}
		content, _ := importertest.Corpus(t, name)
		expected, _ := importertest.Corpus(t, strings.TrimSuffix(name, ".eml")+".json")
		var o oracle
		if err := json.Unmarshal(expected, &o); err != nil {
			t.Fatal(name, err)
		}
		c, err := importertest.Read(mail.EML, name, content)
		if err != nil || len(c.OfType(penates.Messages)) == 0 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d := c.OfType(penates.Messages)[0]
		var body schema.Message
		if err := json.Unmarshal(d.Body, &body); err != nil {
			t.Fatal(err)
		}
		check := func(field string, want, got any) {
			seen[field]++
			w, g := fmt.Sprint(want), fmt.Sprint(got)
			key := strings.TrimSuffix(strings.TrimPrefix(name, "mail/eml/stalwart/"), ".eml") + " " + field
			switch {
			case agrees(w, g):
				agree[field]++
			case justified[key] != "":
				t.Logf("%s: %s", key, justified[key])
			default:
				t.Errorf("%s:\n\twant %.300q\n\tgot  %.300q", key, w, g)
			}
		}
		subject := ""
		if s := o.header("subject").Text; s != nil {
			subject = strings.Join(strings.Fields(*s), " ")
		}
		check("subject", subject, body.Subject)
		for _, role := range []string{"from", "to", "cc", "bcc"} {
			check(role, slices.Compact(o.header(role).addresses()), addressesOf(d, role))
		}
		date := ""
		if !d.Time.Start.IsZero() {
			date = d.Time.Start.Time().UTC().Format(time.RFC3339)
		}
		check("date", o.header("date").time(), date)
		check("attachments", len(o.Attachments), len(body.Attachments))
		if text, ok := o.text(); ok {
			check("text", text, strings.Join(strings.Fields(body.Content), " "))
		}
	}
	for field, n := range seen {
		t.Logf("%-12s %d of %d agree", field, agree[field], n)
	}
}
