package logtail

import "bytes"

// split calls each with every line in the window and where it begins in buf, and returns up to where it came. What
// stands behind the last newline waits for more, unless last says that nothing comes. each may consume up to the line
// that it is given.
func (w *window) split(last bool, each func(raw []byte, at int) error) (done int, err error) {
	buf, at, end := w.buf, w.start, w.end
	for at < end {
		if buf[at] == 0 && !w.inside {
			at++ // the hole that a truncation leaves in the file of a writer that does not append
			continue
		}
		rest := buf[at:end]
		size := bytes.IndexByte(rest, '\n')
		next := at + size + 1
		if size < 0 {
			size, next = len(rest), end
		}
		switch {
		case w.inside:
			// The rest of a line that was cut is dropped, because it could look like another line.
			w.inside = buf[next-1] != '\n'
		case size > maxLine:
			if err := each(rest[:maxLine], at); err != nil {
				return at, err
			}
			next, w.inside = at+maxLine, true
		case buf[next-1] != '\n' && !last:
			return at, nil
		default:
			if err := each(rest[:size], at); err != nil {
				return at, err
			}
		}
		at = next
	}
	return at, nil
}
