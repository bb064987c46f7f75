package rule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"penates"
	"penates/internal/vault"
)

const (
	kindWish   = "uma.wish"
	wishLife   = 30 * 24 * time.Hour // how long a wish waits, and a refusal stands
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

// Ask keeps a wish for the owner, who is asked once, and returns it with what they
// decided.
func Ask(ctx context.Context, owner *vault.Session, w Wish) (Wish, error) {
	b, err := owner.Recall(ctx, kindWish, w.ID)
	if err == nil {
		if err := json.Unmarshal(b, &w); err != nil {
			return w, fmt.Errorf("wish: %w (%w)", penates.Damaged, err)
		}
		return w, nil
	}
	if !errors.Is(err, penates.NotExist) {
		return w, err
	}
	list, err := Wishes(ctx, owner)
	if err != nil {
		return w, err
	}
	if len(list) >= maxWaiting {
		return w, fmt.Errorf("%d wishes wait for the owner: %w", maxWaiting, penates.TooLong)
	}
	if b, err = json.Marshal(w); err != nil {
		return w, err
	}
	return w, owner.Remember(ctx, kindWish, w.ID, b, w.Asked.Add(wishLife))
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
