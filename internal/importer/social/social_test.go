package social_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"penates/internal/importer/importertest"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/schema"
)

func decode(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := jsonstream.New(strings.NewReader(text), 1<<20).Value(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFacts(t *testing.T) {
	for _, tt := range []struct{ row, at, title, url string }{
		{`{"title": "", "string_map_data": {"Auteur": {"href": "", "value": "Zoé", "timestamp": 0}, "Heure": {"value": "", "timestamp": 1646810883}}}`, "2022-03-09T07:28:03Z", "Zoé", ""},
		{`{"title": "zoe", "string_list_data": [{"href": "https://x.test/p", "value": "ok", "timestamp": 1540235379}]}`, "2018-10-22T19:09:39Z", "zoe", "https://x.test/p"},
		{`{"Date": "2014-03-28 20:23:42", "SearchTerm": "blé"}`, "2014-03-28T20:23:42Z", "blé", ""},
		{`{"Date": "2014-09-08 11:32:14 UTC", "IP": "192.0.2.1"}`, "2014-09-08T11:32:14Z", "192.0.2.1", ""},
		{`{"name": "App", "added_timestamp": 1618476787, "removed_timestamp": 0}`, "2021-04-15T08:53:07Z", "App", ""},
		{`{"timestamp_ms": 1646810883123, "sender": {"name": "deep"}, "text": "near"}`, "2022-03-09T07:28:03.123Z", "near", ""},
		{`{"n": 3}`, "", "", ""},
		{`{"date": "soon", "title": "a"}`, "", "a", ""},
	} {
		if f := social.FactsOf(decode(t, tt.row)); f.At.String() != tt.at || f.Title != tt.title || f.URL != tt.url {
			t.Errorf("%s: %s %q %q", tt.row, f.At, f.Title, f.URL)
		}
	}
}

func TestStamp(t *testing.T) {
	for in, want := range map[string]string{
		"1646810883": "2022-03-09T07:28:03Z", "1646810883000": "2022-03-09T07:28:03Z", "1646810883000000": "2022-03-09T07:28:03Z",
		"20220309": "2022-03-09", "12": "", "99999999999": "", "Wed Mar 09 07:28:03 +0000 2022": "",
	} {
		if at, ok := social.Stamp(in); at.String() != want || ok != (want != "") {
			t.Errorf("%s: %s", in, at)
		}
	}
}

func TestLists(t *testing.T) {
	const file = `{"A": {"List": [{"x": 1}, "y", null, {}], "Map": {"k": "v", "empty": "", "Inner": {"n": 2}}}, "top": true, "none": []}`
	var got []string
	err := social.Lists(jsonstream.New(strings.NewReader(file), 1000), func(path []string, row any) error {
		b, err := json.Marshal(row)
		got = append(got, strings.Join(path, "/")+" "+string(b))
		return err
	})
	want := []string{`A/List {"x":1}`, `A/List "y"`, `A/Map/Inner {"n":2}`, `A/Map {"k":"v"}`, ` {"top":true}`}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	if err := social.Lists(jsonstream.New(strings.NewReader(deep), 1000), func([]string, any) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestRow(t *testing.T) {
	c := &importertest.Collector{}
	g := social.Giver{Out: c}
	for i, row := range []string{`{"name": "a", "timestamp": 1646810883}`, `{"name": "a", "timestamp": 1646810883}`, `{"name": "b"}`, `"c"`} {
		if err := g.Row(social.Kind{Name: "saved_media", Verb: "saved"}, decode(t, row), i+1); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, d := range c.Documents {
		got = append(got, string(d.Type)+" "+d.Text)
	}
	want := []string{"penates.activities saved: a", "penates.activities saved: a", "penates.records saved media: b", "penates.records saved media: c"}
	if !slices.Equal(got, want) || c.Repeated > 0 {
		t.Errorf("%q, %d repeated", got, c.Repeated)
	}
	if r := c.Bodies[3].(schema.Record); r.Kind != "saved_media" || r.Fields["value"] != "c" {
		t.Errorf("%+v", r)
	}
}

func TestMessage(t *testing.T) {
	c := &importertest.Collector{}
	m := social.Message{Native: "1", From: social.Named("+33 6 12 34 56 78", "FR"), Text: "a\r\nb\u200e\x00", To: make([]social.Person, 50)}
	for i := range m.To {
		m.To[i].Name = fmt.Sprint("P", i)
	}
	if err := m.Give(c); err != nil {
		t.Fatal(err)
	}
	d, body := c.Documents[0], c.Bodies[0].(schema.Message)
	if d.Text != "+33 6 12 34 56 78: a b" || body.Content != "a\nb" || len(d.Parties) != 21 || d.Party("from").Address != "+33612345678" {
		t.Errorf("%+v %+v", d, body)
	}
}

func TestPeople(t *testing.T) {
	for in, want := range map[string]string{
		"06 12 34 56 78": "+33612345678", "+44 20 7946 0000": "+442079460000", "36 30": "", "SFR": "", "Zoe@Example.org": "zoe@example.org", "Zoé @ home": "", "@": "", "": "",
	} {
		if p := social.Named(in, "FR"); p.Address != want {
			t.Errorf("%q: %q", in, p.Address)
		}
	}
}

func TestDeep(t *testing.T) {
	v := decode(t, `{"data": [{"comment": {"comment": "text", "author": "Zoé"}}], "comment": "top"}`)
	if s := social.Deep(v, "none", "author"); s != "Zoé" {
		t.Errorf("%q", s)
	}
	if s := social.Deep(v, "comment"); s != "top" {
		t.Errorf("%q", s)
	}
}

func TestWordTime(t *testing.T) {
	for in, want := range map[string]string{
		"mar. 14, 2026 10:31:00 am":                        "2026-03-14T10:31:00Z",
		"Tuesday, March 14, 2023 at 10:30:15\u202fAM UTC":  "2023-03-14T10:30:15Z",
		"martes, 14 de marzo de 2023, 10:30:15 UTC":        "2023-03-14T10:30:15Z",
		"martedì 14 marzo 2023 alle ore 22:30:15 UTC":      "2023-03-14T22:30:15Z",
		"mercoledì 14 giugno 2023 alle ore 22:30:15 UTC":   "2023-06-14T22:30:15Z",
		"terça-feira, 14 de março de 2023 às 10:30:15 UTC": "2023-03-14T10:30:15Z",
		"dinsdag 14 maart 2023 om 10:30:15 UTC+2":          "2023-03-14T10:30:15+02:00",
		"wtorek, 14 marca 2023 10:30:15 UTC":               "2023-03-14T10:30:15Z",
		"14 de mar. de 2026 10:31 p. m.":                   "2026-03-14T22:31:00Z",
		"2023年3月14日 10:30:15 UTC":                          "2023-03-14T10:30:15Z",
		"14.03.2026, 10:31":                                "2026-03-14T10:31:00Z",
		"14 juillet 2023 à 9:05":                           "2023-07-14T09:05:00Z",
		"31 febbraio 2023 9:05":                            "",
		"9:05":                                             "",
		"Zoé: le 14 mars":                                  "",
		"heure":                                            "",
	} {
		at, err := social.WordTime(in, nil)
		if at.String() != want || (err == nil) != (want != "") {
			t.Errorf("%q: %s, %v, want %q", in, at, err, want)
		}
	}
}
