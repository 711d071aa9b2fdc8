package main

import (
	"fmt"
	"os"
	"syscall"
)

// diskBytes is the size of the small disk. A tenth of it is what the database may take.
const diskBytes = 4 << 30

// mountDisk makes a small disk of a folder; false where that takes more rights than there are.
func mountDisk(folder string) (bool, error) {
	if os.Geteuid() != 0 {
		return false, nil
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d,mode=755", diskBytes)); err != nil {
		return false, fmt.Errorf("mounting a small disk: %w", err)
	}
	return true, nil
}

func unmountDisk(folder string) error {
	if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmounting the small disk: %w", err)
	}
	return nil
}

// fillDisk leaves no room: the disk becomes as small as what is on it.
func fillDisk(folder string) error {
	for range 100 { // what is in use may grow before the disk has shrunk
		var s syscall.Statfs_t
		if err := syscall.Statfs(folder, &s); err != nil {
			return fmt.Errorf("looking at the small disk: %w", err)
		}
		used := (int64(s.Blocks) - int64(s.Bfree)) * s.Bsize
		if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", used)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("the small disk %s does not become full", folder)
}

// emptyDisk gives it its size back.
func emptyDisk(folder string) error {
	if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", diskBytes)); err != nil {
		return fmt.Errorf("making room on the small disk: %w", err)
	}
	return nil
}
