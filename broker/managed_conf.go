package broker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Managed is a Site: the files in data/broker, and the process under the keeper.
var _ Site = (*Managed)(nil)

// MainConf is the name of the configuration file.
func (m *Managed) MainConf() string { return confName }

// inside gives a name of the configuration as one in the broker's directory; false for what lies elsewhere.
func (m *Managed) inside(name string) (string, bool) {
	if filepath.IsAbs(name) {
		rel, err := filepath.Rel(m.at.broker, name)
		if err != nil {
			return "", false
		}
		name = rel
	}
	name = filepath.Clean(name)
	return name, filepath.IsLocal(name)
}

// ReadFile returns a file of the configuration.
func (m *Managed) ReadFile(name string) ([]byte, error) {
	if inside, ok := m.inside(name); ok {
		data, _, err := m.files.read(inside)
		return data, err
	}
	return readElsewhere(m.elsewhere(name))
}

// elsewhere is the path of what lies outside of the broker's directory.
func (m *Managed) elsewhere(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(m.at.broker, name)
}

// maxConfFile bounds what is read as a file of the configuration, in bytes. The keeper keeps copies of no larger ones.
const maxConfFile = 16 << 20

// readElsewhere reads an ordinary file of whoever runs this host.
func readElsewhere(path string) ([]byte, error) {
	// Without O_NONBLOCK a named pipe would make us wait for ever.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("reading configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading configuration: %s is not an ordinary file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxConfFile+1))
	if err == nil && len(data) > maxConfFile {
		err = errors.New("it is too large for a configuration")
	}
	if err != nil {
		return nil, fmt.Errorf("reading configuration %s: %w", path, err)
	}
	return data, nil
}

// List returns the names of the files *.conf in an included folder.
func (m *Managed) List(dir string) ([]string, error) {
	var entries []fs.DirEntry
	var err error
	if inside, ok := m.inside(dir); ok {
		entries, err = fs.ReadDir(m.files.root.FS(), filepath.ToSlash(inside))
	} else {
		entries, err = os.ReadDir(m.elsewhere(dir))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the included folder %s: %w", dir, err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".conf") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Writable says whether a file may be changed through us.
func (m *Managed) Writable(name string) error {
	inside, ok := m.inside(name)
	switch {
	case !ok:
		return fault.Newf(fault.Conflict, "%s lies outside of the broker's folder", name).
			Hint("edit it on the host, then reload or restart the broker here")
	case filepath.Dir(inside) == OwnConfDir:
		return fault.Newf(fault.Conflict, "BunkerM writes %s itself, at every start of the broker", name).
			Hint("your own settings belong into " + confName)
	case inside != confName && !strings.HasSuffix(inside, ".conf"):
		return fault.Newf(fault.Conflict, "%s is not a file of the configuration", name).
			Hint("the broker includes files whose names end in .conf")
	}
	return nil
}

// Unfinished is what a killed process of ours was at.
func (m *Managed) Unfinished() *UnfinishedEdit { return m.unfinished }

// ForgetUnfinished is called when the outcome of an edit is recorded.
func (m *Managed) ForgetUnfinished(id string) error { return m.journal.Forget(id) }

// Process tells one run of the broker from another.
func (m *Managed) Process() string {
	s := m.Status()
	if s.BrokerPID == 0 {
		return ""
	}
	return fmt.Sprintf("%d@%d", s.BrokerPID, s.Since.UnixMilli())
}

// ReadDynsec returns dynamic-security.json. Brokers before 2.0.16 write it in place, so it may be torn for a moment.
func (m *Managed) ReadDynsec() ([]byte, error) {
	for until := time.Now().Add(tornFor); ; wait(context.Background(), 5*time.Millisecond) {
		data, _, err := m.files.read(dynsecName)
		if err != nil || json.Valid(data) {
			return data, err
		}
		if time.Now().After(until) {
			return nil, errDamaged(dynsecName)
		}
	}
}

// tornFor is how long a broker may take to write its file.
const tornFor = 2 * time.Second

// seenBefore finds out whether the files are what the edit was decided on, and returns what is known of those that are
// there.
func (m *Managed) seenBefore(before map[string][]byte) (map[string]fs.FileInfo, error) {
	infos := map[string]fs.FileInfo{}
	for name, want := range before {
		inside, ok := m.inside(name)
		if !ok {
			now, err := readElsewhere(m.elsewhere(name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			if !same(now, err == nil, want) {
				return nil, errChangedMeanwhile(name)
			}
			continue
		}
		now, info, err := m.files.read(inside)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if !same(now, err == nil, want) {
			return nil, errChangedMeanwhile(name)
		}
		if err == nil {
			infos[inside] = info
		}
	}
	return infos, nil
}

// same compares a file that is there or not with one that should be there, or, nil, should not.
func same(now []byte, there bool, want []byte) bool {
	return there == (want != nil) && bytes.Equal(now, want)
}

func errChangedMeanwhile(name string) error {
	return fault.Newf(fault.Precondition, "%s was changed since you read it", name).
		Hint("read the configuration again, look at what has changed, then decide anew")
}

// writeFiles writes the files of an edit; nil removes one. infos are of those that are there.
func (m *Managed) writeFiles(texts map[string][]byte, infos map[string]fs.FileInfo) error {
	for name, text := range texts {
		inside, ok := m.inside(name)
		if !ok {
			return fault.Newf(fault.Internal, "%s lies outside of the broker's folder", name)
		}
		if text == nil {
			if err := m.files.root.Remove(inside); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("removing the broker's %s: %w", name, err)
			}
			continue
		}
		if dir := filepath.Dir(inside); dir != "." {
			if err := m.files.ensureDir(dir); err != nil {
				return err
			}
		}
		if err := m.files.write(inside, text, infos[inside]); err != nil {
			return err
		}
	}
	return nil
}

// checkOwnRules refuses a main file with which we could not talk to the broker any more.
func (m *Managed) checkOwnRules(after map[string][]byte) error {
	for name, text := range after {
		inside, _ := m.inside(name)
		if inside == confName {
			if text == nil {
				return fault.New(fault.Invalid, "the main file of the configuration cannot be removed")
			}
			if err := checkInclude(text, m.at.broker); err != nil {
				return err
			}
		}
		if err := checkPerListener(text, filepath.Join(m.at.broker, inside)); err != nil {
			return err
		}
	}
	return nil
}

// replaceWithin bounds an edit from its first write on, the way back included. It does not end with the caller's context:
// a caller who gives up must not leave the broker down.
const replaceWithin = putBackWithin

// ReplaceConf changes files of the configuration and makes the broker use them: see Site.
func (m *Managed) ReplaceConf(ctx context.Context, e ConfEdit) error {
	if e.Step == nil {
		e.Step = func(Step) {}
	}
	for name := range e.After {
		if err := m.Writable(name); err != nil {
			return err
		}
	}
	unlock, err := m.exclusive(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	e.Before = maps.Clone(e.Before)
	if e.Before == nil {
		e.Before = map[string][]byte{}
	}
	for name := range e.After {
		if _, known := e.Before[name]; !known {
			e.Before[name] = nil // a new file
		}
	}
	infos, err := m.seenBefore(e.Before)
	if err == nil {
		err = m.checkOwnRules(e.After)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), replaceWithin)
	defer cancel()
	return m.replaceConf(ctx, e, infos)
}
