package app

import (
	"context"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/adopt"
	"github.com/bunkerm/bunkerm/broker/observe"
)

// countWithin bounds how long the new broker may take to hand out everything that it keeps.
const countWithin = 2 * time.Minute

// proveAdoption says, once behind an adoption, for how long no broker was there, and whether the new one keeps what the database
// of the old one holds.
func (a *App) proveAdoption() {
	if a.managed == nil {
		return
	}
	found, there := adopt.Outstanding(a.opts.DataDir)
	if !there {
		return
	}
	if !found.Stopped.IsZero() {
		a.told(true, fmt.Sprintf("No broker was there for %s.", inWords(a.brokerSince.Sub(found.Stopped))))
	}
	a.life.background("adoption", func(ctx context.Context) {
		if found.Held != nil {
			ctx, cancel := context.WithTimeout(ctx, countWithin)
			defer cancel()
			n, own, err := observe.CountRetained(ctx, a.brokerAt, a.opts.StatusTopic)
			if err != nil {
				a.told(false, "NOT proven: how many retained messages the new broker has. "+Explain(err))
				return // the next start tries again
			}
			a.told(compareRetained(n, int64(found.Held.Retained), own))
		}
		if err := adopt.Proved(a.opts.DataDir); err != nil {
			a.logger.Warn("that the adoption is proven could not be kept", "component", "app", "error", err)
		}
	})
}

// compareRetained says what the count of the new broker means. Our own status is not in it, but was in the database where a BunkerM
// was attached to the old broker.
func compareRetained(now, before, own int64) (good bool, sentence string) {
	switch {
	case now == before-1 && own == 1:
		return false, fmt.Sprintf("NOT proven: the new broker has %d retained messages, the old one's database %d. The one that is missing may be BunkerM's own status, if it was attached to the old broker.", now, before)
	case now == before:
		return true, fmt.Sprintf("proven: the new broker has %d retained messages, as many as the old one's database.", now)
	case now > before:
		return true, fmt.Sprintf("proven: the new broker has %d retained messages, the old one's database %d. Devices have published since.", now, before)
	default:
		return false, fmt.Sprintf("NOT proven: the new broker has %d retained messages, the old one's database %d. %d are missing: they have expired, devices have taken them back since, or they are lost.",
			now, before, before-now)
	}
}

// told tells how an adoption went to whoever has ordered it, or the log.
func (a *App) told(good bool, sentence string) {
	switch {
	case a.opts.Adopted != nil:
		a.opts.Adopted(sentence)
	case good:
		a.logger.Info(sentence, "component", "app")
	default:
		a.notice(sentence)
	}
}

// inWords is a duration for people.
func inWords(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return d.Round(time.Second).String()
}
