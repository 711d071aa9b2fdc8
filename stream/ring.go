package stream

import "sync"

// Item is one event of a Ring.
type Item[T any] struct {
	ID    int64
	Value T
}

// Ring keeps the newest events. Ids grow, not necessarily by one. Any number of goroutines may use it; readers never
// make the writer wait.
type Ring[T any] struct {
	mu      sync.RWMutex
	items   []Item[T]
	next    int   // where the next item goes
	full    bool  // the oldest item is at next
	forgot  int64 // the highest id that is not kept any more
	changed chan struct{}
}

// NewRing keeps up to n events; n is at least 1.
func NewRing[T any](n int) *Ring[T] {
	return &Ring[T]{items: make([]Item[T], max(n, 1)), changed: make(chan struct{})}
}

// Begin says that everything up to id happened before and is not kept. Call it before the first Add.
func (r *Ring[T]) Begin(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgot = id
}

// Add appends events, whose ids must be higher than all before, and wakes the readers.
func (r *Ring[T]) Add(items ...Item[T]) {
	if len(items) == 0 {
		return
	}
	r.mu.Lock()
	for _, item := range items {
		if r.full {
			r.forgot = r.items[r.next].ID
		}
		r.items[r.next] = item
		if r.next++; r.next == len(r.items) {
			r.next, r.full = 0, true
		}
	}
	changed := r.changed
	r.changed = make(chan struct{})
	r.mu.Unlock()
	close(changed)
}

// After returns up to n of the oldest events behind id, and a channel that is closed when there are more. gap reports
// that events behind id have been forgotten, so that they must be had from somewhere else; items is empty then.
func (r *Ring[T]) After(id int64, n int) (items []Item[T], gap bool, changed <-chan struct{}) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if id < r.forgot {
		return nil, true, r.changed
	}
	length, first := r.next, 0
	if r.full {
		length, first = len(r.items), r.next
	}
	at := func(i int) *Item[T] { return &r.items[(first+i)%len(r.items)] }
	low, high := 0, length
	for low < high {
		if middle := (low + high) / 2; at(middle).ID > id {
			high = middle
		} else {
			low = middle + 1
		}
	}
	for i := low; i < length && len(items) < n; i++ {
		items = append(items, *at(i))
	}
	return items, false, r.changed
}

// Last is the id of the newest event, 0 when there was none.
func (r *Ring[T]) Last() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.next == 0 && !r.full {
		return r.forgot
	}
	return r.items[(r.next+len(r.items)-1)%len(r.items)].ID
}

// Forgotten is the highest id that is not kept any more: After(Forgotten(), n) begins with the oldest event there is.
func (r *Ring[T]) Forgotten() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.forgot
}
