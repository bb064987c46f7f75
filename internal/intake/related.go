package intake

import (
	"context"
	"slices"

	"penates"
	"penates/internal/link"
	"penates/internal/vault"
)

// Related returns what does act with documents, and then has the link rules look again
// at what depends on documents of their types: a debit may pay another bill when one
// is thrown away, and pay it again when it comes back.
func Related(s *vault.Session, act func(context.Context, ...penates.DocumentID) error) func(context.Context, ...penates.DocumentID) error {
	return func(ctx context.Context, ids ...penates.DocumentID) error {
		var types []penates.Type
		for _, id := range ids {
			d, err := s.Document(ctx, id)
			if err == nil && !slices.Contains(types, d.Type) { // act says of the others what is wrong
				types = append(types, d.Type)
			}
		}
		if err := act(ctx, ids...); err != nil || len(types) == 0 {
			return err
		}
		_, err := link.Run(context.WithoutCancel(ctx), s, types...)
		return err
	}
}
