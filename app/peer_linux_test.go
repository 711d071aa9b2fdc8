package app

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bunkerm/bunkerm/broker/keeper"
)

// nobody's user id on every Linux.
const strangerID = 65534

func TestOnlyOurUserAndRootMayCommand(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to become somebody else")
	}
	// Not t.TempDir: a stranger must be able to reach the socket, so that nothing but its own check refuses them.
	dir, err := os.MkdirTemp("/tmp", "peer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	ln, err := keeper.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for name, mode := range map[string]os.FileMode{dir: 0o755, path: 0o666} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	for uid, may := range map[int]bool{0: true, strangerID: false} {
		failed := make(chan error, 1)
		go func() { failed <- dialAs(uid, path) }()
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
		if err := ln.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if mayCommand(conn) != may {
			t.Errorf("user %d may command: %v", uid, !may)
		}
		conn.Close()
	}
}

// dialAs connects as another user. The thread that became that user ends with the goroutine.
func dialAs(uid int, path string) error {
	runtime.LockOSThread()
	const keep = ^uintptr(0)
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, keep, uintptr(uid), keep); errno != 0 {
		return errno
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		return err
	}
	return unix.Close(fd)
}

func TestAPipeMayNotCommand(t *testing.T) {
	one, two := net.Pipe()
	defer one.Close()
	defer two.Close()
	if mayCommand(one) {
		t.Error("what is no unix socket may command")
	}
}
