package dynsec

import (
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/dynsec/accessfile"
)

// What an answer lists at most, beside totals that count everything.
const (
	maxFindings     = 1000
	maxNames        = 200
	maxFindingUsers = 20
)

// FilesDiff is how the broker's state changes.
type FilesDiff dynsecfile.Diff

// FilesProblem is something to be said about the state that would be.
type FilesProblem dynsecfile.Problem

// FilesFinding is something to be said about a line of the files. It holds no password and no hash.
type FilesFinding struct {
	Source  string   `json:"source" enum:"password_file,acl_file,psk_file,dynamic-security.json"`
	Line    int      `json:"line" doc:"From 1; 0 for what concerns the whole file"`
	Kind    string   `json:"kind" enum:"refused,lost,manual,note" doc:"refused: Mosquitto does not start with the line, and nothing is imported before it is mended. lost: it cannot be said here and is left out. manual: somebody has to do something. note: worth knowing"`
	Subject string   `json:"subject" doc:"The username, topic, role or group that it is about; may be empty"`
	Message string   `json:"message"`
	Users   []string `json:"users" nullable:"false" doc:"The first 20 of those whom it is about, where it is not about all"`
}

// FilesResult is what an import of access files changes, or has changed.
type FilesResult struct {
	DryRun  bool     `json:"dry_run"`
	Applied bool     `json:"applied"`
	Effect  string   `json:"effect" enum:"none,live,restart" doc:"How it reaches the broker"`
	Reasons []string `json:"reasons" nullable:"false" doc:"Why a restart is needed"`

	Findings []FilesFinding `json:"findings" nullable:"false" doc:"The first 1000, the gravest first"`
	Refused  int            `json:"refused" doc:"How many findings of this kind there are; the import is refused where there are any"`
	Lost     int            `json:"lost"`
	Manual   int            `json:"manual"`
	Notes    int            `json:"notes"`

	Skipped           []string `json:"skipped" nullable:"false" doc:"The first 200 clients that exist and stay as they are"`
	SkippedTotal      int      `json:"skipped_total"`
	NeedPassword      []string `json:"need_password" nullable:"false" doc:"The first 200 clients with which nobody can log in before they get a password"`
	NeedPasswordTotal int      `json:"need_password_total"`

	DefaultAccess string         `json:"default_access" enum:"unchanged,set,kept" doc:"set: it becomes that of the files, because nobody else lives by it. kept: it stays, and a role makes up for it"`
	Diff          FilesDiff      `json:"diff"`
	Problems      []FilesProblem `json:"problems" nullable:"false"`

	Disconnects      []string `json:"disconnects" nullable:"false" doc:"The first 200 clients whose sessions end; a restart ends everybody's"`
	DisconnectsTotal int      `json:"disconnects_total"`
	SessionsCut      *int     `json:"sessions_cut" doc:"How many sessions a restart has ended; 0 without one, null where nobody can tell"`
	EstimateSeconds  float64  `json:"estimate_seconds"`
	TookSeconds      float64  `json:"took_seconds"`
}

// filesResult is the answer of a plan.
func (s *Service) filesResult(m *mergedFiles, planned dynsecfile.Outcome, o FilesOptions) FilesResult {
	r := FilesResult{
		DryRun: o.DryRun, Effect: string(planned.Effect), Reasons: append([]string{}, planned.Reasons...),
		Findings: []FilesFinding{}, Skipped: firstNames(m.skipped), SkippedTotal: len(m.skipped),
		NeedPassword: firstNames(m.needPassword), NeedPasswordTotal: len(m.needPassword),
		DefaultAccess: m.access, Diff: FilesDiff(planned.Diff), Problems: []FilesProblem{},
		Disconnects: append([]string{}, planned.Disconnects...), DisconnectsTotal: planned.DisconnectsTotal, SessionsCut: new(int),
		EstimateSeconds: s.estimateFiles(m, planned.Effect),
	}
	if r.Effect == string(dynsecfile.EffectNone) && len(m.passwords) > 0 {
		r.Effect = string(dynsecfile.EffectLive)
	}
	for _, p := range planned.Problems {
		r.Problems = append(r.Problems, FilesProblem(p))
	}
	counts := map[accessfile.Kind]*int{accessfile.Refused: &r.Refused, accessfile.Lost: &r.Lost, accessfile.Manual: &r.Manual, accessfile.Note: &r.Notes}
	for _, kind := range []accessfile.Kind{accessfile.Refused, accessfile.Lost, accessfile.Manual, accessfile.Note} {
		for _, f := range m.findings {
			if f.Kind != kind {
				continue
			}
			if *counts[kind]++; len(r.Findings) < maxFindings {
				r.Findings = append(r.Findings, FilesFinding{Source: string(f.Source), Line: f.Line, Kind: string(f.Kind),
					Subject: shortened(f.Subject), Message: f.Message, Users: shortenedAll(f.Users[:min(len(f.Users), maxFindingUsers)])})
			}
		}
	}
	return r
}

// firstNames are what an answer lists of many.
func firstNames(all []string) []string { return shortenedAll(all[:min(len(all), maxNames)]) }

func shortenedAll(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = shortened(name)
	}
	return out
}
