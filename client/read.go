package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// A Document is one document, as far as the grant shows it.
type Document struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Attributes map[string]any `json:"attributes"` // numbers are of type json.Number
	// Tag names the state it is in (an ETag), for Change and Delete; documents of lists
	// have none.
	Tag string `json:"-"`
}

// Document returns one document, whole.
func (a *Access) Document(ctx context.Context, id string) (*Document, error) {
	return a.document(ctx, "/documents/"+url.PathEscape(id), exchange{})
}

// document reads an answer of one document.
func (a *Access) document(ctx context.Context, path string, x exchange) (*Document, error) {
	var got struct {
		Data Document `json:"data"`
	}
	var h http.Header
	x.heard = &h
	if err := a.ask(ctx, path, x, &got); err != nil {
		return nil, err
	}
	got.Data.Tag = h.Get("ETag")
	return &got.Data, nil
}

// Documents goes through the documents of a type, newest first, or of all types
// when t is empty. A filter is as the interface has it, as in
// {"filter[amount][lt]": {"-100"}}.
func (a *Access) Documents(ctx context.Context, t string, filter url.Values) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		q := url.Values{}
		for name, values := range filter {
			q[name] = values
		}
		if t != "" {
			q.Set("type", t)
		}
		for {
			var page struct {
				Data  []Document `json:"data"`
				Links struct {
					Next string `json:"next"`
				} `json:"links"`
			}
			if err := a.ask(ctx, "/documents", exchange{query: q}, &page); err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Data {
				if !yield(&page.Data[i], nil) {
					return
				}
			}
			_, more, ok := strings.Cut(page.Links.Next, "?")
			if !ok || len(page.Data) == 0 {
				return
			}
			next, err := url.ParseQuery(more)
			if err != nil {
				yield(nil, fmt.Errorf("the next page: %w", err))
				return
			}
			q = next
		}
	}
}

// A Table is the answer to a query.
type Table struct {
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"` // numbers are of type json.Number
	Cut     bool     `json:"cut"`  // there was more
}

// Query runs one SQL statement over the views of the types that were given.
func (a *Access) Query(ctx context.Context, sql string, args ...any) (*Table, error) {
	in, t := map[string]any{"sql": sql}, new(Table)
	if len(args) > 0 {
		in["args"] = args
	}
	if err := a.ask(ctx, "/query", exchange{method: http.MethodPost, json: in}, t); err != nil {
		return nil, err
	}
	return t, nil
}

// A FigureQuestion asks how many documents there are, and for sums over them, by
// group: all that may be asked where the person gave figures only.
type FigureQuestion struct {
	View  string      `json:"view"`
	Sum   []string    `json:"sum,omitempty"`
	By    []string    `json:"by,omitempty"` // columns, or month or year
	Where []Condition `json:"where,omitempty"`
}

// A Figure is the answer for one group.
type Figure struct {
	By        []string  `json:"by"`
	Documents int       `json:"documents"`
	Sums      []float64 `json:"sums"`
}

// Figures answers a question under a grant that gives figures only.
func (a *Access) Figures(ctx context.Context, q FigureQuestion) ([]Figure, error) {
	var got struct {
		Data []Figure `json:"data"`
	}
	err := a.ask(ctx, "/figures", exchange{method: http.MethodPost, json: q}, &got)
	return got.Data, err
}

// A Change says that a document was added, changed or deleted.
type Change struct {
	Cursor  string `json:"cursor"` // where to go on after it
	ID      string `json:"id"`
	Type    string `json:"type"`
	Deleted bool   `json:"deleted"`
}

// Changes returns what changed after a cursor, "" for the beginning, and the cursor
// to go on from.
func (a *Access) Changes(ctx context.Context, after string) (changes []Change, cursor string, err error) {
	var got struct {
		Data []Change `json:"data"`
		Meta struct {
			Cursor string `json:"cursor"`
		} `json:"meta"`
	}
	q := url.Values{}
	if after != "" {
		q.Set("after", after)
	}
	if err := a.ask(ctx, "/changes", exchange{query: q}, &got); err != nil {
		return nil, after, err
	}
	return got.Data, got.Meta.Cursor, nil
}

// Follow calls each for what changes after a cursor, as it happens, until each
// fails, ctx ends, the stream breaks or the vault ends it: then with an Error that
// says why.
func (a *Access) Follow(ctx context.Context, after string, each func(Change) error) error {
	x, err := a.at(ctx, "/changes", exchange{accept: "text/event-stream", last: after})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	res, err := a.c.send(ctx, x)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	s := newStream(res.Body, func() { cancel(errSilent) })
	defer s.close()
	for {
		name, data, err := s.next()
		if err != nil {
			return because(ctx, err)
		}
		switch name {
		case "change":
			var change Change
			if err := json.Unmarshal(data, &change); err != nil {
				return fmt.Errorf("a change cannot be read: %w", err)
			}
			if err := each(change); err != nil {
				return err
			}
		case "end":
			return ended(data)
		}
	}
}

// ended is why a stream ended that began well.
func ended(data []byte) error {
	said := struct {
		Status int `json:"status"`
	}{http.StatusForbidden}
	_ = json.Unmarshal(data, &said) // else the status stays
	e := &Error{Status: said.Status}
	e.read(data)
	return e
}

// because prefers the reason why a stream was given up.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
