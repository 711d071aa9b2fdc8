package conf

import "slices"

// nearest is the setting of a version that an unknown key most likely stands for; empty where none is near.
func nearest(key string, v Version) string {
	if len(key) > 40 {
		return ""
	}
	key = lower(key)
	best, least := "", max(1, min(3, len(key)/3))+1
	for _, d := range inOrder() {
		if !d.In(v) {
			continue
		}
		if n := distance(key, d.Key); n < least {
			best, least = d.Key, n
		}
	}
	return best
}

// lower makes what is often written otherwise alike: capitals, and a hyphen for the underscore.
func lower(key string) string {
	b := []byte(key)
	for i, c := range b {
		switch {
		case 'A' <= c && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case c == '-':
			b[i] = '_'
		}
	}
	return string(b)
}

// distance is how many bytes have to be put in, taken out, replaced or swapped with their neighbour to make b of a.
func distance(a, b string) int {
	before, last, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			n := last[j-1]
			if a[i-1] != b[j-1] {
				n++
			}
			n = slices.Min([]int{n, last[j] + 1, now[j-1] + 1})
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, before[j-2]+1)
			}
			now[j] = n
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}
