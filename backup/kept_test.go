package backup_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bunkerm/bunkerm/backup"
	"github.com/bunkerm/bunkerm/fault"
)

func TestOneByDayIsKeptLikeThoseOfTheNight(t *testing.T) {
	source := lay(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := backup.New(backup.Options{Source: source, Keep: 2, Hour: 3})
		if err != nil {
			t.Fatal(err)
		}
		if k, err := s.Kept(); err != nil || len(k.Backups) != 0 || k.Next == nil || k.Keep != 2 {
			t.Fatalf("before the first one: %+v, %v", k, err)
		}
		var k backup.Kept
		for i := range 3 {
			pass(time.Hour)
			if k, err = s.Now(t.Context()); err != nil || len(k.Backups) != min(i+1, 2) {
				t.Fatalf("number %d: %+v, %v", i, k, err)
			}
		}
		latest := k.Backups[0]
		if !latest.Time.Equal(time.Now()) || latest.Bytes == 0 || !s.Status().Last.Equal(latest.Time) {
			t.Errorf("the latest is %+v, the status %+v", latest, s.Status())
		}
		taken, err := s.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Now(t.Context()); !fault.Is(err, fault.TooMany) {
			t.Errorf("two at once: %v", err)
		}
		if err := taken.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Now(t.Context()); err != nil {
			t.Errorf("after that: %v", err)
		}
		none, err := backup.New(backup.Options{Source: source})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := none.Now(t.Context()); !fault.Is(err, fault.Conflict) {
			t.Errorf("where none is kept: %v", err)
		}
	})
}
