package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

// visit names a connection: the client's id and its own port. A port may come again, so visits are counted.
type visit struct {
	id   string
	port int
}

// arrival is one try to connect of which the broker may know.
type arrival struct {
	asked, answered time.Time
	left            time.Time // when it was over
	certain         bool      // the broker acknowledged it
}

// ledger knows every connection that was made, to be compared with the events that BunkerM made of them.
type ledger struct {
	mu       sync.Mutex
	arrivals map[visit][]*arrival
	blind    []window
}

// window is a time in which lines of the broker's log may be nobody's.
type window struct {
	from, to time.Time
	why      string
}

func newLedger() *ledger { return &ledger{arrivals: map[visit][]*arrival{}} }

// came notes one; over is to be called when it has ended.
func (l *ledger) came(v visit, asked time.Time, certain bool) (over func()) {
	a := &arrival{asked: asked, answered: time.Now(), left: time.Now(), certain: certain}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrivals[v] = append(l.arrivals[v], a)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		a.left = time.Now()
	}
}

// blindFor notes a time in which lines may be lost.
func (l *ledger) blindFor(w window) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blind = append(l.blind, w)
}

// excuse says why something that happened between two times may be told by nobody, "" where it must be told.
func (l *ledger) excuse(from, to time.Time) string {
	for _, w := range l.blind {
		if to.After(w.from) && from.Before(w.to) {
			return w.why
		}
	}
	return ""
}

// event is what BunkerM tells of one.
type event struct {
	ID       int64  `json:"id"`
	Event    string `json:"event"`
	ClientID string `json:"client_id"`
	Port     int    `json:"port"`
	Reason   string `json:"reason"`
	Topic    string `json:"topic"`
	Own      bool   `json:"own"`
}

// recording is what BunkerM tells of its recording of events.
type recording struct {
	State   string  `json:"state"`
	Dropped int64   `json:"dropped"`
	Queued  int64   `json:"queued"`
	Lag     float64 `json:"lag_seconds"`
}

// told are all events of one kind.
func told(ctx context.Context, h *house, kind string) ([]event, recording, error) {
	var all []event
	var last recording
	cursor := ""
	for {
		page, err := look[struct {
			Events    []event   `json:"events"`
			Next      string    `json:"next_cursor"`
			Recording recording `json:"recording"`
		}](ctx, h, "/clientlogs?limit=1000&event="+kind+"&cursor="+url.QueryEscape(cursor))
		if err != nil {
			return nil, last, err
		}
		all, last = append(all, page.Events...), page.Recording
		if cursor = page.Next; cursor == "" {
			return all, last, nil
		}
	}
}

// reckoning compares what happened with what is told.
type reckoning struct {
	Connections int            // that the broker acknowledged
	Maybe       int            // of which it may know
	Stored      int            // events of them
	Ends        int            // events of their ends
	Excused     map[string]int // beginnings and ends without an event, by why that is nobody's fault
	Missing     []string       // the same without an excuse
	Double      []string       // told more often than they were
}

// audit makes the reckoning from all events.
func (l *ledger) audit(connects, ends []event) reckoning {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := reckoning{Excused: map[string]int{}}
	begun, over := count(connects), count(ends)
	for v, arrivals := range l.arrivals {
		certain := 0
		for _, a := range arrivals {
			if a.certain {
				certain++
			}
		}
		r.Connections += certain
		r.Maybe += len(arrivals) - certain
		r.Stored += begun[v]
		r.Ends += over[v]
		l.hold(&r, v, "came", certain, begun[v], func(a *arrival) (from, to time.Time) { return a.asked, a.answered })
		l.hold(&r, v, "went", certain, over[v], func(a *arrival) (from, to time.Time) { return a.left, a.left })
	}
	for v, n := range begun {
		if _, known := l.arrivals[v]; !known {
			r.Double = append(r.Double, fmt.Sprintf("%s from port %d never connected and is told %d times", v.id, v.port, n))
		}
	}
	return r
}

// hold compares one connection's beginnings, or its ends.
func (l *ledger) hold(r *reckoning, v visit, what string, certain, told int, when func(*arrival) (from, to time.Time)) {
	arrivals := l.arrivals[v]
	if told > len(arrivals) {
		r.Double = append(r.Double, fmt.Sprintf("%s from port %d %s %d times and is told %d times", v.id, v.port, what, len(arrivals), told))
	}
	missing := certain - told
	// Which of several is missing is not known: those that have an excuse come first.
	for _, a := range arrivals {
		if why := l.excuse(when(a)); missing > 0 && a.certain && why != "" {
			r.Excused[why]++
			missing--
		}
	}
	if missing > 0 {
		last := arrivals[len(arrivals)-1]
		_, at := when(last)
		r.Missing = append(r.Missing, fmt.Sprintf("%s from port %d %s at %s", v.id, v.port, what, at.Format("15:04:05.000")))
	}
}

// count counts the crowd's events by visit.
func count(events []event) map[visit]int {
	counted := map[visit]int{}
	for _, e := range events {
		if strings.HasPrefix(e.ClientID, crowdPrefix) {
			counted[visit{e.ClientID, e.Port}]++
		}
	}
	return counted
}
