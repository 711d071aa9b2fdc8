package monitor

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// logbook records made-up figures at made-up times.
type logbook struct {
	t       testing.TB
	service *Service
	now     time.Time
}

// start is a whole day, so that what tests expect is easy to see.
func start() time.Time { return time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC) }

func newLogbook(t testing.TB, db *store.DB) *logbook {
	t.Helper()
	b := &logbook{t: t, now: start()}
	var err error
	if b.service, err = New(t.Context(), Options{Store: db, Clock: func() time.Time { return b.now }}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service.record.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// note records figures as of now.
func (b *logbook) note(figures map[figure]float64) {
	values := unknown()
	for f, v := range figures {
		values[f] = v
	}
	b.service.record.take(&values, b.now)
}

// write goes on in time and writes what is over.
func (b *logbook) write(passed time.Duration) {
	b.t.Helper()
	b.now = b.now.Add(passed)
	r := b.service.record
	r.mu.Lock()
	r.turn(b.now)
	r.mu.Unlock()
	r.write(b.t.Context(), nil)
	if r.failing {
		b.t.Fatal("history cannot be written")
	}
}

// day records a day of one sample in ten seconds: a ramp, and a single peak at noon.
func (b *logbook) steps(n int, value func(i int) float64) {
	b.t.Helper()
	for i := range n {
		b.note(map[figure]float64{figClientsConnected: value(i), figUptime: float64(10 * i)})
		b.write(10 * time.Second)
	}
}

func (b *logbook) history(from, to time.Time, step time.Duration) []HistoryPoint {
	b.t.Helper()
	answer, err := b.service.History(b.t.Context(), HistoryQuery{Metrics: []string{"clients.connected"}, From: from, To: to, Step: step})
	if err != nil {
		b.t.Fatal(err)
	}
	if len(answer.Series) != 1 || answer.Series[0].Kind != Gauge || answer.Series[0].Unit != "clients" {
		b.t.Fatalf("%+v", answer)
	}
	return answer.Series[0].Points
}

func TestPeaksSurviveInEveryResolution(t *testing.T) {
	b := newLogbook(t, monitorDB(t))
	const samples = 6 * 60 * 3 // three hours
	const peak = 777           // a sample in the third quarter of an hour of the first hour
	b.steps(samples, func(i int) float64 {
		if i == 200 {
			return peak
		}
		return float64(i % 10)
	})
	for _, step := range []time.Duration{10 * time.Second, time.Minute, 15 * time.Minute, time.Hour} {
		points := b.history(start(), b.now, step)
		if len(points) != int(3*time.Hour/step) {
			t.Errorf("in steps of %v: %d points", step, len(points))
		}
		var most, sum float64
		for i, p := range points {
			if !p.Known || p.Min < 0 || p.Min > p.Mean || p.Mean > p.Max {
				t.Fatalf("in steps of %v: point %d is %+v", step, i, p)
			}
			if p.Time != start().Add(time.Duration(i)*step).UnixMilli() {
				t.Fatalf("in steps of %v: point %d is of %v", step, i, time.UnixMilli(p.Time).UTC())
			}
			most = max(most, p.Max)
			sum += p.Mean
		}
		want := (samples*4.5 + peak) / samples
		if mean := sum / float64(len(points)); most != peak || mean < want-0.01 || mean > want+0.01 {
			t.Errorf("in steps of %v: at most %v, mean %v, want %v", step, most, mean, want)
		}
	}
}

func TestGapsStayGaps(t *testing.T) {
	b := newLogbook(t, monitorDB(t))
	b.steps(90, func(int) float64 { return 5 })
	b.now = b.now.Add(30 * time.Minute) // we were away
	b.steps(180, func(int) float64 { return 9 })
	for _, step := range []time.Duration{time.Minute, 15 * time.Minute} {
		for i, p := range b.history(start(), b.now, step) {
			at := time.Duration(i) * step
			switch away := at >= 15*time.Minute && at < 45*time.Minute; {
			case away != !p.Known:
				t.Errorf("in steps of %v: at %v %+v", step, at, p)
			case p.Known && p.Mean != map[bool]float64{true: 5, false: 9}[at < 15*time.Minute]:
				t.Errorf("in steps of %v: at %v %+v is invented", step, at, p)
			}
		}
	}
}

func TestClockThatIsSetBack(t *testing.T) {
	b := newLogbook(t, monitorDB(t))
	b.steps(6*60, func(int) float64 { return 1 })
	b.now = b.now.Add(-30 * time.Minute)
	b.steps(6*40, func(int) float64 { return 3 })
	for _, step := range []time.Duration{10 * time.Second, time.Minute, 15 * time.Minute} {
		before := int64(0)
		for _, p := range b.history(start(), b.now, step) {
			if p.Time <= before {
				t.Fatalf("in steps of %v: times go back", step)
			}
			before = p.Time
			want := 1.0
			if p.Time >= start().Add(30*time.Minute).UnixMilli() {
				want = 3
			}
			if p.Min != want || p.Max != want {
				t.Errorf("in steps of %v: at %v %+v, want %v", step, time.UnixMilli(p.Time).UTC(), p, want)
			}
		}
	}
}

// TestClockThatBeginsIn1970 is a small computer whose clock is set when the network is there.
func TestClockThatBeginsIn1970(t *testing.T) {
	b := newLogbook(t, monitorDB(t))
	right := b.now
	b.now = time.Unix(3600, 0)
	b.steps(200, func(int) float64 { return 1 })
	b.now = right
	b.steps(200, func(int) float64 { return 2 })
	for _, p := range b.history(start(), start().Add(30*time.Minute), 15*time.Minute) {
		if p.Mean != 2 {
			t.Errorf("%+v", p)
		}
	}
}

// TestCondensingGoesOnWhereItWas ends the recorder between writing samples and condensing them, at every quarter.
func TestCondensingGoesOnWhereItWas(t *testing.T) {
	db := monitorDB(t)
	b := newLogbook(t, db)
	for range 12 {
		for range 30 {
			b.note(map[figure]float64{figClientsConnected: 4})
			b.now = b.now.Add(10 * time.Second)
		}
		// What a kill between the two transactions leaves behind.
		r := b.service.record
		r.mu.Lock()
		r.turn(b.now)
		rows := r.waiting
		r.waiting = nil
		r.mu.Unlock()
		if err := r.writeSamples(t.Context(), rows, nil); err != nil {
			t.Fatal(err)
		}
		now := b.now
		b = newLogbook(t, db)
		b.now = now
	}
	b.write(0)
	points := b.history(start(), b.now, 15*time.Minute)
	if len(points) != 4 {
		t.Fatalf("%d points", len(points))
	}
	again := func() {
		t.Helper()
		for _, p := range b.history(start(), b.now, 15*time.Minute) {
			if !p.Known || p.Min != 4 || p.Max != 4 || p.Mean != 4 {
				t.Errorf("%+v", p)
			}
		}
	}
	again()
	if n := storedSamples(t, b, tierQuarter); n != 4*90 {
		t.Errorf("the quarters are made of %d samples, want %d", n, 4*90)
	}
	b.service.record.condensed = 0 // condensing again comes to the same
	b.write(0)
	again()
	if n := storedSamples(t, b, tierQuarter); n != 4*90 {
		t.Errorf("done again, the quarters are made of %d samples, want %d", n, 4*90)
	}
}

func storedSamples(t *testing.T, b *logbook, tier int) (n uint64) {
	t.Helper()
	err := b.service.o.Store.Read(t.Context(), func(ctx context.Context, q store.Queries) error {
		h := history{q, b.service.o.Store.Broker()}
		return h.points(ctx, tier, figClientsConnected, 0, b.now.UnixMilli(), func(_ int64, packed []byte) error {
			return unpack(packed, func(_ int, v point) { n += v.n })
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBrokerStartsAreSeen(t *testing.T) {
	b := newLogbook(t, monitorDB(t))
	b.steps(100, func(int) float64 { return 1 })
	b.now = b.now.Add(time.Minute)
	restarted := b.now
	b.steps(200, func(int) float64 { return 1 })
	for _, step := range []time.Duration{10 * time.Second, time.Minute, 15 * time.Minute} {
		answer, err := b.service.History(t.Context(), HistoryQuery{Metrics: []string{"clients.connected"}, From: start(), To: b.now, Step: step})
		if err != nil {
			t.Fatal(err)
		}
		if len(answer.Events) != 1 || answer.Events[0].Time.Sub(restarted).Abs() > step {
			t.Errorf("in steps of %v: %+v, want %v", step, answer.Events, restarted)
		}
	}
}

func TestOldHistoryIsTrimmed(t *testing.T) {
	db := monitorDB(t)
	b := newLogbook(t, db)
	b.steps(6*60*2, func(int) float64 { return 1 })
	const rest = time.Hour
	for _, kind := range b.service.Kinds() {
		var rows, bytes int64
		var oldest time.Time
		measure := func() {
			t.Helper()
			err := db.Read(t.Context(), func(ctx context.Context, q store.Queries) (err error) {
				rows, bytes, oldest, err = kind.Measure(ctx, q)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		measure()
		if rows == 0 || bytes < 10*rows || oldest.After(start()) || kind.Age() < 24*time.Hour {
			t.Errorf("%s: %d rows of %d bytes since %v, for %v", kind.Name, rows, bytes, oldest, kind.Age())
		}
		deleted := 0
		for {
			n := 0
			err := db.Write(t.Context(), func(ctx context.Context, q store.Queries) (err error) {
				n, err = kind.Trim(ctx, q, b.now.Add(-rest), 100)
				return err
			})
			if err != nil || n > 100 {
				t.Fatalf("%s: %d, %v", kind.Name, n, err)
			}
			if deleted += n; n < 100 {
				break
			}
		}
		if kind.Name == "history raw" && (deleted != 360) {
			t.Errorf("%d samples are deleted", deleted)
		}
		if kind.Name != "history raw" && deleted != 0 {
			t.Errorf("%s: %d rows are deleted, although they reach into what is kept", kind.Name, deleted)
		}
	}
	b.now = b.now.Add(-rest)
	for i, p := range b.history(start(), b.now, time.Minute) {
		if !p.Known {
			t.Errorf("minute %d is gone", i)
		}
	}
}

// TestRecorderKeepsTime runs the recorder on its own clock.
func TestRecorderKeepsTime(t *testing.T) {
	var r *recorder
	synctest.Test(t, func(t *testing.T) {
		r = newRecorder(nil, time.Now, slog.New(slog.DiscardHandler))
		values := unknown()
		values[figClientsConnected] = 2
		for range 30 {
			r.take(&values, time.Now())
			<-time.After(7 * time.Second)
			r.fill(&values, time.Now())
		}
	})
	before := int64(0)
	for _, s := range r.waiting {
		if before != 0 && s.slot != before+10_000 {
			t.Errorf("%d follows %d", s.slot, before)
		}
		before = s.slot
	}
	if len(r.waiting) < 20 {
		t.Errorf("%d samples of 210 seconds", len(r.waiting))
	}
}

func TestHistoryWaitsForTheDatabase(t *testing.T) {
	db := storetest.Open(t) // without our tables
	r := newRecorder(db, start, slog.New(slog.DiscardHandler))
	values := unknown()
	values[figClientsConnected] = 2
	for i := range 2 * mostWaiting {
		r.take(&values, start().Add(time.Duration(i)*10*time.Second))
	}
	r.write(t.Context(), nil)
	if !r.failing || len(r.waiting) != mostWaiting {
		t.Errorf("failing %t, %d samples wait", r.failing, len(r.waiting))
	}
}
