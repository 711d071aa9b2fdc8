package backup

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

const (
	nightlyKind = "nightly"
	lookEvery   = time.Minute // whether it is time: the clock may be set
	againAfter  = time.Hour   // when one has failed
)

// Options are what a Service needs. Source is required.
type Options struct {
	Source Source
	Keep   int // nightly backups that are kept; 0: none is made
	Hour   int // of the day at which they are made, in the time zone of Clock
	Minute int
	// Room says that the disk has no room for another one; nil: it is tried.
	Room func() error
	// Record keeps who has taken one; nil forgets it.
	Record func(ctx context.Context, action, object string, before, after any)
	Logger *slog.Logger     // nil discards
	Clock  func() time.Time // nil: time.Now
}

// Status is how backups are going.
type Status struct {
	Keep     int       // nightly ones that are kept; 0: none is made
	Since    time.Time // when this service began
	Last     time.Time // of the latest nightly one; zero: there is none
	Bytes    int64     // of that
	Next     time.Time // zero: never
	FailedAt time.Time // of the last try; zero: it has worked
	Detail   string    // why it has failed, one sentence without a full stop
	Hint     string    // what the operator can do about it
}

// Service makes a backup every night and keeps the latest.
type Service struct {
	o   Options
	log *slog.Logger
	one sync.Mutex // at a time

	mu     sync.Mutex
	status Status
}

// New makes a Service; Run starts it. What an earlier one left half done is removed.
func New(o Options) (*Service, error) {
	if o.Source.DataDir == "" || o.Source.Snapshot == nil {
		return nil, errors.New("backup: the source is not whole")
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Room == nil {
		o.Room = func() error { return nil }
	}
	if o.Record == nil {
		o.Record = func(context.Context, string, string, any, any) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Source.Logger, o.Source.Clock = o.Logger, o.Clock
	s := &Service{o: o, log: o.Logger, status: Status{Keep: o.Keep, Since: o.Clock()}}
	all, err := s.kept()
	if len(all) > 0 && !s.ahead(all[0]) {
		s.status.Last, s.status.Bytes = all[0].at, all[0].bytes
	}
	s.status.Next = s.next()
	if err := errors.Join(err, s.sweep()); err != nil && o.Keep > 0 {
		s.failed(s.status.Since, err) // no reason not to start
	}
	return s, nil
}

// next is when the next one is due: the first such time of day after the latest one, so that one that was missed is made soon.
func (s *Service) next() time.Time {
	if s.o.Keep == 0 {
		return time.Time{}
	}
	after := s.status.Since
	if !s.status.Last.IsZero() {
		after = s.status.Last.In(after.Location())
	}
	return nextAt(after, s.o.Hour, s.o.Minute)
}

// nextAt is the first time after another with this time of day.
func nextAt(after time.Time, hour, minute int) time.Time {
	y, m, d := after.Date()
	for day := d; ; day++ {
		if at := time.Date(y, m, day, hour, minute, 0, 0, after.Location()); at.After(after) {
			return at
		}
	}
}

// Status is how backups are going.
func (s *Service) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Run makes the nightly ones until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if s.o.Keep == 0 {
		return nil
	}
	for {
		now := s.o.Clock()
		next := s.due(now)
		if !now.Before(next) {
			s.nightly(ctx)
			continue
		}
		select {
		case <-time.After(min(lookEvery, next.Sub(now))):
		case <-ctx.Done():
			return nil
		}
	}
}

// due is when the next one is to be made. It is never more than a day away: where it was, the clock has been put back.
func (s *Service) due(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if within := nextAt(now, s.o.Hour, s.o.Minute); s.status.Next.After(within) {
		s.status.Next = within
	}
	return s.status.Next
}

// nightly makes one, and removes the oldest when it is there.
func (s *Service) nightly(ctx context.Context) {
	s.one.Lock()
	defer s.one.Unlock()
	_ = s.add(ctx) // the status has it
}

// add makes one beside the nightly ones. The caller holds one.
func (s *Service) add(ctx context.Context) error {
	began := s.o.Clock()
	err := s.o.Room()
	var name string
	var m Manifest
	if err == nil {
		name, m, err = s.o.Source.Keep(ctx, nightlyKind)
	}
	if err == nil {
		err = s.prune()
	}
	if ctx.Err() != nil {
		return ctx.Err() // we are ending, and it is made after the next start
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failed(began, err)
		return err
	}
	s.status.FailedAt, s.status.Detail, s.status.Hint = time.Time{}, "", ""
	s.status.Last = m.Created
	if info, err := os.Stat(name); err == nil {
		s.status.Bytes = info.Size()
	}
	s.status.Next = nextAt(began, s.o.Hour, s.o.Minute)
	s.log.Info("backed up", "file", name, "files", len(m.Files), "bytes", s.status.Bytes, "took_ms", s.o.Clock().Sub(began).Milliseconds())
	return nil
}

// failed remembers that none could be made. It is tried again soon.
func (s *Service) failed(at time.Time, err error) {
	f := fault.From(err)
	s.status.FailedAt, s.status.Detail, s.status.Hint = at, f.Message, f.HintText
	s.status.Next = at.Add(againAfter)
	s.log.Error("the nightly backup has failed", "error", err, "hint", f.HintText)
}

// Taken is a backup that somebody takes away.
type Taken struct {
	*Prepared
	s *Service
}

// Take prepares a backup for somebody. The result is to be closed; until then no other one is made.
func (s *Service) Take(ctx context.Context) (*Taken, error) {
	if !s.one.TryLock() {
		return nil, errBusy()
	}
	p, err := s.o.Source.Prepare(ctx)
	if err != nil {
		s.one.Unlock()
		return nil, err
	}
	s.o.Record(ctx, "system.backup", "installation", nil, nil)
	return &Taken{p, s}, nil
}

// Close removes what was prepared.
func (t *Taken) Close() error {
	defer t.s.one.Unlock()
	return t.Prepared.Close()
}

// archive is a nightly backup that is kept.
type archive struct {
	name  string
	at    time.Time
	bytes int64
}

func (s *Service) dir() string { return filepath.Join(s.o.Source.DataDir, Dir) }

// ahead reports whether an archive says that it is of a time to come: the clock was wrong when it was made.
func (s *Service) ahead(a archive) bool { return a.at.After(s.o.Clock()) }

// kept lists the nightly backups, the latest first; those of a time to come are behind all others, or they would push out
// every one that is made until then.
func (s *Service) kept() ([]archive, error) {
	entries, err := os.ReadDir(s.dir())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, cannotWrite(err)
	}
	var all []archive
	for _, e := range entries {
		text, ok := strings.CutPrefix(e.Name(), nightlyKind+"-")
		text, ends := strings.CutSuffix(text, extension)
		at, err := time.Parse(nameTime, text)
		info, gone := e.Info()
		if ok && ends && err == nil && gone == nil && info.Mode().IsRegular() {
			all = append(all, archive{e.Name(), at, info.Size()})
		}
	}
	slices.SortFunc(all, func(a, b archive) int {
		if s.ahead(a) != s.ahead(b) {
			return a.at.Compare(b.at)
		}
		return b.at.Compare(a.at)
	})
	return all, nil
}

// prune removes what is more than is kept.
func (s *Service) prune() error {
	all, err := s.kept()
	if err != nil {
		return err
	}
	for _, a := range all[min(len(all), s.o.Keep):] {
		if err := os.Remove(filepath.Join(s.dir(), a.name)); err != nil {
			return cannotWrite(err)
		}
	}
	return nil
}

// sweep removes what was being made when we were killed.
func (s *Service) sweep() error {
	entries, err := os.ReadDir(s.dir())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return cannotWrite(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), workPrefix) || strings.HasSuffix(e.Name(), partSuffix) {
			if err := os.RemoveAll(filepath.Join(s.dir(), e.Name())); err != nil {
				return cannotWrite(err)
			}
		}
	}
	return nil
}
