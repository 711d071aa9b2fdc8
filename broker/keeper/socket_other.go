//go:build !linux

package keeper

import "github.com/bunkerm/bunkerm/fault"

// shortSocketAddress has no way around the limit on this platform.
func shortSocketAddress(path string) (string, func(), error) {
	return "", nil, fault.Newf(fault.Invalid, "the path of the socket %s is longer than %d bytes", path, maxSocketPath).
		Hint("choose a data directory with a shorter path (--data-dir)")
}
