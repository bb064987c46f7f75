package client

import (
	"context"
	"errors"
	"time"
)

// How long KeepFollowing waits before it asks again, at first and at most.
const (
	firstPause = time.Second
	mostPause  = time.Minute
)

// KeepFollowing is Follow over streams that break: it goes on after the last change
// that each took, until each fails, ctx ends, or the vault refuses. A vault that is
// locked for now, or asked too much, is asked again.
func (a *Access) KeepFollowing(ctx context.Context, after string, each func(Change) error) error {
	pause := firstPause
	for {
		var own error // of each
		err := a.Follow(ctx, after, func(c Change) error {
			if own = each(c); own == nil {
				after, pause = c.Cursor, firstPause
			}
			return own
		})
		var refused *Error
		switch {
		case own != nil, ctx.Err() != nil:
			return err
		case errors.As(err, &refused) && refused.Status != 429 && refused.Status/100 != 5:
			return err
		case errors.Is(err, ErrTooLarge):
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
		pause = min(2*pause, mostPause)
	}
}
