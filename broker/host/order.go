package host

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

const (
	answersWithin = 20 * time.Second // a broker that loads a large database answers late
	endsWithin    = 30 * time.Second // and one that saves it ends late
	loginWithin   = 5 * time.Second
	goneFor       = 3 * time.Second // after which a broker that has ended is not expected back by itself
	lookAgain     = 5 * time.Millisecond
)

// Reload makes the broker read its configuration again, and waits until it answers.
func (s *Site) Reload(ctx context.Context) error {
	unlock, err := s.exclusive(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.reachable(); err != nil {
		return err
	}
	return s.reloadNow(ctx)
}

// Restart stops the broker and starts it with the files as they are now.
func (s *Site) Restart(ctx context.Context) error {
	unlock, err := s.exclusive(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.CanRestart(); err != nil {
		return err
	}
	return s.restartNow(ctx)
}

// Prove does nothing: whoever starts this broker after a crash takes the files that are there.
func (s *Site) Prove(context.Context) error { return nil }

// reachable says whether a broker can be told to reload at this moment.
func (s *Site) reachable() error {
	if err := s.CanReload(); err != nil {
		return err
	}
	if s.reload != nil {
		return nil // the command knows which process it is
	}
	_, err := s.process()
	if errors.Is(err, errNotRunning) {
		return fault.New(fault.Conflict, "the broker does not run, so it cannot be told to read its configuration again").
			Hint("start it, or restart it here").Because(err)
	}
	return err
}

// reloadNow makes the broker read its files, and waits until it answers. Where its log is to be heard, a broker that does
// not accept them, and goes on with its old settings, is found out.
func (s *Site) reloadNow(ctx context.Context) error {
	s.ear.forget()
	if s.reload != nil {
		if err := run(ctx, s.reload); err != nil {
			return err
		}
	} else {
		p, err := s.process()
		if err == nil {
			err = p.signal()
		}
		if errors.Is(err, errNotRunning) {
			return s.ended(err)
		}
		if err != nil {
			return err
		}
	}
	// It lets nobody in before it has dealt with the signal.
	if err := s.answers(ctx); err != nil {
		return err
	}
	return s.ear.reloaded(ctx)
}

// ended is the fault of a broker that is not there any more, with its last complaints where they were heard.
func (s *Site) ended(cause error) error {
	message := "the broker has ended"
	if words := s.ear.words(); words != "" {
		message += ": " + words
	}
	return fault.New(fault.Refused, message).Hint("its log says why").Because(cause)
}

// restartNow runs the command, and makes sure that it is another run of the broker that answers.
func (s *Site) restartNow(ctx context.Context) error {
	before, beforeErr := s.process()
	gone, leave := s.watch(ctx)
	defer leave()
	s.ear.forget()
	if err := run(ctx, s.restart); err != nil {
		return err
	}
	late := time.NewTimer(s.endsWithin)
	defer late.Stop()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	select {
	case <-gone:
	case <-late.C:
		return notRestarted()
	case <-ctx.Done():
		return fault.New(fault.Refused, "the broker was not restarted in time").Because(ctx.Err())
	}
	for beforeErr == nil {
		// A number that is not there at the moment will be there when the broker answers.
		if now, err := s.process(); err != nil || now != before {
			break
		}
		select {
		case <-tick.C:
		case <-late.C:
			return notRestarted()
		case <-ctx.Done():
			return fault.New(fault.Refused, "the broker was not restarted in time").Because(ctx.Err())
		}
	}
	return s.answers(ctx)
}

func notRestarted() error {
	return fault.New(fault.Refused, "the command has ended, and the broker goes on as before").
		Hint("look whether --broker-restart-command restarts this broker")
}

// watch logs in and sees when this run of the broker ends. gone is closed already where it could not log in.
func (s *Site) watch(ctx context.Context) (gone <-chan struct{}, leave func()) {
	ended := make(chan struct{})
	within, cancel := context.WithTimeout(ctx, loginWithin)
	defer cancel()
	conn, err := s.o.Endpoint.Enter(within)
	if err != nil {
		close(ended)
		return ended, func() {}
	}
	go func() {
		_, _ = io.Copy(io.Discard, conn) // until it ends
		close(ended)
	}()
	return ended, func() {
		_ = conn.Close()
		<-ended
	}
}

// answers waits until the broker lets us in.
func (s *Site) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	var missing time.Time
	for {
		within, done := context.WithTimeout(ctx, loginWithin)
		err := s.o.Endpoint.Login(within)
		done()
		if err == nil {
			return nil
		}
		trouble, told := errors.AsType[*broker.Trouble](err)
		if told && trouble.State == broker.StateRefused {
			return fault.New(fault.Refused, "the broker does not let BunkerM in any more: "+trouble.Detail).Hint(trouble.Hint).Because(err)
		}
		if _, err := s.process(); errors.Is(err, errNotRunning) {
			if missing.IsZero() {
				missing = time.Now()
			}
			if time.Since(missing) > goneFor {
				return s.ended(err)
			}
		} else {
			missing = time.Time{}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fault.New(fault.Refused, "the broker does not answer").Hint("its log says why").Because(err)
		}
	}
}
