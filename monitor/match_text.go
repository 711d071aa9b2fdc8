package monitor

import (
	"unicode"
	"unicode/utf8"
)

// finder finds a text in others without regard to case.
type finder struct{ folded []rune }

func newFinder(q string) finder {
	var f finder
	for _, r := range q {
		f.folded = append(f.folded, fold(r))
	}
	return f
}

// fold maps all forms of a letter to one.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	// The Kelvin sign is a k, and the long s an s: the least form is a capital then.
	if 'A' <= least && least <= 'Z' {
		return least + 'a' - 'A'
	}
	return least
}

// in reports whether text contains what is looked for. Most places are passed over by a look at one byte.
func (f finder) in(text string) bool {
	if len(f.folded) == 0 {
		return true
	}
	first := f.folded[0]
	for i := range len(text) {
		b := text[i]
		if b < utf8.RuneSelf {
			if first != fold(rune(b)) {
				continue
			}
		} else if !utf8.RuneStart(b) {
			continue
		}
		if f.begins(text[i:]) {
			return true
		}
	}
	return false
}

func (f finder) begins(text string) bool {
	i := 0
	for _, r := range text {
		if fold(r) != f.folded[i] {
			return false
		}
		if i++; i == len(f.folded) {
			return true
		}
	}
	return false
}
