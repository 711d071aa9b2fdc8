package clientlogs

import (
	"context"
	"errors"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

const (
	// switchWithin bounds one switch. The keeper answers when the broker has read its configuration anew.
	switchWithin = 10 * time.Second
	// onAgainIn is the time between two times that auto switches on: each is a signal to the broker.
	onAgainIn = time.Minute

	// What fails is tried again after firstPatience, then twice as long each time. What costs the broker is tried to be
	// ended more often than what we only miss.
	firstPatience   = 5 * time.Second
	longestForOff   = 5 * time.Second
	longestPatience = time.Minute
)

// attempt is what is known of the last try to switch the debug log.
type attempt struct {
	on       bool          // what was tried
	again    time.Time     // the same is not tried before
	patience time.Duration // how long that was; 0 after a success
	trouble  *fault.Error  // why the debug log is not as it should be; nil when it is
	onAt     time.Time     // when it was last switched on
	doubtful bool          // it may be on, because switching it on was never answered
}

// tooSoon reports whether auto has to wait before it switches on.
func (a *attempt) tooSoon(now time.Time, mode Mode) bool {
	passed := now.Sub(a.onAt)
	return mode == ModeAuto && !a.onAt.IsZero() && passed >= 0 && passed < onAgainIn
}

// makeSo switches the debug log where it is not as it should be. The caller has the turn, so that a slow switch is never
// overtaken by its opposite.
func (l *Levels) makeSo(ctx context.Context, now time.Time, on bool) {
	if l.o.Switch == nil {
		return
	}
	is, settling := l.o.Switch.DebugLog(), l.settling(now)
	l.mu.Lock()
	a := &l.attempt
	if is == on {
		a.trouble, a.patience = nil, 0
	}
	wait := is == on || on && (settling || a.tooSoon(now, l.settings.Mode)) || on == a.on && now.Before(a.again)
	l.mu.Unlock()
	if wait {
		return
	}
	trying, cancel := context.WithTimeout(ctx, switchWithin)
	defer cancel()
	defer context.AfterFunc(l.over, cancel)()
	err := l.o.Switch.SetDebugLog(trying, on)
	now = l.o.Clock() // it may have taken long
	l.mu.Lock()
	defer l.mu.Unlock()
	unanswered := err != nil && trying.Err() != nil
	a.doubtful = on && unanswered || a.doubtful && err != nil
	switch {
	case ctx.Err() != nil || l.over.Err() != nil: // nobody waits any more, which is no trouble of the broker's
	case err == nil:
		l.log.InfoContext(ctx, "the broker's debug log is switched", "on", on)
		// A broker that was switched and is not what it was switched to starts just then; it is given time.
		*a = attempt{on: on, again: now.Add(firstPatience), onAt: a.onAt}
		if on {
			a.onAt = now
		}
	case unanswered && !isFault(err):
		l.failed(ctx, now, on, fault.Newf(fault.Unavailable, "switching the broker's debug log took longer than %v", switchWithin).
			Hint("it is tried again by itself").Because(err))
	default:
		l.failed(ctx, now, on, fault.From(err))
	}
}

// failed keeps why nothing was switched, and tells it once. The caller holds mu.
func (l *Levels) failed(ctx context.Context, now time.Time, on bool, trouble *fault.Error) {
	a := &l.attempt
	if a.trouble == nil || a.on != on || a.trouble.Message != trouble.Message {
		l.log.WarnContext(ctx, "the broker's debug log cannot be switched", "on", on, "error", trouble)
	}
	if a.on != on {
		a.patience = 0
	}
	longest := longestPatience
	if !on {
		longest = longestForOff
	}
	a.patience = min(max(2*a.patience, firstPatience), longest)
	a.on, a.trouble, a.again = on, trouble, now.Add(a.patience)
}

func isFault(err error) bool {
	_, ok := errors.AsType[*fault.Error](err)
	return ok
}

// errNoDebugLog is the fault where who published what can never be told.
func errNoDebugLog() *fault.Error {
	return fault.New(fault.Conflict, "this broker's log does not say who publishes what").
		Hint("set log_type all in the broker's configuration, and name its log file with --broker-log where it is on this host")
}
