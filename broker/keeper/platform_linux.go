package keeper

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// endWithParent makes the kernel end the broker when the launcher's thread ends. SIGTERM lets it save its database.
// It works because the credentials are set before: the kernel forgets the signal when a process changes its user.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }

// widenPipe gives the broker more room while the keeper does not read, and returns how many bytes it is now. Without it
// there is just less room.
func widenPipe(r *os.File) (size int) {
	if conn, err := r.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) {
			_, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20)
			size, _ = unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0)
		})
	}
	return size
}

// most is the highest limit of open files.
func most(limit syscall.Rlimit) uint64 { return limit.Max }

// identity tells a process from a later one with the same number: the boot and the time of its start, in ticks. It
// reports false when there is no such process, or only its remains.
func identity(pid int) (string, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// proc(5): the second field, the name in brackets, may hold anything; state is the third, starttime the 22nd.
	_, rest, ok := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", false
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", false
	}
	return strings.TrimSpace(string(boot)) + " " + fields[19], true
}

// AsBroker runs f, which must not call others that wait, with the broker's rights to files and folders. Linux keeps
// these for each thread; this one ends with its goroutine, so nothing else ever runs with them.
func (s Spec) AsBroker(f func()) error {
	user, err := s.credential()
	if user == nil || err != nil {
		if err == nil {
			f()
		}
		return err
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		err := takeRights(user)
		if err == nil {
			f()
		}
		done <- err
	}()
	return <-done
}

// takeRights changes the present thread alone, which package syscall takes care not to do.
func takeRights(user *syscall.Credential) error {
	groups := append([]uint32{user.Gid}, user.Groups...)
	if _, _, errno := syscall.RawSyscall(setgroups, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0); errno != 0 { //nolint:gosec // the kernel only reads them
		return fmt.Errorf("taking the groups of the broker's user: %w", errno)
	}
	if err := unix.Setfsgid(int(user.Gid)); err != nil {
		return fmt.Errorf("taking the group of the broker's user: %w", err)
	}
	// The user last: it is what gives the rights of root away.
	if err := unix.Setfsuid(int(user.Uid)); err != nil {
		return fmt.Errorf("taking the rights of the broker's user: %w", err)
	}
	// The kernel says nothing when it refuses; asked for the impossible it tells what is.
	if now, _ := unix.SetfsuidRetUid(-1); now != int(user.Uid) {
		return fmt.Errorf("taking the rights of the broker's user: they are still those of user %d", now)
	}
	return nil
}
