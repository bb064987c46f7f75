package rclone

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/rclone/rclone/fs"
)

const (
	connectTime = 15 * time.Second
	silence     = time.Minute // after which a connection that says nothing is given up
	userAgent   = "penates"
)

// quiet is called before the first use of rclone: its log, which may name files and
// say what providers answer, goes nowhere; what goes wrong is in errors.
var quiet = sync.OnceFunc(func() {
	fs.SetLogger(slog.DiscardHandler)
	fs.GetConfig(context.Background()).LogLevel = fs.LogLevelOff
})

// configured returns a context with what rclone's backends take from one, apart from
// whatever flags and the environment say.
func configured(ctx context.Context) context.Context {
	quiet()
	ctx, c := fs.AddConfig(ctx)
	c.LogLevel = fs.LogLevelOff
	c.ConnectTimeout, c.Timeout = fs.Duration(connectTime), fs.Duration(silence)
	c.LowLevelRetries = 1 // the store asks again itself, for as long as its caller waits
	c.Transfers, c.Checkers = slots, slots
	c.UserAgent = userAgent
	c.AskPassword = false
	c.Dump, c.DisableFeatures = 0, nil
	c.InsecureSkipVerify = false
	return ctx
}
