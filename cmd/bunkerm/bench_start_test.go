package main

import (
	"net/http"
	"testing"
	"time"
)

// BenchmarkStart measures from the start of the process until /readyz answers 200, which is when a client can be
// created: the first start on an empty folder, a later one with the broker stopped, and one that finds the broker
// running after bunkerm was killed. The reference is mosquitto alone with the same files until it accepts connections.
func BenchmarkStart(b *testing.B) {
	rounds := rounds(9, 3)
	executable := built(b)
	for b.Loop() {
		var first, again, adopting, alone times
		for range rounds {
			dir := b.TempDir()
			s, took := startTimed(b, executable, dir)
			first = append(first, took)
			s.Stop()
			s, took = startTimed(b, executable, dir)
			again = append(again, took)
			s.Kill()
			s, took = startTimed(b, executable, dir)
			adopting = append(adopting, took)
			s.Stop()
			m := mosquittoLike(b, s, false)
			alone = append(alone, m.start())
			m.stop()
		}
		metrics(b, map[string]float64{
			"ms_first": first.ms(), "ms_again": again.ms(), "ms_adopting": adopting.ms(), "ms_mosquitto": alone.ms(),
			"ms_first_longest":     float64(first.quantile(1).Milliseconds()),
			"x_first_of_mosquitto": float64(first.median()) / float64(alone.median()),
		})
	}
}

// startTimed starts bunkerm and returns it with the time it took to be ready.
func startTimed(b *testing.B, executable, dir string) (*server, time.Duration) {
	b.Helper()
	cmd := builtOn(executable, dir)
	began := time.Now()
	s := launch(b, dir, cmd)
	ready := s.waitLog("ready")
	s.URL, _ = ready["url"].(string)
	s.MQTT, _ = ready["mqtt"].(string)
	await(b, "/readyz answers 200", func() bool {
		answer, err := http.Get(s.URL + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return s, time.Since(began)
}
