package dynsec

import (
	"bytes"
	"context"
	"mime"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// MaxImport is the largest file that an import takes, in bytes.
const MaxImport = 10 << 20

// importTime bounds a live import, which answers only when it is done: what is not in by then is listed as failed,
// and repeating the import goes on where it ended.
const importTime = 10 * time.Minute

// ImportOptions say how to import.
type ImportOptions struct {
	ContentType string // of the body: text/csv or application/json
	DryRun      bool   // change nothing, say what would be done
	Update      bool   // change existing clients to what the file says; else they are skipped
	// Restart stops the broker, writes its file and starts it again, which cuts every session but is quick for
	// thousands of clients; else clients are made one by one while the broker runs.
	Restart bool
}

// ImportFailure is a line that was not taken, and why. The reason never holds a cell of the line.
type ImportFailure struct {
	Line     int    `json:"line" doc:"CSV: the line where the record begins, the header being line 1; JSON: the position in the array, from 1"`
	Username string `json:"username" doc:"at most the first 100 bytes"`
	Reason   string `json:"reason"`
}

// ImportResult says what became of the lines of a file. Every line that is not among Failed is in, or was in
// already. Repeating an import that did not finish completes it.
type ImportResult struct {
	DryRun  bool            `json:"dry_run"`
	Method  string          `json:"method" enum:"live,restart"`
	Created int             `json:"created"`
	Updated int             `json:"updated"`
	Skipped int             `json:"skipped" doc:"existed already, and nothing was to be changed"`
	Failed  []ImportFailure `json:"failed" nullable:"false"`
	// EstimateSeconds is how long the work takes, judged before it begins.
	EstimateSeconds float64 `json:"estimate_seconds"`
	TookSeconds     float64 `json:"took_seconds"`
	// SessionsCut is how many sessions a restart ended: 0 with the method live, null where nobody can tell.
	SessionsCut *int `json:"sessions_cut"`
	// Unfinished says in a sentence why the import stopped before its end, "" when it did not.
	Unfinished string `json:"unfinished"`
}

// Import takes a file of clients. A file that cannot be read is a fault and changes nothing; a line that cannot be
// taken is listed and does not keep the others out. The method live sends small messages and lets other requests in
// between; it ends early when ctx does.
func (s *Service) Import(ctx context.Context, body []byte, o ImportOptions) (ImportResult, error) {
	rows, err := readImport(body, o.ContentType)
	if err != nil {
		return ImportResult{}, err
	}
	if o.Restart && s.o.Offline == nil {
		return ImportResult{}, fault.New(fault.Conflict, "BunkerM does not run this broker, so it cannot restart it").
			Hint("use method=live, or write the file on the broker's own machine")
	}
	began := s.o.Clock()
	st, err := s.boundedState(ctx)
	if err != nil {
		return ImportResult{}, err
	}
	plan := s.planImport(ctx, st, rows, o.Update)
	if r := rehearsing(ctx); r != nil {
		return ImportResult{}, r.plan(st, plan.rehearsed(o, r), nil)
	}
	result := ImportResult{DryRun: o.DryRun, Method: "live", Skipped: plan.skipped, Failed: plan.failed, SessionsCut: new(int)}
	if o.Restart {
		result.Method, result.SessionsCut = "restart", s.allSessions(st)
	}
	result.EstimateSeconds, err = s.estimate(ctx, st, plan.steps, o.Restart)
	if err != nil {
		return ImportResult{}, err
	}
	switch {
	case o.DryRun:
		for _, step := range plan.steps {
			result.count(step)
		}
	case len(plan.steps) == 0:
		result.SessionsCut = new(int)
	default:
		s.log.Info("import begins", "actor", s.o.Actor(ctx), "method", result.Method, "lines", len(rows), "changes", len(plan.steps),
			"estimate_seconds", result.EstimateSeconds)
		after, err := s.o.Keep(ctx, "import of a list of clients")
		if err != nil {
			return ImportResult{}, err
		}
		if o.Restart {
			err = s.importOffline(ctx, plan.steps, o, &result)
		} else {
			s.importLive(ctx, plan.steps, o, &result)
		}
		after(context.WithoutCancel(ctx))
		if err != nil {
			return ImportResult{}, err
		}
	}
	result.TookSeconds = toMilliseconds(s.o.Clock().Sub(began))
	if !o.DryRun && len(plan.steps) > 0 {
		s.log.Info("import ends", "created", result.Created, "updated", result.Updated, "skipped", result.Skipped,
			"failed", len(result.Failed), "took_seconds", result.TookSeconds)
		s.o.Record(ctx, "client.import", "clients", nil, map[string]any{"method": result.Method, "created": result.Created,
			"updated": result.Updated, "skipped": result.Skipped, "failed": len(result.Failed), "unfinished": result.Unfinished})
	}
	return result, nil
}

// count adds a step that was carried out.
func (r *ImportResult) count(step importStep) {
	if step.make {
		r.Created++
	} else {
		r.Updated++
	}
}

// fail adds steps that were not.
func (r *ImportResult) fail(reason string, steps ...importStep) {
	for _, step := range steps {
		r.Failed = append(r.Failed, ImportFailure{Line: step.row.line, Username: shortened(step.row.username), Reason: reason})
	}
}

// readImport reads the file as what its content type says.
func readImport(body []byte, contentType string) ([]importRow, error) {
	if len(body) > MaxImport {
		return nil, fault.New(fault.TooLarge, "the file is larger than 10 MiB").Hint("split it and import the parts one after the other")
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = ""
	}
	switch {
	case kind == "text/csv":
		if trimmed := bytes.TrimLeft(body, "\xef\xbb\xbf \t\r\n"); bytes.HasPrefix(trimmed, []byte("[")) || bytes.HasPrefix(trimmed, []byte("{")) {
			return nil, fault.New(fault.Malformed, "the file is JSON, not CSV").Hint("send it with Content-Type: application/json")
		}
		return parseCSV(body)
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return parseJSON(body)
	default:
		return nil, fault.New(fault.UnsupportedMedia, "the file must be CSV or JSON").
			Hint("send it with Content-Type: text/csv or application/json")
	}
}

// boundedState is the state, waited for as long as any request may wait.
func (s *Service) boundedState(ctx context.Context) (*State, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	return s.state(ctx)
}

// allSessions is how many sessions there are, our own left out, as the broker tells in $SYS every few seconds; nil
// where it does not. Without that figure those of all accounts are added up, if they are known.
func (s *Service) allSessions(st *State) *int {
	if figures, ok := s.o.Control.(interface {
		Sys(name string) (value string, at time.Time, ok bool)
	}); ok {
		if value, _, ok := figures.Sys("clients/connected"); ok {
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				n = max(0, n-s.ownSessions())
				return &n
			}
		}
	}
	total := 0
	for _, c := range st.Clients {
		n, known := s.o.Sessions(c.Username)
		if !known {
			return nil
		}
		if !s.own.client(c.Username) {
			total += n
		}
	}
	return &total
}

// ownSessions is how many sessions are ours: one to order with, and where it is known how many, those that observe.
func (s *Service) ownSessions() int {
	total := 0
	for _, name := range s.o.Own {
		if n, known := s.o.Sessions(name); known {
			total += n
		}
	}
	return max(1, total)
}

// toMilliseconds keeps what a reader can make use of.
func toMilliseconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
