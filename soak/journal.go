package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// absent is the value of an object that is not there.
const absent = ""

// journal knows what must be there: of each object the values that it may have. One, where the last change was answered; two,
// where the answer was lost. Each object is changed by one worker alone, one change after the other.
type journal struct {
	mu      sync.Mutex
	objects map[string]*object
	made    int // changes that were acknowledged
	refused int
	unknown int // changes without an answer
	looked  int // objects that were compared
	broken  []string
}

type object struct {
	read func(ctx context.Context) (string, error)
	may  []string
}

func newJournal() *journal { return &journal{objects: map[string]*object{}} }

// know adds an object with the value that it has now.
func (j *journal) know(name, value string, read func(context.Context) (string, error)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.objects[name] = &object{read: read, may: []string{value}}
}

// values are those that the object may have.
func (j *journal) values(name string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.objects[name].may)
}

// wrote notes the outcome of one change.
func (j *journal) wrote(name, value string, a answer) {
	j.mu.Lock()
	defer j.mu.Unlock()
	o := j.objects[name]
	switch {
	case a.done():
		j.made++
		o.may = []string{value}
	case a.refused():
		j.refused++
		gone, already := a.status == 404, a.status == 409 && o.may[0] == absent
		if len(o.may) == 1 && (gone || already || a.status == 401) {
			j.broken = append(j.broken, fmt.Sprintf("%s is acknowledged to be %q, and changing it to %q was answered with %s", name, o.may[0], value, a))
		}
	default:
		j.unknown++
		if !slices.Contains(o.may, value) {
			o.may = append(o.may, value)
		}
	}
}

// compare reads an object and holds it against what was acknowledged. What it is now is what it must be from here on.
func (j *journal) compare(ctx context.Context, name, when string) error {
	j.mu.Lock()
	o := j.objects[name]
	j.mu.Unlock()
	now, err := o.read(ctx)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.looked++
	if !slices.Contains(o.may, now) {
		j.broken = append(j.broken, fmt.Sprintf("%s: %s is %q, and acknowledged was %q", when, name, now, o.may))
	}
	o.may = []string{now}
	return nil
}

// compareAll is compare for all of them.
func (j *journal) compareAll(ctx context.Context, when string) error {
	j.mu.Lock()
	var names []string
	for name := range j.objects {
		names = append(names, name)
	}
	j.mu.Unlock()
	slices.Sort(names)
	for _, name := range names {
		if err := j.compare(ctx, name, when); err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
	}
	return nil
}

func (j *journal) figures() (made, refused, unknown int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.made, j.refused, j.unknown
}
