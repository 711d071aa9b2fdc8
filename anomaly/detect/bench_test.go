package detect_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

// BenchmarkAdd is what one point costs: hot, with one detector that stays in the cache, and cold, with so many in turns
// that each comes from memory. bytes is what one detector takes.
func BenchmarkAdd(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	const many = 1 << 16
	values, counts, states := make([]float64, many), make([]int, many), make([]uint64, many)
	rounded, gaps := make([]float64, many), make([]int64, many)
	for i := range values {
		values[i] = 20 + r.NormFloat64()
		rounded[i] = math.Round(r.NormFloat64())
		counts[i] = nulls.Poisson(r, 2)
		states[i] = uint64(min(5, r.ExpFloat64()))
		gaps[i] = 1 + int64(60_000*r.ExpFloat64())
	}
	at := monday
	week := func(ms int64) int { return int((ms-monday)/hour) % 168 }

	bench(b, "standard", 100_000, int(unsafe.Sizeof(detect.Standard{})), func() *detect.Standard { return new(detect.Standard) },
		func(d *detect.Standard, i int) { d.Add(values[i%many], i/60) })
	bench(b, "three sigma", 200_000, int(unsafe.Sizeof(threeSigma{})), func() *threeSigma { return new(threeSigma) },
		func(d *threeSigma, i int) { d.Add(values[i%many]) })
	bench(b, "lean", 200_000, int(unsafe.Sizeof(detect.Lean{})), func() *detect.Lean { return new(detect.Lean) },
		func(d *detect.Lean, i int) { d.Add(values[i%many]) })
	bench(b, "silence", 200_000, int(unsafe.Sizeof(detect.Silence{})), func() *detect.Silence { return new(detect.Silence) },
		func(d *detect.Silence, i int) {
			at = max(d.Last(), monday) + gaps[i%many]
			d.Arrive(at, week)
		})
	bench(b, "silence with its deadline", 200_000, int(unsafe.Sizeof(detect.Silence{})), func() *detect.Silence { return new(detect.Silence) },
		func(d *detect.Silence, i int) {
			at = max(d.Last(), monday) + gaps[i%many]
			d.Arrive(at, week)
			d.Deadline(5, week)
		})
	bench(b, "stuck", 200_000, int(unsafe.Sizeof(detect.Stuck{})), func() *detect.Stuck { return new(detect.Stuck) },
		func(d *detect.Stuck, i int) { d.Add(rounded[i%many]) })
	bench(b, "burst", 200_000, int(unsafe.Sizeof(detect.Burst{})), func() *detect.Burst { return new(detect.Burst) },
		func(d *detect.Burst, i int) { d.Add(counts[i%many]) })
	bench(b, "six states", 100_000, int(unsafe.Sizeof(detect.States{}))+6*(40+104+24), func() *detect.States { return new(detect.States) },
		func(d *detect.States, i int) { d.Add(states[i%many], int64(i)*1000) })
	bench(b, "shape", 2000, int(unsafe.Sizeof(detect.Shape{})), detect.NewShape,
		func(d *detect.Shape, i int) { d.Add(values[i%many]) })
	for name, fields := range map[string]int{"joint of 3": 3, "joint of 16": 16} {
		bench(b, name, 20_000, int(unsafe.Sizeof(detect.Joint{}))+8*(fields*(fields+1)+6*fields), func() *detect.Joint { return detect.NewJoint(fields) },
			func(d *detect.Joint, i int) { i %= many - 16; d.Add(values[i : i+fields]) })
	}
}

// bench measures one detector hot and so many of them cold, all of which have learned from 2000 points.
func bench[D keepable](b *testing.B, name string, many, bytes int, fresh func() D, add func(d D, i int)) {
	learned := fresh()
	for i := range 2000 {
		add(learned, i)
	}
	written := learned.AppendBinary(nil)
	b.Run(name+", hot", func(b *testing.B) {
		b.ReportAllocs()
		d := learned
		for i := range b.N {
			add(d, i)
		}
		b.ReportMetric(float64(bytes), "bytes")
	})
	b.Run(name+", cold", func(b *testing.B) {
		b.ReportAllocs()
		all := make([]D, many)
		for i := range all {
			all[i] = fresh()
			if _, err := all[i].Decode(written); err != nil {
				b.Fatal(err)
			}
		}
		b.ResetTimer()
		for i := range b.N {
			add(all[i%many], i)
		}
	})
}

// threeSigma is the least that is in use: how many standard deviations a value lies from the mean, both of them fading.
type threeSigma struct{ mean, variance float64 }

func (d *threeSigma) Add(value float64) float64 {
	const weight = 1.0 / 360
	off := value - d.mean
	score := math.Abs(off) / math.Sqrt(d.variance)
	d.mean += weight * off
	d.variance = (1 - weight) * (d.variance + weight*off*off)
	return score
}

func (d *threeSigma) AppendBinary(to []byte) []byte {
	to = binary.LittleEndian.AppendUint64(to, math.Float64bits(d.mean))
	return binary.LittleEndian.AppendUint64(to, math.Float64bits(d.variance))
}

func (d *threeSigma) Decode(from []byte) ([]byte, error) {
	d.mean = math.Float64frombits(binary.LittleEndian.Uint64(from))
	d.variance = math.Float64frombits(binary.LittleEndian.Uint64(from[8:]))
	return from[16:], nil
}
