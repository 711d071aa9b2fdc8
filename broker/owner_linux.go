package broker

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// checkPeer makes sure that the user with this uid listens at the other end of a unix socket. The broker's user
// may put a link to another program's socket where its own was, and we may have more rights than it.
func checkPeer(conn net.Conn, uid int) error {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return fmt.Errorf("the broker's socket is a %T", conn)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return fmt.Errorf("looking who listens on the broker's socket: %w", err)
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return fmt.Errorf("looking who listens on the broker's socket: %w", err)
	}
	if credErr != nil {
		return fmt.Errorf("looking who listens on the broker's socket: %w", credErr)
	}
	if int(cred.Uid) != uid {
		return fmt.Errorf("on the broker's socket listens user %d, who is not the broker's", cred.Uid)
	}
	return nil
}
