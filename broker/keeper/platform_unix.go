//go:build unix

package keeper

import "syscall"

// privately runs f with a file mode mask that keeps what it makes from other users. The mask is the whole process's.
func privately(f func()) {
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	f()
}
