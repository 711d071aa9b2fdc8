package dynsecfile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// patientFor is how long commands may take before a restart is the gentler way.
const patientFor = time.Minute

// Put makes the broker's state be what the wanted file says, which [Read] has read against Options.Current. A dry run
// says the same and does nothing: what is wrong is then in the outcome only. The outcome is complete also where an
// error is returned.
//
// The faults: Invalid for a file with errors; Conflict for one that would lock somebody out, and where a restart is
// needed that is not allowed or not possible; Precondition when the broker's state is not that of Options.Current any
// more; those of [Apply]; those of [broker.Managed.EditDynsec].
func Put(ctx context.Context, o Options, wanted *broker.DynsecFile) (Outcome, error) {
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	before, after := newView(o.Current), newView(wanted)
	plan := makePlan(before, after, o.Version)
	out := Outcome{
		Diff:             compare(before, after),
		Problems:         check(after, before, CheckOptions{Version: o.Version, Own: o.Own, OwnRoles: o.OwnRoles}),
		Control:          grants(before, after),
		Disconnects:      plan.Disconnects[:min(len(plan.Disconnects), maxEntries)],
		DisconnectsTotal: len(plan.Disconnects),
	}
	if plan.Effect == EffectLive && plan.Estimate > patientFor && o.Offline != nil {
		plan.Effect = EffectRestart
		plan.Reasons = []string{fmt.Sprintf("over $CONTROL it would take about %s, in which the broker does little else",
			counted(int(plan.Estimate.Minutes()+0.5), "minute"))}
	}
	out.Effect, out.Reasons = plan.Effect, slices.Concat([]string{}, plan.Reasons)
	if o.DryRun {
		return out, nil
	}
	if err := refused(out.Problems); err != nil {
		return out, err
	}
	err := o.carryOut(ctx, plan, wanted, &out)
	out.Applied = err == nil
	return out, err
}

func (o Options) carryOut(ctx context.Context, plan Plan, wanted *broker.DynsecFile, out *Outcome) error {
	if plan.Effect == EffectNone {
		return nil
	}
	if plan.Effect == EffectRestart {
		return o.restart(ctx, plan, wanted)
	}
	state, err := State(ctx, o.Control)
	if fault.Is(err, fault.Uncertain) {
		return fault.New(fault.Unavailable, "the broker does not answer").
			Hint("nothing was changed; try again in a moment").After(time.Second).Because(err)
	}
	if err != nil {
		return err
	}
	if other := Compare(o.Current, asStored(state, o.Current, o.Version)); !other.Empty() {
		const reason = "the broker runs with other accounts than its file has"
		if o.Restart && o.Offline != nil {
			out.Effect, out.Reasons = EffectRestart, []string{reason + ": " + other.Summary()}
			return o.restart(ctx, plan, wanted)
		}
		return fault.New(fault.Precondition, reason+", so they cannot be changed one by one").
			Hint("somebody changed something just now, or the file by hand: read it again and repeat the change, " +
				"or allow a restart; the broker differs in this: " + other.Summary())
	}
	return Apply(ctx, o.Control, plan, ApplyOptions{Progress: o.Progress, BeforeWrite: o.BeforeWrite, Patience: o.Patience})
}

// restart writes the file while the broker is stopped, and proves that the broker has read it as it was meant.
func (o Options) restart(ctx context.Context, plan Plan, wanted *broker.DynsecFile) error {
	if o.Offline == nil {
		return fault.New(fault.Conflict, plan.restartNeeded()+", and the broker is not BunkerM's to restart").
			Hint("set passwords with PUT /dynsec/clients, and leave hashes and keys that no command knows as they are")
	}
	if !o.Restart {
		return fault.New(fault.Conflict, plan.restartNeeded()).
			Hint("send it again with restart=true; everybody is disconnected once. Passwords are set without one by PUT /dynsec/clients")
	}
	if o.BeforeWrite != nil {
		o.BeforeWrite()
	}
	if err := o.write(ctx, o.Current, wanted); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 4*o.Patience)
	defer cancel()
	state, err := awaitState(ctx, o.Control, o.Patience)
	if err != nil {
		return fault.New(fault.Uncertain, "the file is written, and the broker does not answer since it was started again").
			Hint("outcome: unknown; look at the broker's log, and read the file again when it runs").Because(err)
	}
	left := Compare(asStored(state, wanted, o.Version), wanted)
	if left.Empty() {
		return nil
	}
	f := fault.New(fault.Refused, "the broker reads the file in another way than it was meant")
	if err := o.write(ctx, wanted, o.Current); err != nil {
		return f.Hint("what is missing: " + left.Summary() + "; the file from before could not be put back").Because(err)
	}
	return f.Hint("what is missing: " + left.Summary() + "; the file from before is back, and the broker runs with it")
}

// write replaces one file by another while the broker is stopped. changeIndex stays the broker's own.
func (o Options) write(ctx context.Context, before, after *broker.DynsecFile) error {
	tag := ETag(before)
	return o.Offline.EditDynsec(ctx, func(f *broker.DynsecFile) error {
		if ETag(f) != tag {
			return fault.New(fault.Precondition, "the file was changed since you read it").
				Hint("read it again and repeat the change; nothing was changed")
		}
		unknown := slices.DeleteFunc(slices.Clone(after.Unknown), func(m broker.RawMember) bool { return m.Key == changeIndex })
		for _, m := range f.Unknown {
			if m.Key == changeIndex {
				unknown = append(unknown, m)
			}
		}
		*f = *after
		f.Unknown = unknown
		f.Clients = slices.Clone(after.Clients)
		f.Groups = slices.Clone(after.Groups)
		for i := range f.Groups {
			f.Groups[i].Clients = slices.Clone(f.Groups[i].Clients)
		}
		f.LastFirst()
		return nil
	})
}

// refused is the fault of a file with errors.
func refused(problems []Problem) error {
	if !HasErrors(problems) {
		return nil
	}
	var p places
	f := fault.New(fault.Invalid, "the file is not acceptable").Hint("mend the places named; nothing was changed")
	for _, problem := range problems {
		if problem.Severity != Error {
			continue
		}
		if problem.Conflict && f.Kind != fault.Conflict {
			f = fault.New(fault.Conflict, problem.Message).Hint(problem.Hint)
		}
		p.add(problem.Path, problem.Message)
	}
	all, _ := errors.AsType[*fault.Error](p.fault("", ""))
	if all != nil {
		f.Fields = all.Fields
	}
	return f
}
