package anomaly

import (
	"context"
	"math"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/series"
)

// Condition is something that BunkerM itself looks after: whether it is in order, and if not, since when and what to do.
type Condition struct {
	Key      string // names it, as in broker_down; of several certificates each has its own
	Kind     string // the word of the alert, as in certificate
	Wrong    bool
	Severity incident.Severity
	Title    string
	Text     string
	Since    time.Time // zero: now
}

// watchConditions asks again and again.
func (s *Service) watchConditions(ctx context.Context) {
	tick := time.NewTicker(conditionEvery)
	defer tick.Stop()
	for {
		s.Conditions(s.o.Clock(), s.o.Conditions(ctx))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Conditions takes in what is in order and what is not.
func (s *Service) Conditions(at time.Time, all []Condition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range all {
		s.watch.condition(at.UnixMilli(), &all[i])
	}
}

// condition reports one. It needs no threshold: it is so, or it is not.
func (w *watch) condition(ms int64, c *Condition) {
	since := ms
	if !c.Since.IsZero() {
		since = c.Since.UnixMilli()
	}
	nothing := math.NaN()
	w.take(&incident.Report{
		Finding: series.Finding{
			Kind: series.Kind(c.Kind), At: ms, Since: since, Over: !c.Wrong, Value: nothing, Expected: nothing, Low: nothing, High: nothing,
		},
		Subject: incident.Subject{Type: incident.TypeBroker, Entity: incident.TypeBroker},
		Class:   incident.Operational, Severity: c.Severity, Lasts: true, Rule: c.Key, Title: c.Title, Text: c.Text,
	})
}
