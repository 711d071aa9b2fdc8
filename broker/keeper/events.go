package keeper

import (
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// listen looks at what the broker has said.
func (s *supervisor) listen() {
	p := s.proc.voice.progress()
	switch {
	case s.status.State == Starting && p.running:
		s.nowRuns(p.version)
	case s.status.State == Running && p.running && s.status.Version == "":
		s.status.Version = p.version // it was taken to run too early
		s.show()
	default:
		s.showSoon()
	}
	if len(s.reloads) == 0 {
		return
	}
	r := s.reloads[0]
	switch {
	case p.rejected > r.before.rejected && !r.refused:
		r.refused = true
		s.reloadTimer.Reset(refusalGrace)
	case p.reloads > r.before.reloads && !r.heard:
		r.heard = true
		s.reloadTimer.Reset(reloadGrace)
	}
}

// nowRuns is the end of a good start.
func (s *supervisor) nowRuns(version string) {
	s.mute.Stop()
	s.saidAt = time.Now()
	s.status.Version = version
	s.enter(Running)
	s.logger.Info("broker runs", "pid", s.proc.pid, "version", version)
	s.answer(&s.startWaits, nil)
}

// assumeRunning is for a broker whose log the user has turned off: it cannot say that it runs. One that has said
// that it starts will also say when it runs, and is waited for.
func (s *supervisor) assumeRunning() {
	if s.status.State == Starting && !s.proc.voice.progress().starting {
		s.log.own("the broker logs nothing to its standard error; it is taken to run")
		s.nowRuns("")
	}
}

// buried follows the end of a process, whoever wanted it.
func (s *supervisor) buried(how string) {
	p, was := s.proc, s.status.State
	s.ask.Stop()
	s.kill.Stop()
	s.mute.Stop()
	s.proc, s.loaded, s.debug.on = nil, nil, false
	s.status.Exit, s.status.BrokerPID = how, 0
	s.log.own("the broker's process %d has ended: %s", p.pid, how)
	s.logger.Info("broker ended", "pid", p.pid, "how", how, "state", was)
	if err := forgetBroker(s.spec); err != nil {
		s.logger.Error("forgetting the broker's process", "error", err)
	}
	s.dropReloads(fault.New(fault.Refused, "the broker ended while it was to read its configuration again"))
	s.lastWords = nil
	if was == Stopping {
		s.enter(Stopped)
		if s.again && !s.ending {
			s.again = false
			s.launch(true)
		}
		if !s.ending {
			s.answer(&s.stopWaits, nil)
		}
		return
	}
	s.lastWords = p.voice.words(true)
	if was == Running && time.Since(s.saidAt) >= provenGood {
		s.delay = firstDelay
	}
	s.failed(refusal(how, s.lastWords))
}

// failed plans the next try and tells those who wait for the start.
func (s *supervisor) failed(err error) {
	s.status.NextTry = time.Now().Add(s.delay).UTC()
	s.next.Reset(s.delay)
	s.delay = min(2*s.delay, longestWait)
	s.enter(Backoff)
	s.answer(&s.startWaits, err)
}
