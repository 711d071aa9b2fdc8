package conf

import (
	"slices"
	"sort"
)

// match is a run of lines that are the same in both files; old and new count from 0.
type match struct{ old, new, n int }

// matches finds the lines that stay, by what is unique: lines that each side has once are taken as the same where their
// order agrees, and grow in both directions over equal lines. The work is that of sorting, however the files look; small
// gaps between are looked at in full.
func matches(a, b []string) []match {
	var found []match
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	if head > 0 {
		found = append(found, match{0, 0, head})
	}
	endA, endB := len(a)-tail, len(b)-tail
	i, j := head, head
	for _, p := range anchors(a[head:endA], b[head:endB]) {
		x, y := p[0]+head, p[1]+head
		if x < i || y < j {
			continue // a run before has taken it
		}
		from := 0
		for x-from > i && y-from > j && a[x-from-1] == b[y-from-1] {
			from++
		}
		found = append(found, between(a[i:x-from], b[j:y-from], i, j)...)
		n := from + 1
		for x-from+n < endA && y-from+n < endB && a[x-from+n] == b[y-from+n] {
			n++
		}
		found = append(found, match{x - from, y - from, n})
		i, j = x-from+n, y-from+n
	}
	found = append(found, between(a[i:endA], b[j:endB], i, j)...)
	if tail > 0 {
		found = append(found, match{endA, endB, tail})
	}
	return found
}

// anchors are the lines that each side has exactly once, in the longest order that both agree on.
func anchors(a, b []string) [][2]int {
	type places struct{ inA, inB, atA, atB int }
	lines := make(map[string]*places, len(a))
	for i, line := range a {
		p := lines[line]
		if p == nil {
			p = &places{}
			lines[line] = p
		}
		p.inA, p.atA = p.inA+1, i
	}
	for j, line := range b {
		if p := lines[line]; p != nil {
			p.inB, p.atB = p.inB+1, j
		}
	}
	var pairs [][2]int
	for j, line := range b {
		if p := lines[line]; p != nil && p.inA == 1 && p.inB == 1 {
			pairs = append(pairs, [2]int{p.atA, j})
		}
	}
	// The longest increasing run of places in a: ends[n] is the pair that ends the one of length n+1 soonest.
	var ends []int
	before := make([]int, len(pairs))
	for k, p := range pairs {
		n := sort.Search(len(ends), func(n int) bool { return pairs[ends[n]][0] >= p[0] })
		before[k] = -1
		if n > 0 {
			before[k] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, k)
		} else {
			ends[n] = k
		}
	}
	var run [][2]int
	if len(ends) > 0 {
		for k := ends[len(ends)-1]; k >= 0; k = before[k] {
			run = append(run, pairs[k])
		}
	}
	slices.Reverse(run)
	return run
}

// smallGap is how many pairs of lines are compared in a gap without unique lines.
const smallGap = 250_000

// between finds what stays in a gap: the longest common run of lines, in any distance.
func between(a, b []string, i, j int) []match {
	if len(a) == 0 || len(b) == 0 || len(a)*len(b) > smallGap {
		return nil
	}
	width := len(b) + 1
	length := make([]int32, (len(a)+1)*width)
	for x := range slices.Backward(a) {
		for y := range slices.Backward(b) {
			if a[x] == b[y] {
				length[x*width+y] = length[(x+1)*width+y+1] + 1
			} else {
				length[x*width+y] = max(length[(x+1)*width+y], length[x*width+y+1])
			}
		}
	}
	var found []match
	for x, y := 0, 0; x < len(a) && y < len(b); {
		switch {
		case a[x] == b[y]:
			if n := len(found); n > 0 && found[n-1].old+found[n-1].n == i+x && found[n-1].new+found[n-1].n == j+y {
				found[n-1].n++
			} else {
				found = append(found, match{i + x, j + y, 1})
			}
			x, y = x+1, y+1
		case length[(x+1)*width+y] >= length[x*width+y+1]:
			x++
		default:
			y++
		}
	}
	return found
}
