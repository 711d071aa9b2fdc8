package keeper

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/bunkerm/bunkerm/fault"
)

// shortSocketAddress names the socket through a descriptor of its directory.
func shortSocketAddress(path string) (string, func(), error) {
	fd, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", nil, fmt.Errorf("opening directory of socket: %w", err)
	}
	address := fmt.Sprintf("/proc/self/fd/%d/%s", fd, filepath.Base(path))
	if len(address) > maxSocketPath {
		_ = unix.Close(fd)
		return "", nil, fault.Newf(fault.Invalid, "the socket's file name %q is too long", filepath.Base(path))
	}
	return address, func() { _ = unix.Close(fd) }, nil
}
