package store

import "golang.org/x/sys/unix"

// diskSpace asks the operating system. It counts what an unprivileged user may take: the share that many file systems
// keep back for root is what lets the broker save its files on a disk that is full for everybody else.
func diskSpace(path string) (DiskSpace, error) {
	var s unix.Statfs_t
	for {
		if err := unix.Statfs(path, &s); err == nil {
			break
		} else if err != unix.EINTR {
			return DiskSpace{}, err
		}
	}
	size := int64(s.Bsize) //nolint:unconvert // it has 32 bits on other systems
	return DiskSpace{Free: int64(s.Bavail) * size, Total: int64(s.Blocks) * size}, nil
}
