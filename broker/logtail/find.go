package logtail

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// errLost is that a position is in no file.
var errLost = errors.New("the position is in no file of the log")

// find opens w where a position is. Except is a file that it is not in; the zero value excludes none.
func (f *Files) find(p position, chain []entry, except fileID, w *window) error {
	return open(p, slices.DeleteFunc(f.candidates(p, chain), func(e entry) bool { return e.state.id == except }), w)
}

// open opens w in the one of some files that a position is in.
//
// The file that the position names is looked at first, under whatever name it has now; then others, because copying
// and compressing make a new file of it. An error other than errLost is that the file is there and cannot be read.
func open(p position, candidates []entry, w *window) error {
	for _, e := range candidates {
		if !e.zip() && e.state.size < p.offset || p.offset == 0 && e.state.id != p.id {
			continue
		}
		s, err := openSegment(e.path)
		if err == nil {
			if err = w.open(s, p.offset); err == nil && w.mark() == p.mark {
				return nil
			}
			w.close()
		}
		if err != nil && e.state.id == p.id && !errors.Is(err, errChanged) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errLost
}

// candidates is where a position may be, the likeliest first and compressed files last.
func (f *Files) candidates(p position, chain []entry) []entry {
	all := slices.Clone(chain)
	dir, base := filepath.Split(f.target())
	names, _ := namesIn(dir) // without them, those of the chain are left
	for _, name := range names {
		path := filepath.Join(dir, name)
		if slices.ContainsFunc(chain, func(e entry) bool { return e.path == path }) {
			continue
		}
		if state, err := look(path); err == nil && (state.id == p.id || strings.HasPrefix(name, base)) {
			all = append(all, entry{path: path, state: state})
		}
	}
	rank := func(e entry) int {
		switch {
		case e.state.id == p.id && !e.zip():
			return 0
		case !e.zip():
			return 1
		}
		return 2
	}
	slices.Reverse(all) // newest first, and stable from here on
	slices.SortStableFunc(all, func(a, b entry) int { return rank(a) - rank(b) })
	return all
}
