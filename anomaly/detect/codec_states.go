package detect

import "encoding/binary"

func appendMoment(b []byte, at int64) []byte { return binary.AppendVarint(b, at) }

// AppendBinary writes the detector behind b. Its moments must be within 300,000 years.
func (d *States) AppendBinary(b []byte) []byte {
	b = appendBool(append(b, byte(statesForm)), d.gaveUp)
	b = appendCount(b, d.n)
	b = append(b, byte(len(d.of)))
	if len(d.of) == 0 {
		return b
	}
	b = append(b, byte(d.now))
	b = appendBool(b, d.partial)
	b = appendMoment(b, d.entered)
	for _, s := range d.of {
		b = binary.LittleEndian.AppendUint64(b, s.hash)
		b = append(b, byte(len(s.next)))
		for _, c := range s.next {
			b = appendCount(b, c)
		}
		if b = appendCount(b, s.left); s.left > 0 {
			b = s.dwells.append(b)
		}
	}
	return b
}

// Decode reads a detector that [States.AppendBinary] wrote, and returns what follows it. On an error, which is [ErrDamaged], the
// detector stays as it was.
func (d *States) Decode(b []byte) (rest []byte, err error) {
	r := read(b, statesForm)
	fresh := States{gaveUp: r.bool(), n: r.uint32()}
	states := int(r.byte())
	r.must(states <= mostStates, "it has too many states")
	r.must((states > 0) == (fresh.n > 0), "it has points without states, or states without points")
	r.must(states == 0 || !fresh.gaveUp, "it has given up and goes on")
	if r.err == nil && states > 0 {
		fresh.now = int16(r.byte())
		r.must(int(fresh.now) < states, "the present state is none of them")
		fresh.partial = r.bool()
		fresh.entered = r.moment()
		for range states {
			s := r.state(states)
			for _, other := range fresh.of {
				r.must(other.hash != s.hash, "a state is there twice")
			}
			fresh.of = append(fresh.of, s)
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	*d = fresh
	return r.b, nil
}

// state reads one of so many.
func (r *reader) state(of int) state {
	s := state{hash: binary.LittleEndian.Uint64(r.take(8))}
	following := int(r.byte())
	r.must(following <= of, "it is followed by a state that is none of them")
	if r.err != nil {
		return s
	}
	for range following {
		s.next = append(s.next, uint32(r.count(mostNext-1)))
	}
	if s.left = r.uint32(); s.left > 0 {
		dwells := r.tail()
		s.dwells = &dwells
	}
	return s
}
