package logtail

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// Query says which lines to look for, and how far.
type Query struct {
	Before   string                     // Page.Next of the page before; empty begins with the newest line
	From, To time.Time                  // both included; zero is no bound. Lines without a time of their own pass
	Keep     func(*broker.LogLine) bool // nil keeps every line. The line must not be kept itself
	Limit    int                        // lines at most; at least 1
	Bytes    int64                      // of the log that are read at most; 0 is 32 MiB
}

const searchBytes = 32 << 20

// Page is what a search has found.
type Page struct {
	Lines []broker.LogLine // newest first. Time is zero for lines that have none of their own
	// Next is where to go on, for Query.Before; empty when the beginning of the log is reached. There may be more of it
	// although no line was found: as much was read as one call may.
	Next string
}

// plain is the chain without compressed files, which cannot be read backwards or from the middle.
func (f *Files) plain() (chain []entry, liveErr error, err error) {
	chain, liveErr, err = f.chain()
	return slices.DeleteFunc(chain, func(e entry) bool { return e.zip() }), liveErr, err
}

// Search looks for lines from the newest to the oldest. Compressed files are left out. Pages stay in step while the log
// grows and is rotated. A Query.Before that nobody gave out is a fault of kind Invalid; one whose file has been removed
// or compressed is the end of the log.
func (f *Files) Search(ctx context.Context, q Query) (Page, error) {
	s := &search{files: f, q: q, left: q.Bytes}
	if s.left <= 0 {
		s.left = searchBytes
	}
	var done fileID // the oldest file that was looked through
	if q.Before != "" {
		if err := f.Check(q.Before); err != nil {
			return Page{}, err
		}
		place, _ := parsePosition(q.Before)
		var w window
		if _, err := f.find(place, (*entry).zip, &w); errors.Is(err, errLost) {
			return Page{}, nil
		} else if err != nil {
			return Page{}, err
		}
		done = w.seg.id
		if more, err := s.upTo(ctx, w.seg, w.offset, true); err != nil || !more {
			return s.page, err
		}
	}
	for range mostFiles {
		seg, e, err := f.before(done)
		if err != nil {
			return s.page, err
		}
		if seg == nil || !q.From.IsZero() && e.state.modified < q.From.UnixNano() {
			if seg != nil {
				seg.close()
			}
			break
		}
		done = e.state.id
		if more, err := s.upTo(ctx, seg, e.state.size, !e.live); err != nil || !more {
			return s.page, err
		}
	}
	return s.page, nil
}

// before opens the file before another one, or the newest where that is the zero value. It returns nil where there is
// none. Files that cannot be read are passed over: the rest is better than nothing.
func (f *Files) before(newer fileID) (seg *segment, e entry, err error) {
	for range moves {
		chain, _, err := f.plain()
		if err != nil {
			return nil, e, err
		}
		if newer != (fileID{}) {
			chain = chain[:max(0, indexOf(chain, newer))]
		}
		moved := false
		for _, e := range slices.Backward(chain) {
			seg, err := e.open()
			if err == nil {
				return seg, e, nil
			}
			if moved = errors.Is(err, errMoved); moved {
				break
			}
		}
		if !moved {
			return nil, e, nil
		}
	}
	return nil, e, errMoved
}

// search is one call of Search.
type search struct {
	files *Files
	q     Query
	page  Page
	left  int64
}

// upTo looks through a file from a place, or from where lines are as old as they should be. whole says that a line ends
// there, with a newline or without.
func (s *search) upTo(ctx context.Context, seg *segment, end int64, whole bool) (more bool, err error) {
	if !s.q.To.IsZero() {
		format := s.files.newFormat()
		_, high, err := bracket(seg, format, end, s.q.To)
		if err != nil {
			seg.close()
			return false, err
		}
		whole = whole && high == end
		end = high
	}
	return s.file(ctx, seg, end, whole)
}

// file looks through a file from a place to its beginning, and closes it. more reports whether to go on with the file
// before it.
func (s *search) file(ctx context.Context, seg *segment, from int64, whole bool) (more bool, err error) {
	defer seg.close()
	format, err := s.formatOf(seg)
	if err != nil {
		return false, err
	}
	b, err := newBackward(seg, from, whole, s.left)
	if err != nil {
		return false, err
	}
	tooOld := 0
	var l broker.LogLine
	for {
		line, ok, err := b.prev()
		switch {
		case err != nil:
			return false, err
		case !ok && b.spent:
			return false, s.next(seg, b.place())
		case !ok:
			s.left = b.left
			return true, ctx.Err()
		}
		if line = bytes.TrimLeft(line, "\x00"); !format.parse(line, time.Time{}, &l) {
			continue
		}
		if !s.q.From.IsZero() && !l.Time.IsZero() && l.Time.Before(s.q.From) {
			// The clock may have gone back for a moment, so the first line that is too old is not yet the end.
			if tooOld += len(line); tooOld > seekBlock {
				return false, nil
			}
			continue
		}
		tooOld = 0
		if !s.q.To.IsZero() && l.Time.After(s.q.To) || s.q.Keep != nil && !s.q.Keep(&l) {
			continue
		}
		l.Text = bytes.Clone(l.Text)
		if s.page.Lines = append(s.page.Lines, l); len(s.page.Lines) >= s.q.Limit {
			return false, s.next(seg, b.place())
		}
	}
}

// formatOf is how a file's lines look: whether they have time stamps is seen by its first one.
func (s *search) formatOf(seg *segment) (format, error) {
	f := s.files.newFormat()
	_, _, _, err := timeAt(seg, f, 0)
	return f, err
}

// next says where the next page goes on.
func (s *search) next(seg *segment, offset int64) error {
	var w window
	if err := w.open(seg, offset); err != nil {
		return err
	}
	s.page.Next = position{id: seg.id, offset: offset, mark: w.mark()}.String()
	return nil
}

// Check refuses a position that is none of this log's by its form, with a fault of kind Invalid.
func (f *Files) Check(position string) error {
	if _, ok := parsePosition(position); !ok {
		return fault.New(fault.Invalid, "the position is not one of this log")
	}
	return nil
}

// End is the place behind the newest whole line, for Watch and for Query.Before; empty when there is no line yet.
func (f *Files) End() (string, error) {
	var newer fileID
	for range mostFiles {
		seg, e, err := f.before(newer)
		if seg == nil || err != nil {
			return "", err
		}
		place, err := f.endOf(seg, e)
		seg.close()
		if err != nil || place.offset > 0 {
			return place.String(), err
		}
		newer = e.state.id
	}
	return "", nil
}

func (f *Files) endOf(seg *segment, e entry) (position, error) {
	b, err := newBackward(seg, e.state.size, !e.live, searchBytes)
	if err != nil {
		return position{}, err
	}
	var w window
	if err := w.open(seg, b.place()); err != nil {
		return position{}, err
	}
	return position{id: seg.id, offset: w.offset, mark: w.mark(), last: f.o.Clock()}, nil
}
