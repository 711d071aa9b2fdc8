package anomaly

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/notify"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// The topics of BenchmarkSeries: each has ten numbers, and sends them 30 times.
const (
	benchTopicsVar = "BUNKERM_BENCH_TOPICS"
	benchTopics    = 10_000
	benchFields    = 10
	benchValues    = 30
)

// BenchmarkSeries reads how much memory the series of BUNKERM_BENCH_TOPICS topics take (10,000 when it is not set; with the
// mark's 100,000, which are a million series, the last case takes up to 9 GB). In a fleet all of them send once a minute;
// one by one, each is known before the next one comes. The limit is 1,300 bytes a series, which is the mark, or more than is
// wanted.
//
//	MB              of the heap behind a collection, less what it was before
//	accounted       what the service says that it takes ÷ that
//	bytes           of the heap for each series that is known at the end
//	series          that are known at the end; learned, standard, history: of them with all 30 values, with the larger
//	                detector, with a course to be shown
//	evicted_topics  that were forgotten to make room; one that is forgotten and comes again counts again
//	µs/message      with ten numbers
func BenchmarkSeries(b *testing.B) {
	topics := benchTopics
	if text := os.Getenv(benchTopicsVar); text != "" {
		var err error
		if topics, err = strconv.Atoi(text); err != nil || topics < 2000 {
			b.Fatalf("%s=%q: want a number of at least 2000", benchTopicsVar, text) // the least limit is 16 MiB
		}
	}
	const mark, plenty = 1300, 16 << 10 // bytes a series
	for _, c := range []struct {
		name  string
		bytes int
		order func(i, topics int) (topic int, at time.Duration) // of message i
	}{
		{"a fleet, 1300 bytes", mark, fleet}, {"one by one, 1300 bytes", mark, oneByOne}, {"a fleet, no limit", plenty, fleet},
	} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				filled(b, topics, c.bytes, func(i int) (int, time.Duration) { return c.order(i, topics) })
			}
		})
	}
}

// fleet has all topics send once a minute.
func fleet(i, topics int) (topic int, at time.Duration) {
	return i % topics, time.Duration(i) * (time.Minute / time.Duration(topics))
}

// oneByOne has each topic send all that it has, once a second, before the next one begins.
func oneByOne(i, _ int) (topic int, at time.Duration) {
	return i / benchValues, time.Duration(i) * time.Second
}

// filled puts the messages through a new service that may take so many bytes a series.
func filled(b *testing.B, topics, bytes int, order func(i int) (int, time.Duration)) {
	b.Helper()
	names := make([][]byte, topics)
	for i := range names {
		names[i] = fmt.Appendf(nil, "site/%d/machine/%d/state", i/1000, i%1000)
	}
	s := benchService(b, topics*benchFields*bytes>>20)
	before := heap()
	r := rand.New(rand.NewPCG(6, 1))
	payload := make([]byte, 0, 256)
	begun := time.Now()
	var m Message
	one := func(yield func(*Message) bool) { yield(&m) }
	for i := range topics * benchValues {
		topic, passed := order(i)
		payload = numbers(payload[:0], r)
		m = Message{Topic: names[topic], Payload: payload, Size: len(payload)}
		s.Messages(begin().Add(passed), one)
		if i%100_000 == 0 {
			s.Tick(b.Context(), begin().Add(passed))
		}
	}
	took := time.Since(begun)
	grown := float64(heap() - before)

	series, learned, standard, history := 0, 0, 0, 0
	for _, e := range s.watch.topics.byName {
		for _, f := range e.topic.Fields() {
			series++
			of := f.Summary()
			if of.Samples == benchValues {
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
		"µs/message": float64(took.Microseconds()) / float64(topics*benchValues), "ns/op": 0,
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
	for i := range benchFields {
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
