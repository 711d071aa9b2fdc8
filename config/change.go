package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/fault"
)

// ChangeOptions are how a change is made.
type ChangeOptions struct {
	IfMatch string
	Draft   bool
	Watch   string
	source  string
	comment string
}

// Validate says what a change would do and what is wrong with it.
func (s *Service) Validate(ctx context.Context, change BrokerChange, try bool) (Checked, error) {
	// A change that is being made has files that are half written, or about to be put back.
	s.changing.Lock()
	now, err := s.look()
	s.changing.Unlock()
	if err != nil {
		return Checked{}, err
	}
	after, err := s.changed(now, change)
	if err != nil {
		return Checked{}, err
	}
	return s.check(ctx, now, after, try)
}

// changed is the configuration as a change would have it.
func (s *Service) changed(now *snapshot, change BrokerChange) (*conf.Config, error) {
	forms := 0
	for _, given := range []bool{change.Text != nil, len(change.Files) > 0, len(change.Changes) > 0} {
		if given {
			forms++
		}
	}
	if forms != 1 {
		return nil, fault.New(fault.Invalid, "the change is not acceptable").At("body", "has to have one of text, files and changes")
	}
	if len(change.Changes) > 0 {
		after, err := now.config.Edit(settingChanges(change.Changes))
		if err != nil {
			return nil, inBody(err)
		}
		return after, s.onlyUserFiles(now, after)
	}
	files := change.Files
	if change.Text != nil {
		files = []FileText{{Name: s.o.Site.MainConf(), Text: *change.Text}}
	}
	user := contents{}
	maps.Copy(user, now.user)
	for i, f := range files {
		if err := s.o.Site.Writable(f.Name); err != nil {
			refused := fault.From(err)
			return nil, refused.At("body.files["+strconv.Itoa(i)+"].name", refused.Message)
		}
		if f.Remove && f.Name == s.o.Site.MainConf() {
			return nil, fault.New(fault.Invalid, "the main file of the configuration cannot be removed").
				At(fmt.Sprintf("body.files[%d].remove", i), "is the main file")
		}
		if f.Remove {
			delete(user, f.Name)
			continue
		}
		user[f.Name] = []byte(f.Text)
	}
	masked, err := s.load(user)
	if err == nil {
		err = allRead(masked, files)
	}
	if err != nil {
		return nil, err
	}
	return masked.Unmask(now.config)
}

// allRead refuses a file that the broker would not read: it would be no part of the configuration, and not be kept.
func allRead(c *conf.Config, files []FileText) error {
	for i, f := range files {
		if !f.Remove && c.File(f.Name) == nil {
			return fault.Newf(fault.Invalid, "the broker would not read %s", f.Name).
				Hint("it reads the files of a folder that an include_dir line of the main file names, when they end in .conf").
				At(fmt.Sprintf("body.files[%d].name", i), "lies in no folder that the configuration includes")
		}
	}
	return nil
}

// onlyUserFiles refuses a change of single lines that lie in a file which may not be changed here.
func (s *Service) onlyUserFiles(now *snapshot, after *conf.Config) error {
	for _, f := range after.Files() {
		if bytes.Equal(f.Bytes(), now.texts[f.Name]) {
			continue
		}
		if err := s.o.Site.Writable(f.Name); err != nil {
			why := fault.From(err)
			return fault.Newf(fault.Conflict, "this is set in %s: %s", f.Name, why.Message).Hint(why.HintText)
		}
	}
	return nil
}

// inBody names the places of a change as the request has them.
func inBody(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	f = f.Hint(f.HintText)
	f.Fields = slices.Clone(f.Fields)
	for i, field := range f.Fields {
		if strings.HasPrefix(field.Location, "changes[") {
			f.Fields[i].Location = "body." + field.Location
		}
	}
	return f
}

func settingChanges(changes []SettingChange) []conf.Change {
	out := make([]conf.Change, len(changes))
	for i, c := range changes {
		out[i] = conf.Change{Op: conf.Op(c.Op), Scope: c.Scope, Key: c.Key, Value: c.Value, OldValue: c.OldValue, File: c.File}
	}
	return out
}

// userTexts are the files of a configuration that may be changed here.
func (s *Service) userTexts(c *conf.Config) contents {
	user := contents{}
	for _, f := range c.Files() {
		if s.o.Site.Writable(f.Name) == nil {
			user[f.Name] = f.Bytes()
		}
	}
	return user
}

// check says everything that can be said about a change without making it.
func (s *Service) check(ctx context.Context, now *snapshot, after *conf.Config, try bool) (Checked, error) {
	version := s.confVersion()
	problems := append(notInOurs(after.Check(version)), s.surroundings(now.config, after)...)
	knownAlready(problems, append(now.config.Check(version), s.surroundings(now.config, now.config)...))
	problems = append(problems, s.forbidden(now.config, after)...)
	problems = append(problems, s.keepsOwnWay(now.config, after)...)
	effect := conf.Compare(now.config, after, version)
	checked := Checked{
		Problems: ourProblems(problems), Diff: fileDiffs(conf.Diff(now.config, after)), Effect: effectAnswer(effect),
		Skipped: []string{}, Files: s.filesAnswer(after),
	}
	if try && s.o.Try != nil && effect.Kind != conf.EffectNone && !hasError(checked.Problems) {
		tried, err := s.o.Try(ctx, after)
		if err != nil {
			// It is checked, and will be proven, or undone.
			s.o.Logger.Warn("a configuration could not be tried out", "error", err)
			f := fault.From(err)
			tried.Problems = []conf.Problem{{Severity: conf.Notice, Message: f.Message, Hint: f.HintText}}
		}
		checked.Tried = tried.Tried
		checked.Skipped = append(checked.Skipped, tried.Skipped...)
		checked.Problems = append(checked.Problems, brokerProblems(tried.Problems)...)
	}
	sortProblems(checked.Problems)
	return checked, nil
}

// knownAlready makes warnings of the errors that the files have already: they are no reason to refuse a change of something
// else. The broker that serves may live with them, and if not, the trial says so.
func knownAlready(problems, before []conf.Problem) {
	had := map[[2]string]int{}
	for _, p := range before {
		had[[2]string{p.Key, p.Message}]++
	}
	for i, p := range problems {
		if known := [2]string{p.Key, p.Message}; p.Severity == conf.Error && had[known] > 0 {
			had[known]--
			problems[i].Severity = conf.Warning
		}
	}
}

// Change changes mosquitto.conf and what it includes.
func (s *Service) Change(ctx context.Context, change BrokerChange, o ChangeOptions) (Changed, string, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	now, err := s.look()
	if err != nil {
		return Changed{}, "", err
	}
	if err := matches(o.IfMatch, now.tag()); err != nil {
		return Changed{}, "", err
	}
	after, err := s.changed(now, change)
	if err != nil {
		return Changed{}, "", err
	}
	o.source, o.comment = sourceChange, change.Comment
	return s.apply(ctx, now, after, o)
}

// changeTo makes the files be those of a version. Whoever calls it holds the changes.
func (s *Service) changeTo(ctx context.Context, user contents, o ChangeOptions) (Changed, string, error) {
	now, err := s.look()
	if err != nil {
		return Changed{}, "", err
	}
	if err := matches(o.IfMatch, now.tag()); err != nil {
		return Changed{}, "", err
	}
	after, err := s.load(user)
	if err != nil {
		return Changed{}, "", err
	}
	return s.apply(ctx, now, after, o)
}

// apply checks a change, keeps it as a version, and lets the broker have it.
func (s *Service) apply(ctx context.Context, now *snapshot, after *conf.Config, o ChangeOptions) (Changed, string, error) {
	step := s.stepper(o.Watch)
	step("checking", "")
	live, err := s.noticed(ctx, now)
	if err != nil {
		return Changed{}, "", err
	}
	if !o.Draft && s.o.Try != nil {
		step("trying", "")
	}
	checked, err := s.check(ctx, now, after, !o.Draft)
	if err != nil {
		return Changed{}, "", err
	}
	if err := refusal(checked.Problems); err != nil && !o.Draft {
		step("failed", err.Error())
		return Changed{}, "", err
	}
	answer := Changed{Version: live.ID, Diff: checked.Diff, Problems: checked.Problems, Effect: checked.Effect.Kind}
	user := s.userTexts(after)
	if _, hash, err := user.encode(); err != nil {
		return Changed{}, "", err
	} else if hash == now.hash {
		answer.Applied = !o.Draft
		answer.Broker = s.brokerState()
		step("done", "")
		return answer, now.tag(), nil
	}
	state := stateApplying
	if o.Draft {
		state = stateDraft
	}
	r := row{ConfVersion: ConfVersion{File: fileBroker, Actor: s.o.Actor(ctx), Source: o.source, Comment: o.comment, State: state}, previous: live.ID}
	r.Added, r.Removed = lines(conf.Diff(now.config, after))
	if answer.Version, err = s.keep(ctx, r, user); err != nil {
		return Changed{}, "", err
	}
	if o.Draft {
		s.o.Record(ctx, "config.draft", "mosquitto.conf", nil, map[string]any{"version": answer.Version, "diff": recorded(checked.Diff)})
		step("done", "")
		return answer, now.tag(), nil
	}
	return s.replace(ctx, now, after, user, answer, step)
}

// replace writes the files and makes the broker use them.
func (s *Service) replace(ctx context.Context, now *snapshot, after *conf.Config, user contents, answer Changed, step func(step, detail string)) (Changed, string, error) {
	// From here on the change goes its way, whether or not somebody waits for the answer.
	ctx = context.WithoutCancel(ctx)
	began := s.o.Clock()
	files := difference(now.user, user, after)
	id := strconv.FormatInt(answer.Version, 10)
	err := s.o.Site.ReplaceConf(ctx, broker.ConfEdit{
		ID: id, Before: now.user, After: files, How: broker.How(answer.Effect),
		Prove: func(ctx context.Context) error { return s.prove(ctx, after, began) },
		Step:  func(at broker.Step) { step(string(at), "") },
	})
	if err != nil {
		f := fault.From(err)
		s.settle(ctx, answer.Version, stateAfter(err), f.Message)
		s.forget(id)
		s.o.Record(ctx, "config.change_failed", "mosquitto.conf", nil, map[string]any{"version": answer.Version, "said": f.Message})
		step("failed", f.Message)
		return Changed{}, "", err
	}
	s.settle(ctx, answer.Version, stateApplied, "")
	s.forget(id)
	s.ranWith(ctx, answer.Version, user)
	s.o.Record(ctx, "config.change", "mosquitto.conf", nil, map[string]any{"version": answer.Version, "effect": answer.Effect, "diff": recorded(answer.Diff)})
	s.events.add("changed", ChangedEvent{File: fileBroker, Version: answer.Version})
	answer.Applied, answer.TookMS, answer.Broker = true, time.Since(began).Milliseconds(), s.brokerState()
	step("done", "")
	_, hash, err := user.encode()
	if err != nil {
		return answer, "", err
	}
	return answer, (&snapshot{hash: hash}).tag(), nil
}

// difference is what has to be written to come from some files to others, of which c is the configuration; nil removes one.
func difference(before, user contents, c *conf.Config) map[string][]byte {
	files := map[string][]byte{}
	for name, text := range user {
		if had, there := before[name]; !there || !bytes.Equal(had, text) {
			files[name] = text
		}
	}
	included := includedFolders(c)
	for name := range before {
		// A file of a folder that is not included any more is none of the configuration's, and stays where it is.
		if _, stays := user[name]; !stays && included[path.Dir(name)] {
			files[name] = nil
		}
	}
	return files
}

// includedFolders are the folders of which the broker reads files.
func includedFolders(c *conf.Config) map[string]bool {
	folders := map[string]bool{}
	for _, set := range c.Settings() {
		if set.Key == "include_dir" {
			folders[path.Clean(set.Value)] = true
		}
	}
	return folders
}

// forget lets the site forget an edit whose outcome is recorded.
func (s *Service) forget(id string) {
	if err := s.o.Site.ForgetUnfinished(id); err != nil {
		s.o.Logger.Warn("the journal of a change stays", "version", id, "error", err)
	}
}

// refusal is the fault of a change that has an error.
func refusal(problems []ConfProblem) error {
	f := fault.New(fault.Invalid, "the configuration is not acceptable")
	wrong := 0
	for _, p := range problems {
		if p.Severity != string(conf.Error) {
			continue
		}
		if wrong++; wrong > 50 {
			continue
		}
		f = f.At(place(p), p.Message)
		if f.HintText == "" {
			f = f.Hint(p.Hint)
		}
	}
	if wrong == 0 {
		return nil
	}
	f.Message = fmt.Sprintf("the configuration is not acceptable: %s", strings.TrimSuffix(f.Fields[0].Message, "."))
	return f
}

// place names a line as people do.
func place(p ConfProblem) string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}
