package clientlogs

import (
	"context"
	"time"
)

const (
	lookEvery = 250 * time.Millisecond
	// storeWithin bounds what is stored between two looks: the database may be locked by another process.
	storeWithin = 2 * time.Second
	// leaveWithin bounds the last switch. The keeper ends the debug log by itself when we do not.
	leaveWithin = 3 * time.Second
)

// Run switches the debug log as the settings and the broker's load demand, until ctx ends. Then it switches it off: a
// broker that goes on without us should not pay for it.
func (l *Levels) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		l.look(ctx)
		select {
		case <-tick.C:
		case <-l.wake:
		case <-ctx.Done():
			return l.leave(context.WithoutCancel(ctx))
		}
	}
}

// leave switches the debug log off, and sees that nobody switches it on behind us.
func (l *Levels) leave(ctx context.Context) error {
	l.end()
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	if l.judge.pause.on() {
		l.rememberPause(ctx) // its peak has grown
	}
	l.mu.Lock()
	doubtful := l.attempt.doubtful
	l.mu.Unlock()
	if l.o.Switch == nil || !l.o.Switch.DebugLog() && !doubtful {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	return l.o.Switch.SetDebugLog(ctx, false)
}

// look decides what should be, and makes it so. What it does not come to before ctx ends the next one does.
func (l *Levels) look(ctx context.Context) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return
	}
	if l.over.Err() != nil {
		return
	}
	now := l.o.Clock()
	if l.began.IsZero() {
		l.began = now
	}
	l.endTrace(ctx, now)
	event, changed := l.weigh(now)
	wanted := l.wanted()
	l.makeSo(ctx, now, wanted)
	l.note(now, wanted)
	if changed { // told when it is done: the broker comes first
		l.tellPause(ctx, event)
	}
}

// weigh lets auto judge the broker's load, and reports whether a pause has begun or ended. The caller has the turn.
func (l *Levels) weigh(now time.Time) (e Event, changed bool) {
	measured := load(l.o.Rate(), l.o.Delivered())
	l.mu.Lock()
	rate := l.rate.add(now, measured)
	s := l.settings
	l.mu.Unlock()
	before := l.judge.pause
	switch {
	case s.Mode != ModeAuto || l.o.Switch == nil:
		l.judge = judge{} // auto begins anew when it comes back
		if !before.on() {
			return Event{}, false
		}
		return ended(before, now, modeSentence(s.Mode, before.Peak)), true
	case !l.judge.look(now, rate, float64(s.Threshold), l.dear()):
		return Event{}, false
	case l.judge.pause.on():
		return begun(l.judge.pause), true
	default:
		return ended(before, now, resumedSentence(before.Peak)), true
	}
}

// dear says why auto had better not switch the debug log on. One that is on stays on.
func (l *Levels) dear() string {
	if l.o.Switch.DebugLog() {
		return ""
	}
	clients, _ := l.o.Clients()
	return tooDear(l.o.Version(), clients)
}

// settling reports whether auto waits for the broker to tell how many clients it has. The caller has the turn.
func (l *Levels) settling(now time.Time) bool {
	_, known := l.o.Clients()
	passed := now.Sub(l.began)
	return l.stored().Mode == ModeAuto && !known && passed >= 0 && passed < clientsWithin
}

// wanted reports whether the debug log should be on. The caller has the turn, or nobody else knows l yet.
func (l *Levels) wanted() bool {
	switch l.stored().Mode {
	case ModeFull, ModeTrace:
		return true
	case ModeAuto:
		return !l.judge.pause.on()
	case ModeOff:
	}
	return false
}

// note keeps the state that has come about.
func (l *Levels) note(now time.Time, wanted bool) {
	pause := l.judge.pause
	l.mu.Lock()
	defer l.mu.Unlock()
	state, reason := l.stateNow(now, wanted, pause)
	if state != l.state {
		l.state, l.since = state, now
	}
	l.reason = reason
}

// stateNow is the state that follows from what is wanted and what is. The caller holds mu.
func (l *Levels) stateNow(now time.Time, wanted bool, pause intermission) (PublishState, string) {
	switch {
	case l.settings.Mode == ModeOff:
		return PublishesOff, "the mode is off"
	case l.o.Switch == nil && l.o.Available.PublishEvents:
		return PublishesRecorded, ""
	case l.o.Switch == nil:
		return PublishesUnavailable, errNoDebugLog().Message
	case !wanted:
		return PublishesPaused, pause.Reason
	case l.o.Switch.DebugLog():
		return PublishesRecorded, ""
	case l.attempt.trouble != nil:
		return PublishesUnavailable, l.attempt.trouble.Message
	case l.attempt.tooSoon(now, l.settings.Mode):
		return PublishesPaused, "the broker's debug log was switched on less than a minute ago"
	default:
		return PublishesUnavailable, "the broker's debug log is about to be switched on"
	}
}

// endTrace goes back to the mode before when a trace has lasted long enough. The caller has the turn.
func (l *Levels) endTrace(ctx context.Context, now time.Time) {
	over := func(s storedSettings) bool { return s.Mode == ModeTrace && !now.Before(s.Trace.Until) }
	if !over(l.stored()) {
		return
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	s := l.stored()
	if !over(s) { // somebody has lengthened it meanwhile
		return
	}
	s.Mode, s.Trace = s.Before, traceSettings{}
	l.use(s) // what cannot be stored ends again at the next start
	l.log.InfoContext(ctx, "the trace of publish events has ended", "publish_events", string(s.Mode))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	if err := l.o.Store.SetSetting(ctx, settingName, s); err != nil {
		l.log.WarnContext(ctx, "the end of a trace is not stored", "error", err)
	}
}
