package keeper

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// endWithParent has nothing to do: macOS does not know a signal for the death of the parent. The next keeper ends
// the broker that was left.
func endWithParent(*syscall.SysProcAttr) {}

// widenPipe has nothing to do: macOS grows pipes by itself. How far it does is not told.
func widenPipe(*os.File) int { return 0 }

// most is the highest limit of open files. The hard limit is usually infinite, which the kernel refuses.
func most(limit syscall.Rlimit) uint64 {
	if perProcess, err := unix.SysctlUint32("kern.maxfilesperproc"); err == nil {
		return min(limit.Max, uint64(perProcess))
	}
	return limit.Cur
}

// identity tells a process from a later one with the same number: the time of its start. It reports false when
// there is no such process, or only its remains.
func identity(pid int) (string, bool) {
	const zombie = 5 // SZOMB in sys/proc.h
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(info.Proc.P_pid) != pid || info.Proc.P_stat == zombie {
		return "", false
	}
	t := info.Proc.P_starttime
	return fmt.Sprintf("%d.%06d", t.Sec, t.Usec), true
}

// AsBroker runs f with our own rights: macOS has none for a single thread. So under root a file that the broker's user
// cannot read passes for one that it can.
func (s Spec) AsBroker(f func()) error {
	f()
	return nil
}
