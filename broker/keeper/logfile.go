package keeper

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// rotated is a log file with a bounded number of older ones beside it. One goroutine uses it; it may block on a
// slow disk.
type rotated struct {
	path  string // the newest file; older ones are path.1, path.2, …
	max   int64  // bytes a file may hold; a single longer line makes an exception
	files int    // how many files there are at most, the newest included

	f       *os.File
	size    int64
	midLine bool // what was written last does not end with a newline
	began   bool // the file has been opened once in our life
	checked time.Time
}

// write appends whole lines, beginning new files between lines. After an error, n bytes have been taken and the
// rest must be offered again: what it begins with may be the rest of a line.
func (r *rotated) write(p []byte) (n int, err error) {
	if err := r.open(); err != nil {
		return 0, err
	}
	for len(p) > 0 {
		chunk := r.fitting(p)
		if len(chunk) == 0 {
			if err := r.rotate(); err != nil {
				return n, err
			}
			continue
		}
		m, err := r.f.Write(chunk)
		n, r.size = n+m, r.size+int64(m)
		if m > 0 {
			r.midLine = chunk[m-1] != '\n'
		}
		if err != nil {
			r.close() // opened anew at the next try: the folder may be another one by then
			return n, err
		}
		p = p[m:]
	}
	return n, nil
}

// fitting is what the present file still takes of p: up to the end of a line, or nothing.
func (r *rotated) fitting(p []byte) []byte {
	first := bytes.IndexByte(p, '\n') + 1
	if first == 0 {
		first = len(p)
	}
	room := r.max - r.size
	switch {
	case r.midLine, r.size == 0 && int64(first) > r.max:
		return p[:first]
	case room <= 0:
		return nil
	case int64(len(p)) <= room:
		return p
	}
	return p[:bytes.LastIndexByte(p[:room], '\n')+1]
}

// open makes sure that f is the file that path names. Somebody may have moved or removed it, so it looks again once
// in a while.
func (r *rotated) open() error {
	if r.f != nil && time.Since(r.checked) > time.Second {
		have, err1 := r.f.Stat()
		want, err2 := os.Stat(r.path)
		if err1 != nil || err2 != nil || !os.SameFile(have, want) {
			r.close()
		}
		r.checked = time.Now()
	}
	if r.f != nil {
		return nil
	}
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil && !r.began && size > 0 {
		err = endLine(f, &size) // a keeper before us may have been killed in the middle of a line
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	r.f, r.size, r.began, r.checked = f, size, true, time.Now()
	return nil
}

// endLine completes a last line that lacks its newline.
func endLine(f *os.File, size *int64) error {
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, *size-1); err != nil {
		return err
	}
	if last[0] == '\n' {
		return nil
	}
	n, err := f.Write([]byte{'\n'})
	*size += int64(n)
	return err
}

// rotate moves every file one number up, the oldest out, and begins a new one.
func (r *rotated) rotate() error {
	r.close()
	name := func(i int) string {
		if i == 0 {
			return r.path
		}
		return fmt.Sprintf("%s.%d", r.path, i)
	}
	if err := os.Remove(name(r.files - 1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for i := r.files - 2; i >= 0; i-- {
		if err := os.Rename(name(i), name(i+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return r.open()
}

// prune removes files that a former, larger bound has left.
func (r *rotated) prune() error {
	old, err := filepath.Glob(r.path + ".[0-9]*")
	if err != nil {
		return err
	}
	for _, path := range old {
		var i int
		if _, err := fmt.Sscanf(path[len(r.path):], ".%d", &i); err == nil && i >= r.files {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rotated) close() {
	if r.f != nil {
		_ = r.f.Close()
		r.f = nil
	}
}
