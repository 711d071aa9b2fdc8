package adopt

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// source reads the files of a machine, or of a folder that holds what was copied off one.
type source struct {
	root string // stands for /; empty: this machine
	dir  string // what relative names are relative to: where mosquitto.conf is
}

// at is where a file is that the configuration names.
func (s source) at(name string) string {
	if !path.IsAbs(name) {
		name = path.Join(s.dir, name)
	}
	return filepath.Join(s.root, filepath.FromSlash(name))
}

// ReadFile reads a file by the name that it has on its machine.
func (s source) ReadFile(name string) ([]byte, error) {
	text, err := os.ReadFile(s.at(name))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return text, nil
}

// List returns the names of the files *.conf in a folder.
func (s source) List(dir string) ([]string, error) {
	all, err := os.ReadDir(s.at(dir))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, err)
	}
	var names []string
	for _, e := range all {
		if strings.HasSuffix(e.Name(), ".conf") && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// there reports whether a regular file can be read.
func (s source) there(name string) error {
	f, err := os.Open(s.at(name))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrInvalid
	}
	return err
}
