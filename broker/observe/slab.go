package observe

import (
	"sync"
	"sync/atomic"
)

// slabSize is how much is read into one buffer. Large enough that a flood is read in few system calls and that copying
// the frame that does not fit into what is left of a buffer costs nothing to speak of; small enough that a consumer
// that keeps one message does not keep much more. Measured: see BenchmarkDrain.
const slabSize = 256 << 10

// slab is a buffer that the reader fills and that blocks look into. It is used again when nobody looks any more.
type slab struct {
	data []byte
	refs atomic.Int32
	pool *slabPool // nil for one that is made for a large message
}

func (s *slab) retain() { s.refs.Add(1) }

func (s *slab) release() {
	if s.refs.Add(-1) == 0 && s.pool != nil {
		s.pool.free.Put(s)
	}
}

// slabPool keeps slabs that nobody uses, for as long as the garbage collector sees no need of their memory.
type slabPool struct{ free sync.Pool }

// get returns a slab that belongs to the caller alone.
func (p *slabPool) get() *slab {
	s, ok := p.free.Get().(*slab)
	if !ok {
		s = &slab{data: make([]byte, slabSize), pool: p}
	}
	s.refs.Store(1)
	return s
}
