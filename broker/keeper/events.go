package keeper

import (
	"strings"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// How long a reload may take to be acknowledged, and how long after that a refusal of the files is waited for. The
// broker says when it begins to read, and nothing when it is content.
const (
	reloadWithin = 10 * time.Second
	reloadGrace  = 200 * time.Millisecond
	refusalGrace = 50 * time.Millisecond // for the lines after the first that names a place
)

// reload is an order to read the configuration again.
type reload struct {
	reply   chan result
	snap    *snapshot
	before  progress // what the broker had said until then
	heard   bool
	refused bool
}

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
	s.proc, s.loaded = nil, nil
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

// reload begins, or queues, the reading of the live configuration: each order must see the files as they are then.
func (s *supervisor) reload(o order) {
	if err := s.mayUseLive("reloaded"); err != nil {
		o.reply <- result{s.present(), err}
		return
	}
	s.reloads = append(s.reloads, &reload{reply: o.reply})
	if len(s.reloads) == 1 {
		s.beginReload()
	}
}

func (s *supervisor) beginReload() {
	r := s.reloads[0]
	if snap, err := readSnapshot(s.spec); err != nil {
		s.logger.Warn("no copy of the live configuration can be kept", "error", err)
	} else {
		r.snap = &snap
	}
	r.before = s.proc.voice.progress()
	if err := s.proc.signal(syscall.SIGHUP); err != nil {
		s.logger.Warn("telling the broker to read its configuration again", "error", err)
	}
	s.reloadTimer.Reset(reloadWithin)
}

// endReload answers the reload that is under way and begins the next.
func (s *supervisor) endReload() {
	if len(s.reloads) == 0 {
		return
	}
	r := s.reloads[0]
	s.reloads = s.reloads[1:]
	s.reloadTimer.Stop()
	p := s.proc.voice.progress()
	var err error
	switch {
	case p.rejected > r.before.rejected:
		words := s.proc.voice.words(false)
		words = words[max(0, len(words)-(p.troubles-r.before.troubles)):]
		err = fault.Newf(fault.Refused, "the broker keeps its settings, because it does not accept the configuration: %s", strings.Join(words, "; ")).
			Hint("mend the line of the configuration that the broker names, then reload again")
	case p.running && p.reloads == r.before.reloads:
		err = fault.New(fault.Uncertain, "the broker has not said that it reads its configuration again").
			Hint("it may be busy: look at its log, or restart it")
	default:
		s.loaded = r.snap
	}
	s.show()
	r.reply <- result{s.present(), err}
	if len(s.reloads) > 0 {
		s.beginReload()
	}
}

// dropReloads answers every reload that can no longer be carried out.
func (s *supervisor) dropReloads(err error) {
	s.reloadTimer.Stop()
	for _, r := range s.reloads {
		r.reply <- result{s.present(), err}
	}
	s.reloads = nil
}
