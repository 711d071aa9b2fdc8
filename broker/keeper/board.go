package keeper

import (
	"maps"
	"slices"
	"sync"
)

// watchQueue is how many changes wait for one watcher before the oldest is thrown away.
const watchQueue = 32

// board shows the present status. Asking it never waits for the supervisor, and showing never waits for a watcher.
type board struct {
	mu       sync.Mutex
	status   Status
	watchers map[chan Status]struct{}
}

func newBoard(first Status) *board {
	return &board{status: first, watchers: map[chan Status]struct{}{}}
}

// show replaces the status and tells every watcher.
func (b *board) show(s Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status = s
	for c := range maps.Keys(b.watchers) {
		for {
			select {
			case c <- s:
			default:
				select {
				case <-c:
				default:
				}
				continue
			}
			break
		}
	}
}

// now is the present status; the caller may keep it.
func (b *board) now() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.status
	s.LastWords = slices.Clone(s.LastWords)
	return s
}

// watch returns a channel that has the present status and then every change, and the function that ends it.
func (b *board) watch() (<-chan Status, func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := make(chan Status, watchQueue)
	c <- b.status
	b.watchers[c] = struct{}{}
	return c, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watchers, c)
	}
}
