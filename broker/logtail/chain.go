package logtail

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// zipped ends the name of a compressed file.
const zipped = ".gz"

// Bounds on folders that hold much else.
const (
	mostNames = 20_000 // in the folder; those behind are not looked at
	mostFiles = 500    // of the log; the oldest of more are not read
)

// entry is one file of the log.
type entry struct {
	path   string
	state  fileState
	number int  // of broker.log.1; 0 for the file that is written, -1 for one with a date
	live   bool // the file that is written
}

func (e *entry) zip() bool { return strings.HasSuffix(e.path, zipped) }

// chain is the files of the log, oldest first. The one that is written comes last and is missing where there is none
// that can be looked at; liveErr says why then.
func (f *Files) chain() (all []entry, liveErr error, err error) {
	// Files get other names while we look, so only a result that comes twice is one.
	var before []entry
	for range 1 + moves {
		if all, liveErr, err = f.list(); err != nil {
			return nil, nil, err
		}
		if before != nil && slices.EqualFunc(before, all, func(a, b entry) bool { return a.path == b.path && a.state.id == b.state.id }) {
			return all, liveErr, nil
		}
		before = append([]entry{}, all...)
	}
	return nil, nil, errMoved
}

func (f *Files) list() (all []entry, liveErr error, err error) {
	path := f.target()
	names, err := namesIn(filepath.Dir(path))
	// A folder that may be passed but not listed still holds the file that is written.
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		return nil, nil, fmt.Errorf("reading the folder of the log: %w", err)
	}
	base := filepath.Base(path)
	numbered := true
	for _, name := range names {
		number, ok := f.older(base, name)
		if !ok || strings.HasSuffix(name, zipped) && slices.Contains(names, strings.TrimSuffix(name, zipped)) {
			continue // gzip is at work, and the one that it reads is still there
		}
		e := entry{path: filepath.Join(filepath.Dir(path), name), number: number}
		if e.state, err = look(e.path); err != nil {
			continue // it has another name by now, or is none of ours
		}
		all = append(all, e)
		numbered = numbered && number > 0
	}
	slices.SortFunc(all, func(a, b entry) int {
		if numbered {
			return cmp.Compare(b.number, a.number)
		}
		return cmp.Or(cmp.Compare(a.state.modified, b.state.modified), cmp.Compare(a.path, b.path))
	})
	all = all[max(0, len(all)-mostFiles):]
	live := entry{path: path, live: true}
	if live.state, liveErr = look(path); liveErr == nil {
		all = append(all, live)
	}
	return all, liveErr, nil
}

// target is the file that the log's name leads to: older ones lie beside that.
func (f *Files) target() string {
	info, err := os.Lstat(f.path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if path, err := filepath.EvalSymlinks(f.path); err == nil {
			return path
		}
	}
	return f.path
}

func namesIn(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }()
	var names []string
	for len(names) < mostNames {
		some, err := d.Readdirnames(1000)
		names = append(names, some...)
		if err != nil || len(some) == 0 {
			break // what has been read is good enough
		}
	}
	slices.Sort(names)
	return names, nil
}

// older reports whether name is that of an older file of the log called base: base with a number or a date behind it
// or, as logrotate's "extension" has it, before its extension.
func (f *Files) older(base, name string) (number int, ok bool) {
	rest, found := strings.CutPrefix(name, base)
	if f.keeper {
		n, err := strconv.Atoi(strings.TrimPrefix(rest, "."))
		return n, found && strings.HasPrefix(rest, ".") && err == nil && n > 0
	}
	if !found {
		extension := filepath.Ext(base)
		if rest, found = strings.CutPrefix(name, strings.TrimSuffix(base, extension)); !found || extension == "" {
			return 0, false
		}
		rest = strings.TrimSuffix(rest, zipped)
		if rest, found = strings.CutSuffix(rest, extension); !found {
			return 0, false
		}
	}
	rest = strings.TrimSuffix(rest, zipped)
	if len(rest) < 2 || !strings.ContainsRune(".-_", rune(rest[0])) || strings.Trim(rest, "0123456789.-_:+TZ") != "" ||
		!strings.ContainsAny(rest, "0123456789") {
		return 0, false
	}
	if n, err := strconv.Atoi(rest[1:]); err == nil && n > 0 && len(rest) <= len(".9999") {
		return n, true
	}
	return -1, true
}

// indexOf finds a file in a chain, -1 where it is not.
func indexOf(chain []entry, id fileID) int {
	return slices.IndexFunc(chain, func(e entry) bool { return e.state.id == id })
}
