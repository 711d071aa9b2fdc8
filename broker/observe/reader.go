package observe

import (
	"fmt"
	"io"
)

// minRead is the least room that a read gets. What is left of a buffer below that is not used.
const minRead = slabSize / 8

// reader turns the bytes of one connection into chunks.
type reader struct {
	scanner

	src     io.Reader
	slabs   *slabPool
	deliver func(*chunk)
	heard   func(n int) // called after each read
	pacer   pacer
	last    int // how much the last read brought

	slab       *slab
	start, end int // slab.data[start:end] has been read and not been worked through
	topic      []byte
}

// run reads until the connection or its peer fails; the error is never nil.
func (r *reader) run() error {
	for {
		if err := r.work(); err != nil {
			return err
		}
		r.pacer.wait(r.last)
		if err := r.fill(minRead); err != nil {
			return err
		}
	}
}

// work hands on the whole frames that have been read. Those that do not fit into a buffer it reads to their end.
func (r *reader) work() error {
	for {
		k := chunk{slab: r.slab}
		n, err := r.scan(r.slab.data[r.start:r.end], &k)
		k.data = r.slab.data[r.start : r.start+n]
		r.start += n
		if n > 0 {
			r.deliver(&k)
		}
		if err != nil {
			return err
		}
		rest := r.slab.data[r.start:r.end]
		length, head, err := frameHead(rest)
		if err != nil || head+length <= slabSize {
			return err
		}
		if rest[0]&typeMask != typePublish {
			return malformed("a packet of type %#x with %d bytes", rest[0], length)
		}
		if err := r.large(rest[0], head, length); err != nil {
			return err
		}
	}
}

// fill reads once, into at least room bytes.
func (r *reader) fill(room int) error {
	r.makeRoom(room)
	n, err := r.src.Read(r.slab.data[r.end:])
	r.end += n
	r.last = n
	if n > 0 {
		r.heard(n)
		return nil // an error comes again
	}
	if err == nil {
		return nil
	}
	return reading(err)
}

func reading(err error) error { return fmt.Errorf("reading from the broker: %w", err) }

// makeRoom lets at least room bytes be free behind what has been read. Buffers that nobody else looks into are used
// again from their start, which keeps the memory in the processor's cache.
func (r *reader) makeRoom(room int) {
	switch unread := r.slab.data[r.start:r.end]; {
	case r.start == 0:
		return // all of it is one frame that fits into the buffer
	case r.slab.refs.Load() == 1:
		copy(r.slab.data, unread)
	case len(r.slab.data)-r.end >= room:
		return
	default:
		next := r.slabs.get()
		copy(next.data, unread)
		r.slab.release()
		r.slab = next
	}
	r.end -= r.start
	r.start = 0
}

// peek returns the next n bytes, at most half a buffer, without using them up.
func (r *reader) peek(n int) ([]byte, error) {
	for r.end-r.start < n {
		if err := r.fill(n - (r.end - r.start)); err != nil {
			return nil, err
		}
	}
	return r.slab.data[r.start : r.start+n], nil
}

// first reads the packet that comes before all others, which must be of the given type, and returns its body. It stays
// valid until the next read. Whether the type is right shows before the rest has come, if it ever does.
func (r *reader) first(kind byte) (body []byte, err error) {
	for {
		rest := r.slab.data[r.start:r.end]
		length, head, err := frameHead(rest)
		switch {
		case len(rest) > 0 && rest[0] != kind:
			return nil, malformed("a packet of type %#x where %#x should be", rest[0], kind)
		case err != nil:
			return nil, err
		case head+length > slabSize/2:
			return nil, malformed("a packet of type %#x with %d bytes", kind, length)
		case head > 0 && head+length <= len(rest):
			r.start += head + length
			return rest[head : head+length], nil
		}
		if err := r.fill(minRead); err != nil {
			return nil, err
		}
	}
}

func (r *reader) close() { r.slab.release() }
