package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// diskBytes is the size of the small disk, in memory. Recording stops when less than 512 MiB of it are free, and a tenth of it is
// what the database may take.
const diskBytes = 3 << 29

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

const filler = "filler"

// fillDisk leaves no room. The disk stays as large as it is: how much the database may take goes by that.
func fillDisk(folder string) error {
	file, err := os.Create(filepath.Join(folder, filler))
	if err != nil {
		return fmt.Errorf("filling the small disk: %w", err)
	}
	defer file.Close()
	size := int64(0)
	for step := int64(64 << 20); step >= 4<<10; {
		switch err := syscall.Fallocate(int(file.Fd()), 0, size, step); {
		case err == nil:
			size += step
		case errors.Is(err, syscall.ENOSPC):
			step /= 2
		case !errors.Is(err, syscall.EINTR):
			return fmt.Errorf("filling the small disk: %w", err)
		}
	}
	return nil
}

// emptyDisk makes room again.
func emptyDisk(folder string) error {
	if err := os.Remove(filepath.Join(folder, filler)); err != nil {
		return fmt.Errorf("making room on the small disk: %w", err)
	}
	return nil
}
