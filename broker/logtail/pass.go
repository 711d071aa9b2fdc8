package logtail

import (
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// pass hands on the lines in the window. With last, what stands behind the last newline is a line as well.
func (r *follower) pass(last bool) error {
	now := r.files.o.Clock().UTC()
	done, err := r.w.split(last, func(raw []byte, at int) error { return r.line(raw, at, now) })
	if err != nil {
		return err
	}
	return r.flush(done)
}

// line takes the line that stands at buf[at].
func (r *follower) line(raw []byte, at int, now time.Time) error {
	if len(r.lines) == mostLines {
		if err := r.flush(at); err != nil {
			return err
		}
	}
	n := len(r.lines)
	r.lines = append(r.lines, broker.LogLine{})
	line := &r.lines[n]
	switch ok := r.format.parse(raw, now, line); {
	case !ok:
		r.lines = r.lines[:n]
		if len(raw) == 0 && !r.files.keeper {
			return nil // an empty line says nothing, and hides nothing
		}
		r.broken++
		return r.flush(at)
	case !r.newer.IsZero() && !line.Time.After(r.newer):
		r.lines = r.lines[:n]
	default:
		r.newer = time.Time{}
		if r.broken > 0 { // it is the first of the batch then
			r.miss(brokenSentence(r.broken))
			r.broken = 0
		}
	}
	return nil
}

// flush hands on what was gathered, and says that everything up to buf[to] is done.
func (r *follower) flush(to int) error {
	r.w.consume(to - r.w.start)
	r.board.at(r.w.offset)
	if len(r.lines) == 0 && r.gap == "" {
		return nil
	}
	if n := len(r.lines); n > 0 {
		r.last = r.lines[n-1].Time
	}
	batch := broker.LogBatch{Lines: r.lines, Position: r.position().String(), Gap: r.gap}
	r.lines, r.gap = r.lines[:0], ""
	return r.take(batch)
}
