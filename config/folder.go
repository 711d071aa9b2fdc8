package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// folder is where relative names in the configuration begin. It is opened with our own rights, as the broker inherits it:
// so names in it are found where a folder above is closed to the broker's user.
type folder struct{ root *os.Root }

func openFolder(dir string) (folder, error) {
	root, err := os.OpenRoot(dir)
	return folder{root}, err
}

func (f folder) close() { _ = f.root.Close() } // nothing was written

// open opens a file of the configuration with the rights of the calling thread. A pipe does not make it wait.
func (f folder) open(path string, how int) (*os.File, error) {
	if filepath.IsLocal(path) {
		return f.root.OpenFile(path, how|syscall.O_NONBLOCK, 0)
	}
	return os.OpenFile(f.absolute(path), how|syscall.O_NONBLOCK, 0)
}

func (f folder) stat(path string) (fs.FileInfo, error) {
	if filepath.IsLocal(path) {
		return f.root.Stat(path)
	}
	return os.Stat(f.absolute(path))
}

// absolute is for names that lead out of the folder.
func (f folder) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(f.root.Name(), path)
}

// writableFolder tells whether a file could be made in a folder, with the rights of the calling thread.
func (f folder) writableFolder(path string) error {
	dir, err := f.open(path, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }() // only looked at
	return canMakeIn(dir)
}

// writable tries to open a file for writing without making or changing anything.
func (f folder) writable(path string) error {
	file, err := f.open(path, os.O_WRONLY)
	if err == nil {
		return file.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.writableFolder(filepath.Dir(path))
}

// mostPEM bounds what is read of a certificate or key, in bytes.
const mostPEM = 1 << 20

func (f folder) readSmall(path string) ([]byte, error) {
	file, err := f.open(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	return io.ReadAll(io.LimitReader(file, mostPEM))
}
