package system

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// Options are what a Service needs. Facts is required.
type Options struct {
	Version string
	Facts   func(context.Context) Facts
	// Secrets are the values that must not leave us, wherever they turn up; nil knows none.
	Secrets func() []string
	// Contents are the files of the bundle besides those that the room makes itself. They are masked here.
	Contents []Content
	// Record keeps who took a bundle; nil forgets it.
	Record func(ctx context.Context, action, object string, before, after any)
	Logger *slog.Logger     // nil discards
	Clock  func() time.Time // time.Now when nil
}

// Content is one file of the bundle.
type Content struct {
	Name  string // in the archive
	Write func(ctx context.Context, to io.Writer) error
}

// Service answers how BunkerM is doing.
type Service struct {
	o        Options
	log      *slog.Logger
	began    time.Time
	bundling sync.Mutex // one bundle at a time
}

// New makes a Service; the program counts as started now.
func New(o Options) (*Service, error) {
	if o.Facts == nil {
		return nil, errors.New("system: nobody tells the facts")
	}
	if o.Secrets == nil {
		o.Secrets = func() []string { return nil }
	}
	if o.Record == nil {
		o.Record = func(context.Context, string, string, any, any) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Service{o: o, log: o.Logger, began: o.Clock()}, nil
}

// Report is how BunkerM is doing.
type Report struct {
	Version       string    `json:"version" doc:"Of BunkerM"`
	Commit        string    `json:"commit,omitempty" doc:"Of the source that it was built from, where the build knows"`
	Go            string    `json:"go" doc:"The version of Go that built it"`
	Platform      string    `json:"platform" doc:"Operating system and processor"`
	StartedAt     time.Time `json:"started_at" doc:"When BunkerM started"`
	UptimeSeconds float64   `json:"uptime_seconds" doc:"How long ago"`
	Facts
	Process ProcessFacts `json:"process" doc:"What BunkerM's own process takes; the broker is another one"`
}

// Report says how everything is now.
func (s *Service) Report(ctx context.Context) Report {
	return Report{
		Version: s.o.Version, Commit: commit(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		StartedAt: s.began.UTC(), UptimeSeconds: s.o.Clock().Sub(s.began).Seconds(),
		Facts: s.o.Facts(ctx), Process: ownProcess(),
	}
}

// commit is what the build noted of the source, empty where it was built without.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	revision, changed := "", ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			revision = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			changed = ", changed"
		}
	}
	if revision == "" {
		return ""
	}
	return revision[:min(len(revision), 12)] + changed
}
