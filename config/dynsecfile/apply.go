package dynsecfile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

const (
	// firstBatch and maxBatch are how many commands one message has. The broker serves nobody else while it works on a
	// message, and 2.0 writes its whole file for every command, so the size follows how long messages take.
	firstBatch = 20
	maxBatch   = 100
	// batchTime is how long one message should keep the broker busy.
	batchTime = 300 * time.Millisecond
	// perCommand is how long one command may take at the very most.
	perCommand = 250 * time.Millisecond
	// defaultPatience is how long a broker is waited for that went away in the middle.
	defaultPatience = 30 * time.Second
	// tries is how often a plan is made again whose outcome had to be read back.
	tries = 3
)

// ApplyOptions say how a plan is carried out.
type ApplyOptions struct {
	Progress    func(done, total int) // commands that the broker confirmed; nil: nobody listens
	BeforeWrite func()                // runs before each message; nil: nothing
	Patience    time.Duration         // how long a broker is waited for that went away in the middle; default 30 s
}

// Apply carries a plan with the effect live out and proves by reading back that the broker's state is what the plan's
// second file says. After a message without an answer the state is read back and the rest is planned anew, so nothing
// is done twice. When the broker turns something down, what was done is undone.
//
// Once something was sent, the caller's context does not keep it from coming to an end. The faults: Unavailable when
// nothing was sent; Refused when the broker said no, and Uncertain when it cannot be asked any more: the hint says
// exactly what was done.
func Apply(ctx context.Context, control Control, plan Plan, o ApplyOptions) error {
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	if plan.Effect == EffectRestart {
		return fault.New(fault.Conflict, plan.restartNeeded())
	}
	r := &applying{control: control, o: o, plan: plan, total: len(plan.Commands()), touched: newTouched()}
	if r.total == 0 {
		return nil
	}
	// Twice for a way back, and waiting for the broker between the tries.
	limit := 2*time.Duration(r.total)*perCommand + (tries+2)*o.Patience
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	return r.run(ctx)
}

// applying is a plan being carried out.
type applying struct {
	control Control
	o       ApplyOptions
	plan    Plan

	total, done int
	sent        bool   // a message with commands may have reached the broker
	doing       string // the stage at which it is
	last        int    // how many commands the last message had
	touched     *touched
}

func (r *applying) run(ctx context.Context) error {
	left := r.plan
	for range tries {
		err := r.send(ctx, left)
		if fault.Is(err, fault.Unavailable) && !r.sent {
			return err
		}
		if _, refused := errors.AsType[*refusal](err); refused {
			return r.takeBack(ctx, err)
		}
		state, readErr := awaitState(ctx, r.control, r.o.Patience)
		if readErr != nil {
			return r.gone(errors.Join(err, readErr))
		}
		left = MakePlan(asStored(state, r.plan.after, r.plan.version), r.plan.after, r.plan.version)
		switch {
		case left.Effect == EffectNone:
			r.progress(r.total - r.done)
			return nil
		case left.Effect == EffectRestart:
			// A client that must have a hash is not there any more.
			return r.takeBack(ctx, &refusal{text: "the broker has lost a part of its accounts"})
		case err == nil:
			// All commands were taken and yet it is not as asked.
			return r.takeBack(ctx, &refusal{command: left.Commands()[0].Name(), text: "it answered yes and did something else"})
		}
		r.total = r.done + len(left.Commands())
	}
	return r.gone(nil)
}

// send sends the stages in messages of a size that suits the broker.
func (r *applying) send(ctx context.Context, plan Plan) error {
	size := firstBatch
	for _, s := range plan.stages {
		r.doing = s.doing
		for commands := s.commands; len(commands) > 0; {
			n := fitting(commands, size)
			if r.o.BeforeWrite != nil {
				r.o.BeforeWrite()
			}
			r.last = n
			began := time.Now()
			answers, err := r.control.Do(ctx, commands[:n]...)
			if err != nil {
				if !fault.Is(err, fault.Unavailable) {
					r.sent = true
					r.touched.add(commands[:n]...)
				}
				return err
			}
			r.sent = true
			if err := r.touch(commands[:n], answers); err != nil {
				return err
			}
			size = nextBatch(n, time.Since(began))
			commands = commands[n:]
		}
	}
	return nil
}

// touch notes what a message did. A message runs on after a command that was refused, so the first refusal is returned
// when all are noted.
func (r *applying) touch(commands []broker.Command, answers []broker.Response) error {
	var refused error
	done := 0
	for i, c := range commands {
		switch {
		case answers[i].Error == "":
			r.touched.add(c)
			done++
		case refused == nil:
			refused = &refusal{c.Name(), answers[i].Error}
		}
	}
	r.progress(done)
	return refused
}

func (r *applying) progress(n int) {
	r.done += n
	if r.o.Progress != nil {
		r.o.Progress(r.done, r.total)
	}
}

// fitting is how many of the commands, at most size, surely fit into one message.
func fitting(commands []broker.Command, size int) int {
	const room = maxCommand / 2
	bytes := 0
	for i, c := range commands[:min(size, len(commands))] {
		bytes += roughly(c)
		if bytes > room && i > 0 {
			return i
		}
	}
	return min(size, len(commands))
}

// roughly is about the length of a value as JSON, in bytes.
func roughly(v any) int {
	n := 8
	switch v := v.(type) {
	case string:
		n += len(v)
	case broker.Command:
		for _, inner := range v {
			n += 12 + roughly(inner)
		}
	case []map[string]any:
		for _, entry := range v {
			for _, inner := range entry {
				n += 12 + roughly(inner)
			}
		}
	}
	return n
}

// nextBatch is the size of the next message, so that it keeps the broker busy for about batchTime.
func nextBatch(n int, took time.Duration) int {
	if took <= 0 {
		return maxBatch
	}
	return max(1, min(maxBatch, max(2*n, firstBatch), int(float64(n)*float64(batchTime)/float64(took))))
}

// refusal is the broker's no to one command.
type refusal struct{ command, text string }

// Error names the command and the broker's own words.
func (r *refusal) Error() string {
	if r.command == "" {
		return r.text
	}
	return "the broker refused " + r.command + ": " + r.text
}

// takeBack undoes what was done, where commands can, and says what is left of it.
func (r *applying) takeBack(ctx context.Context, cause error) error {
	f := fault.Newf(fault.Refused, "%s, while %s", cause.Error(), r.doing).Because(cause)
	before, version := r.plan.before, r.plan.version
	state, err := awaitState(ctx, r.control, r.o.Patience)
	if err != nil {
		return r.gone(errors.Join(cause, err))
	}
	state = asStored(state, before, version)
	goal := r.touched.back(state, before)
	undo := MakePlan(state, goal, version)
	if undo.Effect == EffectLive {
		back := &applying{control: r.control, o: ApplyOptions{BeforeWrite: r.o.BeforeWrite, Patience: r.o.Patience}, plan: undo,
			touched: newTouched()}
		// Whether this works is seen in the state, not in its answers.
		_ = back.send(ctx, undo)
		if state, err = awaitState(ctx, r.control, r.o.Patience); err != nil {
			return r.gone(errors.Join(cause, err))
		}
		state = asStored(state, before, version)
		undo = MakePlan(state, goal, version)
	}
	if undo.Effect == EffectNone {
		return f.Hint("what was done before that has been undone, so nothing is changed; read the file again and repeat the change")
	}
	return f.Hint("a part of the change is left, and cannot be undone without a restart: " + Compare(goal, state).Summary() +
		"; read the file again and put it as it should be")
}

// gone is the fault of a broker that cannot be asked any more.
func (r *applying) gone(cause error) error {
	return fault.Newf(fault.Uncertain, "the broker went away while %s, and does not come back", r.doing).
		Hint(fmt.Sprintf("outcome: unknown; %d of %d commands were confirmed, and the %s sent last may have been carried out or not; "+
			"read the file again when the broker runs", r.done, r.total, counted(r.last, "command"))).
		Because(cause)
}
