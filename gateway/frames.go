package gateway

import "bytes"

// frame is one event of an event stream (WHATWG HTML, section 9.2).
type frame struct {
	event string
	id    string
	data  []byte
}

// frames reads events from the bytes of a stream as they come, cut anywhere. It is for streams of our own, whose lines
// end in a line feed.
type frames struct {
	rest []byte // the line that has not ended
	next frame
	data bool // next has data
}

// mostFrame bounds an event: no handler of ours sends larger ones.
const mostFrame = 16 << 20

// take reads p and hands each event that has ended to out, whose data is good until out returns. It reports false when
// an event is too large.
func (f *frames) take(p []byte, out func(frame)) bool {
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			f.rest = append(f.rest, p...)
			return len(f.rest)+len(f.next.data) <= mostFrame
		}
		line := p[:end]
		if len(f.rest) > 0 {
			line = append(f.rest, line...)
			f.rest = f.rest[:0]
		}
		p = p[end+1:]
		f.line(bytes.TrimSuffix(line, []byte("\r")), out)
		if len(f.next.data) > mostFrame {
			return false
		}
	}
	return true
}

func (f *frames) line(line []byte, out func(frame)) {
	if len(line) == 0 {
		if f.data {
			out(f.next)
		}
		f.next, f.data = frame{}, false
		return
	}
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "event":
		f.next.event = string(value)
	case "id":
		f.next.id = string(value)
	case "data":
		if f.data {
			f.next.data = append(f.next.data, '\n')
		}
		f.next.data = append(f.next.data, value...)
		f.data = true
	}
}
