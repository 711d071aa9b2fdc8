package dynsec

import (
	"context"
	"log/slog"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// Control is the way to the broker's dynamic security plugin; broker.Session is one.
type Control interface {
	// Do sends the commands as one message and returns the answers in their order. Errors are faults:
	// Unavailable when nothing was sent, Uncertain when it is not known what the broker did.
	Do(ctx context.Context, commands ...broker.Command) ([]broker.Response, error)
	// Sync returns when everything that the broker had answered to anybody before the call has been delivered
	// as an event.
	Sync(ctx context.Context) error
}

// Options are what a Service needs. Control is required; the rest has defaults that allow nothing special.
type Options struct {
	Control Control
	Logger  *slog.Logger
	Clock   func() time.Time // time.Now when nil

	// Own and OwnRoles name the usernames and roles that BunkerM itself works with. No route changes them.
	Own      []string
	OwnRoles []string

	// Actor names who asks, for our log.
	Actor func(ctx context.Context) string
	// Record keeps what was changed: action as in client.create, object as in client/name, and the object
	// before and after, nil where there was none.
	Record func(ctx context.Context, action, object string, before, after any)
	// Allowed reports whether whoever asks has a permission beyond the route's own, such as dynsec:admin.
	Allowed func(ctx context.Context, permission string) bool

	// Sessions counts the live sessions of a user; known is false where they cannot be told.
	Sessions func(username string) (n int, known bool)
	// BeforeWrite runs before each write is sent; a managed broker keeps a good copy of its file there.
	BeforeWrite func()
}
