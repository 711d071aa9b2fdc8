package monitor

import (
	"context"
	"sync"
	"time"
)

// checkEvery is how often the sessions that the log tells of are compared with what the broker counts. A comparison
// reads the whole list of clients from the broker.
const checkEvery = time.Minute

// sessionCheck compares the sessions with the connections that the broker's own list has (mosquitto 2.1 with dynamic
// security). A user whose numbers differ twice in a row is in doubt: once may be a session that began or ended in
// between.
type sessionCheck struct {
	mu      sync.Mutex
	checked time.Time
	suspect map[string]bool // differed the last time
	doubted map[string]bool // and the time before
}

func (c *sessionCheck) at() *time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return instantOrNull(c.checked)
}

func (c *sessionCheck) doubts(username string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doubted[username]
}

func (c *sessionCheck) run(ctx context.Context, s *Service) {
	if s.o.Check == nil {
		return
	}
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.compare(ctx, s)
		}
	}
}

func (c *sessionCheck) compare(ctx context.Context, s *Service) {
	connections, ok := s.o.Check(ctx)
	sessions, known := s.o.Sessions()
	if !ok || !known {
		return
	}
	counted := map[string]int{}
	for i := range sessions {
		counted[sessions[i].Username]++
	}
	differ := map[string]bool{}
	for username, n := range connections {
		if counted[username] != n {
			differ[username] = true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	doubted := map[string]bool{}
	for username := range differ {
		if c.suspect[username] {
			doubted[username] = true
		}
	}
	c.suspect, c.doubted, c.checked = differ, doubted, s.o.Clock()
}
