package monitor

import "slices"

// firstFew collects the first n of many in an order, at the cost of a comparison for each that is not among them.
type firstFew[T any] struct {
	n       int
	compare func(a, b T) int
	kept    []T
	full    bool // the last of kept[:n] is known; what comes behind it is of no interest
}

func (f *firstFew[T]) add(v T) {
	if f.full && f.compare(v, f.kept[f.n-1]) >= 0 {
		return
	}
	f.kept = append(f.kept, v)
	if len(f.kept) == 2*f.n {
		f.cut()
	}
}

// cut throws away what is not among the first n.
func (f *firstFew[T]) cut() {
	slices.SortFunc(f.kept, f.compare)
	if len(f.kept) >= f.n {
		clear(f.kept[f.n:])
		f.kept, f.full = f.kept[:f.n], true
	}
}

func (f *firstFew[T]) sorted() []T {
	f.cut()
	return f.kept
}
