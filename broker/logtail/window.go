package logtail

import (
	"bytes"
	"errors"
)

// How much of a file is in memory.
const (
	markBytes    = 256       // what a fingerprint looks at, at the file's beginning and before the place
	maxLine      = 64 << 10  // a line that is longer is cut
	firstWindow  = 16 << 10  // at first, for a quiet broker
	largestSpace = 256 << 10 // read at once from a loud one
)

// errChanged is that a file does not hold any more what was read from it: somebody truncated it.
var errChanged = errors.New("the log file was truncated")

// window is the part of a file that is being read: bytes that were passed on already, kept for the fingerprint, and
// bytes that were not. The zero value is a window on nothing.
type window struct {
	seg        *segment
	head       [markBytes]byte // the beginning of the file, as far as it was passed on
	buf        []byte
	start, end int   // buf[start:end] was read and is not passed on
	offset     int64 // of buf[start] in the file
	saved      [markBytes]byte
	grow       bool // the last read filled all the space there was
	inside     bool // the place is in the middle of a line that was cut
}

// open begins at offset of a file. It reads what the fingerprint needs; errChanged is that the file is shorter.
func (w *window) open(s *segment, offset int64) error {
	w.begin(s)
	n := min(offset, markBytes)
	w.offset, w.start, w.end = offset, int(n), int(n)
	if err := readFull(s, w.head[:n], 0); err != nil {
		return err
	}
	return readFull(s, w.buf[:n], offset-n)
}

// begin begins at the beginning of a file.
func (w *window) begin(s *segment) {
	if w.buf == nil {
		w.buf = make([]byte, firstWindow)
	}
	w.seg, w.offset, w.start, w.end, w.inside = s, 0, 0, 0, false
}

func readFull(s *segment, p []byte, off int64) error {
	for len(p) > 0 {
		n, err := s.readAt(p, off)
		if err != nil {
			return err
		}
		if n == 0 {
			return errChanged
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}

// fill reads on and returns how many bytes there are more. It reads the last bytes once more with them, so that a
// file that was truncated is noticed however much it has grown since.
func (w *window) fill() (int, error) {
	w.compact()
	known := min(w.end, markBytes)
	if w.seg.zip != nil {
		known = 0
	}
	kept := w.saved[:known]
	copy(kept, w.buf[w.end-known:w.end])
	space := w.buf[w.end-known:]
	n, err := w.seg.readAt(space, w.offset+int64(w.end-w.start-known))
	if err != nil || n < known || !bytes.Equal(space[:known], kept) {
		copy(space, kept)
		if err == nil {
			err = errChanged
		}
		return 0, err
	}
	w.end += n - known
	w.grow = n == len(space)
	return n - known, nil
}

// compact makes room behind what is in the window, and the window larger where the file gives much.
func (w *window) compact() {
	from := max(0, w.start-markBytes)
	into := w.buf
	if most := largestSpace + maxLine + markBytes; w.grow && len(w.buf) < most || w.end-from == len(w.buf) {
		into = make([]byte, min(2*len(w.buf), most))
	}
	w.end = copy(into, w.buf[from:w.end])
	w.start -= from
	w.buf = into
}

// consume passes over n bytes.
func (w *window) consume(n int) {
	if w.offset < markBytes {
		copy(w.head[w.offset:], w.buf[w.start:w.start+n])
	}
	w.start += n
	w.offset += int64(n)
}

// mark is the fingerprint of what stands before the place: of the file's first bytes and of the last ones. Nobody
// gains by making two files look the same, so FNV-1a is good enough.
func (w *window) mark() uint64 {
	n := int(min(w.offset, markBytes))
	return markOf(w.head[:n], w.buf[w.start-n:w.start])
}

func markOf(first, last []byte) uint64 {
	sum := uint64(14695981039346656037)
	for _, part := range [2][]byte{first, last} {
		for _, b := range part {
			sum = (sum ^ uint64(b)) * 1099511628211
		}
	}
	return sum
}

func (w *window) close() {
	if w.seg != nil {
		w.seg.close()
		w.seg = nil
	}
}
