package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"penates"
	"penates/internal/vault"
)

const maxChanges = 500

// step is one change, as the feed tells it.
type step struct {
	Cursor  string             `json:"cursor"` // where to go on after it
	ID      penates.DocumentID `json:"id"`
	Type    penates.Type       `json:"type"`
	Deleted bool               `json:"deleted,omitempty"`
}

type feed struct {
	Data  []step `json:"data"`
	Links links  `json:"links"`
	Meta  struct {
		Cursor string `json:"cursor"` // where to go on
	} `json:"meta"`
}

// cursorOf writes a place in the feed; parseCursor reads it.
func cursorOf(seq int64) string { return strconv.FormatInt(seq, 10) }

func parseCursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("after is no cursor of this feed: %w", penates.Invalid)
	}
	return n, nil
}

// showChanges answers with changes after a place, or streams them to who asks
// for text/event-stream.
func (c *call) showChanges() error {
	q, err := c.parameters()
	if err != nil {
		return err
	}
	after, err := parseCursor(q.Get("after"))
	if err != nil {
		return err
	}
	limit := maxChanges
	if l := q.Get("limit"); l != "" {
		if limit, err = within("limit", l, 1, maxChanges); err != nil {
			return err
		}
	}
	for name := range q {
		if name != "after" && name != "limit" {
			return fmt.Errorf("there is no parameter %s: %w", name, penates.Invalid)
		}
	}
	if strings.Contains(c.r.Header.Get("Accept"), "text/event-stream") {
		if last := c.r.Header.Get("Last-Event-ID"); last != "" {
			if after, err = parseCursor(last); err != nil {
				return err
			}
		}
		return c.stream(after)
	}
	changes, err := c.s.Changes(c.ctx(), after, limit)
	if err != nil {
		return err
	}
	out := feed{Data: steps(changes)}
	if n := len(changes); n > 0 {
		after = changes[n-1].Seq
	}
	out.Meta.Cursor = cursorOf(after)
	out.Links = links{Self: c.r.URL.RequestURI(), Next: next(c.r.URL, "after", out.Meta.Cursor)}
	return c.writeJSON(http.StatusOK, out)
}

func steps(changes []vault.Change) []step {
	out := make([]step, len(changes))
	for i, ch := range changes {
		out[i] = step{cursorOf(ch.Seq), ch.ID, ch.Type, ch.Deleted}
	}
	return out
}

// stream sends changes as server-sent events until the caller leaves, the grant
// ends or the vault is locked; the last event then says why.
func (c *call) stream(after int64) error {
	changes, err := c.s.Changes(c.ctx(), after, maxChanges)
	if err != nil {
		return err
	}
	out := http.NewResponseController(c.w)
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.Header().Set("X-Accel-Buffering", "no")
	c.w.WriteHeader(http.StatusOK)
	for err == nil {
		if err = c.event(changes); err == nil {
			err = out.Flush()
		}
		if err != nil {
			return gone(err)
		}
		if n := len(changes); n > 0 {
			after = changes[n-1].Seq
		}
		changes, err = c.await(after)
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	b, err := json.Marshal(problemOf(err))
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintf(c.w, "event: end\ndata: %s\n\n", b); err == nil {
		err = out.Flush()
	}
	return gone(err)
}

// event writes changes, or a comment that keeps the connection alive.
func (c *call) event(changes []vault.Change) error {
	if len(changes) == 0 {
		_, err := fmt.Fprint(c.w, ":\n\n")
		return err
	}
	for _, s := range steps(changes) {
		b, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(c.w, "id: %s\nevent: change\ndata: %s\n\n", s.Cursor, b); err != nil {
			return err
		}
	}
	return nil
}

// await returns the next changes; none when it is time for a sign of life. It ends
// with an error when the grant is stopped or over or the vault is locked.
func (c *call) await(after int64) ([]vault.Change, error) {
	ctx, cancel := context.WithTimeout(c.ctx(), c.srv.cfg.Beat)
	defer cancel()
	if err := c.s.Wait(ctx, after); err != nil {
		switch {
		case c.ctx().Err() != nil:
			return nil, context.Canceled
		case ctx.Err() != nil:
			return nil, nil
		}
		return nil, err
	}
	return c.s.Changes(c.ctx(), after, maxChanges)
}
