package api

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
)

// hit is what a search says of a document.
type hit struct {
	vault.Summary
	Excerpt string   `json:"excerpt,omitempty"`
	Marks   [][2]int `json:"marks,omitempty"` // byte ranges of the words found in the excerpt
}

type searchMeta struct {
	Total int                  `json:"total"`
	Types map[penates.Type]int `json:"types"`
}

const maxOffset = 10_000

var day = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// search finds documents by words.
func (c *call) search() error {
	params, err := c.parameters()
	if err != nil {
		return err
	}
	q, err := parseSearch(params)
	if err != nil {
		return err
	}
	found, err := c.s.Search(c.ctx(), q)
	if err != nil {
		return err
	}
	out := many{Data: []resource{}, Links: &links{Self: c.r.URL.RequestURI()}, Meta: searchMeta{found.Total, found.Types}}
	for _, h := range found.Hits {
		out.Data = append(out.Data, resource{Type: string(h.Type), ID: string(h.ID), Attributes: hit{h.Summary, h.Why, h.Marks}, Links: &links{Self: documentPath(h.ID)}})
	}
	if found.Next > 0 && found.Next <= maxOffset {
		out.Links.Next = next(c.r.URL, "page[offset]", strconv.Itoa(found.Next))
	}
	return c.writeJSON(http.StatusOK, out)
}

func parseSearch(params url.Values) (q vault.SearchQuery, err error) {
	for name, values := range params {
		v := values[0]
		switch name {
		case "q":
			q.Words = v
		case "types":
			for t := range strings.SplitSeq(v, ",") {
				if _, err := schema.Of(penates.Type(t)); err != nil {
					return q, err
				}
				q.Filter.Types = append(q.Filter.Types, penates.Type(t))
			}
		case "from", "to":
			if !day.MatchString(v) {
				return q, fmt.Errorf("%s is a day, as in 2025-01-31: %w", name, penates.Invalid)
			}
			if name == "from" {
				q.Filter.From = v
			} else {
				q.Filter.To = v
			}
		case "page[size]":
			q.Limit, err = within(name, v, 1, 200)
		case "page[offset]":
			q.Offset, err = within(name, v, 0, maxOffset)
		default:
			err = fmt.Errorf("there is no parameter %s: %w", name, penates.Invalid)
		}
		if err != nil {
			return q, err
		}
	}
	if strings.TrimSpace(q.Words) == "" {
		err = fmt.Errorf("q says what to look for: %w", penates.Invalid)
	}
	return q, err
}

// within reads a whole number within bounds.
func within(name, s string, least, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s is between %d and %d: %w", name, least, most, penates.Invalid)
	}
	return n, nil
}
