package config

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// canMakeIn tells whether a file could be made in an open folder: it makes one that has no name and ends at once.
func canMakeIn(dir *os.File) error {
	fd, err := unix.Openat(int(dir.Fd()), ".", unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	switch {
	case err == nil:
		return unix.Close(fd)
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EISDIR), errors.Is(err, unix.EINVAL):
		return nil // this file system has no such files, so it is for the broker to find out
	}
	return err
}
