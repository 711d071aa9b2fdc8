package logtail

import (
	"os"
	"time"
)

// pruneEvery is how often old files are looked for.
const pruneEvery = time.Hour

// prune removes the keeper's older files that were written last longer ago than they are kept. Everything has been
// read when it is called.
//
// The keeper may give the files other names at the same time. The oldest goes first, and the only one at risk between
// the look and the removal is one younger file, once, at the end of its own time and read already.
func (r *follower) prune() {
	keep, now := r.files.o.KeepFor, r.files.o.Clock()
	if !r.files.keeper || keep <= 0 || now.Sub(r.pruned) < pruneEvery || !r.board.shown() {
		return
	}
	r.pruned = now
	chain, _, err := r.files.chain()
	if err != nil {
		return // the next look at the log shows it
	}
	for _, e := range chain {
		state, err := look(e.path)
		if e.live || err != nil || state.id != e.state.id || now.Sub(time.Unix(0, state.modified)) <= keep {
			return
		}
		if err := os.Remove(e.path); err != nil {
			r.files.o.Logger.Warn("an old log file cannot be removed", "file", e.path, "error", err)
			return
		}
	}
}
