package keeper

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/bunkerm/bunkerm/fault"
)

// Bounds of a configuration that can be kept.
const (
	maxConfigBytes = 16 << 20
	maxConfigFiles = 1000
)

// snapshot is a configuration as it lay on disk at one moment: the configuration file and the *.conf files of the
// folders that it includes. Folders outside Dir are the operator's own and are left where they are.
type snapshot struct {
	main     []byte
	includes []include
}

// include is one include_dir line whose folder lies inside Dir.
type include struct {
	line  int    // index into the lines of main
	dir   string // relative to Dir, cleaned
	files []snapFile
}

type snapFile struct {
	name string // without folders
	data []byte
}

// readSnapshot reads the live configuration. Dir belongs to the broker's user, whom we may have more rights than:
// no link is followed out of it, and nothing but ordinary files is opened.
func readSnapshot(spec Spec) (snapshot, error) {
	root, err := os.OpenRoot(spec.Dir)
	if err != nil {
		return snapshot{}, fmt.Errorf("opening broker directory: %w", err)
	}
	defer func() { _ = root.Close() }()

	var snap snapshot
	if snap.main, err = readConfig(root, spec.Config); err != nil {
		return snapshot{}, err
	}
	total, files := len(snap.main), 1
	for i, line := range bytes.Split(snap.main, []byte("\n")) {
		dir, ok := includedFolder(line, spec.Dir)
		if !ok {
			continue
		}
		inc := include{line: i, dir: dir}
		entries, err := fs.ReadDir(root.FS(), filepath.ToSlash(dir))
		if err != nil {
			return snapshot{}, fmt.Errorf("reading folder of included configuration: %w", err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".conf") {
				continue
			}
			data, err := readConfig(root, filepath.Join(dir, e.Name()))
			if err != nil {
				return snapshot{}, err
			}
			if total, files = total+len(data), files+1; total > maxConfigBytes || files > maxConfigFiles {
				return snapshot{}, fault.New(fault.Conflict, "the broker's configuration is too large to keep a copy of")
			}
			inc.files = append(inc.files, snapFile{e.Name(), data})
		}
		snap.includes = append(snap.includes, inc)
	}
	return snap, nil
}

// readConfig reads one ordinary file of at most maxConfigBytes.
func readConfig(root *os.Root, name string) ([]byte, error) {
	// Without O_NONBLOCK a named pipe in place of the file would make us wait for ever.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("reading broker configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading broker configuration: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.Newf(fault.Conflict, "%s in the broker's directory is not an ordinary file", name)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxConfigBytes+1))
	if err == nil && len(data) > maxConfigBytes {
		err = errors.New("file is too large")
	}
	if err != nil {
		return nil, fmt.Errorf("reading broker configuration %s: %w", name, err)
	}
	return data, nil
}

// includedFolder reads an include_dir line as mosquitto does: words are separated by spaces, the value is the rest
// of the line. It reports false for every other line and for folders outside dir. Only the configuration file
// itself can include folders; in the files of a folder 2.0 ignores the line and 2.1 refuses it.
func includedFolder(line []byte, dir string) (string, bool) {
	key, value, ok := strings.Cut(strings.Trim(string(line), " \t\r"), " ")
	if !ok || key != "include_dir" {
		return "", false
	}
	value = strings.Trim(value, " \t\r")
	if filepath.IsAbs(value) {
		rel, err := filepath.Rel(dir, value)
		if err != nil {
			return "", false
		}
		value = rel
	}
	value = filepath.Clean(value)
	return value, filepath.IsLocal(value)
}

// hash tells configurations apart: names and contents, nothing else.
func (s snapshot) hash() string {
	h := sha256.New()
	part := func(data []byte) {
		_ = binary.Write(h, binary.BigEndian, uint64(len(data))) // a hash never fails to write
		_, _ = h.Write(data)
	}
	part(s.main)
	for _, inc := range s.includes {
		part([]byte(inc.dir))
		part([]byte{byte(len(inc.files) >> 8), byte(len(inc.files))})
		for _, f := range inc.files {
			part([]byte(f.name))
			part(f.data)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
