package config

import (
	"context"
	"strconv"
	"time"

	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/store"
)

// lookEvery is how soon a change from outside is noticed.
const lookEvery = 3 * time.Second

// runs is what the broker is known to run with.
type runs struct {
	version int64
	user    contents // nil while it is unknown
}

// runsSetting is the name of the setting that keeps which version the broker runs with, over restarts of ours.
const runsSetting = "config.running"

// Run settles what a former process was at, and then notices changes that are made on disk, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if err := s.settleUnfinished(ctx); err != nil {
		s.o.Logger.Error("what a former process was at when it ended could not be recorded", "error", err)
	}
	if s.o.Site == nil {
		return nil
	}
	s.begin(ctx)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.lookAround(ctx)
		}
	}
}

// begin finds out what the broker runs with. One that goes on since before us runs with what it was known to run with;
// one that has just been started runs with the files as they are.
func (s *Service) begin(ctx context.Context) {
	s.changing.Lock()
	defer s.changing.Unlock()
	now, err := s.look()
	if err != nil {
		s.o.Logger.Warn("the broker's configuration cannot be read", "error", err)
		return
	}
	live, err := s.noticed(ctx, now)
	if err != nil {
		s.o.Logger.Error("the broker's configuration is not kept as a version", "error", err)
		return
	}
	var saved savedRuns
	if found, err := s.o.Store.Setting(ctx, runsSetting, &saved); err == nil && found && saved.Process != "" && saved.Process == s.o.Site.Process() {
		if _, files, err := s.version(ctx, saved.Version); err == nil {
			s.setRuns(runs{saved.Version, files})
			return
		}
	}
	s.ranWith(ctx, live.ID, now.user)
}

// lookAround notices what somebody has changed on disk. It does not wait for a change that is being made here.
func (s *Service) lookAround(ctx context.Context) {
	if !s.changing.TryLock() {
		return
	}
	defer s.changing.Unlock()
	now, err := s.look()
	if err != nil {
		return // whoever opens the page is told
	}
	if _, err := s.noticed(ctx, now); err != nil && ctx.Err() == nil {
		s.o.Logger.Error("a change from outside is not kept as a version", "error", err)
	}
}

// settleUnfinished records how changes ended that a former process was at when it was killed.
func (s *Service) settleUnfinished(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.o.Site != nil {
		if u := s.o.Site.Unfinished(); u != nil {
			state := stateInterrupted
			if u.Proven {
				state = stateApplied
			}
			if id, err := strconv.ParseInt(u.ID, 10, 64); err == nil {
				if err := s.resolve(ctx, id, state, u.Said); err != nil {
					return err
				}
				if u.Proven {
					s.saveRuns(ctx, id) // begin reads it
				}
			}
			s.forget(u.ID)
		}
	}
	// What is still being applied was killed before the first file was written, or is of the dynamic security file.
	return s.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, `UPDATE config_versions SET state = $2, detail = $3 WHERE broker = $1 AND state = $4`,
			s.o.Store.Broker(), stateInterrupted, "BunkerM was ended while it applied this.", stateApplying)
		return err
	})
}

// savedRuns is what the broker runs with as it survives our own restart.
type savedRuns struct {
	Version int64  `json:"version"`
	Process string `json:"process"`
}

// ranWith keeps what the broker runs with.
func (s *Service) ranWith(ctx context.Context, version int64, user contents) {
	s.setRuns(runs{version, user})
	s.saveRuns(ctx, version)
}

func (s *Service) saveRuns(ctx context.Context, version int64) {
	if err := s.o.Store.SetSetting(ctx, runsSetting, savedRuns{version, s.o.Site.Process()}); err != nil {
		s.o.Logger.Warn("what the broker runs with is not kept", "error", err)
	}
}

func (s *Service) setRuns(r runs) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = r
}

// running is the configuration that the broker runs with; nil where that is unknown. What BunkerM writes itself is as it is
// now: it switches the debug log there, and whoever looks at the configuration is not to be told of that.
func (s *Service) running() *conf.Config {
	s.mu.Lock()
	user := s.runs.user
	s.mu.Unlock()
	if user == nil {
		return nil
	}
	c, err := s.load(user)
	if err != nil {
		return nil
	}
	return c
}
