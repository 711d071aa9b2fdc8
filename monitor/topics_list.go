package monitor

import (
	"context"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/query"
)

// Topic is one topic as lists show it.
type Topic struct {
	Topic     string     `json:"topic" doc:"The topic"`
	Payload   *string    `json:"payload" doc:"The last value, as far as it is kept; null where payload_state is neither whole nor part"`
	Encoding  *string    `json:"encoding" doc:"How payload is written: utf8 where the bytes are text, else base64; null where payload is"`
	State     string     `json:"payload_state" enum:"whole,part,redacted,not_permitted,not_kept" doc:"Whether payload is the whole value: part is its beginning; redacted values are never kept; not_permitted needs the permission payload:read; not_kept had no room in memory"`
	QoS       *int       `json:"qos" doc:"The QoS at which the last message was published, null where it is not known: the broker delivers to BunkerM's observation at QoS 0 and does not tell"`
	Retained  bool       `json:"retained" doc:"Whether the broker keeps a message for the topic, as far as the present connection to it has told"`
	SizeBytes int64      `json:"size_bytes" doc:"Size of the last payload, whole"`
	Messages  int64      `json:"messages" doc:"Messages published since counting began; one that was kept by the broker already does not count"`
	Rate      float64    `json:"rate" doc:"Messages a second, an estimate over about the last 30 seconds"`
	LastSeen  *time.Time `json:"last_seen" doc:"When the last message was published, null when none was since counting began"`
}

// The words of Topic.State.
const (
	stateWhole        = "whole"
	statePart         = "part"
	stateRedacted     = "redacted"
	stateNotPermitted = "not_permitted"
	stateNotKept      = "not_kept"
)

// TopicQuery says which topics are asked for.
type TopicQuery struct {
	Prefix string    // see underPrefix
	Q      string    // part of the topic, case folded
	Limit  int       // 1 to 1000
	Cursor string    // NextCursor of the page before
	Sort   TopicSort // empty for SortTopic
}

// pageSize is the number of things on a page for what was asked for, where the routes have not seen to it already.
func pageSize(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, 1000)
}

// TopicPage is a part of a list of topics.
type TopicPage struct {
	Topics     []Topic `json:"topics" nullable:"false" doc:"The topics"`
	Total      int     `json:"total" doc:"How many topics the query matches, on all pages"`
	NextCursor string  `json:"next_cursor,omitempty" doc:"Give it as cursor to get the next page; absent on the last one"`
	TopicsNote
}

// TopicsNote is what is to be said about the topics as a whole.
type TopicsNote struct {
	Evicted  int64     `json:"evicted" doc:"How many topics were given up to make room for others since counting began; they are counted anew when something is published on them"`
	Since    time.Time `json:"since" doc:"When counting began: with the start of BunkerM"`
	Observed []string  `json:"observed" nullable:"false" doc:"The filters that the broker is observed with; what no filter matches is not here"`
	Payloads bool      `json:"payloads" doc:"Whether you may see values (the permission payload:read)"`
}

func (t *Topics) topicsNote(ctx context.Context) TopicsNote {
	return TopicsNote{
		Evicted: t.evicted.Load(), Since: instant(t.since), Payloads: t.o.Allowed(ctx, permissionPayload),
		Observed: append([]string{}, t.o.Observed()...),
	}
}

// List returns a page of topics, without values where ctx may not read them. It looks at every topic once, which for
// 200,000 takes 5 to 40 ms; nothing is kept sorted, because topics come and go faster than people read lists. The error
// is fault.Invalid, for a cursor that is not of this list.
func (t *Topics) List(ctx context.Context, q TopicQuery) (TopicPage, error) {
	if q.Sort == "" {
		q.Sort = SortTopic
	}
	q.Limit = pageSize(q.Limit)
	from := topicCursor{order: q.Sort, at: instant(t.o.Clock())}
	if q.Cursor != "" {
		parsed, ok := parseTopicCursor(q.Cursor, q.Sort)
		if !ok {
			return TopicPage{}, notAcceptable("query.cursor", "is not a cursor of a list in this order")
		}
		from = parsed
	}
	page := TopicPage{Topics: []Topic{}, TopicsNote: t.topicsNote(ctx)}
	best, total := t.rank(q, from)
	page.Total = total
	if len(best) > q.Limit {
		best = best[:q.Limit]
		page.NextCursor = topicCursor{order: q.Sort, at: from.at, last: best[q.Limit-1]}.String()
	}
	for _, r := range best {
		if topic, known := t.describe(r.name, page.Payloads); known {
			page.Topics = append(page.Topics, topic)
		}
	}
	return page, nil
}

// rank returns the first topics of the query behind a place, one more than its limit where there are more, and how
// many topics match in all.
func (t *Topics) rank(q TopicQuery, from topicCursor) (best []ranked, total int) {
	find, at, behind := query.NewFinder(q.Q), from.at.UnixMilli(), from.last.name != ""
	first := firstFew[ranked]{n: q.Limit + 1, compare: compareRanked}
	for i := range t.shards {
		shard := &t.shards[i]
		shard.mu.Lock()
		for name, e := range shard.topics {
			if !underPrefix(name, q.Prefix) || !find.In(name) {
				continue
			}
			total++
			r := ranked{name: name}
			switch q.Sort {
			case SortRate:
				r.key = e.rate(at, t.firstMessage(e))
			case SortLast:
				r.key = float64(e.last)
			case SortTopic:
			}
			if !behind || compareRanked(r, from.last) > 0 {
				first.add(r)
			}
		}
		shard.mu.Unlock()
	}
	return first.sorted(), total
}

// underPrefix reports whether a topic lies at or below a level. A prefix is a path of levels: a/b is the topic a/b
// itself and everything below, a/b/ is what is below only. Empty is everything.
func underPrefix(topic, prefix string) bool {
	rest, ok := strings.CutPrefix(topic, prefix)
	return ok && (rest == "" || rest[0] == '/' || prefix == "" || strings.HasSuffix(prefix, "/"))
}

// describe copies what is known of a topic.
func (t *Topics) describe(name string, payloads bool) (Topic, bool) {
	shard := t.shardOf(name)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	e, known := shard.topics[name]
	if !known {
		return Topic{}, false
	}
	shown := Topic{
		Topic: name, Retained: t.isRetained(e), SizeBytes: int64(e.size), Messages: e.messages,
		Rate: e.rate(t.o.Clock().UnixMilli(), t.firstMessage(e)), LastSeen: instantOrNull(e.lastSeen()),
	}
	switch {
	case e.held == heldRedacted:
		shown.State = stateRedacted
	case !payloads:
		shown.State = stateNotPermitted
	case e.held == heldNothing:
		shown.State = stateNotKept
	default:
		shown.State = stateWhole
		if e.held == heldPart {
			shown.State = statePart
		}
		text, encoding := encodePayload(e.value, e.held == heldPart)
		shown.Payload, shown.Encoding = &text, &encoding
	}
	return shown, true
}
