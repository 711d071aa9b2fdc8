package backup

import (
	"context"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Kept is what there is in the folder of nightly backups, and how they are going.
type Kept struct {
	Folder  string     `json:"folder" doc:"Where they are, on BunkerM's host"`
	Keep    int        `json:"keep" doc:"How many are kept; 0: none is made"`
	Next    *time.Time `json:"next" doc:"When the next one is due; null where none is made"`
	Failed  *time.Time `json:"failed" doc:"When the last try has failed; null when it has worked"`
	Detail  string     `json:"detail,omitempty" doc:"Why it has failed"`
	Hint    string     `json:"hint,omitempty" doc:"What the operator can do about it"`
	Outside []string   `json:"outside" nullable:"false" doc:"Files that the broker's configuration names outside of the data directory: no backup has them"`
	Backups []KeptFile `json:"backups" nullable:"false" doc:"The latest first"`
}

// KeptFile is one of them.
type KeptFile struct {
	Name  string    `json:"name" doc:"Of the file"`
	Time  time.Time `json:"time" doc:"Of which moment it is"`
	Bytes int64     `json:"bytes" doc:"How large it is"`
}

// Kept looks into the folder.
func (s *Service) Kept() (Kept, error) {
	files, err := s.kept()
	if err != nil {
		return Kept{}, err
	}
	status := s.Status()
	k := Kept{Folder: s.dir(), Keep: status.Keep, Detail: status.Detail, Hint: status.Hint, Outside: append([]string{}, s.o.Source.outside()...), Backups: []KeptFile{}}
	if !status.Next.IsZero() {
		k.Next = shownTime(status.Next)
	}
	if !status.FailedAt.IsZero() {
		k.Failed = shownTime(status.FailedAt)
	}
	for _, f := range files {
		k.Backups = append(k.Backups, KeptFile{Name: f.name, Time: f.at.UTC(), Bytes: f.bytes})
	}
	return k, nil
}

// shownTime is a time as all answers have it.
func shownTime(t time.Time) *time.Time {
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}

// Now makes one that is kept like the nightly ones, without waiting for the night. The faults are Conflict where none is kept, and TooMany
// while one is being made.
func (s *Service) Now(ctx context.Context) (Kept, error) {
	if s.o.Keep == 0 {
		return Kept{}, fault.New(fault.Conflict, "no backup is kept here, as --backup-keep is 0").Hint("download one, or set --backup-keep")
	}
	if !s.one.TryLock() {
		return Kept{}, errBusy()
	}
	err := s.add(ctx)
	s.one.Unlock()
	if err != nil {
		return Kept{}, err
	}
	k, err := s.Kept()
	if err == nil {
		s.o.Record(ctx, "system.backup_kept", "installation", nil, map[string]string{"file": k.Backups[0].Name})
	}
	return k, err
}

func errBusy() error {
	return fault.New(fault.TooMany, "a backup is being made already").Hint("wait for it").After(lookEvery)
}
