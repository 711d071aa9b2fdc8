package clientlogs

// queue keeps things in the order in which they came and lets go of any of them at once. The zero value is empty.
type queue[T any] struct {
	oldest, newest *queued[T]
	n              int
}

// queued is one thing in a queue.
type queued[T any] struct {
	older, newer *queued[T]
	value        T
}

// push adds at the newest end.
func (q *queue[T]) push(value T) *queued[T] {
	e := &queued[T]{older: q.newest, value: value}
	if q.newest == nil {
		q.oldest = e
	} else {
		q.newest.newer = e
	}
	q.newest = e
	q.n++
	return e
}

// remove takes an element out that is in the queue.
func (q *queue[T]) remove(e *queued[T]) {
	if e.older == nil {
		q.oldest = e.newer
	} else {
		e.older.newer = e.newer
	}
	if e.newer == nil {
		q.newest = e.older
	} else {
		e.newer.older = e.older
	}
	e.older, e.newer = nil, nil
	q.n--
}
