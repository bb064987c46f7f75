package uma

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"penates"
	"penates/internal/proto/oauth"
	"penates/internal/vault"
)

const (
	kindWish   = "uma.wish"
	wishLife   = 30 * 24 * time.Hour // how long a wish waits, and a refusal stands
	waitLife   = 7 * 24 * time.Hour  // of a ticket that waits for the owner
	waitPoll   = 30                  // seconds between two questions of a client
	maxWaiting = 100
)

// A Wish is what somebody asks for under a rule that leaves the last word to the
// owner.
type Wish struct {
	ID          string       `json:"id"`
	Rule        string       `json:"rule"`
	Client      string       `json:"client"`
	ClientName  string       `json:"client_name,omitempty"`
	Who         string       `json:"who"`
	Permissions []Permission `json:"permissions"`
	Asked       time.Time    `json:"asked"`
	Decided     time.Time    `json:"decided,omitzero"`
	Granted     bool         `json:"granted,omitempty"`
}

type decision int

const (
	waiting decision = iota
	agreed
	refused
)

// wish returns what the owner decided of a wish, which is kept for them when it is
// new.
func (s *Server) wish(ctx context.Context, t *oauth.TokenRequest, asked *ticket, r *Rule, who string, part []Permission) (decision, error) {
	what, err := json.Marshal(part)
	if err != nil {
		return waiting, err
	}
	w := Wish{Rule: r.ID, Client: t.Client.ID, ClientName: t.Client.Name, Who: who, Permissions: part, Asked: s.auth.Now()}
	w.ID = r.ID + "/" + ticketKey(w.Client + "\x00" + who + "\x00" + asked.Server + "\x00" + string(what))[:32]
	b, err := t.State.Recall(ctx, kindWish, w.ID)
	switch {
	case err == nil:
		if err := json.Unmarshal(b, &w); err != nil {
			return waiting, fmt.Errorf("wish: %w (%w)", penates.Damaged, err)
		}
		if w.Decided.IsZero() {
			return waiting, nil
		}
		if w.Granted {
			return agreed, nil
		}
		return refused, nil
	case !errors.Is(err, penates.NotExist):
		return waiting, err
	}
	list, err := Wishes(ctx, t.State)
	if err != nil {
		return waiting, err
	}
	if len(list) >= maxWaiting {
		return waiting, fmt.Errorf("%d wishes wait for the owner: %w", maxWaiting, penates.TooLong)
	}
	if b, err = json.Marshal(w); err != nil {
		return waiting, err
	}
	if err := t.State.Note(t.Client.Actor(), "", penates.Share, "rule "+r.Name+" asks the owner for "+who, nil); err != nil {
		return waiting, err
	}
	return waiting, t.State.Remember(ctx, kindWish, w.ID, b, w.Asked.Add(wishLife))
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

// Wishes returns those that wait for the owner, the oldest first.
func Wishes(ctx context.Context, owner *vault.Session) (list []Wish, err error) {
	err = owner.RecallEach(ctx, kindWish, "", func(_ string, value []byte) error {
		var w Wish
		if err := json.Unmarshal(value, &w); err != nil {
			return fmt.Errorf("wish: %w (%w)", penates.Damaged, err)
		}
		if w.Decided.IsZero() {
			list = append(list, w)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Wish) int { return a.Asked.Compare(b.Asked) })
	return list, err
}

// Answer decides a wish. What is granted is so until the rule ends.
func Answer(ctx context.Context, owner *vault.Session, id string, grant bool) error {
	b, err := owner.Recall(ctx, kindWish, id)
	if err != nil {
		return err
	}
	var w Wish
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("wish: %w (%w)", penates.Damaged, err)
	}
	w.Decided, w.Granted = time.Now().UTC(), grant
	if b, err = json.Marshal(w); err != nil {
		return err
	}
	until := time.Time{} // a granted wish goes with its rule
	if !grant {
		until = w.Decided.Add(wishLife)
	}
	if err := owner.Remember(ctx, kindWish, id, b, until); err != nil {
		return err
	}
	what := "refuse wish of "
	if grant {
		what = "grant wish of "
	}
	return owner.Note(owner.Actor(), "", penates.Share, what+w.Who, nil)
}

// forgetWishes forgets those made under a rule.
func forgetWishes(ctx context.Context, owner *vault.Session, rule string) error {
	var ids []string
	err := owner.RecallEach(ctx, kindWish, rule+"/", func(key string, _ []byte) error {
		ids = append(ids, key)
		return nil
	})
	for _, id := range ids {
		err = errors.Join(err, owner.Forget(ctx, kindWish, id))
	}
	return err
}
