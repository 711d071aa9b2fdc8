package logtail

import "bytes"

// backBlock is how much is read at once while reading backwards.
const backBlock = 128 << 10

// backward reads the lines of a file from a place towards its beginning.
type backward struct {
	seg *segment
	buf []byte // of the file from offset at on
	at  int64
	end int // buf[:end] is not yet taken

	long  int64 // where a line ends whose end is not in buf any more, because it is too long; else 0
	left  int64 // bytes that may still be read
	spent bool  // left was too little
}

// newBackward begins in front of offset, which is behind a newline or at the end of the file. A last line without one
// is left out unless whole says that nothing comes behind it.
func newBackward(s *segment, offset int64, whole bool, left int64) (*backward, error) {
	b := &backward{seg: s, at: offset, left: left}
	if whole || offset == 0 {
		return b, nil
	}
	last := make([]byte, 1)
	if err := readFull(s, last, offset-1); err != nil {
		return nil, err
	}
	if last[0] == '\n' {
		return b, nil
	}
	_, _, err := b.prev()
	return b, err
}

// place is where to go on: everything behind it has been taken, or is the end of a line that is cut anyhow.
func (b *backward) place() int64 {
	if b.long > 0 {
		return b.at + int64(b.end) + maxLine
	}
	return b.at + int64(b.end)
}

// prev is the next line towards the beginning, cut at maxLine. It reports false when there is none, or the bytes that
// may be read are spent. The line is valid until the next call.
func (b *backward) prev() (line []byte, ok bool, err error) {
	for {
		body := b.end
		if b.long == 0 && body > 0 && b.buf[body-1] == '\n' {
			body-- // the newline that ends this line
		}
		if i := bytes.LastIndexByte(b.buf[:body], '\n'); i >= 0 || b.at == 0 && (b.end > 0 || b.long > 0) {
			line, err = b.whole(i+1, body)
			b.end, b.long = i+1, 0
			return line, err == nil, err
		}
		if b.at == 0 {
			return nil, false, nil
		}
		b.shorten()
		if b.spent = b.left <= 0; b.spent {
			return nil, false, nil
		}
		if err := b.load(); err != nil {
			return nil, false, err
		}
	}
}

// whole is a line of which buf[from:to] is at least the beginning.
func (b *backward) whole(from, to int) ([]byte, error) {
	if b.long == 0 {
		return b.buf[from:min(to, from+maxLine)], nil
	}
	begins := b.at + int64(from)
	line := make([]byte, min(b.long-begins, maxLine))
	return line, readFull(b.seg, line, begins)
}

// shorten forgets a line's end that makes it longer than what is shown of it.
func (b *backward) shorten() {
	if b.end <= maxLine+1 {
		return
	}
	if b.long == 0 {
		b.long = b.at + int64(b.end)
	}
	b.end = 0
}

// load reads a block in front of what is there.
func (b *backward) load() error {
	n := min(b.at, backBlock)
	need := int(n) + b.end
	if need > cap(b.buf) {
		buf := make([]byte, need, max(need, backBlock+maxLine+2))
		copy(buf[n:], b.buf[:b.end])
		b.buf = buf
	} else {
		b.buf = b.buf[:cap(b.buf)]
		copy(b.buf[n:], b.buf[:b.end])
	}
	b.at -= n
	b.end = need
	b.left -= n
	return readFull(b.seg, b.buf[:n], b.at)
}
