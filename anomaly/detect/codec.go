package detect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Detectors are written for keeping, and a detector that has been read goes on exactly as the one that was written would have.
// Each begins with a byte that says which detector it is and in which form. Counts are varints, what is empty takes no room.
// Nothing says how long it is: it ends where its reader is done, so that several can follow each other.

// ErrDamaged is why what was kept cannot be read: it is cut off, of another detector or form, or says what cannot be.
var ErrDamaged = errors.New("what was kept of a detector is damaged")

// form is the first byte: which detector, and by which rules it is written.
type form byte

// The forms. One that changes gets a new number, so that what is old is not mistaken for new.
const (
	leanForm form = iota + 1
	standardForm
	earlierSilenceForm // before it knew how regular intervals are
	stuckForm
	burstForm
	statesForm
	shapeForm
	jointForm
	trendForm
	silenceForm
)

// farMoment bounds moments, in milliseconds: some three hundred thousand years.
const farMoment = 1e16

// mostShort bounds what is relative to a first value, and distances between such.
const mostShort = 3 * widest

// reader takes a detector apart. After the first error it reads nothing but zeros.
type reader struct {
	b   []byte
	err error
}

// read begins with a form.
func read(b []byte, want form) *reader {
	r := &reader{b: b}
	if got := r.byte(); r.err == nil && form(got) != want {
		r.fail("the form is %d and not %d", got, want)
	}
	return r
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{ErrDamaged}, args...)...)
	}
	r.b = nil
}

// must fails unless something holds.
func (r *reader) must(holds bool, what string) {
	if !holds {
		r.fail("%s", what)
	}
}

func (r *reader) take(n int) []byte {
	if len(r.b) < n {
		r.fail("it is cut off")
		return make([]byte, n)
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) byte() byte { return r.take(1)[0] }

// count reads a count of at most so many.
func (r *reader) count(most uint64) uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.fail("it is cut off in a count")
		return 0
	}
	r.b = r.b[size:]
	if n > most {
		r.fail("a count is %d, more than %d", n, most)
		return 0
	}
	return n
}

func (r *reader) uint32() uint32 { return uint32(r.count(math.MaxUint32)) }
func (r *reader) uint16() uint16 { return uint16(r.count(math.MaxUint16)) }
func (r *reader) bool() bool     { return r.count(1) == 1 }

// moment reads milliseconds since the epoch.
func (r *reader) moment() int64 {
	at, size := binary.Varint(r.b)
	if size <= 0 {
		r.fail("it is cut off in a moment")
		return 0
	}
	r.b = r.b[size:]
	if at > farMoment || at < -farMoment {
		r.fail("a moment is %d", at)
		return 0
	}
	return at
}

// float reads a number that is neither infinite nor none.
func (r *reader) float() float64 {
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.take(8)))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		r.fail("a value is no number")
		return 0
	}
	return v
}

// short reads a number of half the size, which is at most so far from zero.
func (r *reader) short(most float64) float32 {
	v := math.Float32frombits(binary.LittleEndian.Uint32(r.take(4)))
	if !(math.Abs(float64(v)) <= most) {
		r.fail("a value is %v", v)
		return 0
	}
	return v
}

// size reads a number that is not negative.
func (r *reader) size(most float64) float32 {
	v := r.short(most)
	r.must(v >= 0, "a size is negative")
	return v
}

func appendCount[N ~uint16 | ~uint32 | ~uint64](b []byte, n N) []byte {
	return binary.AppendUvarint(b, uint64(n))
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

func appendShort(b []byte, values ...float32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// appendHours writes which hours of a week have something, in 21 bytes, and only if any has.
func appendHours(b []byte, has func(hour int) bool) []byte {
	var bits [hoursOfWeek / 8]byte
	some := false
	for hour := range hoursOfWeek {
		if has(hour) {
			bits[hour/8] |= 1 << (hour % 8)
			some = true
		}
	}
	if b = appendBool(b, some); some {
		b = append(b, bits[:]...)
	}
	return b
}

// hours reads them.
func (r *reader) hours(each func(hour int)) {
	if !r.bool() {
		return
	}
	for i, bits := range r.take(hoursOfWeek / 8) {
		for hour := i * 8; bits != 0; hour, bits = hour+1, bits>>1 {
			if bits&1 == 1 {
				each(hour)
			}
		}
	}
}
