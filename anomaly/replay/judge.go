package replay

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Incident is what somebody has noticed.
type Incident struct {
	Begun    time.Time // when what is strange began
	Found    time.Time // when it was found
	Low      bool      // it is worth knowing and no alarm
	Kind     string
	Entities []string // topics and client ids
	Text     string
}

// Found is how much of one kind of injections was noticed.
type Found struct {
	All, Hits int
	AtItsEnd  int             // of Hits: only what came after the injection was noticed
	Delays    []time.Duration // of those that were noticed while they went on, sorted
	Periods   []float64       // the same in periods of the device, sorted; of a silence since its last message
}

// Recall is which part was noticed.
func (f Found) Recall() float64 { return float64(f.Hits) / float64(max(1, f.All)) }

// Verdict is what is to be said of what somebody has noticed.
type Verdict struct {
	Kinds  map[Kind]Found
	All    Found
	False  []Incident // alarms about devices with which nothing was the matter
	Low    int        // the same below alarms
	Missed []*Injection
	Days   int
}

// after is for how long the end of an injection may be noticed.
const after = hourMs

// Judge compares incidents with what went wrong. An injection is noticed when an alarm about its device was found between
// its begin and an hour behind its end; only the first counts.
func (f *Fleet) Judge(all []Incident) Verdict {
	v := Verdict{Kinds: map[Kind]Found{}, Days: f.Days}
	all = slices.Clone(all)
	slices.SortFunc(all, func(x, y Incident) int { return x.Found.Compare(y.Found) })
	hits := map[*Injection]Incident{}
	for _, n := range all {
		about := f.about(n)
		switch {
		case n.Low && len(about) == 0:
			v.Low++
		case len(about) == 0:
			v.False = append(v.False, n)
		}
		for _, i := range about {
			if _, before := hits[i]; !before && !n.Low {
				hits[i] = n
			}
		}
	}
	for _, i := range f.Injections {
		n, hit := hits[i]
		if !hit {
			v.Missed = append(v.Missed, i)
		}
		of := v.Kinds[i.Kind]
		of.add(i, n, hit)
		v.Kinds[i.Kind] = of
		v.All.add(i, n, hit)
	}
	return v
}

// about are the injections that an incident can be about.
func (f *Fleet) about(n Incident) (about []*Injection) {
	found := n.Found.UnixMilli()
	for _, entity := range n.Entities {
		device := f.DeviceOf(entity)
		for _, i := range f.Injections {
			if i.Device == device && found >= i.begin && found <= i.end+after && !slices.Contains(about, i) {
				about = append(about, i)
			}
		}
	}
	return about
}

func (f *Found) add(i *Injection, n Incident, hit bool) {
	f.All++
	if !hit {
		return
	}
	f.Hits++
	found := n.Found.UnixMilli()
	if found > i.end {
		f.AtItsEnd++
		return
	}
	from := i.begin
	if i.Kind == Silence {
		from = i.quiet
	}
	f.Delays = insert(f.Delays, time.Duration(found-from)*time.Millisecond)
	f.Periods = insert(f.Periods, float64(found-from)/float64(i.Period.Milliseconds()))
}

func insert[T cmp.Ordered](sorted []T, x T) []T {
	at, _ := slices.BinarySearch(sorted, x)
	return slices.Insert(sorted, at, x)
}

func median[T any](sorted []T) (m T) {
	if len(sorted) > 0 {
		m = sorted[len(sorted)/2]
	}
	return m
}

// FalsePerDay is how many alarms a day the fleet had for nothing.
func (v Verdict) FalsePerDay() float64 { return float64(len(v.False)) / float64(v.Days) }

// Quiet is the median delay of silences in periods of their devices.
func (v Verdict) Quiet() float64 { return median(v.Kinds[Silence].Periods) }

// Write writes the tables of docs/anomaly.md.
func (v Verdict) Write(w io.Writer) error {
	var text strings.Builder
	text.WriteString("\n| injected | number | noticed | recall | of them only at the end | median delay | in periods |\n|---|---|---|---|---|---|---|\n")
	row := func(name string, f Found) {
		fmt.Fprintf(&text, "| %s | %d | %d | %.2f | %d | %s | %.1f |\n",
			name, f.All, f.Hits, f.Recall(), f.AtItsEnd, median(f.Delays).Round(time.Second), median(f.Periods))
	}
	for _, k := range Kinds() {
		row(string(k), v.Kinds[k])
	}
	row("all", v.All)
	fmt.Fprintf(&text, "\nFor nothing: %d incidents in %d days, %.2f a day; low ones %d, %.2f a day.\n",
		len(v.False), v.Days, v.FalsePerDay(), v.Low, float64(v.Low)/float64(v.Days))
	kinds := map[string]int{}
	for _, n := range v.False {
		kinds[n.Kind]++
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(&text, "%s %d. ", kind, kinds[kind])
	}
	text.WriteString("\n")
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}
