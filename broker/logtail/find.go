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

// errMoved is that files get other names faster than we can look. It passes when asked again.
var errMoved = errors.New("the log files are being renamed")

// moves is how often in a row files may be renamed under our hands before we give up for this time.
const moves = 5

// find opens w where a position is, and returns the chain that it looked through. Files for which skip is true are not
// looked at.
//
// The file that the position names is looked at first, under whatever name it has now; then others, because copying
// and compressing make a new file of it. An error other than errLost is that the file is there and cannot be read now.
func (f *Files) find(p position, skip func(*entry) bool, w *window) (chain []entry, err error) {
	for range moves {
		if chain, _, err = f.chain(); err != nil {
			return nil, err
		}
		candidates := slices.DeleteFunc(f.candidates(p, chain), func(e entry) bool { return skip(&e) })
		if err = openAt(p, candidates, w); !errors.Is(err, errMoved) {
			break
		}
	}
	return chain, err
}

// openAt opens w in the one of some files that a position is in.
func openAt(p position, candidates []entry, w *window) error {
	result := errLost
	for _, e := range candidates {
		if !e.zip() && e.state.size < p.offset || p.offset == 0 && e.state.id != p.id {
			continue
		}
		s, err := e.open()
		if err == nil {
			if err = w.open(s, p.offset); err == nil && w.mark() == p.mark {
				return nil
			}
			w.close()
		}
		switch {
		case errors.Is(err, errMoved):
			result = errMoved // it may have been this one
		case err != nil && e.state.id == p.id && !errors.Is(err, errChanged):
			return err
		}
	}
	return result
}

// open opens the file that was seen under this name; errMoved is that it has got another one, or is gone.
func (e *entry) open() (*segment, error) {
	s, err := openSegment(e.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMoved
	}
	if err == nil && s.id != e.state.id {
		s.close()
		return nil, errMoved
	}
	return s, err
}

func nothing(*entry) bool { return false }

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
