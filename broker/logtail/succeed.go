package logtail

import (
	"errors"
	"io/fs"
	"slices"
	"time"
)

const (
	// lookAgain is how long the folder is trusted not to hold another file to go on with while the file of the log's
	// name stays the same.
	lookAgain = time.Second
	// heldUp is how long after the last look at the folder a file may have come and gone without our seeing it.
	heldUp = 5 * time.Second
)

const (
	lostSentence = "BunkerM's place in the broker's log could not be found again: the log file was removed, replaced or " +
		"truncated while nobody read it. Lines may be missing."
	heldUpSentence     = "The broker's log file was removed while BunkerM could not keep up with it. Lines may be missing."
	damagedSentence    = "A compressed file of the broker's log is damaged. Lines are missing."
	unreadableSentence = "An older file of the broker's log cannot be read and was passed over. Lines are missing."
)

// begin opens the file in which to begin. It reports false when there is none yet or it cannot be read.
func (r *follower) begin() bool {
	place, known := parsePosition(r.from)
	var chain []entry
	if known {
		var err error
		switch chain, err = r.files.find(place, nothing, &r.w); {
		case err == nil:
			i := indexOf(chain, r.w.seg.id)
			r.enter(i >= 0 && chain[i].live)
			r.last, r.w.inside, r.newer = place.last, place.inside, time.Time{}
			if r.w.seg.id != place.id && r.w.seg.zip == nil && indexOf(chain, place.id) >= 0 {
				r.behind = truncatedSentence // it was copied, and is there itself
			}
			return true
		case !errors.Is(err, errLost):
			r.board.unreadable(r.files.path, err)
			return false
		}
	}
	chain, liveErr, err := r.files.chain()
	if err != nil {
		r.board.unreadable(r.files.path, err)
		return false
	}
	if r.from == "" || len(chain) == 0 {
		return r.open(chain, liveErr)
	}
	newer := chain
	if known {
		r.newer, newer = r.provablyNewer(place, chain)
	}
	if !r.open(newer, liveErr) {
		return false
	}
	r.last = place.last
	r.miss(lostSentence)
	return true
}

// provablyNewer is the files that hold lines from after a place that could not be found, and the time up to which the
// lines of the first of them are passed over; zero for none.
func (r *follower) provablyNewer(place position, chain []entry) (time.Time, []entry) {
	lines := place.last
	newest := chain[len(chain)-1:]
	if lines.After(r.files.o.Clock()) {
		return time.Time{}, newest // the clock was wrong then, so times prove nothing
	}
	i := slices.IndexFunc(chain, func(e entry) bool { return e.state.modified > lines.UnixNano() })
	if i < 0 {
		return lines, newest
	}
	return lines, chain[i:]
}

// open goes on with the first of some files that holds anything or, where none does, waits at the last one.
func (r *follower) open(files []entry, liveErr error) bool {
	passedOver := false
	for i, e := range files {
		if e.state.size == 0 && i < len(files)-1 {
			continue
		}
		s, err := e.open()
		switch {
		case errors.Is(err, errMoved):
			return false // the next look finds it
		case err != nil && e.live:
			r.board.unreadable(e.path, err)
			return false
		case err != nil:
			r.files.o.Logger.Warn("an older log file cannot be read", "file", e.path, "error", err)
			passedOver = true
			continue
		}
		r.w.close()
		r.w.begin(s)
		r.enter(e.live)
		if r.behind != "" {
			r.miss(r.behind)
			r.behind = ""
		}
		if passedOver {
			r.miss(unreadableSentence)
		}
		return true
	}
	r.board.waiting(r.files.path, liveErr)
	return false
}

// moveOn is for the end of the file that is being read: it goes on with the next one if there is one. It reports
// false when all is read.
func (r *follower) moveOn() (busy bool, err error) {
	next, liveErr := r.successors()
	if !slices.ContainsFunc(next, func(e entry) bool { return e.state.size > 0 }) {
		return false, r.atEnd(liveErr)
	}
	// The broker writes to the next file, so nothing comes to this one any more. What came between our last look and
	// now is still to be read.
	n, err := r.w.fill()
	switch {
	case errors.Is(err, errChanged):
		r.truncated()
		return true, nil
	case n > 0:
		return true, r.pass(false)
	}
	if err := r.pass(true); err != nil {
		return false, err
	}
	if r.w.seg.damaged {
		r.behind = damagedSentence
	}
	opened := r.open(next, liveErr)
	if !opened {
		r.looked = time.Time{} // to be tried again at the next look
	}
	return opened, nil
}

// successors is the files that come behind the one that was read to its end.
func (r *follower) successors() (files []entry, liveErr error) {
	now, own := r.files.o.Clock(), r.w.seg.id
	state, liveErr := look(r.files.path)
	if liveErr == nil && state.id == own {
		r.live, r.sure = true, now
		return nil, nil
	}
	if seen := (liveState{state.id, state.size > 0}); seen != r.seen {
		r.pace.also(r.files.path)
		r.seen = seen
	} else if now.Sub(r.looked) < lookAgain {
		return nil, liveErr
	}
	wasLive := r.live
	r.live, r.looked = false, now
	chain, liveErr, err := r.files.chain()
	if err != nil {
		r.board.unreadable(r.files.path, err)
		r.looked = time.Time{}
		return nil, liveErr
	}
	if i := indexOf(chain, own); i >= 0 {
		return chain[i+1:], liveErr
	}
	if next, found := r.behindCopy(chain); found {
		return next, liveErr
	}
	if mine, err := r.w.seg.look(); err == nil {
		i := slices.IndexFunc(chain, func(e entry) bool { return e.live || e.state.modified > mine.modified })
		if i >= 0 {
			chain = chain[i:]
		}
	}
	if wasLive && now.Sub(r.sure) > heldUp && len(chain) > 0 {
		r.behind = heldUpSentence
	}
	return chain, liveErr
}

// behindCopy is what comes behind a copy of the file that is being read, which is in the chain no more: somebody has
// compressed it, or put a copy of it in its place. Finding one takes long where files are compressed, so the same chain
// is not looked through twice.
func (r *follower) behindCopy(chain []entry) (next []entry, found bool) {
	if slices.EqualFunc(chain, r.searched, func(a, b entry) bool { return a.state.id == b.state.id }) {
		i := indexOf(chain, r.copied)
		return chain[i+1:], i >= 0
	}
	r.searched, r.copied = chain, fileID{}
	var same window
	own := r.w.seg.id
	chain, err := r.files.find(r.position(), func(e *entry) bool { return e.state.id == own }, &same)
	if err != nil {
		return nil, false
	}
	i := indexOf(chain, same.seg.id)
	if i >= 0 && chain[i].live && chain[i].state.size > same.offset {
		r.w.close()
		r.w = same
		r.enter(true)
		return nil, true
	}
	same.close()
	if i < 0 {
		return nil, false
	}
	if chain[i].live {
		r.searched = nil // it may still grow
	} else {
		r.copied = chain[i].state.id
	}
	return chain[i+1:], true
}

// atEnd is for when everything there is was read.
func (r *follower) atEnd(liveErr error) error {
	switch {
	case r.live:
		r.newer = time.Time{} // what is written from now on is newer than everything
		r.board.following()
		r.prune()
	case liveErr != nil && !errors.Is(liveErr, fs.ErrNotExist):
		r.board.unreadable(r.files.path, liveErr)
	default:
		r.board.between()
	}
	if r.gap != "" {
		return r.flush(r.w.start) // a gap is told even while nothing comes behind it
	}
	return nil
}
