package keeper

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// loaded is what the broker has read: its configuration, and marks of the files beside it.
type loaded struct {
	snapshot
	beside beside
}

// newLoaded adds the marks to a configuration that is about to be read.
func newLoaded(spec Spec, snap snapshot) *loaded { return &loaded{snap, readBeside(spec, snap)} }

// texts are the files of a configuration, named relative to Dir but for the first, which is the configuration file.
func (s snapshot) texts() []snapFile {
	all := []snapFile{{"", s.main}}
	for _, inc := range s.includes {
		for _, f := range inc.files {
			all = append(all, snapFile{filepath.Join(inc.dir, f.name), f.data})
		}
	}
	return all
}

// with is the configuration with other content in one included file.
func (s snapshot) with(name string, data []byte) snapshot {
	s.includes = slices.Clone(s.includes)
	for i, inc := range s.includes {
		if inc.dir != filepath.Dir(name) {
			continue
		}
		files := slices.DeleteFunc(slices.Clone(inc.files), func(f snapFile) bool { return f.name == filepath.Base(name) })
		at, _ := slices.BinarySearchFunc(files, filepath.Base(name), func(f snapFile, name string) int { return strings.Compare(f.name, name) })
		s.includes[i].files = slices.Insert(files, at, snapFile{filepath.Base(name), data})
	}
	return s
}

// quiet is the configuration without the debug log, whatever the log file says at the moment: what is proven, and what
// tells whether somebody has changed something.
func (s snapshot) quiet(spec Spec) snapshot {
	if spec.LogConfig == "" {
		return s
	}
	return s.with(spec.LogConfig, spec.logConfig(false))
}

// loud reports whether the log file asks for the debug log.
func (s snapshot) loud(spec Spec) bool {
	return slices.ContainsFunc(s.texts(), func(f snapFile) bool {
		return f.name == filepath.Clean(spec.LogConfig) && bytes.Contains(f.data, []byte(debugLine))
	})
}

// onlyOurs reads the configuration as it is now. It is a Conflict when anything but our log file has been changed since
// the broker read it: a signal would apply that too, approved by nobody and perhaps half written.
func (s *supervisor) onlyOurs() (*loaded, error) {
	if s.loaded == nil {
		return nil, fault.New(fault.Conflict, "it is not known what configuration the broker has read").
			Hint("its files must be ordinary ones inside the broker's directory; mend that and restart the broker")
	}
	snap, err := readSnapshot(s.spec)
	if err != nil {
		return nil, fault.New(fault.Conflict, "the broker's configuration cannot be compared with what it has read").
			Hint("the keeper's log, " + keeperLogName + ", names the file and the reason").Because(err)
	}
	now := newLoaded(s.spec, snap)
	if err := errors.Join(s.loaded.beside.trouble, now.beside.trouble); err != nil {
		return nil, fmt.Errorf("comparing files beside the configuration: %w", err)
	}
	if name := difference(s.spec, s.loaded, now); name != "" {
		return nil, fault.Newf(fault.Conflict, "%s has been changed since the broker read it, and a signal to the broker would apply that as well", name).
			Hint("reload or restart the broker to apply the change, or undo it")
	}
	return now, now.beside.survives(s.spec, s.status.Version)
}

// difference names a file that is not what it was; empty when all are.
func difference(spec Spec, before, now *loaded) string {
	was, is := before.quiet(spec).texts(), now.quiet(spec).texts()
	for _, f := range is {
		i := slices.IndexFunc(was, func(old snapFile) bool { return old.name == f.name })
		if i < 0 || !bytes.Equal(was[i].data, f.data) {
			return orConfig(spec, f.name)
		}
	}
	for _, old := range was {
		if !slices.ContainsFunc(is, func(f snapFile) bool { return f.name == old.name }) {
			return orConfig(spec, old.name)
		}
	}
	return now.beside.changed(before.beside)
}

func orConfig(spec Spec, name string) string {
	if name == "" {
		return spec.Config
	}
	return name
}

// accept takes the files as they are now for what the broker has read. Whoever orders it knows that they differ from that
// in nothing that the broker would see.
func (s *supervisor) accept() error {
	if err := s.mayUseLive("taken as read"); err != nil {
		return err
	}
	snap, err := readSnapshot(s.spec)
	if err != nil {
		return err
	}
	s.loaded = newLoaded(s.spec, snap)
	return nil
}
