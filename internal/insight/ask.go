package insight

import (
	"context"

	"penates/internal/vault"
)

// EnergyCost computes what energy costs month by month, from the meters' series,
// the bills and the bank.
func EnergyCost(ctx context.Context, s *vault.Session) (*EnergyCostResult, error) {
	return &EnergyCostResult{}, ctx.Err()
}

// Recurring finds the payments that come again and what changed in them.
func Recurring(ctx context.Context, s *vault.Session) (*RecurringResult, error) {
	return &RecurringResult{}, ctx.Err()
}

// Exchanges computes who the person exchanges with, from messages, calls, events
// and contacts.
func Exchanges(ctx context.Context, s *vault.Session) (*ExchangesResult, error) {
	return &ExchangesResult{}, ctx.Err()
}
