package anomaly

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/notify"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// BenchmarkMillionSeries has 100,000 topics send ten numbers 30 times each, and reads how much memory that takes at several
// limits: with all of them sending once a minute, as a fleet does, and with each one known before the next one comes.
//
//	MB              of the heap behind a collection, less what it was before
//	accounted       what the service says that it takes ÷ that
//	bytes           of the heap for each series that is known at the end
//	series          that are known at the end; learned, standard, history: of them with all 30 values, with the larger
//	                detector, with a course to be shown
//	evicted_topics  that were forgotten to make room; one that is forgotten and comes again counts again
//	µs/message      with ten numbers
func BenchmarkMillionSeries(b *testing.B) {
	for _, c := range []struct {
		name     string
		limitMiB int
		at       func(i int) (topic int, at time.Duration) // of message i
	}{
		{"a fleet, limit of 1240 MiB", 1240, fleet}, // 1.3 GB
		{"one by one, limit of 1240 MiB", 1240, oneByOne},
		{"a fleet, limit of 16 GiB", 16 << 10, fleet},
	} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				million(b, c.limitMiB, c.at)
			}
		})
	}
}

const (
	millionTopics = 100_000
	millionFields = 10
	millionValues = 30
)

// fleet has all topics send once a minute.
func fleet(i int) (topic int, at time.Duration) {
	return i % millionTopics, time.Duration(i) * time.Minute / millionTopics
}

// oneByOne has each topic send all that it has, once a second, before the next one begins.
func oneByOne(i int) (topic int, at time.Duration) {
	return i / millionValues, time.Duration(i) * time.Second
}

// million puts the messages through a new service.
func million(b *testing.B, limitMiB int, order func(i int) (int, time.Duration)) {
	b.Helper()
	names := make([][]byte, millionTopics)
	for i := range names {
		names[i] = fmt.Appendf(nil, "site/%d/machine/%d/state", i/1000, i%1000)
	}
	s := benchService(b, limitMiB)
	before := heap()
	r := rand.New(rand.NewPCG(6, 1))
	payload := make([]byte, 0, 256)
	const block = 1000 // messages that are handed over together
	begun := time.Now()
	for first := 0; first < millionTopics*millionValues; first += block {
		_, passed := order(first)
		now := begin().Add(passed)
		s.Messages(now, func(yield func(*Message) bool) {
			for i := first; i < first+block; i++ {
				topic, _ := order(i)
				payload = numbers(payload[:0], r)
				if !yield(&Message{Topic: names[topic], Payload: payload, Size: len(payload)}) {
					return
				}
			}
		})
		if first%(100*block) == 0 {
			s.Tick(b.Context(), now)
		}
	}
	took := time.Since(begun)
	grown := float64(heap() - before)

	series, learned, standard, history := 0, 0, 0, 0
	for _, e := range s.watch.topics.byName {
		for _, f := range e.topic.Fields() {
			series++
			of := f.Summary()
			if of.Samples == millionValues {
				learned++
			}
			if of.Large {
				standard++
			}
			if len(f.Points(0, math.MaxInt64)) > 0 {
				history++
			}
		}
	}
	for name, v := range map[string]float64{
		"MB": grown / 1e6, "accounted": float64(s.watch.topics.bytes) / grown, "series": float64(series), "learned": float64(learned),
		"standard": float64(standard), "history": float64(history), "evicted_topics": float64(s.watch.topics.evicted), "bytes": grown / float64(series),
		"µs/message": float64(took.Microseconds()) / (millionTopics * millionValues), "ns/op": 0,
	} {
		b.ReportMetric(v, name)
	}
	runtime.KeepAlive(names)
}

// benchService is a service with that limit, at which nobody looks.
func benchService(b *testing.B, limitMiB int) *Service {
	b.Helper()
	db := storetest.OpenWith(b, store.Options{Migrations: slices.Concat(notify.Migrations(), Migrations())})
	s, err := New(b.Context(), Options{Store: db, Clock: begin, Matches: func(string, string) bool { return false }})
	if err != nil {
		b.Fatal(err)
	}
	utc := "UTC"
	if _, err := s.SetSettings(b.Context(), AlertSettingsFields{TimeZone: &utc, MemoryMiB: &limitMiB}); err != nil {
		b.Fatal(err)
	}
	return s
}

// numbers appends an object of numbers with two decimals.
func numbers(to []byte, r *rand.Rand) []byte {
	for i := range millionFields {
		to = append(to, `{,`[min(i, 1)], '"', 'a'+byte(i), '"', ':')
		to = strconv.AppendFloat(to, 20+r.NormFloat64(), 'f', 2, 64)
	}
	return append(to, '}')
}

// heap is how many bytes are in use behind a collection.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
