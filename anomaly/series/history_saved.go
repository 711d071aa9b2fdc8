package series

import (
	"encoding/binary"
	"errors"
	"math"
)

var errCourse = errors.New("its course is damaged")

// append writes the course behind b: the points of both rings, each the milliseconds since the one before and four numbers.
func (h *history) append(b []byte) []byte {
	b = appendPoints(b, h.fine[:], h.nFine)
	return appendPoints(b, h.coarse[:], h.nCoarse)
}

func appendPoints(b []byte, ring []Point, n uint32) []byte {
	size := uint32(len(ring))
	kept := min(n, size)
	b = binary.AppendUvarint(b, uint64(kept))
	before := int64(0)
	for ; kept > 0; kept-- {
		p := ring[(n-kept)%size]
		b = binary.AppendVarint(b, p.At-before)
		before = p.At
		for _, x := range []float32{p.Value, p.Low, p.High, p.Score} {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
	}
	return b
}

// readHistory reads what append wrote.
func readHistory(b []byte) (*history, error) {
	h := new(history)
	b, ok := readPoints(b, h.fine[:], &h.nFine)
	if ok {
		b, ok = readPoints(b, h.coarse[:], &h.nCoarse)
	}
	if !ok || len(b) > 0 {
		return nil, errCourse
	}
	return h, nil
}

func readPoints(b []byte, ring []Point, n *uint32) (rest []byte, ok bool) {
	kept, size := binary.Uvarint(b)
	if size <= 0 || kept > uint64(len(ring)) {
		return nil, false
	}
	b = b[size:]
	at := int64(0)
	for i := range kept {
		since, size := binary.Varint(b)
		if size <= 0 || len(b) < size+4*4 {
			return nil, false
		}
		b = b[size:]
		at += since
		number := func(i int) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])) }
		ring[i] = Point{At: at, Value: number(0), Low: number(1), High: number(2), Score: number(3)}
		b = b[4*4:]
	}
	*n = uint32(kept)
	return b, true
}
