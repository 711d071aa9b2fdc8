package host

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// Options say where the files are and how the broker is told to read them. Each of the first four is a setting of the
// program, and faults name them by their flags.
type Options struct {
	Conf           string // --broker-conf: the main file
	PidFile        string // --broker-pid-file: which process gets the signal; empty: unknown
	ReloadCommand  string // --broker-reload-command: instead of the signal; see SplitCommand
	RestartCommand string // --broker-restart-command; empty: it cannot be restarted

	Journal  string          // a file of ours that says what is under way; its folder is made
	Endpoint broker.Endpoint // how the broker is asked whether it works
	Version  func() string   // of the broker, as in 2.0.11; empty while it is unknown
	Logger   *slog.Logger
	Notice   func(sentence string) // tells people what was found at the start
}

// Site is where the configuration of an attached broker lies and its process runs.
type Site struct {
	o               Options
	conf            string // the main file as it was named; absolute
	dir             string // where relative names begin
	reload, restart []string
	journal         broker.EditJournal
	unfinished      *broker.UnfinishedEdit
	endsWithin      time.Duration // how long a restart may take until the old run of the broker has ended

	ear      *ear
	changing chan struct{} // holds a token while somebody changes something

	mu       sync.Mutex
	included map[string]bool  // the folders that the main file includes, or has included since we started; links followed
	read     map[string]place // where each file was when it was last read
}

var _ broker.Site = (*Site)(nil)

// Open looks at the files and settles what a former process was at. The broker need not run.
func Open(ctx context.Context, o Options) (*Site, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if o.Version == nil {
		o.Version = func() string { return "" }
	}
	main, err := filepath.Abs(o.Conf)
	if err != nil {
		return nil, fmt.Errorf("finding --broker-conf: %w", err)
	}
	s := &Site{
		o: o, conf: main, dir: filepath.Dir(main), journal: broker.EditJournal{Path: o.Journal}, changing: make(chan struct{}, 1),
		ear: newEar(), endsWithin: endsWithin, included: map[string]bool{}, read: map[string]place{},
	}
	if s.reload, err = commandOf("--broker-reload-command", o.ReloadCommand); err != nil {
		return nil, err
	}
	if s.restart, err = commandOf("--broker-restart-command", o.RestartCommand); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(o.Journal), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the edit's journal: %w", err)
	}
	if p, err := s.process(); err == nil {
		if dir, ok := p.stands(); ok {
			s.dir = dir
		}
	}
	if _, err := s.ReadFile(main); err != nil {
		return nil, fault.Newf(fault.Invalid, "--broker-conf %s cannot be read", o.Conf).
			Hint("name the main configuration file of the broker, and see that " + whoWeAre() + " may read it").Because(err)
	}
	return s, s.settle(ctx)
}

// Dir is where relative names in the configuration begin; absolute.
func (s *Site) Dir() string { return s.dir }

// MainConf is the main file, with its folder.
func (s *Site) MainConf() string { return s.conf }

// Version is that of the broker.
func (s *Site) Version() string { return s.o.Version() }

// Process tells one run of the broker from another.
func (s *Site) Process() string {
	p, err := s.process()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d@%s", p.pid, p.started)
}

// User is whom the broker runs as; known is false where that cannot be told.
func (s *Site) User() (uid, gid int, known bool) {
	p, err := s.process()
	if err != nil {
		return 0, 0, false
	}
	return p.user()
}

// Unfinished is what a killed process of ours was at.
func (s *Site) Unfinished() *broker.UnfinishedEdit { return s.unfinished }

// ForgetUnfinished is called when the outcome of an edit is recorded.
func (s *Site) ForgetUnfinished(id string) error { return s.journal.Forget(id) }

// Writable says whether a file may be changed through us: the main file, wherever the name that we were given leads, and
// those that it includes and that lie where it includes them.
func (s *Site) Writable(name string) error {
	path := s.absolute(name)
	if path == s.conf {
		return nil
	}
	if base := filepath.Base(path); !strings.HasSuffix(base, ".conf") || base == ".conf" {
		return fault.Newf(fault.Conflict, "%s is not a file of the configuration", name).
			Hint("the broker includes files whose names end in .conf")
	}
	at, err := s.place(name)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.included[at.dir] || !strings.HasSuffix(at.base, ".conf") {
		return fault.Newf(fault.Conflict, "%s does not lie in a folder that the configuration includes", name).
			Hint("edit it on the host, then reload or restart the broker here")
	}
	return nil
}

// CanReload says whether the broker can be told to read its files again; the fault says what is missing.
func (s *Site) CanReload() error {
	if s.reload != nil || s.o.PidFile != "" {
		return nil
	}
	return fault.New(fault.Conflict, "BunkerM cannot tell this broker to read its configuration again").
		Hint("start BunkerM with --broker-pid-file, or with --broker-reload-command")
}

// CanRestart says whether the broker can be restarted; the fault says what is missing.
func (s *Site) CanRestart() error {
	if s.restart != nil {
		return nil
	}
	return fault.New(fault.Conflict, "BunkerM cannot restart this broker").
		Hint("start BunkerM with --broker-restart-command, as in --broker-restart-command 'systemctl restart mosquitto'")
}

// exclusive lets one change happen at a time.
func (s *Site) exclusive(ctx context.Context) (unlock func(), err error) {
	select {
	case s.changing <- struct{}{}:
		return func() { <-s.changing }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "the broker's configuration is being changed by somebody else").Because(ctx.Err())
	}
}
