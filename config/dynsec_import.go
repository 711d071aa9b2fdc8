package config

import (
	"context"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/fault"
)

// The broker may write its file a moment after it has answered: 2.1 collects changes.
const (
	writtenWithin = 3 * time.Second
	stillFor      = 250 * time.Millisecond
)

// KeepImport keeps the dynamic security file as it is before an import that somebody else is about to do. The function that it
// returns keeps what has become of it, whether or not the import came to its end. Where the file cannot be reached nothing is kept.
func (s *Service) KeepImport(ctx context.Context, comment string) (after func(ctx context.Context), err error) {
	if s.o.Dynsec == nil {
		return func(context.Context) {}, nil
	}
	data, before, err := s.currentDynsec()
	if err != nil {
		return nil, err
	}
	previous, err := s.keepPresentDynsec(ctx, data)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "what is there before the import could not be kept, so nothing has changed").Hint("make room on the disk, then try again").Because(err)
	}
	actor := s.o.Actor(ctx)
	return func(ctx context.Context) {
		if err := s.keepImported(ctx, before, row{
			ConfVersion: ConfVersion{File: fileDynsec, Actor: actor, Source: sourceImport, Comment: comment, State: stateApplied}, previous: previous,
		}); err != nil {
			s.o.Logger.Error("what an import has made of the dynamic security file could not be kept as a version", "error", err)
		}
	}, nil
}

// keepImported keeps the file when the broker has written it. An import that has changed nothing makes no version.
func (s *Service) keepImported(ctx context.Context, before *broker.DynsecFile, r row) error {
	data, after, err := s.writtenDynsec(ctx, dynsecfile.ETag(before))
	if err != nil || after == nil {
		return err
	}
	r.Added, r.Removed = diffTotals(dynsecfile.Compare(before, after))
	id, err := s.keep(ctx, r, contents{dynsecName: data})
	if err == nil {
		s.events.add("changed", ChangedEvent{File: fileDynsec, Version: id})
	}
	return err
}

// writtenDynsec waits until the file is another one than that of a tag, and stays so for a moment; nil where it never is.
func (s *Service) writtenDynsec(ctx context.Context, tag string) (data []byte, f *broker.DynsecFile, err error) {
	ctx, cancel := context.WithTimeout(ctx, writtenWithin)
	defer cancel()
	for last := tag; ; {
		if data, f, err = s.currentDynsec(); err != nil {
			return nil, nil, err
		}
		now := dynsecfile.ETag(f)
		if now != tag && now == last {
			return data, f, nil
		}
		last = now
		select {
		case <-time.After(stillFor):
		case <-ctx.Done():
			if now == tag {
				return nil, nil, nil
			}
			return data, f, nil
		}
	}
}

// keepPresentDynsec keeps what is live where the newest version is another one, and returns the version that has it.
func (s *Service) keepPresentDynsec(ctx context.Context, now []byte) (id int64, err error) {
	before, there, err := s.newest(ctx, fileDynsec)
	if err != nil {
		return 0, err
	}
	present := contents{dynsecName: now}
	_, hash, err := present.encode()
	if err != nil || there && before.hash == hash {
		return before.ID, err
	}
	return s.keep(ctx, row{ConfVersion: ConfVersion{File: fileDynsec, Source: sourceBefore, State: stateApplied}, previous: before.ID}, present)
}
