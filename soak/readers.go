package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// reader follows the events as a page or a script does, and goes on behind the last one that it has got when its stream breaks:
// because BunkerM was killed, or because the reader hangs up, as it does itself now and then.
type reader struct {
	name  string
	query string
	slow  bool // stops reading for seconds, so that events pile up

	mu      sync.Mutex
	told    map[happening]int
	last    int64    // id of the newest event
	begun   int      // streams
	gaps    []string // what was said to be missing
	strange []string // what no stream may tell
}

// happening is an event without its id: after a kill the same one may be told of under another.
type happening struct {
	event, client string
	port          int
}

// readerKinds are the events of which every one is reckoned with.
const readerKinds = "connect,disconnect,takeover"

// newReaders are those that follow a soak: one of everything, one that is slow, and two of what is reckoned with.
func newReaders() []*reader {
	readers := []*reader{
		{name: "the reader of everything"}, {name: "the slow reader", query: "?event=" + readerKinds, slow: true},
		{name: "the first reader", query: "?event=" + readerKinds}, {name: "the second reader", query: "?event=" + readerKinds},
	}
	for _, r := range readers {
		r.told = map[happening]int{}
	}
	return readers
}

// run follows the events until ctx ends.
func (r *reader) run(ctx context.Context, h *house, random *rand.Rand) {
	// What waits in the sockets is little, so that BunkerM notices who does not read.
	dialer := net.Dialer{Timeout: 20 * time.Second}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if tcp, ok := conn.(*net.TCPConn); ok && r.slow {
			_ = tcp.SetReadBuffer(32 << 10)
		}
		return conn, err
	}}
	client := &http.Client{Transport: transport}
	defer transport.CloseIdleConnections()
	for ctx.Err() == nil {
		some, hangUp := context.WithTimeout(ctx, 5*time.Second+exponential(random, 30*time.Second))
		r.follow(some, h, client, random)
		hangUp()
		pause(ctx, time.Duration(random.Int64N(int64(2*time.Second))))
	}
}

// follow reads one stream until it ends.
func (r *reader) follow(ctx context.Context, h *house, client *http.Client, random *rand.Rand) {
	h.mu.Lock()
	url, key := h.url, h.key
	h.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/clientlogs"+r.query, nil)
	if err != nil {
		return
	}
	request.Header.Set("X-API-Key", key)
	request.Header.Set("Accept", "text/event-stream")
	r.mu.Lock()
	if r.begun > 0 {
		request.Header.Set("Last-Event-ID", strconv.FormatInt(r.last, 10))
	}
	r.mu.Unlock()
	response, err := client.Do(request)
	if err != nil {
		return // it is being started
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return
	}
	r.mu.Lock()
	r.begun++
	r.mu.Unlock()
	var id, name string
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			r.hear(id, name, value)
		}
		if r.slow && n%2000 == 0 && !pause(ctx, exponential(random, 2*time.Second)) {
			return
		}
	}
}

// hear notes one event.
func (r *reader) hear(id, name, data string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name == "gap" {
		r.gaps = append(r.gaps, data)
		return
	}
	n, err := strconv.ParseInt(id, 10, 64)
	var e event
	if err == nil {
		err = json.Unmarshal([]byte(data), &e)
	}
	switch {
	case err != nil:
		r.strange = append(r.strange, fmt.Sprintf("%s was told %q of event %q", r.name, data, id))
	case n != e.ID || n <= r.last:
		r.strange = append(r.strange, fmt.Sprintf("%s was told of event %d as %s behind %d", r.name, e.ID, id, r.last))
	}
	r.last = max(r.last, n)
	if strings.HasPrefix(e.ClientID, crowdPrefix) && strings.Contains(readerKinds, e.Event) {
		r.told[happening{e.Event, e.ClientID, e.Port}]++
	}
}

// hold compares what a reader was told with what is stored. Both were told by the same BunkerM, of the same lines: only what was
// dropped for want of room may have been told and not stored.
func (r *reader) hold(stored []event, dropped int64) (missing, double []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := map[happening]int{}
	for _, e := range stored {
		if strings.HasPrefix(e.ClientID, crowdPrefix) {
			kept[happening{e.Event, e.ClientID, e.Port}]++
		}
	}
	var more int64
	for what, n := range kept {
		if told := r.told[what]; told < n {
			missing = append(missing, fmt.Sprintf("%s was told %d times, not %d, of a %s of %s from port %d", r.name, told, n, what.event, what.client, what.port))
		}
	}
	for what, told := range r.told {
		if n := kept[what]; told > n {
			more += int64(told - n)
			double = append(double, fmt.Sprintf("%s was told %d times, not %d, of a %s of %s from port %d", r.name, told, n, what.event, what.client, what.port))
		}
	}
	if more <= dropped {
		double = nil
	}
	return missing, append(double, r.strange...)
}

// read lets the readers loose, and returns when each has its stream. Who calls hangUp waits until all have gone.
func (s *soak) read(ctx context.Context) (hangUp func(), err error) {
	ctx, end := context.WithCancel(ctx)
	var all sync.WaitGroup
	hangUp = func() { end(); all.Wait() }
	s.readers = newReaders()
	for i, r := range s.readers {
		all.Go(func() { r.run(ctx, s.house, randomOf(s.o.Seed, uint64(3000+i))) })
	}
	for _, r := range s.readers {
		if !until(ctx, patience, func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.begun > 0 }) {
			hangUp()
			return nil, fmt.Errorf("%s got no stream", r.name)
		}
	}
	return hangUp, nil
}

// reckonReaders holds all readers against what is stored, as soon as they have had the time to read it.
func (s *soak) reckonReaders(ctx context.Context, stored []event, dropped int64) {
	var missing, double []string
	until(ctx, patience/3, func() bool {
		missing, double = nil, nil
		for _, r := range s.readers {
			less, more := r.hold(stored, dropped)
			missing, double = append(missing, less...), append(double, more...)
		}
		return len(missing) == 0
	})
	s.report.some("events that were stored and not streamed", missing)
	s.report.some("events that were streamed wrongly or more than once", double)
	for _, r := range s.readers {
		r.mu.Lock()
		s.report.fact("%s had %d streams, up to event %d, and was told %d times that something is missing", r.name, r.begun, r.last, len(r.gaps))
		r.mu.Unlock()
	}
}
