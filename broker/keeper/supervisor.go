package keeper

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// How patient the supervisor is.
const (
	firstDelay  = 100 * time.Millisecond // before the first try again; doubled for every further one
	longestWait = 30 * time.Second
	askAgain    = 250 * time.Millisecond // between two SIGTERM
	provenGood  = time.Minute            // of running, after which the delays begin anew
	muteAfter   = 20 * time.Second       // a broker that has not said by then that it starts has its log turned off
	showLater   = time.Second            // a status is at most so old where complaints and lost lines are concerned
)

// result answers an order.
type result struct {
	status Status
	err    error
}

// order is what a client wants.
type order struct {
	op    string
	lease time.Duration
	reply chan result // has room for the one result
}

// supervisor owns the broker's process. Its fields belong to the goroutine of run.
type supervisor struct {
	spec     Spec
	log      *spool
	logger   *slog.Logger
	patience time.Duration // for a broker to say that it starts
	launcher launcher
	board    *board
	orders   chan order
	done     chan struct{} // closed when run has ended

	status Status
	proc   *process
	loaded *loaded   // with which the broker runs; nil where it could not be read
	saidAt time.Time // when the present process was started

	delay      time.Duration // before the next try
	again      bool          // start once the process that is being stopped has gone
	ending     bool
	changed    bool // there is something to show soon
	startWaits []chan result
	stopWaits  []chan result
	reloads    []*reload // the first is under way
	lastWords  []string  // of the last process that did not end because it should
	debug      debugLog
	serial     uint64 // of the last status

	next, ask, kill, mute, reloadTimer, soon *time.Timer
}

func newSupervisor(spec Spec, log *spool, logger *slog.Logger) *supervisor {
	first := Status{Protocol: Protocol, KeeperPID: os.Getpid(), State: Stopped, Since: time.Now().UTC()}
	return &supervisor{
		spec: spec, log: log, logger: logger, launcher: newLauncher(), patience: muteAfter, board: newBoard(first), status: first,
		orders: make(chan order), done: make(chan struct{}), delay: firstDelay, debug: debugLog{lapse: idleTimer()},
		next: idleTimer(), ask: idleTimer(), kill: idleTimer(), mute: idleTimer(), reloadTimer: idleTimer(), soon: idleTimer(),
	}
}

// idleTimer is a timer that does not fire until it is reset.
func idleTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// order is submit for an order that is only a word.
func (s *supervisor) order(ctx context.Context, op string) (Status, error) {
	return s.submit(ctx, order{op: op})
}

// submit hands an order to run and waits for its result. The order is carried out even when ctx ends first.
func (s *supervisor) submit(ctx context.Context, o order) (Status, error) {
	ended := fault.New(fault.Unavailable, "the broker's keeper is ending")
	o.reply = make(chan result, 1)
	select {
	case s.orders <- o:
	case <-s.done:
		return s.board.now(), ended
	case <-ctx.Done():
		return s.board.now(), ctx.Err()
	}
	select {
	case r := <-o.reply:
		return r.status, r.err
	case <-s.done:
		select {
		case r := <-o.reply: // given just before the end, as to an order to shut down
			return r.status, r.err
		default:
			return s.board.now(), ended
		}
	case <-ctx.Done():
		return s.board.now(), ctx.Err()
	}
}

// run supervises until ctx ends or a client orders the shutdown, and returns when no broker lives any more.
func (s *supervisor) run(ctx context.Context) {
	defer close(s.launcher.work)
	defer close(s.done)
	s.adoptOrphan()
	end := ctx.Done()
	for !s.ending || s.proc != nil {
		var heard chan struct{}
		var ended chan string
		if s.proc != nil {
			ended = s.proc.ended
			if s.proc.voice != nil {
				heard = s.proc.voice.heard
			}
		}
		select {
		case o := <-s.orders:
			s.obey(o)
		case <-end:
			end = nil
			s.obey(order{op: opShutdown, reply: make(chan result, 1)})
		case <-heard:
			s.listen()
		case how := <-ended:
			s.buried(how)
		case <-s.next.C:
			s.status.Restarts++
			s.launch(false)
		case <-s.ask.C:
			s.askToEnd()
		case <-s.kill.C:
			s.killBroker()
		case <-s.mute.C:
			s.assumeRunning()
		case <-s.reloadTimer.C:
			s.endReload()
		case <-s.debug.lapse.C:
			s.lapse()
		case <-s.log.loss:
			s.showSoon()
		case <-s.soon.C:
			s.show()
		}
	}
	s.answer(&s.stopWaits, nil)
}

// adoptOrphan ends the broker of a dead keeper before there can be a new one, as it holds its ports and files.
func (s *supervisor) adoptOrphan() {
	p, err := orphan(s.spec)
	if err != nil {
		s.logger.Error("a broker that a former keeper left cannot be looked for", "error", err)
	}
	if p == nil {
		return
	}
	s.logger.Warn("ending the broker of a keeper that died", "pid", p.pid)
	s.proc = p
	s.status.BrokerPID = p.pid
	s.halt()
}

// enter changes the state and tells everybody.
func (s *supervisor) enter(state State) {
	if s.status.State != state {
		s.status.State, s.status.Since = state, time.Now().UTC()
	}
	s.show()
}

// showSoon is for what may come in floods: many changes make one status.
func (s *supervisor) showSoon() {
	if !s.changed {
		s.changed = true
		s.soon.Reset(showLater)
	}
}

// show publishes the status as it is now.
func (s *supervisor) show() {
	s.changed = false
	s.soon.Stop()
	s.board.show(s.present())
}

// present completes the status with what others count.
func (s *supervisor) present() Status {
	s.serial++
	st := s.status
	st.Serial, st.Debug = s.serial, s.debugState()
	st.LogDropped = s.log.dropped.Load()
	st.LastWords = s.lastWords
	if s.proc != nil && s.proc.voice != nil {
		if words := s.proc.voice.words(false); len(words) > 0 {
			st.LastWords = words
		}
	}
	if st.LastWords == nil {
		st.LastWords = []string{}
	}
	return st
}

// answer gives every waiting client the same result.
func (s *supervisor) answer(waits *[]chan result, err error) {
	for _, c := range *waits {
		c <- result{s.present(), err}
	}
	*waits = nil
}
