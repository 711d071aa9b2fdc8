//go:build !linux

package trial

import (
	"os/exec"
	"syscall"
)

// attributes give the program its user.
func attributes(uid, gid int) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if uid != -1 {
		a.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return a
}

// stand has the program start in a folder.
func stand(cmd *exec.Cmd, dir string) error {
	cmd.Dir = dir
	return nil
}
