package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// A Search asks for documents by words.
type Search struct {
	Words    string   // words, "exact phrases", -excluded, an amount, a day
	Types    []string // all when empty
	From, To string   // days, as in 2025-01-31
	Size     int      // most hits; 20 when 0, at most 200
	Offset   int      // how many hits to leave out, at most 10,000
}

// A Hit is a document that a search found, in short.
type Hit struct {
	ID, Type string
	Summary  map[string]any // start, text, amount, …, as far as they are shown
	Excerpt  string
	Marks    [][2]int // byte ranges of the words found in the excerpt
}

// Found is what a search found.
type Found struct {
	Hits  []Hit // best first
	Total int
	Types map[string]int // how many of each type
}

// Search finds documents by words.
func (a *Access) Search(ctx context.Context, s Search) (*Found, error) {
	q := url.Values{"q": {s.Words}}
	for name, value := range map[string]string{"from": s.From, "to": s.To, "types": joined(s.Types), "page[size]": number(s.Size), "page[offset]": number(s.Offset)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	var got struct {
		Data []struct {
			ID         string         `json:"id"`
			Type       string         `json:"type"`
			Attributes map[string]any `json:"attributes"`
		} `json:"data"`
		Meta struct {
			Total int            `json:"total"`
			Types map[string]int `json:"types"`
		} `json:"meta"`
	}
	if err := a.ask(ctx, "/search", exchange{query: q}, &got); err != nil {
		return nil, err
	}
	found := &Found{Total: got.Meta.Total, Types: got.Meta.Types}
	for _, d := range got.Data {
		h := Hit{ID: d.ID, Type: d.Type, Summary: d.Attributes}
		h.Excerpt, _ = d.Attributes["excerpt"].(string)
		if b, err := json.Marshal(d.Attributes["marks"]); err == nil {
			_ = json.Unmarshal(b, &h.Marks) // none when they are of another form
		}
		delete(h.Summary, "excerpt")
		delete(h.Summary, "marks")
		found.Hits = append(found.Hits, h)
	}
	return found, nil
}

func joined(list []string) (s string) {
	for i, x := range list {
		if i > 0 {
			s += ","
		}
		s += x
	}
	return s
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// A Link leads from a document to another.
type Link struct {
	ID         string
	Rel        string         // as in "pays"
	Outgoing   bool           // from the document that was asked for
	Confidence float64        // 0 to 1; 0 where it is not shown
	Other      string         // the id of the other document
	Summary    map[string]any // of the other document
}

// Links returns what a document is linked with, as far as both are shown.
func (a *Access) Links(ctx context.Context, id string) (links []Link, err error) {
	var got struct {
		Data []struct {
			ID         string `json:"id"`
			Attributes struct {
				Rel        string         `json:"rel"`
				Outgoing   bool           `json:"outgoing"`
				Confidence float64        `json:"confidence"`
				Other      map[string]any `json:"other"`
			} `json:"attributes"`
			Related struct {
				Other struct {
					Data struct {
						ID string `json:"id"`
					} `json:"data"`
				} `json:"other"`
			} `json:"relationships"`
		} `json:"data"`
	}
	if err := a.ask(ctx, "/documents/"+url.PathEscape(id)+"/links", exchange{}, &got); err != nil {
		return nil, err
	}
	for _, d := range got.Data {
		links = append(links, Link{d.ID, d.Attributes.Rel, d.Attributes.Outgoing, d.Attributes.Confidence, d.Related.Other.Data.ID, d.Attributes.Other})
	}
	return links, nil
}

// A Revision is an earlier state of a document.
type Revision struct {
	Number   string
	At       time.Time      `json:"at"` // when it came to be
	By       string         `json:"by"`
	Document map[string]any `json:"document"`
}

// History returns the earlier revisions of a document, latest first.
func (a *Access) History(ctx context.Context, id string) (past []Revision, err error) {
	var got struct {
		Data []struct {
			ID         string   `json:"id"`
			Attributes Revision `json:"attributes"`
		} `json:"data"`
	}
	if err := a.ask(ctx, "/documents/"+url.PathEscape(id)+"/history", exchange{}, &got); err != nil {
		return nil, err
	}
	for _, d := range got.Data {
		d.Attributes.Number = d.ID
		past = append(past, d.Attributes)
	}
	return past, nil
}
