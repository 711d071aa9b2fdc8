package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Options say what to soak, and how long.
type Options struct {
	Binary  string // the program
	For     time.Duration
	Clients int
	Stay    time.Duration // of a client, on average
	Every   time.Duration // between two messages of a client, on average
	Page    string        // folder of the page's source; empty for no browser
	Dir     string        // empty for a folder of its own
	Keep    bool
	Seed    uint64
	Trouble []Trouble
	Out     io.Writer // where progress is told
}

// soak is one that is under way.
type soak struct {
	o       Options
	folder  string
	disk    bool // the folder is a small disk
	house   *house
	journal *journal
	ledger  *ledger
	crowd   *crowd
	readers []*reader
	measure measures
	report  *Report
	began   time.Time
	dropped int64    // events that BunkerM counted as dropped while the disk was full
	trimmed int64    // events that were thrown away to make room, before BunkerM was killed
	busy    []window // when there was trouble
	saying  sync.Mutex
}

// Soak runs one. Promises that were broken are in the report; an error says that it could not be done.
func Soak(ctx context.Context, o Options) (report *Report, err error) {
	o.Binary, err = filepath.Abs(o.Binary)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(o.Binary); err != nil {
		return nil, fmt.Errorf("%w: run make build first", err)
	}
	s := &soak{o: o, journal: newJournal(), ledger: newLedger(), report: newReport(), began: time.Now()}
	if err := s.settle(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.leave()) }()
	s.crowd = &crowd{o: o, house: s.house, ledger: s.ledger}
	s.say("seed %d, %d clients, %s, in %s", o.Seed, o.Clients, o.For, s.folder)
	if err := s.house.start(ctx); err != nil {
		return nil, err
	}
	if err := errors.Join(s.crowd.prepare(ctx), prepareThings(ctx, s.house)); err != nil {
		return nil, fmt.Errorf("preparing: %w", err)
	}
	before, err := s.quiet(ctx, idle{})
	if err != nil {
		return nil, err
	}
	hangUp, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer hangUp()
	if err := s.live(ctx); err != nil {
		return nil, err
	}
	return s.report, s.close(ctx, before, hangUp)
}

// settle makes the folder, and a small disk of it where that can be.
func (s *soak) settle() (err error) {
	s.folder = s.o.Dir
	if s.folder == "" {
		if s.folder, err = os.MkdirTemp("", "bunkerm-soak-"); err != nil {
			return fmt.Errorf("making a folder: %w", err)
		}
	} else if there, err := os.ReadDir(s.folder); err == nil && len(there) > 0 {
		return fmt.Errorf("the folder %s is not empty", s.folder)
	}
	small := filepath.Join(s.folder, "disk")
	// The broker's own user has to reach what lies in them.
	if err := errors.Join(os.MkdirAll(small, 0o755), os.Chmod(s.folder, 0o755)); err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	if s.disk, err = mountDisk(small); err != nil {
		return err
	}
	s.house, err = newHouse(s.o, filepath.Join(small, "data"), filepath.Join(s.folder, "bunkerm.log"))
	return err
}

// leave ends and removes all that the soak has made.
func (s *soak) leave() error {
	errs := []error{s.house.end()}
	keep := s.o.Keep || len(s.report.Broken) > 0
	if s.disk {
		if keep {
			errs = append(errs, exec.Command("cp", "-a", s.house.data, s.folder).Run())
		}
		errs = append(errs, unmountDisk(filepath.Dir(s.house.data)))
	}
	if keep {
		s.say("the data, BunkerM's words and the page's are kept in %s", s.folder)
	} else if s.o.Dir == "" {
		errs = append(errs, os.RemoveAll(s.folder))
	}
	return errors.Join(append(errs, s.house.log.Close())...)
}

func (s *soak) say(format string, args ...any) {
	s.saying.Lock()
	defer s.saying.Unlock()
	took := time.Since(s.began).Round(time.Second)
	fmt.Fprintf(s.o.Out, "%02d:%02d  %s\n", int(took.Minutes()), int(took.Seconds())%60, fmt.Sprintf(format, args...))
}

// live is the soak itself.
func (s *soak) live(ctx context.Context) error {
	began := time.Now()
	half := began.Add(s.o.For / 2)
	living, end := context.WithCancel(ctx)
	defer end()
	var all sync.WaitGroup
	all.Go(func() { s.crowd.run(living) })
	all.Go(func() { changes(living, s.house, s.journal) })
	all.Go(func() { s.measure.run(living, s.house, max(s.o.For/200, time.Second)) })
	all.Go(func() {
		defer end() // when the time is over, or the last trouble where a slow machine makes that later
		s.troubles(living, began, randomOf(s.o.Seed, 1))
		pause(living, time.Until(began.Add(s.o.For)))
	})
	all.Go(func() { s.progress(living) })
	if s.o.Page != "" {
		all.Go(func() { s.page(ctx) }) // which knows when the time is over
	}
	var rows int64
	all.Go(func() {
		if pause(living, time.Until(half)) {
			rows, _, _ = s.house.rows(living)
		}
	})
	all.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now, _, err := s.house.rows(ctx)
	if err != nil {
		return err
	}
	limit, err := s.house.memoryLimit(ctx)
	if err != nil {
		return err
	}
	s.report.fact("BunkerM may take %s of memory, by its own limit", megabytes(limit))
	s.measure.judge(half, now-rows, limit, s.report.broke)
	return nil
}

// randomOf makes the chance of one part of a soak: the same seed gives each part the same.
func randomOf(seed, part uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, part)) }

func (s *soak) progress(ctx context.Context) {
	for pause(ctx, min(15*time.Second, s.o.For/4)) {
		made, refused, unknown := s.journal.figures()
		last := s.measure.last()
		s.say("%d here, %d connects, %d published; %d changes acknowledged, %d refused, %d unanswered; %s",
			s.crowd.here.Load(), s.crowd.connects.Load(), s.crowd.published.Load(), made, refused, unknown, megabytes(last.bunkerm))
	}
}

// quiet watches for two seconds how much is open when nothing goes on. It waits until that is not more than before.
func (s *soak) quiet(ctx context.Context, before idle) (most idle, err error) {
	const looks = 20
	fine := 0
	quiet := until(ctx, patience, func() bool {
		s.house.http.CloseIdleConnections()
		now, err := s.house.idle(ctx)
		if err != nil || (before != idle{} && now.above(before)) {
			fine, most = 0, idle{}
			return false
		}
		most = idle{max(most.goroutines, now.goroutines), max(most.bunkerm, now.bunkerm), max(most.keeper, now.keeper), max(most.broker, now.broker)}
		fine++
		return fine >= looks
	})
	if !quiet {
		most, err = s.house.idle(ctx)
	}
	return most, errors.Join(err, ctx.Err())
}

// close looks whether everything is as it must be, when all have gone.
func (s *soak) close(ctx context.Context, before idle, hangUp func()) error {
	s.say("the crowd has gone; looking at what is left")
	if err := s.reckon(ctx); err != nil {
		return err
	}
	hangUp()
	after, err := s.quiet(ctx, before)
	if err != nil {
		return err
	}
	if after.above(before) {
		s.report.broke("more is open than before the crowd came: %s; before: %s", after, before)
	}
	if err := s.journal.compareAll(ctx, "at the end"); err != nil {
		return err
	}
	audit, err := look[struct {
		OK       bool  `json:"ok"`
		BrokenAt int64 `json:"broken_at"`
		Entries  int64 `json:"entries"`
	}](ctx, s.house, "/audit/verify")
	if err != nil {
		return err
	}
	if !audit.OK {
		s.report.broke("the audit's chain is broken at entry %d", audit.BrokenAt)
	}
	// Once more with nothing in anybody's memory.
	if err := s.house.end(); err != nil {
		s.report.broke("%v", err)
	}
	if err := s.house.start(ctx); err != nil {
		return err
	}
	if err := s.journal.compareAll(ctx, "after everything was started anew"); err != nil {
		return err
	}
	s.tell(before, after, audit.Entries)
	return nil
}

// excuses tells whether an error came while there was trouble, and is none of the grave ones.
func (s *soak) excuses(a alarm) bool {
	return !a.grave && slices.ContainsFunc(s.busy, func(w window) bool { return a.at.After(w.from) && a.at.Before(w.to) })
}

// tell fills the report.
func (s *soak) tell(before, after idle, audited int64) {
	s.report.some("acknowledged changes are not there", s.journal.broken)
	s.house.mu.Lock()
	alarms, starts := slices.Clone(s.house.alarms), s.house.starts
	s.house.mu.Unlock()
	var bad []string
	for _, a := range alarms {
		if !s.excuses(a) {
			bad = append(bad, a.line)
		}
	}
	s.report.some("alarming lines in BunkerM's log", bad)
	s.report.fact("%d errors in BunkerM's log while there was trouble", len(alarms)-len(bad))
	made, refused, unknown := s.journal.figures()
	s.report.fact("%d changes acknowledged, %d refused, %d without an answer; objects were compared %d times; the audit has %d entries",
		made, refused, unknown, s.journal.looked, audited)
	s.report.fact("%d messages published, %d acknowledgements at QoS 1; %d tries to connect failed", s.crowd.published.Load(), s.crowd.taken.Load(), s.crowd.failed.Load())
	s.report.fact("BunkerM was started %d times", starts)
	s.report.fact("before: %s", before)
	s.report.fact("after: %s", after)
	s.measure.tell(s.report)
}

// tell names the sizes in the middle of the thirds of the soak.
func (m *measures) tell(r *Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.all) / 3
	if n == 0 {
		return
	}
	for i, name := range []string{"first", "second", "last"} {
		part := m.all[i*n : (i+1)*n]
		end := part[n-1].files
		r.fact("%s third: memory of BunkerM %s, keeper %s, broker %s; database %s, write-ahead log %s, logs %s, rest %s", name,
			megabytes(middle(part, func(s sample) int64 { return s.bunkerm })), megabytes(middle(part, func(s sample) int64 { return s.keeper })),
			megabytes(middle(part, func(s sample) int64 { return s.broker })),
			megabytes(end["database"]), megabytes(end["write-ahead log"]), megabytes(end["log"]), megabytes(end["rest"]))
	}
}
