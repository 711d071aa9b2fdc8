package anomaly

import (
	"context"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/fault"
)

// MetricName names a series.
type MetricName struct {
	Entity string `json:"entity" minLength:"1" maxLength:"65535" doc:"A topic, or broker"`
	Field  string `json:"field" maxLength:"128" doc:"The field; empty for a payload that is no document"`
}

// Rebase lets a series begin anew: what it was like is forgotten, as after a change of unit, what is open of it is over, and
// nothing alarms about it until it has been learned again. The fault is NotFound where there is no such series.
func (s *Service) Rebase(ctx context.Context, entity, field string) (Metric, error) {
	now := s.o.Clock().UnixMilli()
	s.mu.Lock()
	m, ok := s.rebase(ctx, now, entity, field)
	s.mu.Unlock()
	if !ok {
		return Metric{}, fault.New(fault.NotFound, "there is no such series").
			Hint("GET /ai/metrics lists those of a topic; one that was quiet for long may have been forgotten")
	}
	s.hurry.Store(true)
	s.flushNow(ctx)
	s.o.Record(ctx, "metric.rebase", "metric/"+entity, nil, map[string]string{"field": field})
	return m, nil
}

func (s *Service) rebase(ctx context.Context, now int64, entity, field string) (Metric, bool) {
	w := s.watch
	c := w.at(now)
	topic, values := w.broker, true
	subject := incident.Subject{Type: incident.TypeBroker, Entity: incident.TypeBroker}
	var e *entry
	if entity != incident.TypeBroker {
		if e = w.topics.get(entity); e == nil {
			return Metric{}, false
		}
		topic, subject, values = e.topic, topicSubject(e), s.o.Allowed(ctx, permissionPayload)
	}
	if topic == nil || !topic.Rebase(c, field) {
		return Metric{}, false
	}
	w.report(subject, topic.GapSeconds(), c.Found)
	if e != nil {
		w.topics.seen(e, c.Grown)
		w.schedule(e)
	}
	return s.metricOf(topic, topic.Field(field), &MetricQuery{}, values), true
}
