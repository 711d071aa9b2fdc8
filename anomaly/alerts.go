package anomaly

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/fault"
)

// alertCursor is the last incident of a page.
type alertCursor struct {
	closed int // 1: it is over
	id     int64
}

func (c alertCursor) String() string {
	return strconv.Itoa(c.closed) + "." + strconv.FormatInt(c.id, 10)
}

func parseAlertCursor(text string) (c alertCursor, ok bool) {
	closed, id, found := strings.Cut(text, ".")
	n, err := strconv.ParseInt(id, 10, 64)
	if !found || err != nil || n < 1 || closed != "0" && closed != "1" {
		return c, false
	}
	c.id = n
	if closed == "1" {
		c.closed = 1
	}
	return c, true
}

func notAcceptable(place, what string) error {
	return fault.New(fault.Invalid, "the request is not acceptable").At(place, what)
}

const permissionPayload = "payload:read"

// Alerts returns a page of incidents.
func (s *Service) Alerts(ctx context.Context, q AlertQuery) (AlertPage, error) {
	if q.Cursor != "" {
		c, ok := parseAlertCursor(q.Cursor)
		if !ok {
			return AlertPage{}, notAcceptable("query.cursor", "is not a cursor of this list")
		}
		q.after = c
	}
	q.Limit = pageSize(q.Limit)
	s.flushNow(ctx)
	all, total, err := s.alerts(ctx, &q)
	if err != nil {
		return AlertPage{}, err
	}
	page := AlertPage{Alerts: []Alert{}, Total: total, Open: s.open(), Learned: s.news, Sent: s.Sent()}
	if len(all) > q.Limit {
		all = all[:q.Limit]
		last := alertCursor{id: all[q.Limit-1].ID}
		if all[q.Limit-1].ClosedAt > 0 {
			last.closed = 1
		}
		page.NextCursor = last.String()
	}
	values := s.o.Allowed(ctx, permissionPayload)
	for i := range all {
		page.Alerts = append(page.Alerts, s.alertOf(&all[i], values))
	}
	return page, nil
}

// flushNow stores what has changed, so that a list shows it. What cannot be stored now is tried again by Tick.
func (s *Service) flushNow(ctx context.Context) {
	if err := s.flush(context.WithoutCancel(ctx)); err != nil {
		s.log.Warn("incidents could not be stored; they are tried again", "error", err)
	}
}

// open counts the incidents that are not over, by severity.
func (s *Service) open() map[string]int {
	n := map[string]int{"low": 0, "medium": 0, "high": 0, "critical": 0}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.watch.book.All() {
		if i.Status == incident.Open {
			n[i.Severity.String()]++
		}
	}
	return n
}

// Alert returns one incident with everything that belongs to it.
func (s *Service) Alert(ctx context.Context, id int64) (AlertDetail, error) {
	s.flushNow(ctx)
	d, there, err := s.incident(ctx, id)
	if err != nil {
		return AlertDetail{}, err
	}
	if !there {
		return AlertDetail{}, errNoAlert(id)
	}
	return s.detailOf(ctx, &d), nil
}

func (s *Service) detailOf(ctx context.Context, d *detail) AlertDetail {
	values := s.o.Allowed(ctx, permissionPayload)
	a := AlertDetail{Alert: s.alertOf(d, values), Parts: []AlertPart{}, Points: []ChartPoint{}}
	for _, m := range d.Members {
		a.Parts = append(a.Parts, AlertPart{Type: m.Type, Entity: m.Entity, Field: m.Field, Kind: string(m.Kind), Over: m.Over || d.ClosedAt > 0})
	}
	if !values && d.Type == incident.TypeTopic {
		return a
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.watch.book.Get(d.ID); i != nil && d.goesOn(i) {
		a.Points = append(a.Points, course(d.Points, s.watch.chart(i), d.OpenedAt)...)
	} else {
		a.Points = append(a.Points, d.Points...)
	}
	return a
}

func errNoAlert(id int64) error {
	return fault.Newf(fault.NotFound, "there is no alert %d", id).Hint("alerts are kept for 400 days; GET /ai/alerts lists them")
}

// Acknowledge notes that somebody has seen an incident, with an optional note. Twice is no error: the newest note counts. One
// that is over stays over.
func (s *Service) Acknowledge(ctx context.Context, id int64, note string) (Alert, error) {
	return s.change(ctx, id, "alert.acknowledge", func(i *incident.Incident) {
		if note != "" {
			i.Note = note
		}
		if i.AcknowledgedAt == 0 {
			i.AcknowledgedAt, i.AcknowledgedBy = s.o.Clock().UnixMilli(), s.o.Actor(ctx)
		}
		if i.Status == incident.Open {
			i.Status = incident.Acknowledged
		}
	})
}

// The verdicts of people.
const (
	TrueAlarm  = "true_alarm"
	FalseAlarm = "false_alarm"
)

// How far a verdict moves the threshold of a series.
const (
	lessTouchy = 0.5
	moreTouchy = -0.25
)

// Feedback keeps what somebody says of an incident, and makes its series less touchy after a false alarm and a little more
// after a true one. The same verdict twice counts once.
func (s *Service) Feedback(ctx context.Context, id int64, verdict string) (Alert, error) {
	by := lessTouchy
	if verdict == TrueAlarm {
		by = moreTouchy
	}
	return s.change(ctx, id, "alert.feedback", func(i *incident.Incident) {
		if i.Verdict == verdict {
			return
		}
		step := by
		switch i.Verdict { // what was said before is taken back
		case TrueAlarm:
			step -= moreTouchy
		case FalseAlarm:
			step -= lessTouchy
		}
		i.Verdict = verdict
		for _, m := range i.Members {
			if e := s.watch.topics.get(m.Entity); e != nil && m.Type == incident.TypeTopic && i.Learned {
				e.topic.Tune(m.Field, m.Kind, step, s.o.Clock().UnixMilli())
				s.hurry.Store(true)
			}
		}
	})
}

// change lets a person change an incident, whether it is open or over.
func (s *Service) change(ctx context.Context, id int64, action string, change func(*incident.Incident)) (Alert, error) {
	s.flushNow(ctx)
	s.mu.Lock()
	i := s.watch.book.Get(id)
	if i != nil {
		change(i)
		s.watch.book.Touch(i)
	}
	s.mu.Unlock()
	var err error
	if i != nil {
		err = s.flush(ctx) // it is on the disk before the answer goes out
	} else {
		err = s.changeClosed(ctx, id, change)
	}
	if err != nil {
		return Alert{}, err
	}
	s.o.Record(ctx, action, "alert/"+strconv.FormatInt(id, 10), nil, nil)
	a, err := s.Alert(ctx, id)
	return a.Alert, err
}

// changeClosed changes an incident that is over. What its series looked like stays as it was stored: in memory it has gone on.
func (s *Service) changeClosed(ctx context.Context, id int64, change func(*incident.Incident)) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	d, there, err := s.incident(ctx, id)
	if err != nil {
		return err
	}
	if !there {
		return errNoAlert(id)
	}
	s.mu.Lock()
	change(&d.Incident)
	s.mu.Unlock()
	if err := s.store(ctx, []detail{d}); err != nil {
		return err
	}
	s.events.alerts([]detail{d})
	return nil
}

// Anomalies returns a page of findings.
func (s *Service) Anomalies(ctx context.Context, q AnomaliesQuery) (AnomaliesPage, error) {
	if q.Cursor != "" {
		after, err := strconv.ParseInt(q.Cursor, 10, 64)
		if err != nil || after < 1 {
			return AnomaliesPage{}, notAcceptable("query.cursor", "is not a cursor of this list")
		}
		q.after = after
	}
	q.Limit = pageSize(q.Limit)
	s.flushNow(ctx)
	if err := s.rows.Flush(ctx); err != nil {
		return AnomaliesPage{}, err
	}
	all, err := s.findings(ctx, &q)
	if err != nil {
		return AnomaliesPage{}, err
	}
	page := AnomaliesPage{Anomalies: []Anomaly{}}
	if len(all) > q.Limit {
		all = all[:q.Limit]
		page.NextCursor = strconv.FormatInt(all[q.Limit-1].ID, 10)
	}
	if !s.o.Allowed(ctx, permissionPayload) {
		for i := range all {
			if a := &all[i]; a.Type == incident.TypeTopic {
				a.Value, a.Expected, a.Low, a.High = nil, nil, nil, nil
				a.Explanation = "Values need the permission payload:read."
			}
		}
	}
	page.Anomalies = append(page.Anomalies, all...)
	return page, nil
}

// pageSize is the number of things on a page for what was asked for.
func pageSize(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, 1000)
}

// between reports whether a range of times is one.
func between(from, to time.Time) error {
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		return notAcceptable("query.to", "is before from")
	}
	return nil
}
