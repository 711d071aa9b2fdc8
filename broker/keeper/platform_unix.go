//go:build unix

package keeper

import (
	"os"
	"syscall"
)

// privately runs f with a file mode mask that keeps what it makes from other users. The mask is the whole process's.
func privately(f func()) {
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	f()
}

// ownerOf is the user and the group that a file belongs to.
func ownerOf(info os.FileInfo) [2]uint32 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return [2]uint32{st.Uid, st.Gid}
	}
	return [2]uint32{}
}
