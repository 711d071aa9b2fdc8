package main

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"
	"time"
)

// What the detectors are sent: plain numbers, on each topic two a second.
const (
	watchedFor = 15 * time.Second
	watchedMiB = 1024 // what the detectors may take: what is forgotten would be missing in the count
	// learnedFor is how long it takes until every series may alarm: of values that come more often than once a second the
	// detectors get one a second.
	learnedFor = 215 * time.Second
)

// BenchmarkDetectors measures what the detectors cost where everything is on: bunkerm's CPU time at a steady rate with
// them, and with all topics ignored by them, in turns, after every series has learned. Medians are reported:
//
//	cores_with, cores_without, cores_detectors  CPU seconds a second, and their difference
//	published, seen, dropped                    messages in the turns with detectors; those that the broker or a part of us
//	                                            says to have thrown away, in all turns
//	unaccounted                                 the first less the others
//	evicted, ready                              topics that were forgotten for want of memory; series that may alarm, a topic's
//	                                            silence being one
//	alerts, MB                                  incidents; our memory
func BenchmarkDetectors(b *testing.B) {
	rounds, learned := rounds(3, 1), learnedFor
	if testing.Short() {
		learned = 10 * time.Second
	}
	s := serveBuilt(b, built(b), b.TempDir())
	s.makeFlooder()
	s.must("PUT", "/api/settings/anomaly", map[string]any{"memory_mib": watchedMiB})
	send := newSteady(b, s.MQTT, 20_000, 10_000)
	pid := s.cmd.Process.Pid
	published, with, without := 0, []float64(nil), []float64(nil)
	watch := func(d time.Duration) float64 {
		before := cpuTime(b, pid)
		published += send.run(d)
		cores := (cpuTime(b, pid) - before).Seconds() / d.Seconds()
		await(b, "every message is seen or dropped", func() bool { return s.detected()+s.thrownAway() >= published })
		return cores
	}
	watch(learned)
	for range rounds {
		with = append(with, watch(watchedFor))
		s.ignore("#")
		before := cpuTime(b, pid)
		due := s.observedMessages("watched/") + send.run(watchedFor)
		without = append(without, (cpuTime(b, pid)-before).Seconds()/watchedFor.Seconds())
		await(b, "the ignored ones are through", func() bool { return s.observedMessages("watched/")+s.thrownAway() >= due })
		s.ignore()
	}
	slices.Sort(with)
	slices.Sort(without)
	seen, dropped, page := s.detected(), s.thrownAway(), s.watched("")
	metrics(b, map[string]float64{
		"cores_with": with[rounds/2], "cores_without": without[rounds/2], "cores_detectors": with[rounds/2] - without[rounds/2],
		"published": float64(published), "seen": float64(seen), "dropped": float64(dropped), "unaccounted": float64(published - seen - dropped),
		"evicted": float64(page.Evicted), "ready": float64(page.SeriesReady), "alerts": float64(len(s.alerts("limit=1000"))), "MB": statusMB(b, pid, "VmRSS"),
	})
}

// watchedPage is a page of what the detectors know.
type watchedPage struct {
	Entities []struct {
		Messages int `json:"messages"`
	} `json:"entities"`
	NextCursor  string `json:"next_cursor"`
	Evicted     int    `json:"evicted"`
	SeriesReady int    `json:"series_ready"`
}

func (s *server) watched(cursor string) watchedPage {
	s.t.Helper()
	var page watchedPage
	query := url.Values{"type": {"topic"}, "q": {"watched/"}, "limit": {"1000"}, "sort": {"entity"}}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	if err := json.Unmarshal([]byte(s.must("GET", "/api/ai/entities?"+query.Encode(), nil)), &page); err != nil {
		s.t.Fatal(err)
	}
	return page
}

// detected is how many messages the detectors say to have seen, of all topics that they know.
func (s *server) detected() (messages int) {
	s.t.Helper()
	for cursor := ""; ; {
		page := s.watched(cursor)
		for _, e := range page.Entities {
			messages += e.Messages
		}
		if cursor = page.NextCursor; cursor == "" {
			return messages
		}
	}
}

// thrownAway is how many messages somebody says to have dropped.
func (s *server) thrownAway() int {
	all := s.balance()
	return all.Self.Lost + all.Publish.Dropped
}

// ignore has the detectors leave those topics alone, and no others.
func (s *server) ignore(filters ...string) {
	s.t.Helper()
	s.must("PUT", "/api/settings/anomaly", map[string]any{"ignored_topics": append([]string{}, filters...)})
}
