package adopt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// own gives a file the owner of another one, where we may.
func own(name string, as fs.FileInfo) error {
	st, ok := as.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if err := os.Chown(name, int(st.Uid), int(st.Gid)); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// giveToOwner gives everything in a folder of the data directory to the user whom that belongs to, where we are root and that
// is another one: the user of the package's service.
func giveToOwner(dataDir, name string) error {
	info, err := os.Stat(dataDir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || owner.Uid == 0 {
		return nil
	}
	return filepath.WalkDir(name, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, int(owner.Uid), int(owner.Gid)) //nolint:gosec // it was made by us just now
	})
}
