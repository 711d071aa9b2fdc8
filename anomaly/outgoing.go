package anomaly

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/notify"
)

// Sent is what became of what could have been sent.
type Sent struct {
	Sent       int64 `json:"sent" doc:"Notifications that were handed to the channels since the start"`
	Held       int64 `json:"held" doc:"Those that were held back for the digest: beyond the budget, or about a series in its first seven days"`
	Digests    int64 `json:"digests" doc:"Digests that were sent"`
	Waiting    int   `json:"waiting" doc:"Incidents that the next digest will tell of"`
	Suppressed int64 `json:"suppressed" doc:"Findings that a restart or maintenance has explained"`
	Refused    int64 `json:"refused" doc:"Incidents that were not opened because too many were open"`
}

// outgoing decides what people are told at once and what in the digest.
type outgoing struct {
	mu     sync.Mutex
	tokens float64 // notifications below critical that may be sent now
	filled time.Time
	items  map[int64]notify.Item // for the digest
	order  []int64
	next   time.Time // when the digest is due
	sent   Sent
}

// newFor is how long a series is new: what a detector says of it is told in the digest only.
const newFor = 7 * 24 * time.Hour

// mostDigest bounds the incidents of a digest.
const mostDigest = 500

// change decides about one change of an incident.
func (g *outgoing) change(ctx context.Context, s *Service, c *change) {
	i := &c.incident
	event, severity := notify.Opened, i.Severity
	switch c.what {
	case incident.Raised:
		event = notify.Raised
	case incident.Ended:
		event = notify.Closed
	}
	if severity < incident.Medium || event == notify.Closed && i.Told == 0 {
		return
	}
	m := notify.Message{
		ID:    "alert-" + strconv.FormatInt(i.ID, 10) + "-" + string(event) + "-" + strconv.FormatInt(i.Occurrences, 10),
		Event: event, AlertID: i.ID, Severity: notify.Severity(severity.String()), Kind: string(i.Kind), Entity: i.Entity,
		OpenedAt: moment(i.OpenedAt), At: s.o.Clock(), URL: s.o.URL(i.ID),
	}
	m.Title, m.Text = i.Discreet(s.words()) // a channel that carries values has them in Value
	m.Value = i.Value()
	fresh := i.Learned && s.isNew(i)
	g.mu.Lock()
	now := s.o.Clock()
	g.fill(s, now)
	held := event != notify.Closed && (fresh || severity < incident.Critical && i.Class != incident.Rule &&
		i.Class != incident.Operational && g.tokens < 1)
	switch {
	case held:
		g.hold(s, i, event, severity, now)
	case event != notify.Closed && severity < incident.Critical && i.Learned:
		g.tokens--
	}
	g.mu.Unlock()
	if held || s.o.Notify == nil {
		return
	}
	queued, err := s.o.Notify.Send(ctx, m)
	if err != nil && ctx.Err() == nil {
		s.log.Warn("a notification could not be queued", "alert", i.ID, "error", err)
	}
	if queued > 0 {
		s.setTold(i.ID, severity)
		g.mu.Lock()
		g.sent.Sent++
		g.mu.Unlock()
	}
}

// fill gives back what the budget gives with time: at most a day's worth.
func (g *outgoing) fill(s *Service, now time.Time) {
	budget := s.settings.Load().FleetBudget
	if g.filled.IsZero() {
		g.tokens = budget
	} else if passed := now.Sub(g.filled); passed > 0 {
		g.tokens += passed.Hours() / 24 * budget
	}
	g.filled = now
	g.tokens = min(g.tokens, max(1, budget))
}

func (g *outgoing) hold(s *Service, i *incident.Incident, event notify.Event, severity incident.Severity, now time.Time) {
	g.sent.Held++
	if g.items == nil {
		g.items = map[int64]notify.Item{}
	}
	if _, there := g.items[i.ID]; !there {
		if len(g.order) >= mostDigest {
			return
		}
		g.order = append(g.order, i.ID)
	}
	title, _ := i.Discreet(s.words())
	g.items[i.ID] = notify.Item{
		AlertID: i.ID, Event: event, Severity: notify.Severity(severity.String()), Kind: string(i.Kind), Entity: i.Entity,
		Title: title, OpenedAt: moment(i.OpenedAt), At: now,
	}
}

// tick sends the digest when its hour has come.
func (g *outgoing) tick(ctx context.Context, s *Service, now time.Time) {
	g.mu.Lock()
	settings := s.settings.Load()
	here := now.In(settings.location())
	due := time.Date(here.Year(), here.Month(), here.Day(), settings.DigestHour, 0, 0, 0, here.Location())
	if !due.After(here) {
		due = due.AddDate(0, 0, 1)
	}
	if g.next.IsZero() || due.Before(g.next) {
		g.next = due
	}
	if now.Before(g.next) {
		g.mu.Unlock()
		return
	}
	g.next = due
	items := make([]notify.Item, 0, len(g.order))
	worst := incident.Medium
	for _, id := range g.order {
		items = append(items, g.items[id])
		if severity, ok := incident.ParseSeverity(string(g.items[id].Severity)); ok {
			worst = max(worst, severity)
		}
	}
	g.items, g.order = nil, nil
	if len(items) > 0 {
		g.sent.Digests++
	}
	g.mu.Unlock()
	if len(items) == 0 || s.o.Notify == nil {
		return
	}
	title := strconv.Itoa(len(items)) + " incidents since the last digest"
	if len(items) == 1 {
		title = "One incident since the last digest"
	}
	if _, err := s.o.Notify.Send(ctx, notify.Message{
		ID: "digest-" + now.UTC().Format("2006-01-02"), Event: notify.Digest, Severity: notify.Severity(worst.String()), Title: title,
		At: now, Items: items, URL: s.o.URL(0),
	}); err != nil && ctx.Err() == nil {
		s.log.Warn("the digest could not be queued", "error", err)
	}
}

// Sent is what was sent and what was held back.
func (s *Service) Sent() Sent {
	s.outgoing.mu.Lock()
	sent := s.outgoing.sent
	sent.Waiting = len(s.outgoing.order)
	s.outgoing.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	sent.Suppressed, sent.Refused = s.watch.suppressed, s.watch.book.Refused
	return sent
}

// isNew reports whether an incident is about a series that has not been known for long.
func (s *Service) isNew(i *incident.Incident) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first int64
	switch i.Type {
	case incident.TypeTopic:
		if e := s.watch.topics.get(i.Entity); e != nil {
			first = e.topic.First
		}
	case incident.TypeBroker:
		if s.watch.broker != nil {
			first = s.watch.broker.First
		}
	default:
		return false
	}
	return s.o.Clock().Sub(moment(first)) < newFor
}

// setTold notes that people have been sent a message about an incident, so that they hear of its end, also after a restart.
func (s *Service) setTold(id int64, severity incident.Severity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.watch.book.Get(id); i != nil {
		i.Told = severity
		s.watch.book.Touch(i)
	}
}
