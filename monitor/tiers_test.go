package monitor

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type keyed struct {
	Key int
	V   [4]float64
}

func unpacked(packed []byte) (all []keyed, err error) {
	err = unpack(packed, func(key int, v point) {
		all = append(all, keyed{key, [4]float64{float64(v.n), v.min, v.max, v.sum}})
	})
	return all, err
}

func TestPackingKeepsEveryPoint(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var p packer
		var want []keyed
		for key := range mostKeys + 1 {
			if random.IntN(3) == 0 {
				continue // a gap
			}
			v := pointOf(math.Floor(random.ExpFloat64() * 1e6))
			for range random.IntN(5) {
				v.add(pointOf(random.NormFloat64()))
			}
			p.add(key, v)
			want = append(want, keyed{key, [4]float64{float64(v.n), v.min, v.max, v.sum}})
		}
		got, err := unpacked(p.out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestWhatStandsStillIsSmall(t *testing.T) {
	var p packer
	for key := range 96 {
		v := pointOf(12345)
		v.add(pointOf(12345))
		p.add(key, v)
	}
	if len(p.out) > 96*3+8 {
		t.Errorf("a day of a figure that does not move takes %d bytes", len(p.out))
	}
}

func FuzzUnpack(f *testing.F) {
	var p packer
	p.add(0, pointOf(1))
	p.add(7, point{2, 1, 3, 4})
	p.add(200, point{3, 5, 5, 15})
	f.Add(p.out)
	f.Add([]byte{})
	f.Add([]byte{0, 0, 1, 2, 3})
	f.Add(binary.AppendUvarint(nil, math.MaxUint64))
	f.Fuzz(func(t *testing.T, packed []byte) {
		got, err := unpacked(packed)
		if err != nil {
			return
		}
		// What could be read is written the same way and read again.
		var again packer
		before := -1
		for _, k := range got {
			if k.Key <= before || k.Key > mostKeys || k.V[0] < 1 {
				t.Fatalf("%+v behind key %d", k, before)
			}
			before = k.Key
			again.add(k.Key, point{uint64(k.V[0]), k.V[1], k.V[2], k.V[3]})
		}
		reread, err := unpacked(again.out)
		if err != nil || !cmp.Equal(len(got), len(reread)) {
			t.Fatalf("%v, then %v: %v", got, reread, err)
		}
	})
}

func TestPointsArePutTogether(t *testing.T) {
	var sum point
	for _, v := range []float64{4, 1, 7} {
		sum.add(pointOf(v))
	}
	sum.add(point{})
	if sum != (point{3, 1, 7, 12}) || sum.mean() != 4 {
		t.Errorf("%+v", sum)
	}
}

func TestTimesAreCutDown(t *testing.T) {
	for _, c := range []struct{ at, want int64 }{{0, 0}, {59_999, 0}, {60_000, 60_000}, {-1, -60_000}, {-60_000, -60_000}} {
		if got := down(c.at, time.Minute); got != c.want {
			t.Errorf("down(%d) = %d, want %d", c.at, got, c.want)
		}
	}
}

func TestWindows(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 7, 0, time.UTC)
	keep := ObservationSettings{}.filled().Retention
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		back, step time.Duration
		points     int
		wantStep   time.Duration
		wantTier   int
	}{
		"an hour is fine enough in tens of seconds":      {back: time.Hour, wantStep: 10 * time.Second, wantTier: tierRaw},
		"a day needs minutes only":                       {back: day - time.Minute, wantStep: 3 * time.Minute, wantTier: tierMinute},
		"a day with few points":                          {back: day - time.Minute, points: 20, wantStep: 90 * time.Minute, wantTier: tierQuarter},
		"two days are older than the first tier":         {back: 2 * day, points: 5000, wantStep: time.Minute, wantTier: tierMinute},
		"ninety days":                                    {back: 90 * day, wantStep: 270 * time.Minute, wantTier: tierQuarter},
		"ninety days with many points":                   {back: 90 * day, points: 5000, wantStep: 30 * time.Minute, wantTier: tierQuarter},
		"a step that is asked for":                       {back: time.Hour, step: 30 * time.Second, wantStep: 30 * time.Second, wantTier: tierRaw},
		"a step that is kept in a coarser tier":          {back: time.Hour, step: 15 * time.Minute, wantStep: 15 * time.Minute, wantTier: tierQuarter},
		"a step that is finer than what is kept":         {back: 15 * day, step: 5 * time.Minute, wantStep: 15 * time.Minute, wantTier: tierQuarter},
		"a step that is no multiple of what is kept":     {back: time.Hour, step: 17 * time.Second, wantStep: 20 * time.Second, wantTier: tierRaw},
		"more than is kept anywhere comes from the last": {back: 3000 * day, wantStep: 144*time.Hour + 15*time.Minute, wantTier: tierQuarter},
	} {
		q := HistoryQuery{From: now.Add(-c.back), To: now, Step: c.step, Points: c.points}
		w, err := windowOf(q, now, keep)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if time.Duration(w.step)*time.Millisecond != c.wantStep || w.tier != c.wantTier {
			t.Errorf("%s: step %v of tier %d, want %v of %d", name, time.Duration(w.step)*time.Millisecond, w.tier, c.wantStep, c.wantTier)
		}
		if most := max(c.points, defaultPoints); c.step == 0 && (w.count > most || w.count < 10) {
			t.Errorf("%s: %d points", name, w.count)
		}
		if w.from > q.From.UnixMilli() || w.end() < now.UnixMilli() || w.from%w.step != 0 {
			t.Errorf("%s: %+v does not hold the time that is asked for", name, w)
		}
	}
	for _, q := range []HistoryQuery{
		{From: now, To: now}, {From: now, To: now.Add(-time.Hour)}, {From: now.Add(-day), To: now, Step: time.Second},
	} {
		if _, err := windowOf(q, now, keep); err == nil {
			t.Errorf("%+v is accepted", q)
		}
	}
}
