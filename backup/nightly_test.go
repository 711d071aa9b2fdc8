package backup_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bunkerm/bunkerm/backup"
	"github.com/bunkerm/bunkerm/fault"
)

// running starts a service in a bubble, where the time is 2000-01-01 00:00 UTC and passes at once.
func running(t *testing.T, o backup.Options) (s *backup.Service, stop func()) {
	t.Helper()
	s, err := backup.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// pass lets time pass, and waits until all that it brings is done.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestEveryNightAndSevenAreKept(t *testing.T) {
	source := lay(t)
	put(t, filepath.Join(source.DataDir, backup.Dir, ".work-1", "bunkerm.db"), "left by a kill")
	put(t, filepath.Join(source.DataDir, backup.Dir, "nightly-19990101T030000Z.tar.gz.part"), "left by a kill")
	put(t, filepath.Join(source.DataDir, backup.Dir, "bunkerm-19990101T030000Z.tar.gz"), "somebody's own")
	synctest.Test(t, func(t *testing.T) {
		for night := range 9 { // each with a service of its own, as after a restart
			s, stop := running(t, backup.Options{Source: source, Keep: 7, Hour: 3})
			due := time.Date(2000, 1, 1+night, 3, 0, 0, 0, time.Local)
			if next := s.Status().Next; !next.Equal(due) {
				t.Fatalf("night %d: the next one is at %s", night, next)
			}
			pass(time.Until(due) + time.Minute)
			if now := s.Status(); !now.Last.Equal(due) || now.Bytes == 0 || now.Detail != "" {
				t.Errorf("night %d: %+v", night, now)
			}
			stop()
		}
	})
	entries, err := os.ReadDir(filepath.Join(source.DataDir, backup.Dir))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if len(names) != 8 || names[0] != "bunkerm-19990101T030000Z.tar.gz" || !strings.HasPrefix(names[1], "nightly-20000103T") {
		t.Error(strings.Join(names, " "))
	}
}

// TestOneThatWasMissedIsMadeSoon starts after the hour at which one was due.
func TestOneThatWasMissedIsMadeSoon(t *testing.T) {
	source := lay(t)
	synctest.Test(t, func(t *testing.T) {
		_, stop := running(t, backup.Options{Source: source, Keep: 7, Hour: 3})
		pass(4 * time.Hour)
		stop()
		pass(48 * time.Hour)
		s, stop := running(t, backup.Options{Source: source, Keep: 7, Hour: 3})
		synctest.Wait()
		if now := s.Status(); time.Since(now.Last) > time.Minute {
			t.Errorf("%+v", now)
		}
		stop()
	})
}

func TestOneThatFailedIsToldAndTriedAgain(t *testing.T) {
	source := lay(t)
	synctest.Test(t, func(t *testing.T) {
		room := error(fault.New(fault.Unavailable, "there is no room").Hint("make some"))
		began := time.Now()
		s, stop := running(t, backup.Options{Source: source, Keep: 1, Hour: 3, Room: func() error {
			if time.Since(began) > 4*time.Hour-time.Minute {
				return nil
			}
			return room
		}})
		due := s.Status().Next
		pass(time.Until(due) + time.Minute)
		if now := s.Status(); now.Detail != "there is no room" || now.Hint != "make some" || !now.Next.Equal(due.Add(time.Hour)) {
			t.Errorf("%+v", now)
		}
		pass(time.Hour)
		if now := s.Status(); now.Last.IsZero() || now.Detail != "" || !now.FailedAt.IsZero() {
			t.Errorf("%+v", now)
		}
		stop()
	})
}

func TestNoneIsMadeWhereNoneIsKept(t *testing.T) {
	s, err := backup.New(backup.Options{Source: lay(t), Keep: 0})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil || !s.Status().Next.IsZero() {
		t.Errorf("%v, %+v", err, s.Status())
	}
}
