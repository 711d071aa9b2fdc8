package logtail

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// notices is inotify for one file, the names in its folder and, while that is another one, the file of the log's name.
type notices struct {
	fd    int
	file  *os.File
	buf   [4096]byte
	files []uint32 // watch descriptors
}

const fileEvents = unix.IN_MODIFY | unix.IN_MOVE_SELF | unix.IN_ATTRIB

func newNotices(dir string) (*notices, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("asking for inotify: %w", err)
	}
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE|unix.IN_MOVED_TO); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("watching folder %s: %w", dir, err)
	}
	return &notices{fd: fd, file: os.NewFile(uintptr(fd), "inotify")}, nil
}

// watch turns to another file. It is named by our own descriptor, because it may have another name by now, or none.
func (n *notices) watch(s *segment) error {
	for _, wd := range n.files {
		_, _ = unix.InotifyRmWatch(n.fd, wd) // fails when the file is gone, and the watch with it
	}
	n.files = n.files[:0]
	wd, err := unix.InotifyAddWatch(n.fd, fmt.Sprintf("/proc/self/fd/%d", s.fd), fileEvents)
	if err != nil {
		return fmt.Errorf("watching log file %s: %w", s.path, err)
	}
	n.files = append(n.files, uint32(wd))
	return nil
}

// also adds the file of a name, if there is one.
func (n *notices) also(path string) {
	if wd, err := unix.InotifyAddWatch(n.fd, path, fileEvents); err == nil && !slices.Contains(n.files, uint32(wd)) {
		n.files = append(n.files, uint32(wd))
	}
}

// wait reports whether there was a notice. What the notice is does not matter: everything is looked at.
func (n *notices) wait(ctx context.Context, most time.Duration) bool {
	if err := n.file.SetReadDeadline(time.Now().Add(most)); err != nil {
		return false
	}
	// Set behind the deadline above, so that it cannot be undone by it.
	defer context.AfterFunc(ctx, func() { _ = n.file.SetReadDeadline(time.Unix(1, 0)) })()
	_, err := n.file.Read(n.buf[:])
	return err == nil
}

func (n *notices) close() { _ = n.file.Close() }
