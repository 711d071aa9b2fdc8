package anomaly

import (
	"math"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/extract"
	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/series"
)

// Message is one that somebody has published. Its slices are read and not kept.
type Message struct {
	Topic, Payload []byte // the payload as far as it is known
	Size           int    // of the whole payload, in bytes
	Stored         bool   // the broker had kept it: nobody has published it now
}

// watch is everything that is being watched. Whoever uses it holds the service's lock. All moments are milliseconds since
// the epoch and come from outside.
type watch struct {
	settings   Settings
	zone       *time.Location
	matches    func(filter, topic string) bool
	generation int // of settings and rules; an entry looks again when it is behind

	topics   table
	wheel    wheel
	broker   *series.Topic // its figures are the fields
	clients  clients
	rules    rules
	quiet    []Maintenance
	book     *incident.Book
	context  series.Context
	payloads extract.Extractor

	ready      int     // series that may alarm, as of the last count
	budget     float64 // false alarms per series and day that are acceptable now
	unseen     int64   // until then messages may have passed by unseen
	grace      int64   // until then silence and floods are what a restart brings
	hourOf     int64   // the hour since the epoch for which hour is
	hour       int
	suppressed int64 // findings that maintenance, a restart or an ignored topic has explained

	rows    []row    // findings to be kept
	changes []change // of incidents
}

// change is what happened to an incident.
type change struct {
	incident incident.Incident // as it was then
	what     incident.What
}

const (
	graceMs = 2 * 60 * 1000 // devices wait up to so long before they connect again

	// fleetFindings is how many medium incidents a day the whole fleet may have by chance, in budgets of notifications:
	// what is not sent is still read in the digest.
	fleetFindings = 3
	// leastShare bounds how much stricter a large fleet makes each series.
	leastShare = 1. / 100
)

func newWatch(matches func(filter, topic string) bool, book func(words incident.Words) *incident.Book) *watch {
	w := &watch{matches: matches, zone: time.UTC}
	w.topics.byName = map[string]*entry{}
	w.clients.init()
	w.book = book(incident.Words{Location: func() *time.Location { return w.zone }})
	w.context = series.Context{Week: w.week, Room: w.topics.room}
	return w
}

// configure puts settings to work.
func (w *watch) configure(s Settings) {
	w.settings, w.zone = s, s.location()
	w.topics.limit = s.MemoryMiB << 20
	w.hourOf = 0
	w.generation++
	w.share()
}

// share works out which budget each series has: the one that people have set, or its part of what they want to hear at all.
func (w *watch) share() {
	budget := w.settings.SeriesBudget
	if w.ready > 0 {
		part := fleetFindings * w.settings.FleetBudget / float64(w.ready)
		budget = min(budget, max(part, leastShare*budget))
	}
	w.budget = budget * w.settings.touchiness()
}

// week is the hour of the week, 0 on Sunday's midnight, where the people are.
func (w *watch) week(ms int64) int {
	t := time.UnixMilli(ms).In(w.zone)
	return int(t.Weekday())*24 + t.Hour()
}

const hourMs = 3600 * 1000

// at prepares the context for a moment.
func (w *watch) at(ms int64) *series.Context {
	// All zones have changed by whole quarters of an hour for a long time.
	if quarter := ms / (hourMs / 4); quarter != w.hourOf || w.hourOf == 0 {
		w.hourOf, w.hour = quarter, w.week(ms)
	}
	c := &w.context
	c.At, c.Hour, c.Budget, c.Deep = ms, w.hour, w.budget, false
	c.Found, c.Grown = c.Found[:0], 0
	return c
}

// missed says that messages may have passed by unseen until now; restarted, that the broker or we begin anew.
func (w *watch) missed(ms int64, restarted bool) {
	w.unseen = ms
	if restarted {
		w.grace = ms + graceMs
		w.clients.restart(ms)
	}
}

// settling reports whether devices are still coming back after a restart. A clock that is put back does not make that longer.
func (w *watch) settling(ms int64) bool { return ms < w.grace && ms >= w.grace-graceMs }

// message takes a message in.
func (w *watch) message(ms int64, m *Message) {
	if m.Stored || len(m.Topic) == 0 || m.Topic[0] == '$' {
		return
	}
	c := w.at(ms)
	e := w.topics.get(string(m.Topic))
	if e == nil {
		e = w.topics.add(c, string(m.Topic))
	}
	w.prepare(e)
	if !e.ignored {
		w.look(c, e, m)
	}
	w.topics.seen(e, c.Grown) // what is ignored takes memory, too
	w.topics.shrink(w.forget)
}

// look takes the message of a topic in that is not ignored.
func (w *watch) look(c *series.Context, e *entry, m *Message) {
	w.catchUp(e)
	c.Deep = e.deep
	values := w.payloads.Fields(m.Payload)
	e.topic.Message(c, values, m.Size)
	w.rules.message(w, c, e, values)
	if !e.scheduled && e.topic.Messages%scheduleEvery == 0 || len(c.Found) > 0 {
		w.schedule(e)
	}
	w.report(topicSubject(e), e.topic.GapSeconds(), c.Found)
}

// catchUp tells a topic when messages may have passed by unseen.
func (w *watch) catchUp(e *entry) {
	if e.missed < w.unseen {
		e.missed = w.unseen
		e.topic.Missed(w.unseen)
	}
}

// scheduleEvery is how many messages a topic has between two looks whether its silence can be told by now.
const scheduleEvery = 16

// prepare brings what settings and rules say of a topic up to date.
func (w *watch) prepare(e *entry) {
	if e.generation == w.generation {
		return
	}
	e.generation = w.generation
	e.ignored = w.matchesAny(w.settings.IgnoredTopics, e.topic.Name)
	e.deep = w.matchesAny(w.settings.DeepTopics, e.topic.Name)
	e.rules = w.rules.of(w, e)
	w.schedule(e)
}

func (w *watch) matchesAny(filters []string, topic string) bool {
	for _, f := range filters {
		if w.matches(f, topic) {
			return true
		}
	}
	return false
}

// schedule has a topic looked at when its silence becomes strange.
func (w *watch) schedule(e *entry) {
	at, ok := e.topic.Due(&w.context)
	if due, by := w.rules.due(e); by && (!ok || due < at) {
		at, ok = due, true
	}
	if ok {
		w.wheel.put(e, at)
	}
}

// tick lets time pass: what is silent is found, and what is over ends.
func (w *watch) tick(ms int64) {
	w.wheel.advance(ms, func(e *entry) {
		if w.topics.byName[e.topic.Name] != e {
			return // it was forgotten
		}
		w.check(ms, e)
		w.schedule(e)
	})
	w.rules.tick(w, ms)
	w.clients.storm.tick(w, ms)
	for _, i := range w.book.Tick(ms) {
		w.tell(i, incident.Ended)
	}
	if ms/minuteMs != w.topics.countedAt {
		w.topics.countedAt = ms / minuteMs
		w.ready = w.topics.ready()
		w.share()
	}
}

const minuteMs = 60 * 1000

// check looks at what is strange about a topic from which nothing comes.
func (w *watch) check(ms int64, e *entry) {
	c := w.at(ms)
	w.catchUp(e)
	w.rules.check(w, c, e)
	if !e.ignored {
		e.topic.Check(c)
	}
	w.report(topicSubject(e), e.topic.GapSeconds(), c.Found)
}

// forget ends what is known of a topic that has to go.
func (w *watch) forget(e *entry) { w.wheel.remove(e) }

// Figure is one of the broker's own figures.
type Figure struct {
	Name  string
	Value float64
}

// figures takes the broker's figures in. They come again and again whether or not they change, so only the numbers count.
func (w *watch) figures(ms int64, figures []Figure) {
	c := w.at(ms)
	if w.broker == nil {
		w.broker = series.NewTopic(c, incident.TypeBroker)
	}
	values := make([]extract.Field, 0, len(figures))
	for _, f := range figures {
		if !math.IsNaN(f.Value) && !math.IsInf(f.Value, 0) {
			values = append(values, extract.Field{Path: []byte(f.Name), Kind: extract.Number, Number: f.Value})
		}
	}
	w.broker.Figures(c, values)
	w.report(incident.Subject{Type: incident.TypeBroker, Entity: incident.TypeBroker}, w.broker.GapSeconds(), c.Found)
}
