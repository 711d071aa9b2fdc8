package keeper

import (
	"context"
	"net"
	"os"
)

// maxSocketPath is the longest path, in bytes, that the kernel of every platform takes in a socket's address
// (macOS: 104 with the final zero; Linux: 108).
const maxSocketPath = 103

// DialUnix connects to the unix socket at path. On Linux the path may be longer than a socket's address can hold;
// elsewhere that is a fault of kind Invalid.
func DialUnix(ctx context.Context, path string) (net.Conn, error) {
	short, release, err := socketAddress(path)
	if err != nil {
		return nil, err
	}
	defer release()
	var d net.Dialer
	return d.DialContext(ctx, "unix", short)
}

// ListenUnix makes a socket with mode 0600 at path, in place of a stale one. The caller must know that nobody
// listens there any more, and remove the file when done.
func ListenUnix(path string) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	short, release, err := socketAddress(path)
	if err != nil {
		return nil, err
	}
	defer release()
	var l *net.UnixListener
	privately(func() { l, err = net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"}) })
	if err != nil {
		return nil, err
	}
	// The address may be the short form, which names nothing once released.
	l.SetUnlinkOnClose(false)
	return l, nil
}

// socketAddress is path when it fits into a socket's address, or another name for it that does. The other name is
// good until release is called.
func socketAddress(path string) (address string, release func(), err error) {
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	return shortSocketAddress(path)
}
