package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
)

// Report is what came of a soak.
type Report struct {
	Had     map[Trouble]int // the troubles that were made
	LeftOut []string        // what could not be made, and why
	Broken  []string        // the promises that were not kept
	Facts   []string        // in the order in which they are told

	mu sync.Mutex
}

func newReport() *Report { return &Report{Had: map[Trouble]int{}} }

func (r *Report) had(t Trouble) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Had[t]++
}

// leave notes what could not be made, once.
func (r *Report) leave(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.LeftOut, what) {
		r.LeftOut = append(r.LeftOut, what)
	}
}

func (r *Report) broke(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Broken = append(r.Broken, fmt.Sprintf(format, args...))
}

func (r *Report) fact(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Facts = append(r.Facts, fmt.Sprintf(format, args...))
}

// some tells of many of the same kind: how many, and the first few.
func (r *Report) some(what string, all []string) {
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	r.broke("%d %s:", len(all), what)
	for _, one := range all[:min(len(all), 5)] {
		r.broke("  %s", one)
	}
}

// Write tells it.
func (r *Report) Write(w io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintln(w, "\nWhat happened:")
	for _, t := range slices.Sorted(maps.Keys(r.Had)) {
		fmt.Fprintf(w, "  %s, %d times\n", t, r.Had[t])
	}
	for _, fact := range r.Facts {
		fmt.Fprintf(w, "  %s\n", fact)
	}
	for _, what := range r.LeftOut {
		fmt.Fprintf(w, "  left out: %s\n", what)
	}
	if len(r.Broken) == 0 {
		fmt.Fprintln(w, "Every promise was kept.")
		return
	}
	fmt.Fprintln(w, "Broken:")
	for _, what := range r.Broken {
		fmt.Fprintf(w, "  %s\n", what)
	}
}
