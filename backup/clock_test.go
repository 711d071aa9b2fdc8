package backup_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bunkerm/bunkerm/backup"
)

// TestBackupsOfATimeToCome has a folder full of what was made while the clock was years ahead.
func TestBackupsOfATimeToCome(t *testing.T) {
	source := lay(t)
	for day := range 3 {
		put(t, filepath.Join(source.DataDir, backup.Dir, fmt.Sprintf("nightly-209901%02dT030000Z.tar.gz", day+1)), "of 2099")
	}
	synctest.Test(t, func(t *testing.T) {
		s, stop := running(t, backup.Options{Source: source, Keep: 3, Hour: 3, Clock: time.Now})
		defer stop()
		if now := s.Status(); !now.Last.IsZero() || time.Until(now.Next) > 24*time.Hour {
			t.Fatalf("before the first one: %+v", now)
		}
		pass(24 * time.Hour)
		k, err := s.Kept()
		if err != nil {
			t.Fatal(err)
		}
		if len(k.Backups) != 3 || k.Backups[0].Time.Year() != 2000 || !s.Status().Last.Equal(k.Backups[0].Time) {
			t.Errorf("after a night: %+v", k.Backups)
		}
		pass(48 * time.Hour)
		if k, err = s.Kept(); err != nil || len(k.Backups) != 3 || k.Backups[2].Time.Year() != 2000 {
			t.Errorf("after three: %+v, %v", k.Backups, err)
		}
	})
}

// TestAClockThatIsPutBack makes the next one at most a day later.
func TestAClockThatIsPutBack(t *testing.T) {
	source := lay(t)
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64 // days
		ahead.Store(365)
		s, stop := running(t, backup.Options{Source: source, Keep: 3, Hour: 3, Clock: func() time.Time {
			return time.Now().AddDate(0, 0, int(ahead.Load()))
		}})
		defer stop()
		pass(24 * time.Hour)
		if last := s.Status().Last; !last.After(time.Now()) {
			t.Fatalf("the first one: %v", last)
		}
		ahead.Store(0)
		pass(25 * time.Hour)
		if now := s.Status(); now.Last.IsZero() || time.Since(now.Last) > 25*time.Hour || now.Last.After(time.Now()) {
			t.Errorf("%+v", now)
		}
	})
}
