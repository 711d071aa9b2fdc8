package config

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/fault"
)

// Broker shows the configuration, and its entity tag.
func (s *Service) Broker(ctx context.Context, secrets bool) (BrokerConfig, string, error) {
	now, err := s.look()
	if err != nil {
		return BrokerConfig{}, "", err
	}
	if secrets {
		if err := s.maySecrets(ctx, "mosquitto.conf"); err != nil {
			return BrokerConfig{}, "", err
		}
	}
	version := s.confVersion()
	answer := BrokerConfig{
		Broker: s.brokerVersion(), Files: s.filesOf(now.config, secrets), Problems: ourProblems(notInOurs(now.config.Check(version))),
		Settings:  settingsAnswer(now.config.Settings(), version, secrets),
		Listeners: listenersAnswer(now.config.Listeners(), version, secrets), Bridges: bridgesAnswer(now.config.Bridges(), version, secrets),
		Allowed: ConfAllowed{
			Write: s.o.Allowed(ctx, permissionWrite), Process: s.o.Allowed(ctx, permissionWrite),
			Secrets: s.o.Allowed(ctx, permissionSecrets), Dangerous: s.o.Dangerous,
		},
	}
	answer.Problems = append(answer.Problems, ourProblems(s.surroundings(now.config, now.config))...)
	sortProblems(answer.Problems)
	answer.Text = answer.Files[0].Text
	if s.changing.TryLock() {
		live, err := s.noticed(ctx, now)
		s.changing.Unlock()
		if err != nil {
			return answer, "", err
		}
		answer.Version = live.ID
	}
	if before := s.running(); before != nil {
		if effect := conf.Compare(before, now.config, version); effect.Kind != conf.EffectNone {
			answer.Pending = &ConfPending{Effect: effectAnswer(effect), Message: "The files on disk are not what the broker runs with."}
		}
	}
	return answer, now.tag(), nil
}

// filesAnswer are the files for people, without secrets.
func (s *Service) filesAnswer(c *conf.Config) []ConfFile { return s.filesOf(c, false) }

func (s *Service) filesOf(c *conf.Config, secrets bool) []ConfFile {
	texts := map[string]string{}
	if !secrets {
		for _, f := range c.Masked() {
			texts[f.Name] = string(f.Text)
		}
	}
	files := []ConfFile{}
	for _, f := range c.Files() {
		text, masked := texts[f.Name]
		if !masked {
			text = string(f.Bytes())
		}
		file := ConfFile{Name: f.Name, Text: text, Editable: true, Ours: path.Dir(f.Name) == broker.OwnConfDir}
		if err := s.o.Site.Writable(f.Name); err != nil {
			file.Editable, file.WhyNot = false, fault.From(err).Message
		}
		files = append(files, file)
	}
	return files
}

func settingsAnswer(settings []conf.Setting, version conf.Version, secrets bool) []ConfSetting {
	all := make([]ConfSetting, 0, len(settings))
	for _, set := range settings {
		a := ConfSetting{
			Key: set.Key, Value: set.Value, File: set.File, Line: set.Line, Scope: string(set.Scope), Known: set.Known,
			Reload: "restart", Secret: conf.Secret(set.Key),
		}
		if a.Secret && !secrets {
			a.Value = conf.Unchanged
		}
		if def, ok := conf.Lookup(set.Key); ok {
			a.Default = def.DefaultIn(version)
			if def.Live(version) {
				a.Reload = "live"
			}
		}
		all = append(all, a)
	}
	return all
}

func listenersAnswer(listeners []conf.Listener, version conf.Version, secrets bool) []ConfListener {
	all := make([]ConfListener, 0, len(listeners))
	for _, l := range listeners {
		a := ConfListener{
			Scope: string(l.Scope), Port: l.Port, Address: l.Address, Protocol: l.Protocol, TLS: l.TLS, File: l.File, Line: l.Line,
			Ours: path.Dir(l.File) == broker.OwnConfDir, Settings: settingsAnswer(l.Settings, version, secrets),
		}
		if l.UnixPath != "" {
			a.Address = l.UnixPath
		}
		all = append(all, a)
	}
	return all
}

func bridgesAnswer(bridges []conf.Bridge, version conf.Version, secrets bool) []ConfBridge {
	all := make([]ConfBridge, 0, len(bridges))
	for _, b := range bridges {
		all = append(all, ConfBridge{
			Scope: string(b.Scope), Name: b.Name, Address: b.Address, TLS: b.TLS, File: b.File, Line: b.Line,
			Settings: settingsAnswer(b.Settings, version, secrets),
		})
	}
	return all
}

func effectAnswer(e conf.Effect) ConfEffect {
	a := ConfEffect{Kind: string(e.Kind), Reasons: []EffectReason{}}
	for _, r := range e.Reasons {
		a.Reasons = append(a.Reasons, reasonAnswer(r))
	}
	return a
}

func reasonAnswer(r conf.Reason) EffectReason {
	return EffectReason{Key: r.Key, Scope: string(r.Scope), Kind: string(r.Kind), Why: r.Why}
}

// notInOurs leaves out what is to be said of the files that BunkerM writes itself, but for errors: nobody can change them
// here, and the debug log that is on for a while is no news.
func notInOurs(problems []conf.Problem) []conf.Problem {
	return slices.DeleteFunc(problems, func(p conf.Problem) bool {
		return p.Severity != conf.Error && path.Dir(p.File) == broker.OwnConfDir
	})
}

func ourProblems(problems []conf.Problem) []ConfProblem { return problemsAnswer(problems, "check") }
func brokerProblems(problems []conf.Problem) []ConfProblem {
	return problemsAnswer(problems, "broker")
}

func problemsAnswer(problems []conf.Problem, source string) []ConfProblem {
	all := make([]ConfProblem, 0, len(problems))
	for _, p := range problems {
		all = append(all, ConfProblem{
			File: p.File, Line: p.Line, Severity: string(p.Severity), Key: p.Key, Message: p.Message, Hint: p.Hint, Source: source,
		})
	}
	return all
}

func hasError(problems []ConfProblem) bool {
	return slices.ContainsFunc(problems, func(p ConfProblem) bool { return p.Severity == string(conf.Error) })
}

// sortProblems puts errors first, then warnings, each in the order of the lines.
func sortProblems(problems []ConfProblem) {
	weight := map[string]int{string(conf.Error): 0, string(conf.Warning): 1, string(conf.Notice): 2}
	slices.SortStableFunc(problems, func(a, b ConfProblem) int {
		// What is about the whole comes last: it counts what there is besides.
		whole := func(p ConfProblem) int {
			if p.File == "" {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(weight[a.Severity], weight[b.Severity]), cmp.Compare(whole(a), whole(b)), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}

// mostRecorded is how many changed lines an entry of the audit has; the version has all.
const mostRecorded = 200

// recorded are the changed lines of a diff for the audit, as in "mosquitto.conf:12 +max_keepalive 60".
func recorded(diff []FileDiff) []string {
	lines, more := []string{}, 0
	for _, f := range diff {
		for _, h := range f.Hunks {
			for _, l := range h.Lines {
				sign, at := "+", l.New
				switch {
				case l.Op == string(conf.LineSame):
					continue
				case l.Op == string(conf.LineRemoved):
					sign, at = "-", l.Old
				}
				if len(lines) == mostRecorded {
					more++
					continue
				}
				lines = append(lines, fmt.Sprintf("%s:%d %s%s", f.File, at, sign, l.Text))
			}
		}
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

func fileDiffs(diff []conf.FileDiff) []FileDiff {
	all := []FileDiff{}
	for _, f := range diff {
		d := FileDiff{File: f.File, Status: string(f.Status), Hunks: []DiffHunk{}}
		for _, h := range f.Hunks {
			hunk := DiffHunk{Lines: []DiffLine{}}
			for _, l := range h.Lines {
				hunk.Lines = append(hunk.Lines, DiffLine{Op: string(l.Op), Old: l.Old, New: l.New, Text: l.Text})
			}
			d.Hunks = append(d.Hunks, hunk)
		}
		all = append(all, d)
	}
	return all
}
