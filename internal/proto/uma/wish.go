package uma

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"penates"
	"penates/internal/proto/oauth"
	"penates/internal/rule"
)

const (
	waitLife = 7 * 24 * time.Hour // of a ticket that waits for the owner
	waitPoll = 30                 // seconds between two questions of a client
)

type decision int

const (
	waiting decision = iota
	agreed
	refused
)

// wish returns what the owner decided of a wish, which is kept for them when it is
// new.
func (s *Server) wish(ctx context.Context, t *oauth.TokenRequest, asked *ticket, r *rule.Rule, who string, part []rule.Permission) (decision, error) {
	what, err := json.Marshal(part)
	if err != nil {
		return waiting, err
	}
	w := rule.Wish{Rule: r.ID, Client: t.Client.ID, ClientName: t.Client.Name, Who: who, Permissions: part, Asked: s.auth.Now()}
	w.ID = r.ID + "/" + ticketKey(w.Client + "\x00" + who + "\x00" + asked.Server + "\x00" + string(what))[:32]
	if w, err = rule.Ask(ctx, t.State, w); err != nil {
		return waiting, err
	}
	switch {
	case w.Decided.IsZero():
		return waiting, t.State.Note(t.Client.Actor(), "", penates.Share, "rule "+r.Name+" asks the owner for "+who, nil)
	case w.Granted:
		return agreed, nil
	}
	return refused, nil
}

// submitted tells a client that the owner has to decide (UMA grant, section 3.3.6).
func (s *Server) submitted(ctx context.Context, t *oauth.TokenRequest, asked *ticket) error {
	name, err := asked.keep(ctx, t.State, s.auth.Now().Add(waitLife))
	if err != nil {
		return err
	}
	return &oauth.Error{Code: "request_submitted", Description: "the owner was asked, come again with the ticket", Status: http.StatusForbidden,
		More: map[string]any{"ticket": name, "interval": waitPoll}}
}
