package config

import (
	"context"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/fault"
)

// comeBack is how long a restart waits for the clients that were there before: most devices try again within a second or
// two, and whoever asks wants to know how it went, not to wait for the last one.
const comeBack = 5 * time.Second

// Restart stops the broker and starts it with the files as they are now.
func (s *Service) Restart(ctx context.Context, watch string) (Restarted, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	step := s.stepper(watch)
	site, now, live, err := s.beforeOrder(ctx)
	if err != nil {
		return Restarted{}, err
	}
	ctx = context.WithoutCancel(ctx)
	answer := Restarted{NeedRestart: []EffectReason{}, Version: live.ID, SessionsBefore: s.sessions()}
	began, process := s.o.Clock(), site.Process()
	step("restarting", "")
	if err := s.restartAndProve(ctx, site, now, began, step); err != nil {
		if process != "" && site.Process() == process {
			step("failed", fault.From(err).Message)
			return answer, err // it has not even been stopped
		}
		return answer, s.goBack(ctx, now, live, step, err)
	}
	answer.State, answer.TookMS = "running", time.Since(began).Milliseconds()
	s.works(ctx, live.ID, now.user)
	s.awaitSessions(answer.SessionsBefore)
	answer.SessionsAfter = s.sessions()
	s.o.Record(ctx, "config.restart", "broker", nil, map[string]any{"took_ms": answer.TookMS, "version": live.ID})
	step("done", "")
	return answer, nil
}

// beforeOrder looks at the files that the broker is about to read.
func (s *Service) beforeOrder(ctx context.Context) (broker.Site, *snapshot, row, error) {
	site, err := s.site()
	if err != nil {
		return nil, nil, row{}, err
	}
	now, err := s.look()
	if err != nil {
		return nil, nil, row{}, err
	}
	live, err := s.noticed(ctx, now)
	return site, now, live, err
}

func (s *Service) restartAndProve(ctx context.Context, site broker.Site, now *snapshot, began time.Time, step func(step, detail string)) error {
	if err := site.Restart(ctx); err != nil {
		return err
	}
	step("proving", "")
	return s.prove(ctx, now.config, began)
}

// goBack puts the last files back with which the broker worked, after it did not come back with those that somebody has
// put there. Those are kept as a version, so nothing is lost.
func (s *Service) goBack(ctx context.Context, now *snapshot, live row, step func(step, detail string), cause error) error {
	f := fault.From(cause)
	if f.Kind == fault.Conflict || f.Kind == fault.Precondition {
		return cause // it may not be restarted at all
	}
	s.o.Record(ctx, "config.restart_failed", "broker", nil, map[string]any{"version": live.ID, "said": f.Message})
	last, files, err := s.lastThatWorked(ctx, live)
	if err != nil {
		step("failed", f.Message)
		return fault.Newf(fault.Refused, "%s", f.Message).Because(cause).
			Hint("there is no earlier version to go back to. " + f.HintText)
	}
	step("putting_back", "")
	s.settle(ctx, live.ID, statePutBack, f.Message)
	after, err := s.load(files)
	if err == nil {
		err = s.o.Site.ReplaceConf(ctx, broker.ConfEdit{
			ID: "restart", Before: now.user, After: difference(now.user, files, after), How: broker.ByRestart,
			Prove: func(ctx context.Context) error { return s.prove(ctx, after, s.o.Clock()) },
		})
		s.forget("restart")
	}
	if err != nil {
		step("failed", f.Message)
		return fault.Newf(fault.Internal, "the broker does not come back (%s), nor with the files from before", f.Message).
			Hint("look at the broker's log").Because(err)
	}
	s.ranWith(ctx, last.ID, files)
	step("back", "")
	s.events.add("changed", ChangedEvent{File: fileBroker, Version: last.ID})
	return fault.New(fault.Refused, f.Message).Because(cause).
		Hint("The last configuration that worked is back and the broker runs with it. The files as they were are in the versions.")
}

// lastThatWorked is the newest version that the broker was seen to work with, other than the one that it does not come
// back with.
func (s *Service) lastThatWorked(ctx context.Context, live row) (row, contents, error) {
	s.mu.Lock()
	id := s.runs.version
	s.mu.Unlock()
	if id == 0 || id == live.ID {
		id = live.previous
	}
	if id == 0 {
		return row{}, nil, fault.New(fault.NotFound, "there is no earlier version")
	}
	return s.version(ctx, id)
}

// Reload makes the broker read its configuration again without disconnecting anybody.
func (s *Service) Reload(ctx context.Context, watch string) (Restarted, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	step := s.stepper(watch)
	site, now, live, err := s.beforeOrder(ctx)
	if err != nil {
		return Restarted{}, err
	}
	ctx = context.WithoutCancel(ctx)
	answer := Restarted{NeedRestart: []EffectReason{}, Version: live.ID, SessionsBefore: s.sessions()}
	if before := s.running(); before != nil {
		for _, reason := range conf.Compare(before, now.config, s.confVersion()).Reasons {
			if reason.Kind == conf.EffectRestart {
				if reason.Key == "listener" {
					// Both versions pass over the whole file then.
					return answer, fault.Newf(fault.Conflict, "the broker cannot be told of %s while it runs, and would pass over all other changes too", reason.Scope).
						Hint("restart the broker, which disconnects everybody once")
				}
				answer.NeedRestart = append(answer.NeedRestart, reasonAnswer(reason))
			}
		}
	}
	began := s.o.Clock()
	step("reloading", "")
	err = site.Reload(ctx)
	if err == nil {
		step("proving", "")
		err = s.ready(ctx)
	}
	if err != nil {
		step("failed", fault.From(err).Message)
		s.o.Record(ctx, "config.reload_failed", "broker", nil, map[string]any{"said": fault.From(err).Message})
		return answer, err
	}
	answer.State, answer.TookMS = "running", time.Since(began).Milliseconds()
	if len(answer.NeedRestart) == 0 {
		s.works(ctx, live.ID, now.user)
	}
	answer.SessionsAfter = s.sessions()
	s.o.Record(ctx, "config.reload", "broker", nil, map[string]any{"took_ms": answer.TookMS, "version": live.ID})
	step("done", "")
	return answer, nil
}

// works keeps what the broker was made to read and was then seen to work with, for ourselves and for whoever starts it again
// after a crash.
func (s *Service) works(ctx context.Context, version int64, user contents) {
	s.ranWith(ctx, version, user)
	if err := s.o.Site.Prove(ctx); err != nil {
		s.o.Logger.Warn("the broker's configuration could not be kept as proven", "error", err)
	}
}

// ready waits for our session, but not for ever: changes wait for us.
func (s *Service) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, proveWithin)
	defer cancel()
	return s.o.Session.Ready(ctx)
}

// sessions is how many clients are connected, nil where that is unknown.
func (s *Service) sessions() *int {
	if s.o.Sessions == nil {
		return nil
	}
	if n, known := s.o.Sessions(); known {
		return &n
	}
	return nil
}

// awaitSessions gives the clients some time to come back.
func (s *Service) awaitSessions(before *int) {
	if before == nil || *before == 0 {
		return
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(comeBack)
	defer late.Stop()
	for {
		if n := s.sessions(); n != nil && *n >= *before {
			return
		}
		select {
		case <-tick.C:
		case <-late.C:
			return
		}
	}
}

func (s *Service) brokerState() BrokerState {
	return BrokerState{State: "running", Version: s.brokerVersion()}
}
