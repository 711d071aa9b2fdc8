package main

import "time"

// measurements are everything that is run, in this order. The whole takes less than 25 minutes on two cores, a quick one less
// than five; benchmarks look at testing.Short for that.
func measurements() []*measurement {
	return []*measurement{
		// The program as it is delivered.
		{pkg: "cmd/bunkerm", bench: "Start", time: "1x", limit: 3 * time.Minute},
		{pkg: "cmd/bunkerm", bench: "Memory", time: "1x", limit: 5 * time.Minute},
		{pkg: "cmd/bunkerm", bench: "CreateClient", time: "1x", limit: 5 * time.Minute},
		{pkg: "cmd/bunkerm", bench: "ListClients", time: "1x", limit: 3 * time.Minute},
		{pkg: "cmd/bunkerm", bench: "ImportLive", time: "1x", limit: 5 * time.Minute},
		{pkg: "cmd/bunkerm", bench: "Flood", time: "1x", limit: 8 * time.Minute},
		{pkg: "cmd/bunkerm", bench: "Steady", time: "1x", limit: 5 * time.Minute},
		{pkg: "cmd/bunkerm", bench: "Crowd", time: "1x", limit: 5 * time.Minute},
		{pkg: "cmd/bunkerm", bench: "Latency", time: "1x", limit: 3 * time.Minute},
		{pkg: "cmd/bunkerm", bench: "Detectors", time: "1x", limit: 8 * time.Minute},
		{pkg: "cmd/bunkerm", bench: "Adopt", time: "1x", limit: 5 * time.Minute},
		// Parts that feel no difference between being called by the program and by a test.
		{pkg: "clientlogs", bench: "Parse/connect-flood|debug-flood|regexp", time: "300ms", count: 5, limit: 2 * time.Minute},
		{pkg: "clientlogs", bench: "Pages", time: "300x", quick: "100x", env: []string{"BUNKERM_BENCH_EVENTS=10000000"}, limit: 20 * time.Minute},
		{pkg: "monitor", bench: "History/hour|90_days", time: "100x", quick: "50x", limit: 3 * time.Minute},
		{pkg: "anomaly/detect", bench: "Add/standard|three_sigma", time: "300ms", count: 5, limit: 2 * time.Minute},
		{pkg: "anomaly/detect", bench: "Throughput", time: "2000000x", quick: "1000000x", count: 5, limit: 3 * time.Minute},
		{pkg: "config", bench: "Apply/checked", time: "15x", quick: "5x", limit: 3 * time.Minute},
		{pkg: "config/dynsecfile", bench: "Put", time: "3x", quick: "1x", limit: 3 * time.Minute},
		{pkg: "broker/conf", bench: "ParseAndCheck10k", time: "20x", count: 5, limit: 2 * time.Minute},
		// The page, in Debian's Chromium.
		{pkg: "ui", bench: "Bundle", time: "1x", limit: time.Minute},
		{pkg: "ui", bench: "Paint", command: []string{"npx", "playwright", "test", "paint"}, limit: 3 * time.Minute},
	}
}
