package detect_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/detect"
)

// BenchmarkThroughput is how many points a second all cores together put through detect.Standard, each core with detectors of
// its own: hot, with one a core, and cold, with 200,000 in turns, so that each comes from memory. All of them know three
// weeks, so that the profile has its say.
//
//	points/s   on all cores
//	one_core   points a second of a single core, in the same run
//	cores      the first by the second
func BenchmarkThroughput(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	values := make([]float64, 1<<16)
	for i := range values {
		values[i] = 20 + r.NormFloat64()
	}
	var learned detect.Standard
	const weeks, anHour = 3, 60 // points of an hour
	for i := range weeks * 168 * anHour {
		learned.Add(values[i%len(values)], i/anHour)
	}
	written := learned.AppendBinary(nil)
	detectors := func(many int) []*detect.Standard {
		all := make([]*detect.Standard, many)
		for i := range all {
			all[i] = new(detect.Standard)
			if _, err := all[i].Decode(written); err != nil {
				b.Fatal(err)
			}
		}
		return all
	}
	// rate puts points through detectors in turns, which workers share out.
	rate := func(workers, points int, all []*detect.Standard) float64 {
		each, share := points/workers+1, len(all)/workers
		begun := time.Now()
		var working sync.WaitGroup
		for w := range workers {
			working.Go(func() {
				own := all[w*share : (w+1)*share]
				for i := range each {
					own[i%share].Add(values[i%len(values)], i/share/anHour)
				}
			})
		}
		working.Wait()
		return float64(workers*each) / time.Since(begun).Seconds()
	}
	cores := runtime.GOMAXPROCS(0)
	for _, c := range []struct {
		name string
		many int
	}{{"hot", cores}, {"cold", 200_000}} {
		all := detectors(c.many)
		b.Run(c.name, func(b *testing.B) {
			one := rate(1, b.N, all[:len(all)/cores])
			b.ResetTimer()
			together := rate(cores, b.N, all)
			b.ReportMetric(together, "points/s")
			b.ReportMetric(one, "one_core")
			b.ReportMetric(together/one, "cores")
		})
	}
}
