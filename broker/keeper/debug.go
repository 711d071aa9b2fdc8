package keeper

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"crypto/rand"

	"github.com/bunkerm/bunkerm/fault"
)

// debugLine is the line that turns the debug log on.
const debugLine = "log_type debug\n"

// Bounds of the debug log's lease, and how often it is tried again to end a debug log that nobody holds.
const (
	longestLease = time.Minute
	debugRetry   = 5 * time.Second
)

// debugLog is whether the broker prints its debug lines, and for how long somebody wants them. They cost a busy
// broker up to twice its time, so they are lent: when whoever ordered them does not say again and again that it is
// still there, the keeper turns them off.
type debugLog struct {
	on    bool        // the process that lives has read a log file with them
	until time.Time   // somebody wants them until then; zero: nobody does
	lapse *time.Timer // the end of the lease, or the next try to turn them off
	told  string      // why they cannot be turned off, as it was logged last
}

// debugState is what Status.Debug says.
func (s *supervisor) debugState() string {
	switch {
	case s.spec.LogConfig == "":
		return ""
	case s.debug.on && s.proc != nil:
		return DebugOn
	}
	return DebugOff
}

// borrow begins or lengthens the lease.
func (s *supervisor) borrow(lease time.Duration) error {
	if lease <= 0 || lease > longestLease {
		return fault.Newf(fault.Malformed, "the debug log is lent for up to %v", longestLease)
	}
	s.debug.until = time.Now().Add(lease)
	s.debug.lapse.Reset(lease)
	return nil
}

// bound is the state that the switches under way lead to.
func (s *supervisor) bound() string {
	for _, r := range slices.Backward(s.reloads) {
		if r.debug != "" {
			return r.debug
		}
	}
	return s.debugState()
}

func (s *supervisor) debugOn(o order) {
	err := s.mayUseLive("read again for its debug log")
	if s.spec.LogConfig == "" {
		err = fault.New(fault.Conflict, "this keeper was not told which file says what the broker logs").
			Hint("restart the broker through BunkerM, which replaces the keeper")
	}
	if err == nil {
		err = s.borrow(o.lease)
	}
	if err != nil || s.bound() == DebugOn && s.debug.on {
		o.reply <- result{s.present(), err}
		return
	}
	s.queue(&reload{reply: o.reply, debug: DebugOn})
}

func (s *supervisor) debugHold(o order) {
	var err error
	if s.bound() == DebugOn {
		err = s.borrow(o.lease)
	}
	o.reply <- result{s.present(), err}
}

func (s *supervisor) debugOff(o order) {
	s.debug.until = time.Time{}
	s.debug.lapse.Stop()
	if s.bound() != DebugOn {
		o.reply <- result{s.present(), nil}
		return
	}
	if err := s.mayUseLive("read again for its debug log"); err != nil {
		s.debug.lapse.Reset(debugRetry)
		o.reply <- result{s.present(), err}
		return
	}
	s.queue(&reload{reply: o.reply, debug: DebugOff})
}

// lapse is the end of a lease that was not lengthened, or a further try to turn off what nobody holds.
func (s *supervisor) lapse() {
	if !s.debug.until.IsZero() {
		s.debug.until = time.Time{}
		s.logger.Info("nobody holds the debug log any more", "on", s.debug.on)
	}
	switch {
	case s.bound() != DebugOn:
	case s.mayUseLive("read again") != nil:
		s.debug.lapse.Reset(debugRetry) // it starts or ends at the moment
	default:
		s.queue(&reload{reply: make(chan result, 1), debug: DebugOff})
	}
}

// prepareSwitch writes the log file for a switch, if nothing else has changed.
func (s *supervisor) prepareSwitch(r *reload) error {
	now, err := s.onlyOurs()
	if err != nil {
		return err
	}
	on := r.debug == DebugOn
	if err := s.spec.writeLogConfig(on); err != nil {
		return fault.New(fault.Unavailable, "the file that says what the broker logs cannot be written").
			Hint("make room on the disk of the data directory, and look whether the broker's folder there can be written").Because(err)
	}
	now.snapshot = now.with(s.spec.LogConfig, s.spec.logConfig(on))
	r.loaded = now
	return nil
}

// switched follows the end of a reload.
func (s *supervisor) switched(r *reload, err error) {
	switch {
	case err == nil && r.debug != "":
		s.debug.on, s.debug.told = r.debug == DebugOn, ""
	case err == nil:
		s.debug.on = r.loaded != nil && r.loaded.loud(s.spec)
	case r.debug == DebugOn:
		// Who ordered it is told that it failed, so nobody holds it.
		s.debug.until = time.Time{}
		s.debug.on = s.debug.on || fault.Is(err, fault.Uncertain)
		if werr := s.spec.writeLogConfig(false); werr != nil && fault.Is(err, fault.Refused) {
			s.logger.Error("the log file still asks for the debug log", "error", werr)
		}
	case r.debug == DebugOff && s.debug.told != err.Error():
		s.debug.told = err.Error()
		s.logger.Warn("the debug log cannot be turned off and is tried again", "error", err)
		s.log.own("the debug log cannot be turned off yet: %v", err)
	}
	if s.debug.on && s.debug.until.IsZero() {
		s.debug.lapse.Reset(debugRetry)
	}
}

// layDebug writes the log file before a start: without the debug log, unless somebody holds it.
func (s *supervisor) layDebug() {
	if s.spec.LogConfig == "" {
		return
	}
	if err := s.spec.writeLogConfig(!s.debug.until.IsZero()); err != nil {
		s.logger.Error("the file that says what the broker logs cannot be written", "error", err)
	}
}

// debugLaunched notes what the process that is being started reads. The proven copy has no debug log.
func (s *supervisor) debugLaunched(c choice) {
	s.debug.on = c.config == ConfigLive && (c.live == nil && !s.debug.until.IsZero() || c.live != nil && c.live.loud(s.spec))
	if s.debug.on && s.debug.until.IsZero() {
		s.debug.lapse.Reset(debugRetry)
	}
}

// logConfig is the content of the log file.
func (s Spec) logConfig(debug bool) []byte {
	if debug {
		return []byte(s.LogSettings + debugLine)
	}
	return []byte(s.LogSettings)
}

// writeLogConfig replaces the log file, unless it is right already. Its folder may be hostile: no link is followed.
func (s Spec) writeLogConfig(debug bool) error {
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return fmt.Errorf("opening broker directory: %w", err)
	}
	defer func() { _ = root.Close() }()
	want := s.logConfig(debug)
	if have, err := readConfig(root, s.LogConfig); err == nil && bytes.Equal(have, want) {
		return nil
	}
	temp := filepath.Join(filepath.Dir(s.LogConfig), ".bunkerm-"+rand.Text())
	uid, gid := s.UID, s.GID
	if !s.otherUser() {
		uid, gid = -1, -1
	}
	err = writeBeside(root, temp, want, uid, gid)
	if err == nil {
		err = root.Rename(temp, s.LogConfig)
	}
	if err != nil {
		if rerr := root.Remove(temp); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		return fmt.Errorf("writing %s: %w", s.LogConfig, err)
	}
	return nil
}
