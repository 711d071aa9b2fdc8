package detect_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

// keepable is what all detectors can do.
type keepable interface {
	AppendBinary(b []byte) []byte
	Decode(b []byte) (rest []byte, err error)
}

// kind is one detector: how to make it, and what to feed it with. step draws from r, so that two with the same r get the same.
type kind struct {
	name string
	make func() keepable
	step func(d keepable, r *rand.Rand, i int) any
	long int // points that are worth trying
}

func kinds() []kind {
	value := func(r *rand.Rand, i int) float64 {
		x := 20 + 5*math.Sin(float64(i)/200) + r.NormFloat64()
		switch r.IntN(200) {
		case 0:
			return 20
		case 1:
			return x * 100
		}
		return x
	}
	return []kind{
		{"Lean", func() keepable { return new(detect.Lean) }, func(d keepable, r *rand.Rand, i int) any {
			return d.(*detect.Lean).Add(value(r, i))
		}, 9000},
		{"Standard", func() keepable { return new(detect.Standard) }, func(d keepable, r *rand.Rand, i int) any {
			return d.(*detect.Standard).Add(value(r, i), i/60)
		}, 20_000},
		{"Trend", func() keepable { return new(detect.Trend) }, func(d keepable, r *rand.Rand, i int) any {
			result, mean, done := d.(*detect.Trend).Add(value(r, i), int64(i)*20*60_000)
			return []any{result, mean, done}
		}, 3000},
		{"Silence", func() keepable { return new(detect.Silence) }, func(d keepable, r *rand.Rand, i int) any {
			s := d.(*detect.Silence)
			at := s.Last() + int64(60_000*r.ExpFloat64())
			switch r.IntN(300) {
			case 0:
				at += 9 * hour
			case 1:
				s.Missed(at)
			case 2:
				at -= 2 * hour
			}
			s.Arrive(at, utc)
			by, ok := s.Deadline(4, utc)
			return []any{by, ok, s.Score(at+1000*r.Int64N(2000), utc), s.Usual(), s.Points()}
		}, 20_000},
		{"Stuck", func() keepable { return new(detect.Stuck) }, func(d keepable, r *rand.Rand, _ int) any {
			s := d.(*detect.Stuck)
			return []any{s.Add(math.Round(1.2 * r.NormFloat64())), s.Runs(), s.Length()}
		}, 9000},
		{"Burst", func() keepable { return new(detect.Burst) }, func(d keepable, r *rand.Rand, i int) any {
			s := d.(*detect.Burst)
			if i%50 == 0 {
				s.Skip(r.IntN(20))
			}
			return []any{s.Add(nulls.Poisson(r, 3*r.ExpFloat64())), s.Cells()}
		}, 9000},
		{"States", func() keepable { return new(detect.States) }, func(d keepable, r *rand.Rand, i int) any {
			s := d.(*detect.States)
			result, known := s.Add(uint64(min(r.ExpFloat64()*1.5, 20)), int64(i)*1000)
			return []any{result, known, s.Dwell(int64(i)*1000 + 500), s.Points()}
		}, 9000},
		{"Shape", func() keepable { return detect.NewShape() }, func(d keepable, r *rand.Rand, i int) any {
			return d.(*detect.Shape).Add(value(r, i))
		}, 4000},
		{"Joint", func() keepable { return detect.NewJoint(3) }, func(d keepable, r *rand.Rand, i int) any {
			a, b := value(r, i), value(r, i)
			result, contribution := d.(*detect.Joint).Add([]float64{a, b, a + b + r.NormFloat64()})
			return []any{result, append([]float64{}, contribution...)}
		}, 4000},
	}
}

// TestWhatIsReadGoesOnAsWhatWasWritten writes each detector at moments by chance, and lets both go on.
func TestWhatIsReadGoesOnAsWhatWasWritten(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			largest := 0
			for seed := range uint64(6) {
				when := rand.New(rand.NewPCG(seed, 20))
				at := when.IntN(k.long)
				switch seed {
				case 0:
					at = 0
				case 1:
					at = 1 + when.IntN(40)
				}
				a := k.make()
				inputs := rand.New(rand.NewPCG(seed, 21))
				for i := range at {
					k.step(a, inputs, i)
				}
				written := a.AppendBinary([]byte("before"))
				b := k.make()
				k.step(b, rand.New(rand.NewPCG(9, 9)), 0) // what it was must be gone
				rest, err := b.Decode(append(bytes.Clone(written[6:]), "behind"...))
				if err != nil || string(rest) != "behind" || string(written[:6]) != "before" {
					t.Fatalf("after %d points: %v, and %q is left", at, err, rest)
				}
				largest = max(largest, len(written)-6)
				x, y := rand.New(rand.NewPCG(seed, 22)), rand.New(rand.NewPCG(seed, 22))
				for i := at; i < at+2500; i++ {
					if got, want := k.step(b, y, i), k.step(a, x, i); !reflect.DeepEqual(got, want) {
						t.Fatalf("written after %d points, at %d: %+v, not %+v", at, i, got, want)
					}
				}
				if !bytes.Equal(a.AppendBinary(nil), b.AppendBinary(nil)) {
					t.Errorf("written after %d points they end in different states", at)
				}
			}
			t.Logf("%s takes up to %d bytes", k.name, largest)
		})
	}
}

// TestAnEarlierFormIsRead: who upgrades keeps what was learned of silences. The file was written before the detector knew how regular
// intervals are, in the first of these two weeks.
func TestAnEarlierFormIsRead(t *testing.T) {
	earlier, err := os.ReadFile("testdata/silence-earlier")
	if err != nil {
		t.Fatal(err)
	}
	var old, fresh detect.Silence
	if rest, err := old.Decode(earlier); err != nil || len(rest) > 0 {
		t.Fatalf("%v, and %d bytes are left", err, len(rest))
	}
	next := nulls.Arrivals()["every 60 s, 2 % lost"](rand.New(rand.NewPCG(1, 26)))
	for at := monday; at < monday+14*day; at += next(at) {
		if fresh.Arrive(at, utc); at > old.Last() {
			old.Arrive(at, utc)
		}
	}
	a, _ := old.Deadline(4.16, utc)
	b, _ := fresh.Deadline(4.16, utc)
	if old.Points() != fresh.Points() || a < b-second || a > b+second {
		t.Errorf("%d points and %d, and a dead device is found %v ms later", old.Points(), fresh.Points(), a-b)
	}
}

// TestWhatIsDamagedIsSaidSo cuts off, and reads one detector as another.
func TestWhatIsDamagedIsSaidSo(t *testing.T) {
	for _, k := range kinds() {
		d, r := k.make(), rand.New(rand.NewPCG(1, 23))
		for i := range 600 {
			k.step(d, r, i)
		}
		written := d.AppendBinary(nil)
		for cut := 0; cut < len(written); cut += 1 + cut/50 {
			if _, err := d.Decode(written[:cut]); !errors.Is(err, detect.ErrDamaged) {
				t.Fatalf("%s, cut off at %d of %d: %v", k.name, cut, len(written), err)
			}
		}
		if !bytes.Equal(d.AppendBinary(nil), written) {
			t.Errorf("%s: what could not be read has changed it", k.name)
		}
		for _, other := range kinds() {
			if _, err := other.make().Decode(written); other.name != k.name && !errors.Is(err, detect.ErrDamaged) {
				t.Errorf("a %s is read as a %s: %v", k.name, other.name, err)
			}
		}
	}
}

// FuzzDecode reads anything. What is accepted is written the same way again, and works.
func FuzzDecode(f *testing.F) {
	for _, k := range kinds() {
		d, r := k.make(), rand.New(rand.NewPCG(1, 24))
		for i := range 300 {
			if i == 0 || i == 5 || i == 299 {
				f.Add(d.AppendBinary(nil))
			}
			k.step(d, r, i)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range kinds() {
			d := k.make()
			rest, err := d.Decode(b)
			if err != nil {
				if !errors.Is(err, detect.ErrDamaged) {
					t.Fatalf("%s: %v", k.name, err)
				}
				continue
			}
			written := d.AppendBinary(nil)
			again := k.make()
			if _, err := again.Decode(written); err != nil || !bytes.Equal(again.AppendBinary(nil), written) {
				t.Fatalf("%s: written again it is another one: %v", k.name, err)
			}
			if grown := 4; len(written) > len(b)-len(rest)+grown { // by as much as an earlier form has become longer
				t.Fatalf("%s: from %d bytes it has become %d", k.name, len(b)-len(rest), len(written))
			}
			r := rand.New(rand.NewPCG(1, 25))
			for i := range 50 {
				check(t, k.name, k.step(d, r, i))
			}
		}
	})
}

// check looks for results that no detector may give.
func check(t *testing.T, name string, got any) {
	t.Helper()
	switch got := got.(type) {
	case []any:
		for _, part := range got {
			check(t, name, part)
		}
	case detect.Result:
		if math.IsNaN(got.Score) || got.Score < 0 || got.Score > 30 || math.IsNaN(got.Alarm) || math.IsNaN(got.Expected) || math.IsNaN(got.Spread) {
			t.Fatalf("%s says %+v", name, got)
		}
	}
}
