package keeper

import (
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// obey begins to carry out an order. Its reply follows now or when the process has done what was ordered.
func (s *supervisor) obey(o order) {
	if o.op != opDebugHold { // which comes every few seconds
		s.logger.Info("order", "op", o.op, "state", s.status.State)
	}
	if s.ending && o.op != opShutdown {
		o.reply <- result{s.present(), fault.New(fault.Unavailable, "the broker's keeper is ending")}
		return
	}
	switch o.op {
	case opStart:
		s.start(o)
	case opRestart:
		s.restart(o)
	case opStop:
		s.stop(o)
	case opShutdown:
		s.ending = true
		s.stop(o)
	case opReload:
		s.reload(o)
	case opProve:
		err := s.mayUseLive("proven")
		if err == nil {
			err = prove(s.spec, s.loaded)
		}
		o.reply <- result{s.present(), err}
	case opAccept:
		o.reply <- result{s.present(), s.accept()}
	case opDebugOn:
		s.debugOn(o)
	case opDebugHold:
		s.debugHold(o)
	case opDebugOff:
		s.debugOff(o)
	default:
		o.reply <- result{s.present(), fault.Newf(fault.Malformed, "the keeper does not know the order %q", o.op)}
	}
}

func (s *supervisor) start(o order) {
	if s.status.State == Running {
		o.reply <- result{s.present(), nil}
		return
	}
	s.startWaits = append(s.startWaits, o.reply)
	switch s.status.State {
	case Stopping:
		s.again = true
	case Stopped, Backoff:
		s.delay = firstDelay
		s.launch(true)
	}
}

func (s *supervisor) restart(o order) {
	s.startWaits = append(s.startWaits, o.reply)
	s.delay = firstDelay
	if s.proc == nil {
		s.launch(true)
		return
	}
	s.again = true
	s.halt()
}

func (s *supervisor) stop(o order) {
	s.again = false
	s.answer(&s.startWaits, fault.New(fault.Conflict, "the broker was ordered to stop before it ran"))
	s.next.Stop()
	s.stopWaits = append(s.stopWaits, o.reply)
	if s.proc != nil {
		s.halt()
		return
	}
	s.enter(Stopped)
	if !s.ending {
		s.answer(&s.stopWaits, nil)
	}
}

// launch starts a broker process. An ordered start uses the live configuration whatever it says.
func (s *supervisor) launch(ordered bool) {
	s.next.Stop()
	s.guard()
	s.layDebug()
	c := choose(s.spec, ordered)
	if c.note != "" {
		s.logger.Warn("choosing the configuration", "config", c.config, "note", c.note)
		s.log.own("%s", c.note)
	}
	s.status.NextTry = time.Time{}
	s.status.Config, s.status.Version, s.loaded = c.config, "", c.live
	s.debugLaunched(c)
	p, err := s.launcher.start(s.spec, c.path, s.log)
	if err != nil {
		s.logger.Error("the broker's program cannot be run", "error", err)
		s.log.own("the broker's program cannot be run: %v", err)
		s.lastWords = []string{err.Error()}
		s.failed(fault.New(fault.Refused, "the broker's program cannot be run").
			Hint("look whether mosquitto is installed and whether this user may run it: " + s.spec.Mosquitto).Because(err))
		return
	}
	s.proc, s.status.BrokerPID = p, p.pid
	s.log.own("the broker was started as process %d with its %s configuration", p.pid, c.config)
	s.logger.Info("broker started", "pid", p.pid, "config", c.config)
	if err := noteBroker(s.spec, p.pid); err != nil {
		s.logger.Error("a next keeper could not find this broker", "error", err)
	}
	s.mute.Reset(s.patience)
	s.enter(Starting)
}

// halt asks the process to end, and sees to it that it does.
func (s *supervisor) halt() {
	if s.status.State == Stopping {
		return
	}
	s.mute.Stop()
	s.askToEnd()
	s.kill.Reset(s.spec.StopTimeout)
	s.enter(Stopping)
}

// askToEnd sends SIGTERM, again and again: mosquitto forgets the one that arrives between the line that says that it
// runs and the beginning of its main loop (seen with 2.0.11).
func (s *supervisor) askToEnd() {
	if s.proc == nil {
		return
	}
	if err := s.proc.signal(syscall.SIGTERM); err != nil {
		s.logger.Warn("asking the broker to end", "pid", s.proc.pid, "error", err)
	}
	s.ask.Reset(askAgain)
}

// killBroker ends a process that does not listen, a stopped one included.
func (s *supervisor) killBroker() {
	if s.proc == nil {
		return
	}
	s.logger.Warn("the broker did not end in time and is killed", "pid", s.proc.pid, "after", s.spec.StopTimeout)
	s.log.own("the broker did not end within %v and was killed", s.spec.StopTimeout)
	if err := s.proc.signal(syscall.SIGKILL); err != nil {
		s.logger.Warn("killing the broker", "pid", s.proc.pid, "error", err)
	}
}

// mayUseLive refuses what makes no sense while the broker does not run on its live files.
func (s *supervisor) mayUseLive(what string) error {
	switch {
	case s.status.State != Running:
		return fault.Newf(fault.Conflict, "the broker does not run, so its configuration cannot be %s", what).
			Hint("start the broker first")
	case s.status.Config == ConfigProven:
		return fault.Newf(fault.Conflict, "the broker runs with the last proven configuration, not with the files as they are now, which cannot be %s", what).
			Hint("restart the broker to apply the files as they are now")
	}
	return nil
}

// refusal is the fault of a broker that does not come up, in its own words.
func refusal(how string, words []string) error {
	said := strings.Join(words, "; ")
	if said == "" {
		said = "it said nothing"
	}
	f := fault.Newf(fault.Refused, "the broker does not start (%s): %s", how, said)
	switch {
	case strings.Contains(said, "Address already in use"):
		return f.Hint("another program listens on a port or socket that the configuration names: end that program, or name another port")
	case strings.Contains(said, "Unable to create websockets listener"):
		return f.Hint("another program listens on the port, or connections that have ended linger on it: name another port, or try again in a minute")
	case strings.Contains(said, "Error found at"):
		return f.Hint("mend the line of the configuration that the broker names, then restart the broker")
	case strings.Contains(said, "ermission denied"):
		return f.Hint("the broker's user may not use what the configuration names: change its permissions, or the configuration")
	}
	return f.Hint(fmt.Sprintf("the broker's log, %s, has more", BrokerLogName))
}
