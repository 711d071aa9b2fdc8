package adopt

import (
	"errors"
	"io/fs"
	"os"
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
