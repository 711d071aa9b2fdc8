package logtail

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// fileID tells files apart as long as they exist. A removed file's may be given to a new one.
type fileID struct{ dev, ino uint64 }

// fileState is what the system says of a file.
type fileState struct {
	id       fileID
	size     int64
	modified int64 // Unix time in nanoseconds
}

// errNotRegular is that something else than a file stands where a log file should.
var errNotRegular = errors.New("it is not a regular file")

// look asks about a name, following symbolic links.
func look(path string) (fileState, error) {
	var st unix.Stat_t
	if err := again(func() error { return unix.Stat(path, &st) }); err != nil {
		return fileState{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return stateOf(&st)
}

// lookAt asks about an open file, whatever its name is by now.
func lookAt(fd int, path string) (fileState, error) {
	var st unix.Stat_t
	if err := again(func() error { return unix.Fstat(fd, &st) }); err != nil {
		return fileState{}, &fs.PathError{Op: "fstat", Path: path, Err: err}
	}
	return stateOf(&st)
}

func stateOf(st *unix.Stat_t) (fileState, error) {
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return fileState{}, errNotRegular
	}
	return fileState{id: fileID{whole(st.Dev), st.Ino}, size: st.Size, modified: st.Mtim.Nano()}, nil
}

// whole is a device number, whose type differs between systems.
func whole[T ~int32 | ~uint32 | ~uint64](n T) uint64 { return uint64(n) }

// again repeats a system call that a signal has interrupted.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// segment is one open log file. One goroutine uses it.
type segment struct {
	path string // under which it was opened; it may have another name by now
	id   fileID
	file *os.File
	fd   int
	zip  *gzip.Reader // nil for a file that is not compressed
	at   int64        // what zip reads next, in the text

	damaged bool // it was compressed, and its end cannot be read
}

// openSegment opens a regular file and never waits, whatever the name stands for.
func openSegment(path string) (*segment, error) {
	if _, err := look(path); err != nil {
		return nil, err
	}
	// Whoever puts a FIFO there between look and open does not block us either.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	s := &segment{path: path, file: file, fd: int(file.Fd())}
	state, err := s.look()
	if err == nil && strings.HasSuffix(path, zipped) {
		s.zip, err = gzip.NewReader(file)
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("opening log file %s: %w", path, err)
	}
	s.id = state.id
	return s, nil
}

func (s *segment) close() { _ = s.file.Close() }

func (s *segment) look() (fileState, error) { return lookAt(s.fd, s.path) }

// readAt reads what is there from off on, and may read less than p holds. At the end it returns 0 and no error, and
// where a compressed file is damaged as well.
func (s *segment) readAt(p []byte, off int64) (int, error) {
	if s.zip != nil {
		n, err := s.unzipAt(p, off)
		if err != nil && !errors.Is(err, io.EOF) {
			s.damaged = true
		}
		return n, nil
	}
	for {
		n, err := unix.Pread(s.fd, p, off)
		if err == nil {
			return n, nil
		}
		if !errors.Is(err, unix.EINTR) {
			return 0, &fs.PathError{Op: "read", Path: s.path, Err: err}
		}
	}
}

// unzipAt reads a compressed file, which goes forward only: to go back it begins anew.
func (s *segment) unzipAt(p []byte, off int64) (int, error) {
	if off < s.at {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return 0, err
		}
		if err := s.zip.Reset(s.file); err != nil {
			return 0, err
		}
		s.at = 0
	}
	skipped, err := io.CopyN(io.Discard, s.zip, off-s.at)
	if s.at += skipped; err != nil {
		return 0, err
	}
	n := 0
	for n < len(p) && err == nil {
		var more int
		more, err = s.zip.Read(p[n:])
		n += more
	}
	s.at += int64(n)
	return n, err
}
