package dynsec

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/dynsec/accessfile"
	"github.com/bunkerm/bunkerm/fault"
)

// MaxAccessFiles is the size of all the files of one import together, as JSON, in bytes: 50,000 rules are 3 MB, and
// 20,000 accounts of a dynamic-security.json are 7 MB.
const MaxAccessFiles = 32 << 20

// AccessFiles are the files of another broker, as texts: those of Mosquitto itself, or a dynamic-security.json.
type AccessFiles struct {
	PasswordFile *string `json:"password_file,omitempty" doc:"The text of a password_file"`
	ACLFile      *string `json:"acl_file,omitempty" doc:"The text of an acl_file. Without one, Mosquitto lets everybody do everything"`
	PSKFile      *string `json:"psk_file,omitempty" doc:"The text of a psk_file, whose lines cannot be imported and are only named"`
	Dynsec       *string `json:"dynsec,omitempty" doc:"The text of a dynamic-security.json of either version, alone; also one that was downloaded from BunkerM"`
	From         string  `json:"from,omitempty" enum:"2.0,2.1" doc:"The version of the broker that the files are of; this broker's when left out. They differ in what %c and %u stand for"`
}

// FilesOptions say how to import files.
type FilesOptions struct {
	DryRun bool // change nothing, say what would be done
	Update bool // clients that exist get the rights and passwords of the files; else they stay as they are
	// Restart allows that the broker is restarted, which is the only way for password hashes; else clients whose line has
	// a hash are made without a password.
	Restart bool
}

// ImportFiles makes what the files of another broker say true here: clients, roles and groups, and the default access
// where nobody else lives by another one. Nothing is done where a line is one with which Mosquitto does not start. What
// was begun comes to its end even when ctx ends.
func (s *Service) ImportFiles(ctx context.Context, files AccessFiles, o FilesOptions) (FilesResult, error) {
	began := s.o.Clock()
	release, err := s.takeTurnInTime(ctx)
	if err != nil {
		return FilesResult{}, err
	}
	defer release()
	m, err := s.planFiles(ctx, files, o)
	if err != nil {
		return FilesResult{}, err
	}
	put := dynsecfile.Options{
		Control: s.o.Control, Offline: s.o.Offline, Current: m.before, Version: m.version, Own: s.o.Own, OwnRoles: s.o.OwnRoles,
		DryRun: true, Restart: o.Restart, BeforeWrite: s.o.BeforeWrite,
	}
	planned, err := dynsecfile.Put(ctx, put, m.after)
	if err != nil {
		return FilesResult{}, err
	}
	result := s.filesResult(m, planned, o)
	if r := rehearsing(ctx); r != nil {
		return FilesResult{}, s.rehearseFiles(ctx, r, m, planned, o)
	}
	if o.DryRun {
		return result, nil
	}
	if err := s.mayImportFiles(ctx, m, planned, o); err != nil {
		return FilesResult{}, err
	}
	if planned.Effect == dynsecfile.EffectNone && len(m.passwords) == 0 {
		result.Applied = true // everything is as the files say already
		return result, nil
	}
	if planned.Effect == dynsecfile.EffectRestart {
		if st, err := s.stateInTurn(ctx); err == nil {
			result.SessionsCut = s.allSessions(st)
		}
	}
	s.log.Info("import of access files begins", "actor", s.o.Actor(ctx), "changes", planned.Diff.Summary(), "effect", planned.Effect)
	after, err := s.o.Keep(ctx, "import of "+strings.Join(files.names(), ", "))
	if err != nil {
		return FilesResult{}, err
	}
	put.DryRun = false
	err = s.carryOutFiles(context.WithoutCancel(ctx), put, m)
	s.mirror.distrust()
	s.mirror.awake()
	after(context.WithoutCancel(ctx))
	if err != nil {
		return FilesResult{}, err
	}
	result.Applied = true
	result.TookSeconds = toMilliseconds(s.o.Clock().Sub(began))
	s.log.Info("import of access files ends", "changes", planned.Diff.Summary(), "took_seconds", result.TookSeconds)
	s.o.Record(ctx, "dynsec.import", "access files", nil, map[string]any{"files": files.names(), "effect": planned.Effect,
		"changes": planned.Diff.Summary(), "skipped": result.SkippedTotal, "without_login": result.NeedPasswordTotal})
	return result, nil
}

// takeTurnInTime is takeTurn for as long as any request may wait.
func (s *Service) takeTurnInTime(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	return s.takeTurn(ctx)
}

// carryOutFiles puts the new state in place, and sets the passwords for which no file was written.
func (s *Service) carryOutFiles(ctx context.Context, put dynsecfile.Options, m *mergedFiles) error {
	if _, err := dynsecfile.Put(ctx, put, m.after); err != nil {
		return err
	}
	for begin := 0; begin < len(m.passwords); begin += firstBatch {
		batch := m.passwords[begin:min(begin+firstBatch, len(m.passwords))]
		sending, cancel := context.WithTimeout(ctx, importPatience)
		answers, err := s.o.Control.Do(sending, batch...)
		cancel()
		if err == nil {
			for _, a := range answers {
				if a.Error != "" {
					err = fault.New(fault.Refused, "the broker refused to set a password: "+a.Error)
				}
			}
		}
		if err != nil {
			return fault.Newf(fault.Uncertain, "everything is in but %d passwords, of which it is not known whether they are set", len(m.passwords)-begin).
				Hint("outcome: unknown; import the files again with existing=update, or set them one by one").Because(err)
		}
	}
	return nil
}

// mayImportFiles refuses what must not be done, or not by whoever asks.
func (s *Service) mayImportFiles(ctx context.Context, m *mergedFiles, planned dynsecfile.Outcome, o FilesOptions) error {
	if f := refusedLines(m.findings); f != nil {
		return f
	}
	f := fault.New(fault.Invalid, "what the files come to is not acceptable")
	for _, p := range planned.Problems {
		if p.Severity == dynsecfile.Error {
			f = f.At(p.Path, p.Message)
			if p.Conflict {
				f.Kind = fault.Conflict
			}
		}
	}
	if len(f.Fields) > 0 {
		return f.Hint("nothing was changed; the paths are those of a dynamic-security.json")
	}
	if err := s.needsAdmin(ctx, len(planned.Control) > 0); err != nil {
		return err
	}
	if planned.Effect == dynsecfile.EffectRestart && !o.Restart {
		return fault.New(fault.Conflict, "this needs a restart of the broker, which disconnects everybody once: "+planned.Reasons[0]).
			Hint("say restart=true to allow it")
	}
	return nil
}

// refusedLines is the fault of files with which Mosquitto would not start.
func refusedLines(found []accessfile.Finding) error {
	var p problems
	for _, f := range found {
		if f.Kind == accessfile.Refused && len(p.fields) < maxProblems {
			p.add(fmt.Sprintf("body.%s.line %d", f.Source, f.Line), f.Message)
		}
	}
	if len(p.fields) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "the files have lines with which Mosquitto does not start").Hint("mend the lines named in errors; nothing was changed")
	f.Fields = p.fields
	return f
}

// rehearseFiles tells who would be disconnected.
func (s *Service) rehearseFiles(ctx context.Context, r *rehearsal, m *mergedFiles, planned dynsecfile.Outcome, o FilesOptions) error {
	if o.DryRun {
		return nil
	}
	st, err := s.stateInTurn(ctx)
	if err == nil {
		err = s.mayImportFiles(ctx, m, planned, o)
	}
	r.restart = planned.Effect == dynsecfile.EffectRestart
	return r.plan(st, []step{{commands: dynsecfile.MakePlan(m.before, m.after, m.version).Commands()}}, err)
}

// estimateFiles is about how long it takes, in seconds: a restart as that of another import, or the commands.
func (s *Service) estimateFiles(m *mergedFiles, effect dynsecfile.Effect) float64 {
	switch effect {
	case dynsecfile.EffectNone:
		return 0
	case dynsecfile.EffectRestart:
		objects := len(m.after.Clients) + len(m.after.Roles) + len(m.after.Groups)
		return rounded((restartBase + time.Duration(objects)*restartObject).Seconds())
	}
	return rounded(dynsecfile.MakePlan(m.before, m.after, m.version).Estimate.Seconds())
}

// names are the files that were given, for the record.
func (f AccessFiles) names() []string {
	names := []string{}
	for _, file := range []struct {
		name string
		text *string
	}{{"password_file", f.PasswordFile}, {"acl_file", f.ACLFile}, {"psk_file", f.PSKFile}, {"dynamic-security.json", f.Dynsec}} {
		if file.text != nil {
			names = append(names, file.name)
		}
	}
	return names
}

// currentFile is the broker's state with everything that can be known of it: its file where the broker is ours, else what
// it says, which has no hashes.
func (s *Service) currentFile(ctx context.Context) (*broker.DynsecFile, error) {
	if s.o.Offline == nil {
		ctx, cancel := context.WithTimeout(ctx, requestTime)
		defer cancel()
		return dynsecfile.State(ctx, s.o.Control)
	}
	data, err := s.o.Offline.ReadDynsec()
	if err != nil {
		return nil, err
	}
	return broker.ParseDynsecFile(data)
}
