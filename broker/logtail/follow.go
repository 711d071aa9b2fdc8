package logtail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// Batches are not larger than what is read at once, and not longer than this.
const mostLines = 4096

// follower is one reader of the log, from its position to the end and then along with the broker.
type follower struct {
	files *Files
	take  func(broker.LogBatch) error
	board *board
	pace  *pace

	from   string // where to begin, until the place has been found
	w      window
	format format
	live   bool // the file that is being read was the one of the log's name when we last looked

	lines  []broker.LogLine
	last   time.Time // of the last line passed on
	broken int       // lines in a row that were no whole ones
	gap    string    // to be told with the next lines
	behind string    // a gap behind the file that is being read
	newer  time.Time // lines up to this time were passed on already, as far as we know; zero passes everything

	seen     liveState // of the log's name when we last looked for a file to go on with
	looked   time.Time // when that was
	searched []entry   // the files that were looked through for a copy of the one that is being read
	copied   fileID    // the copy, if there is one
	sure     time.Time // when we last saw that we read the newest file
	pruned   time.Time // when old files were last removed
}

// liveState is as much of the file of the log's name as says whether there may be another one to go on with.
type liveState struct {
	id   fileID
	some bool // it is not empty
}

func (f *Files) follow(ctx context.Context, from string, take func(broker.LogBatch) error, b *board) error {
	r := &follower{files: f, take: take, board: b, from: from, pace: newPace(f.o.Logger)}
	return r.run(ctx)
}

func (r *follower) run(ctx context.Context) error {
	defer r.pace.close()
	defer r.w.close()
	for ctx.Err() == nil {
		busy, err := r.step()
		if err != nil {
			return err
		}
		if busy {
			r.pace.busy()
		} else {
			r.pace.wait(ctx)
		}
	}
	return nil
}

// step does one thing. It reports false when there is nothing to do. Its error is take's; all others are shown and
// tried again.
func (r *follower) step() (busy bool, err error) {
	if r.w.seg == nil {
		return r.begin(), nil
	}
	n, err := r.w.fill()
	switch {
	case errors.Is(err, errChanged):
		r.truncated()
		return true, nil
	case err != nil: // to be opened anew: a network file system may have lost it
		r.board.unreadable(r.w.seg.path, err)
		r.from = r.position().String()
		r.w.close()
		return false, nil
	case n > 0:
		return true, r.pass(false)
	}
	return r.moveOn()
}

// truncatedSentence is told whenever a file was truncated: the package comment says what can be lost.
const truncatedSentence = "The broker's log file was truncated: lines written in the last moment before that may be missing."

// truncated goes on after somebody has cut the file off, in a copy of what it held if there is one.
func (r *follower) truncated() {
	place := r.position()
	id := r.w.seg.id
	var copied window
	if place.offset > 0 {
		if _, err := r.files.find(place, func(e *entry) bool { return e.state.id == id }, &copied); err == nil {
			r.w.close()
			copied.inside = r.w.inside
			r.w, r.behind = copied, truncatedSentence
			r.enter(false)
			return
		}
	}
	r.miss(truncatedSentence)
	r.w.begin(r.w.seg)
}

// miss remembers that lines are missing at this place.
func (r *follower) miss(sentence string) {
	if r.gap != "" {
		r.gap += " "
	}
	r.gap += sentence
}

func (r *follower) position() position {
	return position{id: r.w.seg.id, offset: r.w.offset, mark: r.w.mark(), last: r.last, inside: r.w.inside}
}

// enter begins to read a file that was just opened.
func (r *follower) enter(live bool) {
	r.live, r.format = live, r.files.newFormat()
	r.seen, r.looked, r.searched = liveState{}, time.Time{}, nil
	if live {
		r.sure = r.files.o.Clock()
	}
	r.pace.watch(r.w.seg)
	r.board.reading(r.w.seg.id, r.w.offset)
}

// brokenSentence tells of lines that were passed over.
func brokenSentence(n int) string {
	if n == 1 {
		return "A line of the log was cut while it was written and cannot be read."
	}
	return fmt.Sprintf("%d lines of the log were cut while they were written and cannot be read.", n)
}
