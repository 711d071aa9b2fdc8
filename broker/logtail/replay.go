package logtail

import (
	"context"
	"errors"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// Replay calls each with the lines of a time, oldest first, up to the last one that is whole now. Both ends are
// included, and zero is no bound. The files are opened before the first line, so that none escapes by being rotated
// meanwhile; compressed ones are left out. The line and its text are valid during the call only; Time is zero for lines
// that have none of their own. An error of each ends it.
func (f *Files) Replay(ctx context.Context, from, to time.Time, each func(*broker.LogLine) error) error {
	files, err := f.openAll(from)
	if err != nil {
		return err
	}
	defer closeAll(files)
	for _, o := range files {
		if err := f.replay(ctx, o, from, to, each); errors.Is(err, errLater) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// opened is a file of the chain that is open.
type opened struct {
	seg *segment
	entry
}

// openAll opens the files that were written to at a time or later. When they get other names meanwhile, it begins anew.
func (f *Files) openAll(from time.Time) (files []opened, err error) {
	for range moves {
		chain, _, err := f.plain()
		if err != nil {
			return nil, err
		}
		moved := false
		for _, e := range chain {
			if !from.IsZero() && e.state.modified < from.UnixNano() {
				continue
			}
			switch s, err := e.open(); {
			case err == nil:
				files = append(files, opened{s, e})
			case errors.Is(err, errMoved):
				moved = true
			default:
				f.o.Logger.Warn("a log file cannot be read", "file", e.path, "error", err)
			}
		}
		if !moved {
			return files, nil
		}
		closeAll(files)
		files = nil
	}
	return nil, errMoved
}

func closeAll(files []opened) {
	for _, o := range files {
		o.seg.close()
	}
}

// errLater is that lines are later than was asked for, and so are all that follow.
var errLater = errors.New("the lines are later")

func (f *Files) replay(ctx context.Context, o opened, from, to time.Time, each func(*broker.LogLine) error) error {
	format, start := f.newFormat(), int64(0)
	if !from.IsZero() {
		var err error
		if start, _, err = bracket(o.seg, format, o.state.size, from.Add(-1)); err != nil {
			return err
		}
	}
	var w window
	if err := w.open(o.seg, start); err != nil {
		return err
	}
	tooLate := 0
	var l broker.LogLine
	line := func(raw []byte, _ int) error {
		switch {
		case !format.parse(raw, time.Time{}, &l), !from.IsZero() && !l.Time.IsZero() && l.Time.Before(from):
			return nil
		case !to.IsZero() && l.Time.After(to):
			if tooLate += len(raw); tooLate > seekBlock { // the clock may have gone forward for a moment only
				return errLater
			}
			return nil
		}
		tooLate = 0
		return each(&l)
	}
	for w.offset < o.state.size && ctx.Err() == nil {
		n, err := w.fill()
		if err != nil {
			return err
		}
		done, err := w.split(n == 0 && !o.live, line)
		if err != nil || n == 0 {
			return err
		}
		w.consume(done - w.start)
	}
	return ctx.Err()
}
