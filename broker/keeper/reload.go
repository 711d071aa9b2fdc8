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
	reloadGrace  = 120 * time.Millisecond
	refusalGrace = 50 * time.Millisecond // for the lines after the first that names a place
	silentGrace  = time.Second           // for a broker that does not say that it begins
)

// reload makes the broker read its configuration again: for a person with the files as they are then, or to switch
// the debug log, for which nothing else may have changed.
type reload struct {
	reply   chan result // has room for the one result
	debug   string      // DebugOn or DebugOff; empty for a person's
	loaded  *loaded     // what it makes the broker read
	before  progress    // what the broker had said until then
	silent  bool        // its log is turned off
	heard   bool
	refused bool
}

// reload begins, or queues, the reading of the live configuration: each order must see the files as they are then.
func (s *supervisor) reload(o order) {
	if err := s.mayUseLive("reloaded"); err != nil {
		o.reply <- result{s.present(), err}
		return
	}
	s.queue(&reload{reply: o.reply})
}

func (s *supervisor) queue(r *reload) {
	s.reloads = append(s.reloads, r)
	if len(s.reloads) == 1 {
		s.beginReload()
	}
}

// beginReload sends the signal for the first reload that may have one.
func (s *supervisor) beginReload() {
	for len(s.reloads) > 0 {
		r := s.reloads[0]
		if r.debug != "" {
			if r.debug == s.debugState() { // an order before has done it
				s.finish(nil)
				continue
			}
			if err := s.prepareSwitch(r); err != nil {
				s.finish(err)
				continue
			}
		} else if snap, err := readSnapshot(s.spec); err != nil {
			s.logger.Warn("no copy of the live configuration can be kept", "error", err)
		} else {
			r.loaded = newLoaded(s.spec, snap)
		}
		r.before = s.proc.voice.progress()
		if err := s.proc.signal(syscall.SIGHUP); err != nil {
			s.logger.Warn("telling the broker to read its configuration again", "error", err)
		}
		r.silent = s.loaded != nil && s.loaded.silent()
		if r.silent {
			s.reloadTimer.Reset(silentGrace)
		} else {
			s.reloadTimer.Reset(reloadWithin)
		}
		return
	}
}

// endReload answers the reload that is under way and begins the next.
func (s *supervisor) endReload() {
	if len(s.reloads) == 0 {
		return
	}
	r := s.reloads[0]
	s.reloadTimer.Stop()
	p := s.proc.voice.progress()
	var err error
	switch {
	case p.rejected > r.before.rejected:
		words := s.proc.voice.words(false)
		words = words[max(0, len(words)-(p.troubles-r.before.troubles)):]
		err = fault.Newf(fault.Refused, "the broker keeps its settings, because it does not accept the configuration: %s", strings.Join(words, "; ")).
			Hint("mend the line of the configuration that the broker names, then reload again")
	case p.running && p.reloads == r.before.reloads && !r.silent:
		err = fault.New(fault.Uncertain, "the broker has not said that it reads its configuration again").
			Hint("it may be busy: look at its log, or restart it")
	default:
		s.loaded = r.loaded
	}
	s.finish(err)
	s.beginReload()
}

// finish takes the first reload from the queue and tells how it ended.
func (s *supervisor) finish(err error) {
	r := s.reloads[0]
	s.reloads = s.reloads[1:]
	s.switched(r, err)
	s.show()
	r.reply <- result{s.present(), err}
}

// dropReloads answers every reload that can no longer be carried out.
func (s *supervisor) dropReloads(err error) {
	s.reloadTimer.Stop()
	for len(s.reloads) > 0 {
		s.finish(err)
	}
}
