package monitor

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// Points are stored packed: a year of a figure in points of 15 minutes takes some hundred kilobytes instead of
// megabytes. A sequence of points is, for each,
//
//	uvarint  distance of its key to the key before, the first from 0
//	uvarint  number of samples, shifted left by one; the lowest bit set: the figure did not move
//	value    the minimum, and unless it did not move
//	value    the maximum
//	value    the sum
//
// and a value is a uvarint of the bits of the number, XOR those of the value before in the same place, in reverse byte
// order: what stays the same takes one byte, and whole numbers take few. Keys are figures in a row of the first tier,
// and places within the row's time in the others.

// errPacked is for stored points that are not what packer wrote.
var errPacked = errors.New("stored points cannot be read")

// mostKeys is the largest key: 240 places of a minute in four hours, and figures are bytes.
const mostKeys = 255

type packer struct {
	out  []byte
	key  uint64
	last [3]uint64
}

func (p *packer) add(key int, v point) {
	p.out = binary.AppendUvarint(p.out, uint64(key)-p.key)
	p.key = uint64(key)
	if v.constant() {
		p.out = binary.AppendUvarint(p.out, v.n<<1|1)
		p.value(0, v.min)
		p.last[1] = p.last[0]
		return
	}
	p.out = binary.AppendUvarint(p.out, v.n<<1)
	p.value(0, v.min)
	p.value(1, v.max)
	p.value(2, v.sum)
}

func (p *packer) value(place int, v float64) {
	now := math.Float64bits(v)
	p.out = binary.AppendUvarint(p.out, bits.ReverseBytes64(now^p.last[place]))
	p.last[place] = now
}

// unpack calls take for each point, in order. What take is given of a broken sequence is what could be read.
func unpack(packed []byte, take func(key int, v point)) error {
	var key uint64
	var last [3]uint64
	var broken bool
	next := func() uint64 {
		v, n := binary.Uvarint(packed)
		if n <= 0 {
			broken, packed = true, nil
			return 0
		}
		packed = packed[n:]
		return v
	}
	value := func(place int) float64 {
		last[place] ^= bits.ReverseBytes64(next())
		return math.Float64frombits(last[place])
	}
	for first := true; len(packed) > 0; first = false {
		distance := next()
		head := next()
		key += distance
		v := point{n: head >> 1}
		v.min = value(0)
		if head&1 == 1 {
			v.max, v.sum = v.min, v.min*float64(v.n)
			last[1] = last[0]
		} else {
			v.max, v.sum = value(1), value(2)
		}
		if broken || v.n == 0 || distance > mostKeys || key > mostKeys || distance == 0 && !first || !finite(v) {
			return errPacked
		}
		take(int(key), v)
	}
	return nil
}

func finite(v point) bool {
	sum := v.min + v.max + v.sum
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}
