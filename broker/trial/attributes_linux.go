package trial

import (
	"fmt"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes give the program its user and see to it that it ends with us, however we end.
func attributes(uid, gid int) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if uid != -1 {
		a.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return a
}

// stand has the program start in a folder. It inherits the one in which the calling thread stands, and so gets there
// also where a folder above is closed to its user. The thread must be locked, and not be used for anything else.
func stand(_ *exec.Cmd, dir string) error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("standing apart: %w", err)
	}
	if err := unix.Chdir(dir); err != nil {
		return fmt.Errorf("going to %s: %w", dir, err)
	}
	return nil
}
