package store

// queue is a list of rows, first in, first out. It grows with what is in it and gives its memory back after a burst.
type queue[T any] struct {
	rows []T
	head int // rows before it have been taken
}

// keptRows is how long the array of an empty queue may be and still be kept for the next rows.
const keptRows = 4096

func (q *queue[T]) len() int { return len(q.rows) - q.head }

func (q *queue[T]) push(rows []T) {
	if q.head > 0 && len(q.rows)+len(rows) > cap(q.rows) && q.head >= len(q.rows)/2 {
		n := copy(q.rows, q.rows[q.head:])
		clear(q.rows[n:])
		q.rows, q.head = q.rows[:n], 0
	}
	q.rows = append(q.rows, rows...)
}

// pop moves up to n rows to the end of into.
func (q *queue[T]) pop(into []T, n int) []T {
	n = min(n, q.len())
	taken := q.rows[q.head : q.head+n]
	into = append(into, taken...)
	clear(taken) // what the rows point to is not ours any more
	q.head += n
	switch {
	case q.head < len(q.rows):
	case cap(q.rows) > keptRows:
		*q = queue[T]{}
	default:
		q.rows, q.head = q.rows[:0], 0
	}
	return into
}
