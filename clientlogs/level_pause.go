package clientlogs

import (
	"context"
	"fmt"
	"time"
)

// pauseName is the name under which the present pause is stored, so that one that outlives us ends as it should: not at
// once when we are back, and with an event that knows when it began.
const pauseName = "clientlogs.pause"

// intermission is a time when publishes are not recorded because the broker is too busy. Its zero value is none.
type intermission struct {
	Since  time.Time `json:"since"`
	Peak   float64   `json:"peak"`   // the highest rate so far, messages a second
	Reason string    `json:"reason"` // why it began
}

func (p intermission) on() bool { return !p.Since.IsZero() }

// begun and ended are the events about a pause.
func begun(p intermission) Event {
	return Event{Kind: Recording, Reason: RecordingPaused, Time: instant(p.Since), Topic: p.Reason, Count: 1}
}

func ended(p intermission, now time.Time, sentence string) Event {
	now = instant(now)
	e := Event{Kind: Recording, Reason: RecordingResumed, Time: instant(p.Since), Until: now, Topic: sentence, Count: 1}
	if e.Time.After(now) { // the clock was set back
		e.Time = now
	}
	return e
}

// instant is a time as events have it.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func pausedSentence(rate, threshold float64) string {
	return fmt.Sprintf("publish events paused: %.0f messages a second are more than %.0f", rate, threshold)
}

func resumedSentence(peak float64) string {
	return fmt.Sprintf("publish events are recorded again; up to %.0f messages a second were not", peak)
}

func modeSentence(mode Mode, peak float64) string {
	return fmt.Sprintf("the pause of publish events ended with the mode %s; up to %.0f messages a second were not recorded", mode, peak)
}

// tellPause records that a pause has begun or ended. The caller has the turn.
func (l *Levels) tellPause(ctx context.Context, e Event) {
	l.o.Record(e)
	l.log.InfoContext(ctx, "publish events", "state", string(e.Reason), "why", e.Topic)
	l.rememberPause(ctx)
}

// rememberPause stores whether there is a pause. The caller has the turn.
func (l *Levels) rememberPause(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	if err := l.o.Store.SetSetting(ctx, pauseName, l.judge.pause); err != nil {
		l.log.WarnContext(ctx, "a pause of publish events is not remembered beyond a restart", "error", err)
	}
}
