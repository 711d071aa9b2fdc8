package anomaly

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/series"
	"github.com/bunkerm/bunkerm/query"
)

// Entity is a topic, a client or the broker, as lists show it.
type Entity struct {
	Entity     string    `json:"entity" doc:"The topic, the client id, or broker"`
	Type       string    `json:"type" enum:"topic,client,broker" doc:"What it is"`
	Fields     int       `json:"fields" doc:"How many series its payloads have"`
	Messages   int64     `json:"messages" doc:"Messages, or for a client what it did, since it is known"`
	FirstSeen  time.Time `json:"first_seen" doc:"When it was first seen"`
	LastSeen   time.Time `json:"last_seen" doc:"When it was last seen"`
	State      string    `json:"state" enum:"learning,ready,ignored" doc:"learning: fewer than 200 values"`
	Samples    int64     `json:"samples" doc:"Values that count for learning, of the field that has most, at most 200"`
	Score      float64   `json:"score" doc:"The highest score of its last message"`
	OpenAlerts int       `json:"open_alerts" doc:"Incidents of it that are not over"`
}

// EntityPage is a part of the list of entities.
type EntityPage struct {
	Entities    []Entity `json:"entities" nullable:"false" doc:"The entities"`
	Total       int      `json:"total" doc:"How many match, on all pages"`
	NextCursor  string   `json:"next_cursor,omitempty" doc:"Give it as cursor to get the next page; absent on the last one"`
	Evicted     int64    `json:"evicted" doc:"Topics and clients that were forgotten to make room for others"`
	MemoryBytes int      `json:"memory_bytes" doc:"What the detectors of topics take"`
	MemoryLimit int      `json:"memory_limit" doc:"What they may take"`
	SeriesReady int      `json:"series_ready" doc:"Series that may alarm"`
	SeriesShare float64  `json:"series_budget" doc:"False alarms per series and day that are acceptable now: less than the setting in a large fleet"`
}

// The orders of the list of entities.
const (
	SortEntity   = "entity"
	SortScore    = "score"
	SortMessages = "messages"
	SortLastSeen = "last_seen"
	SortAlerts   = "open_alerts"
)

// EntityQuery says which entities are asked for.
type EntityQuery struct {
	Type   string
	Q      string
	Sort   string // empty: SortScore
	Limit  int
	Cursor string
}

// Entities returns a page. Nothing is kept sorted: each page looks at all that match, which takes some milliseconds for
// 100,000 topics, and the cursor is the number of those that came before.
func (s *Service) Entities(_ context.Context, q EntityQuery) (EntityPage, error) {
	skip := 0
	if q.Cursor != "" {
		n, err := strconv.Atoi(q.Cursor)
		if err != nil || n < 0 {
			return EntityPage{}, notAcceptable("query.cursor", "is not a cursor of this list")
		}
		skip = n
	}
	q.Limit = pageSize(q.Limit)
	all, page := s.listEntities(&q)
	slices.SortFunc(all, orderOf(q.Sort))
	page.Total = len(all)
	all = all[min(skip, len(all)):]
	if len(all) > q.Limit {
		all = all[:q.Limit]
		page.NextCursor = strconv.Itoa(skip + q.Limit)
	}
	page.Entities = append(page.Entities, all...)
	return page, nil
}

func orderOf(order string) func(a, b Entity) int {
	by := func(a, b Entity) int { return cmp.Or(b.OpenAlerts-a.OpenAlerts, cmp.Compare(b.Score, a.Score)) }
	switch order {
	case SortEntity:
		by = func(Entity, Entity) int { return 0 }
	case SortMessages:
		by = func(a, b Entity) int { return cmp.Compare(b.Messages, a.Messages) }
	case SortLastSeen:
		by = func(a, b Entity) int { return b.LastSeen.Compare(a.LastSeen) }
	case SortScore:
		by = func(a, b Entity) int { return cmp.Compare(b.Score, a.Score) }
	}
	return func(a, b Entity) int {
		return cmp.Or(by(a, b), cmp.Compare(b.Type, a.Type), cmp.Compare(a.Entity, b.Entity))
	}
}

func (s *Service) listEntities(q *EntityQuery) (all []Entity, page EntityPage) {
	find := query.NewFinder(q.Q)
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watch
	page = EntityPage{
		Entities: []Entity{}, Evicted: w.topics.evicted + w.clients.evicted, MemoryBytes: w.topics.bytes, MemoryLimit: w.topics.limit,
		SeriesReady: w.ready, SeriesShare: w.budget,
	}
	if q.Type == "" || q.Type == incident.TypeTopic {
		for _, e := range w.topics.byName {
			if !find.In(e.topic.Name) {
				continue
			}
			one := entityOf(e.topic, incident.TypeTopic)
			if e.ignored {
				one.State = "ignored"
			}
			all = append(all, one)
		}
	}
	if w.broker != nil && (q.Type == "" || q.Type == incident.TypeBroker) && find.In(incident.TypeBroker) {
		all = append(all, entityOf(w.broker, incident.TypeBroker))
	}
	if q.Type == "" || q.Type == incident.TypeClient {
		for _, k := range w.clients.byID {
			if find.In(k.id) {
				all = append(all, Entity{
					Entity: k.id, Type: incident.TypeClient, Messages: k.events, FirstSeen: moment(k.first), LastSeen: moment(k.last), State: stateReady,
					Samples: series.Samples,
				})
			}
		}
	}
	for i := range all {
		all[i].OpenAlerts = w.book.OpenOf(all[i].Type, all[i].Entity)
	}
	return all, page
}

const (
	stateLearning = "learning"
	stateReady    = "ready"
)

func entityOf(t *series.Topic, kind string) Entity {
	score, ready := t.Score()
	e := Entity{
		Entity: t.Name, Type: kind, Fields: len(t.Fields()), Messages: t.Messages, FirstSeen: moment(t.First), LastSeen: moment(t.Last),
		State: stateLearning, Score: round(score), Samples: min(t.Messages, series.Samples),
	}
	if ready > 0 || len(t.Fields()) == 0 && t.Messages >= series.Samples {
		e.State, e.Samples = stateReady, series.Samples
	}
	return e
}

// Metric is one series, as lists show it.
type Metric struct {
	Entity          string        `json:"entity" doc:"The topic, or broker"`
	Field           string        `json:"field" doc:"The field of the payload; empty for a plain one"`
	Type            string        `json:"type" enum:"number,counter,state,text" doc:"counter: it only grows, and its change per second is looked at; state: booleans and words of which there are few; text: words of which there are many, which are not looked at"`
	State           string        `json:"state" enum:"learning,ready" doc:"learning: nothing alarms yet"`
	Week            string        `json:"week" enum:"none,learning,ready" doc:"Whether the hours of the week are known: that takes two weeks. none: the series has no profile, for want of memory or because it is no number"`
	Samples         int64         `json:"samples" doc:"Values that count for learning, at most samples_needed"`
	SamplesNeeded   int64         `json:"samples_needed" doc:"From which on it may alarm"`
	Rate            float64       `json:"rate" doc:"Values a second"`
	IntervalSeconds float64       `json:"interval_seconds" doc:"The usual time between two values"`
	Mean            *float64      `json:"mean" doc:"Of about the last thousand values"`
	Stddev          *float64      `json:"stddev" doc:"Their standard deviation"`
	Median          *float64      `json:"median" doc:"The robust long-term level; null while learning"`
	Low             *float64      `json:"low" doc:"Between low and high the next value is no alarm; of a counter's change per second"`
	High            *float64      `json:"high" doc:"See low"`
	LastValue       *float64      `json:"last_value" doc:"The last number"`
	LastText        string        `json:"last_text,omitempty" doc:"The last word, of a state or text"`
	LastSeen        time.Time     `json:"last_seen" doc:"When the last value came"`
	Score           float64       `json:"score" doc:"Of the last value"`
	Sensitivity     float64       `json:"offset" doc:"What people have said of its alarms moved the threshold by so much"`
	Series          []MetricPoint `json:"series,omitempty" nullable:"false" doc:"Its course, where points was asked for: [t, value, low, high, score], t in milliseconds since 1970, low and high null while nothing was expected yet"`
}

// MetricPage is the series of one entity, or the first ones of all.
type MetricPage struct {
	Metrics []Metric `json:"metrics" nullable:"false" doc:"The series, by the names of their topics"`
	Total   int      `json:"total" doc:"How many series the query matches"`
}

// MetricQuery says which series are asked for.
type MetricQuery struct {
	Entity   string // a topic, or broker; empty: all
	Field    *string
	From, To time.Time
	Points   int // 0: without the course
	Limit    int
}

// Metrics returns series, with values for those who may see them.
func (s *Service) Metrics(ctx context.Context, q MetricQuery) (MetricPage, error) {
	values := s.o.Allowed(ctx, permissionPayload)
	page := MetricPage{Metrics: []Metric{}}
	limit := pageSize(q.Limit)
	s.mu.Lock()
	defer s.mu.Unlock()
	take := func(t *series.Topic, broker bool) {
		for _, f := range t.Fields() {
			if q.Field != nil && f.Path != *q.Field {
				continue
			}
			page.Total++
			if len(page.Metrics) < limit {
				page.Metrics = append(page.Metrics, s.metricOf(t, f, &q, values || broker))
			}
		}
	}
	switch {
	case q.Entity == incident.TypeBroker && s.watch.broker != nil:
		take(s.watch.broker, true)
	case q.Entity != "":
		if e := s.watch.topics.get(q.Entity); e != nil {
			take(e.topic, false)
		}
	default:
		for _, name := range slices.Sorted(maps.Keys(s.watch.topics.byName)) {
			take(s.watch.topics.byName[name].topic, false)
		}
	}
	return page, nil
}

func (s *Service) metricOf(t *series.Topic, f *series.Field, q *MetricQuery, values bool) Metric {
	of := f.Summary()
	m := Metric{
		Entity: t.Name, Field: f.Path, Type: of.Type, State: stateLearning, Week: "none", Samples: of.Samples, SamplesNeeded: series.Samples,
		IntervalSeconds: round(of.GapSeconds), LastSeen: moment(of.LastSeen), Score: round(of.Score), Sensitivity: of.Sensitivity,
	}
	if of.Ready {
		m.State = stateReady
	}
	switch {
	case of.LearnsWeek:
		m.Week = stateLearning
	case of.Large:
		m.Week = stateReady
	}
	if of.GapSeconds > 0 {
		m.Rate = 1 / of.GapSeconds
	}
	if !values {
		return m
	}
	m.Mean, m.Stddev, m.Median, m.Low, m.High = finite(of.Mean), finite(of.Stddev), finite(of.Expected), finite(of.Low), finite(of.High)
	m.LastValue, m.LastText = finite(of.Last), of.LastText
	if q.Points > 0 {
		from, to := int64(0), int64(math.MaxInt64)
		if !q.From.IsZero() {
			from = q.From.UnixMilli()
		}
		if !q.To.IsZero() {
			to = q.To.UnixMilli()
		}
		for _, p := range thin(chartPoints(f.Points(from, to)), q.Points) {
			m.Series = append(m.Series, MetricPoint(p))
		}
	}
	return m
}
