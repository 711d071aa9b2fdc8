package clientlogs

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// SetSettings changes settings, which are valid by their schema, and returns when they are stored and the debug log was
// told, which may have been in vain. Errors are faults, and nothing has changed then.
func (l *Levels) SetSettings(ctx context.Context, in SettingsFields) (SettingsAnswer, error) {
	if err := l.update(ctx, in); err != nil {
		return SettingsAnswer{}, err
	}
	l.look(ctx)
	return l.Settings(), nil
}

func (l *Levels) update(ctx context.Context, in SettingsFields) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	s := l.stored()
	before := s
	if p := in.PublishEvents; p != nil {
		if err := l.change(&s, p); err != nil {
			return err
		}
	}
	if r := in.Retention; r != nil {
		replace(&s.EventsDays, r.EventsDays)
		replace(&s.PublishesDays, r.PublishesDays)
	}
	if err := l.o.Store.SetSetting(ctx, settingName, s); err != nil {
		return err
	}
	l.use(s)
	args := []any{
		"actor", l.o.Actor(ctx), "publish_events", string(s.Mode), "threshold_per_second", s.Threshold,
		"events_days", s.EventsDays, "publishes_days", s.PublishesDays,
	}
	if s.Mode == ModeTrace {
		args = append(args, "until", instant(s.Trace.Until), "client_ids", s.Trace.ClientIDs, "topics", s.Trace.Topics)
	}
	l.log.InfoContext(ctx, "settings changed", args...)
	l.o.RecordChange(ctx, "settings.update", "settings/clientlogs", before, s)
	return nil
}

func replace(field, value *int) {
	if value != nil {
		*field = *value
	}
}

// change applies the part about publish events.
func (l *Levels) change(s *storedSettings, p *PublishEventsFields) error {
	replace(&s.Threshold, p.Threshold)
	mode := s.Mode
	if p.Mode != nil {
		mode = *p.Mode
	}
	asked := p.Mode != nil || p.Trace != nil
	switch {
	case p.Trace != nil && mode != ModeTrace:
		return notAcceptable("body.publish_events.trace", "goes with the mode trace alone")
	case asked && mode != ModeOff && l.o.Switch == nil && !l.o.Available.PublishEvents:
		return errNoDebugLog()
	case mode != ModeTrace:
		s.Trace, s.Before = traceSettings{}, mode
	case asked:
		trace := s.Trace.with(p.Trace, l.o.Clock())
		if err := trace.check(); err != nil {
			return err
		}
		s.Trace = trace
	}
	s.Mode = mode
	return nil
}

// with is the trace as a request changes it. Where none runs it begins now.
func (t traceSettings) with(f *TraceFields, now time.Time) traceSettings {
	if t.Until.IsZero() {
		t.Until = now.Add(usualTrace)
	}
	if f == nil {
		return t
	}
	if f.Minutes != nil {
		t.Until = now.Add(min(time.Duration(*f.Minutes)*time.Minute, longestTrace))
	}
	if f.ClientIDs != nil {
		t.ClientIDs = slices.Clone(f.ClientIDs)
	}
	if f.Topics != nil {
		t.Topics = slices.Clone(f.Topics)
	}
	return t
}

// check says what of a trace is not acceptable.
func (t traceSettings) check() error {
	const at = "body.publish_events.trace"
	switch n := len(t.ClientIDs) + len(t.Topics); {
	case n == 0:
		return notAcceptable(at, "names no client and no topic")
	case n > mostTraced:
		return notAcceptable(at, fmt.Sprintf("names more than %d clients and topics", mostTraced))
	}
	if i := slices.Index(t.ClientIDs, ""); i >= 0 {
		return notAcceptable(fmt.Sprintf("%s.client_ids[%d]", at, i), "is empty")
	}
	for i, filter := range t.Topics {
		if why := whyNoFilter(filter); why != "" {
			return notAcceptable(fmt.Sprintf("%s.topics[%d]", at, i), why)
		}
	}
	return nil
}
