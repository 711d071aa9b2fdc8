package notify

import (
	"context"

	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

// Forget takes a subject out of messages that wait to be sent, and of the last errors of channels, and returns how many named it. No
// Outbox may run on the database.
func Forget(ctx context.Context, q store.Queries, s privacy.Subject) (changed int64, err error) {
	if changed, err = privacy.Rewrite(ctx, q, "notify_outbox", "rowid", []privacy.Column{{Name: "message", Change: s.JSON}}, s.Value); err != nil {
		return changed, err
	}
	n, err := privacy.Rewrite(ctx, q, "notify_channels", "rowid", []privacy.Column{{Name: "last_error", Change: s.Text}}, s.Value)
	return changed + n, err
}
