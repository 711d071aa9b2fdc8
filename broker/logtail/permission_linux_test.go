package logtail

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestFileThatMayNotBeRead follows as a user who may not read the file at first. As root, it becomes nobody on the one
// thread that follows.
func TestFileThatMayNotBeRead(t *testing.T) {
	dir, err := os.MkdirTemp("", "logtail")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	must(t, os.Chmod(dir, 0o755))
	l := &logFile{t: t, path: filepath.Join(dir, "mosquitto.log")}
	t.Cleanup(l.close)
	l.write("one")
	must(t, os.Chmod(l.path, 0))

	r := &reader{t: t, files: NewFile(l.path, Options{})}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		if os.Geteuid() == 0 {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			if err := syscall.Setfsuid(65534); err != nil {
				done <- err
				return
			}
		}
		done <- r.files.Follow(ctx, "", r.take)
	}()
	if s := r.state(Unreadable); !strings.Contains(s.Detail, "may not read") || !strings.Contains(s.Hint, "setfacl") {
		t.Errorf("status = %+v", s)
	}
	must(t, os.Chmod(l.path, 0o644))
	r.want("one")

	// After a rotation as well: what we read goes on until the new file is ours to read.
	l.rename(".1")
	must(t, os.WriteFile(l.path, nil, 0o600))
	l.write("two")
	r.want("one", "two")
	l.close()
	l.write("three")
	r.state(Unreadable)
	must(t, os.Chmod(l.path, 0o644))
	r.want("one", "two", "three")
	r.wantGaps()
	cancel()
	must(t, <-done)
}
