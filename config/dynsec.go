package config

import (
	"context"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/fault"
)

// dynsecName is the name of the one file in a version of dynamic-security.json.
const dynsecName = "dynamic-security.json"

// permissionControl is needed to give rights on $CONTROL.
const permissionControl = "dynsec:admin"

// DynsecOptions are how a dynamic security file is put.
type DynsecOptions struct {
	IfMatch string
	DryRun  bool
	Restart bool // a restart is allowed
	Watch   string
	source  string
	comment string
}

// currentDynsec reads the file as it is.
func (s *Service) currentDynsec() ([]byte, *broker.DynsecFile, error) {
	if s.o.Dynsec == nil {
		return nil, nil, fault.New(fault.Conflict, "BunkerM cannot reach the dynamic security file of this broker").Hint(s.o.WhyNot)
	}
	data, err := s.o.Dynsec()
	if err != nil {
		return nil, nil, err
	}
	f, err := broker.ParseDynsecFile(data)
	return data, f, err
}

// Dynsec is the file for download, and its entity tag.
func (s *Service) Dynsec(ctx context.Context, secrets bool) (data []byte, tag string, err error) {
	data, f, err := s.currentDynsec()
	if err != nil {
		return nil, "", err
	}
	if !secrets {
		return dynsecfile.Masked(f), dynsecfile.ETag(f), nil
	}
	if err := s.maySecrets(ctx, dynsecName); err != nil {
		return nil, "", err
	}
	return data, dynsecfile.ETag(f), nil
}

// PutDynsec makes the broker's clients, roles and groups be those of a file.
func (s *Service) PutDynsec(ctx context.Context, data []byte, o DynsecOptions) (DynsecChanged, string, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	return s.putDynsec(ctx, data, o)
}

// putDynsec is PutDynsec for whoever holds the changes.
func (s *Service) putDynsec(ctx context.Context, data []byte, o DynsecOptions) (DynsecChanged, string, error) {
	step := s.stepper(o.Watch)
	step("checking", "")
	now, current, err := s.currentDynsec()
	if err != nil {
		return DynsecChanged{}, "", err
	}
	if err := matches(o.IfMatch, dynsecfile.ETag(current)); err != nil {
		return DynsecChanged{}, "", err
	}
	wanted, err := dynsecfile.Read(data, current)
	if err != nil {
		return DynsecChanged{}, "", err
	}
	put := dynsecfile.Options{
		Control: s.o.Control, Offline: s.o.Offline, Current: current, Version: s.brokerVersion(), Own: s.o.Own, OwnRoles: s.o.OwnRoles,
		DryRun: true, Restart: o.Restart, BeforeWrite: s.o.BeforeWrite,
	}
	planned, err := dynsecfile.Put(ctx, put, wanted)
	if err != nil || o.DryRun {
		return dynsecAnswer(planned), dynsecfile.ETag(current), err
	}
	if err := s.mayPut(ctx, planned, o.Restart); err != nil {
		return dynsecAnswer(planned), "", err
	}
	if planned.Effect == dynsecfile.EffectNone {
		answer := dynsecAnswer(planned)
		answer.Applied = true
		return answer, dynsecfile.ETag(current), nil
	}
	id, err := s.beginDynsec(ctx, now, wanted, planned.Diff, o)
	if err != nil {
		return DynsecChanged{}, "", err
	}
	// From here on the change goes its way, whether or not somebody waits for the answer.
	ctx = context.WithoutCancel(ctx)
	if planned.Effect == dynsecfile.EffectRestart {
		step("restarting", "")
	} else {
		step("writing", "")
	}
	put.DryRun, put.Progress = false, s.progress(step)
	done, err := dynsecfile.Put(ctx, put, wanted)
	if s.o.AfterWrite != nil {
		s.o.AfterWrite()
	}
	if err != nil {
		step("failed", fault.From(err).Message)
		s.settle(ctx, id, stateAfter(err), fault.From(err).Message)
		s.o.Record(ctx, "config.dynsec_failed", dynsecName, nil, map[string]any{"version": id, "said": fault.From(err).Message})
		return DynsecChanged{}, "", err
	}
	s.settle(ctx, id, stateApplied, "")
	s.o.Record(ctx, "config.dynsec", dynsecName, nil, map[string]any{"version": id, "effect": done.Effect, "diff": done.Diff})
	s.events.add("changed", ChangedEvent{File: fileDynsec, Version: id})
	step("done", "")
	answer := dynsecAnswer(done)
	answer.Version = id
	_, after, err := s.currentDynsec()
	if err != nil {
		return answer, "", nil //nolint:nilerr // it was applied, and that is what the answer says
	}
	return answer, dynsecfile.ETag(after), nil
}

// stateAfter is what has become of a version that could not be applied.
func stateAfter(err error) string {
	switch fault.From(err).Kind {
	case fault.Refused:
		return statePutBack
	case fault.Uncertain, fault.Internal:
		return stateInterrupted // how far it came is in the detail
	}
	return stateDraft // nothing was touched
}

// progressEvery is how often the progress of a long change is told at most.
const progressEvery = 200 * time.Millisecond

// progress tells how far a change is.
func (s *Service) progress(step func(step, detail string)) func(done, total int) {
	var last time.Time
	return func(done, total int) {
		if now := s.o.Clock(); now.Sub(last) >= progressEvery {
			last = now
			step("writing", fmt.Sprintf("%d of %d", done, total))
		}
	}
}

// mayPut refuses what is wrong with a file, or may not be done by whoever asks.
func (s *Service) mayPut(ctx context.Context, planned dynsecfile.Outcome, restart bool) error {
	kind, f := fault.Invalid, fault.New(fault.Invalid, "the dynamic security file is not acceptable")
	wrong := false
	for _, p := range planned.Problems {
		if p.Severity != dynsecfile.Error {
			continue
		}
		wrong = true
		if p.Conflict {
			kind = fault.Conflict
		}
		f = f.At(p.Path, p.Message)
		if f.HintText == "" {
			f = f.Hint(p.Hint)
		}
	}
	if wrong {
		f.Kind = kind
		return f
	}
	if len(planned.Control) > 0 && !s.o.Allowed(ctx, permissionControl) {
		return fault.Newf(fault.Forbidden, "this changes rights on $CONTROL: %s", planned.Control[0]).
			Hint("only a role with " + permissionControl + " may do that")
	}
	if planned.Effect == dynsecfile.EffectRestart && !restart {
		reason := ""
		if len(planned.Reasons) > 0 {
			reason = ": " + planned.Reasons[0]
		}
		return fault.New(fault.Conflict, "this needs a restart of the broker, which disconnects everybody once"+reason).
			Hint("say restart=true to allow it")
	}
	return nil
}

// beginDynsec keeps what is live, where no version has it yet, and what it is to become.
func (s *Service) beginDynsec(ctx context.Context, now []byte, wanted *broker.DynsecFile, diff dynsecfile.Diff, o DynsecOptions) (int64, error) {
	previous, err := s.keepPresentDynsec(ctx, now)
	if err != nil {
		return 0, err
	}
	added, removed := diffTotals(diff)
	source := o.source
	if source == "" {
		source = sourceChange
	}
	return s.keep(ctx, row{
		ConfVersion: ConfVersion{
			File: fileDynsec, Actor: s.o.Actor(ctx), Source: source, Comment: o.comment, State: stateApplying, Added: added, Removed: removed,
		},
		previous: previous,
	}, contents{dynsecName: wanted.Bytes()})
}

// diffTotals counts entries that are new or other, and those that are gone or were other.
func diffTotals(d dynsecfile.Diff) (added, removed int) {
	for _, c := range []dynsecfile.EntryChanges{d.Clients, d.Roles, d.Groups} {
		added += c.AddedTotal + c.ChangedTotal
		removed += c.RemovedTotal + c.ChangedTotal
	}
	return added, removed
}

func dynsecAnswer(o dynsecfile.Outcome) DynsecChanged {
	a := DynsecChanged{
		Diff: DynsecDiff(o.Diff), Problems: []DynsecProblem{}, Effect: string(o.Effect), Reasons: append([]string{}, o.Reasons...), Applied: o.Applied,
		Disconnects: append([]string{}, o.Disconnects...), DisconnectsTotal: o.DisconnectsTotal,
	}
	for _, p := range o.Problems {
		a.Problems = append(a.Problems, DynsecProblem(p))
	}
	return a
}
