package dynsec

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// write is one change that somebody orders.
type write struct {
	action string // as in client.create
	object string // as in client/name
	// plan checks everything against the state as it is and says what to send; no step means that all is as asked
	// already. It is asked again when the broker turned something down, to explain that by what changed meanwhile.
	plan func(st *State) ([]step, error)
	// view is the object of the write in a state, nil where there is none.
	view func(st *State) any
	// part tells that this is a part of a change which is recorded as a whole by another write, whose was is the object
	// before the first of them.
	part bool
	was  any
}

// step is one message of a write. The next step is sent only when this one is known to be done.
type step struct {
	commands []broker.Command
	reads    []broker.Command // what reads the outcome back, in the same message
	// apply makes the state that follows, from the answers to reads. When it is nil everything is read again.
	apply func(st *State, reads []broker.Response) (*State, error)
	// wanted names what in a state is not as this step should leave it; nothing when it is done.
	wanted func(st *State) []string
	// undo puts back what this step changed; nil where nothing can.
	undo []broker.Command
	// partial tells that the broker may have done half of the step when it refuses it, as 2.0.11 does.
	partial bool
	// blind tells that reading back does not show whether the step was done, because a password is in it. Sending it
	// twice must be harmless.
	blind bool
	// patience is for steps that take the broker long, more than a request may take otherwise.
	patience time.Duration
}

// write carries a change out, alone, and returns the state with it. Nothing was sent when the fault's kind is
// anything but Refused and Uncertain.
func (s *Service) write(ctx context.Context, w write) (*State, error) {
	waiting, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	need, err := s.mirror.need(waiting)
	if err != nil {
		return nil, err
	}
	release, err := s.takeTurn(waiting)
	if err != nil {
		return nil, err
	}
	defer release()
	before, err := s.stateSince(waiting, need)
	if err != nil {
		return nil, err
	}
	steps, err := w.plan(before)
	if r := rehearsing(ctx); r != nil {
		return before, r.plan(before, steps, err)
	}
	if err != nil || len(steps) == 0 {
		return before, err
	}
	s.o.BeforeWrite()
	limit := requestTime
	for _, st := range steps {
		limit = max(limit, requestTime+st.patience)
	}
	// From here on a caller who goes away does not keep us from finishing, undoing and recording what was begun. What is sent
	// has its own time for the answer: else those who waited long for the turn would be told that the outcome is unknown.
	sending, cancelSending := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancelSending()
	after, err := s.carryOut(sending, w, before, steps)
	if err != nil {
		s.mirror.distrust()
		return nil, err
	}
	s.recorded(ctx, w, w.action, before, after)
	return after, nil
}

// recorded tells of a change that was made. It is told even when whoever asked for it has gone away.
func (s *Service) recorded(ctx context.Context, w write, action string, before, after *State) {
	if w.part {
		return
	}
	was := w.was
	if was == nil {
		was = w.view(before)
	}
	ctx = context.WithoutCancel(ctx)
	s.log.LogAttrs(ctx, slog.LevelInfo, "dynamic security changed",
		slog.String("action", action), slog.String("object", w.object), slog.String("actor", s.o.Actor(ctx)))
	s.o.Record(ctx, action, w.object, was, w.view(after))
}

func (s *Service) carryOut(ctx context.Context, w write, before *State, steps []step) (*State, error) {
	st := before
	for i, next := range steps {
		after, err := s.send(ctx, st, next)
		if err == nil {
			st = after
			continue
		}
		_, half := errors.AsType[*mismatch](err)
		err = s.inWords(ctx, w, err, i == 0)
		switch {
		case next.partial || half:
			err = s.takeBack(ctx, w, before, undoOf(steps[:i+1]), err)
			if next.blind {
				// 2.0.11 sets the password before it looks at the roles.
				err = fault.From(err).Hint("all but the password is as it was; whether the password was changed is not known, so set it again")
			}
			return nil, err
		case i > 0:
			return nil, s.takeBack(ctx, w, before, undoOf(steps[:i]), err)
		default:
			return nil, err
		}
	}
	return st, nil
}

// send carries one step out. The error is a *refusal when the broker turned it down, a *mismatch when it did something
// else.
func (s *Service) send(ctx context.Context, st *State, next step) (*State, error) {
	message := append(append([]broker.Command{}, next.commands...), next.reads...)
	responses, err := s.mirror.do(ctx, message...)
	if fault.Is(err, fault.Uncertain) {
		return s.settle(ctx, next, err)
	}
	if err != nil {
		return nil, err
	}
	return s.take(ctx, st, next, responses)
}

// take makes the state that follows from the answers to a step.
func (s *Service) take(ctx context.Context, st *State, next step, responses []broker.Response) (*State, error) {
	for i, c := range next.commands {
		if text := responses[i].Error; text != "" {
			return nil, &refusal{command: c.Name(), text: text}
		}
	}
	var after *State
	var err error
	if next.apply == nil {
		after, err = s.mirror.read(ctx)
	} else {
		after, err = next.apply(st, responses[len(next.commands):])
	}
	if err != nil {
		s.mirror.distrust()
		return nil, fmt.Errorf("reading back what was written: %w", err)
	}
	if next.apply != nil {
		s.mirror.adopt(after)
	}
	if missing := next.wanted(after); len(missing) > 0 {
		return nil, &mismatch{missing: missing}
	}
	return after, nil
}

// settle finds out what became of a step whose answer did not come, by reading the state back.
func (s *Service) settle(ctx context.Context, next step, cause error) (*State, error) {
	for again := next.blind; ; again = false {
		s.mirror.distrust()
		st, err := s.readBack(ctx)
		if err != nil {
			return nil, fault.New(fault.Uncertain, "the change was sent and the broker did not answer in time, so its outcome is unknown").
				Hint("outcome: unknown; read the object before you send the change again").Because(cause)
		}
		if missing := next.wanted(st); len(missing) > 0 && !next.blind {
			return nil, fault.New(fault.Unavailable, "the connection to the broker ended before the change was made").
				Hint("nothing was changed; try again in a moment").After(time.Second).Because(cause)
		}
		if !next.blind {
			return st, nil
		}
		if !again {
			return nil, fault.New(fault.Uncertain, "the broker did not confirm the change, so its outcome is unknown").
				Hint("outcome: unknown; sending the same change again is harmless").Because(cause)
		}
		responses, err := s.mirror.do(ctx, append(append([]broker.Command{}, next.commands...), next.reads...)...)
		if err == nil {
			return s.take(ctx, st, next, responses)
		}
		cause = err
	}
}

// readBack reads everything, as soon as the broker can be asked again, until ctx ends.
func (s *Service) readBack(ctx context.Context) (*State, error) {
	const pause = 20 * time.Millisecond
	for {
		st, err := s.mirror.read(ctx)
		if err == nil || !fault.Is(err, fault.Unavailable) {
			return st, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		}
	}
}

// refusal is the broker's no to one command.
type refusal struct{ command, text string }

// Error names the command and the broker's own words.
func (r *refusal) Error() string { return r.command + ": " + r.text }

// mismatch is a step that the broker accepted and did not carry out as asked.
type mismatch struct{ missing []string }

// Error names what is not as asked.
func (m *mismatch) Error() string { return "not as asked: " + strings.Join(m.missing, ", ") }

// inWords makes a fault of what went wrong with a step. What the broker did not do at the first step is looked into:
// somebody else may have changed something since it was planned, so it is planned again.
func (s *Service) inWords(ctx context.Context, w write, err error, first bool) error {
	m, half := errors.AsType[*mismatch](err)
	r, refused := errors.AsType[*refusal](err)
	if !half && !refused {
		return err
	}
	s.mirror.distrust()
	st, readErr := s.mirror.read(ctx)
	if readErr == nil && first {
		if _, err := w.plan(st); err != nil {
			return err
		}
	}
	if half {
		return fault.New(fault.Refused, "the broker did not carry everything out; "+m.Error())
	}
	return fault.Newf(fault.Refused, "the broker refused %s: %s", r.command, r.text).
		Hint("somebody else may have changed something at the same moment; read the object and try again")
}

func undoOf(done []step) []broker.Command {
	var undo []broker.Command
	for _, st := range done {
		undo = append(append([]broker.Command{}, st.undo...), undo...)
	}
	return undo
}

// takeBack undoes what was done of a write that failed, and adds to the fault what is left of it.
func (s *Service) takeBack(ctx context.Context, w write, before *State, undo []broker.Command, cause error) error {
	unchanged := func(st *State) bool { return reflect.DeepEqual(w.view(before), w.view(st)) }
	left := s.mirror.latest()
	if fault.Is(cause, fault.Uncertain) || fault.Is(cause, fault.NotFound) || unchanged(left) {
		return cause // nothing to take back: it is not known what was done, or somebody else deleted the object
	}
	message := fault.From(cause).Message
	if len(undo) > 0 {
		// Whether this works is seen in the state, not in its answers; a failure to send shows there as well.
		_, _ = s.mirror.do(ctx, undo...)
		s.mirror.distrust()
		st, err := s.readBack(ctx)
		if err != nil {
			return fault.New(fault.Uncertain, message).
				Hint("outcome: unknown; a part of the change may be left, read the object").Because(cause)
		}
		if unchanged(st) {
			return fault.From(cause).Hint("what was done of it has been undone, so nothing is changed")
		}
		left = st
	}
	s.recorded(ctx, w, w.action+".partly", before, left)
	return fault.New(fault.Refused, message).
		Hint("a part of the change is left; read the object and send the change again").Because(cause)
}
