package anomaly

import (
	"context"
	"slices"
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

// outgoing decides what people are told at once and what in the digest. But for the counts it goes on where it was when the
// process ended.
type outgoing struct {
	saving sync.Mutex // held by whoever stores it

	mu      sync.Mutex
	tokens  float64 // notifications below critical that could be sent at filled
	filled  time.Time
	items   map[int64]notify.Item // for the digest
	order   []int64
	next    time.Time // when the digest is due
	sent    Sent
	unsaved unsaved
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
	what := string(event)
	if event == notify.Raised { // which may happen twice while it lasts
		what += "-" + severity.String()
	}
	m := notify.Message{
		ID:    "alert-" + strconv.FormatInt(i.ID, 10) + "-" + what + "-" + strconv.FormatInt(i.Occurrences, 10),
		Event: event, AlertID: i.ID, Severity: notify.Severity(severity.String()), Kind: string(i.Kind), Entity: i.Entity,
		OpenedAt: moment(i.OpenedAt), At: s.o.Clock(), URL: s.o.URL(i.ID),
	}
	m.Title, m.Text = i.Discreet(s.words())
	m.Value, m.ValueTitle, m.ValueText = i.Value(), i.Title, i.Explanation
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
		g.unsaved.budget = true
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
	if _, there := g.items[i.ID]; !there && len(g.order) >= mostDigest {
		return
	}
	title, _ := i.Discreet(s.words())
	g.add(i.ID, notify.Item{
		AlertID: i.ID, Event: event, Severity: notify.Severity(severity.String()), Kind: string(i.Kind), Entity: i.Entity,
		Title: title, OpenedAt: moment(i.OpenedAt), At: now,
	})
	g.unsaved.hold(i.ID)
}

// add puts an incident into the digest, or changes what is said of it there.
func (g *outgoing) add(id int64, item notify.Item) {
	if g.items == nil {
		g.items = map[int64]notify.Item{}
	}
	if _, there := g.items[id]; !there {
		g.order = append(g.order, id)
	}
	g.items[id] = item
}

// tick sends the digest when its hour has come, also when that was while we were away, and stores what has changed.
func (g *outgoing) tick(ctx context.Context, s *Service, now time.Time) {
	if items, worst, day := g.due(s.settings.Load(), now); len(items) > 0 {
		g.told(items, s.sendDigest(ctx, items, worst, day, now), now)
	}
	g.save(ctx, s)
}

// due returns what the digest has to tell now, how bad the worst of it is, and the day of which it is the digest.
func (g *outgoing) due(settings *Settings, now time.Time) (items []notify.Item, worst incident.Severity, day time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	here := now.In(settings.location())
	next := time.Date(here.Year(), here.Month(), here.Day(), settings.DigestHour, 0, 0, 0, here.Location())
	if !next.After(here) {
		next = next.AddDate(0, 0, 1)
	}
	if g.next.IsZero() || next.Before(g.next) {
		g.next, g.unsaved.budget = next, true
	}
	if now.Before(g.next) {
		return nil, 0, day
	}
	day = g.next
	g.next, g.unsaved.budget = next, true
	worst = incident.Medium
	for _, id := range g.order {
		items = append(items, g.items[id])
		if severity, ok := incident.ParseSeverity(string(g.items[id].Severity)); ok {
			worst = max(worst, severity)
		}
	}
	return items, worst, day
}

// digestAgain is when a digest is tried again that could not be queued.
const digestAgain = time.Minute

// told takes what was sent out of the digest. Whoever is killed before that has been stored sends it once more, under the same id.
func (g *outgoing) told(items []notify.Item, sent bool, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !sent {
		g.next = now.Add(digestAgain)
		return
	}
	g.sent.Digests++
	for _, item := range items {
		if g.items[item.AlertID].At.Equal(item.At) { // else more has happened meanwhile
			delete(g.items, item.AlertID)
			g.unsaved.tell(item.AlertID)
		}
	}
	g.order = slices.DeleteFunc(g.order, func(id int64) bool { _, there := g.items[id]; return !there })
}

// sendDigest hands a digest to the channels, and reports whether that has been done.
func (s *Service) sendDigest(ctx context.Context, items []notify.Item, worst incident.Severity, day, now time.Time) bool {
	if s.o.Notify == nil {
		return true
	}
	title := strconv.Itoa(len(items)) + " incidents since the last digest"
	if len(items) == 1 {
		title = "One incident since the last digest"
	}
	_, err := s.o.Notify.Send(ctx, notify.Message{
		ID: "digest-" + day.UTC().Format("2006-01-02"), Event: notify.Digest, Severity: notify.Severity(worst.String()), Title: title,
		At: now, Items: items, URL: s.o.URL(0),
	})
	if err != nil && ctx.Err() == nil {
		s.log.Warn("the digest could not be queued; it is tried again", "error", err)
	}
	return err == nil
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
