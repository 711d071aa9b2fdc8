package anomaly

import "github.com/bunkerm/bunkerm/anomaly/series"

// entry is a topic with its place in everything.
type entry struct {
	topic      *series.Topic
	client     string // who publishes it, where that is known
	rules      []*ruleWatch
	generation int
	missed     int64 // until when it knows that messages may have passed by unseen
	bytes      int
	ignored    bool
	deep       bool
	old        bool // it has proven that it is no invention

	scheduled bool // it is in the wheel
	newer     *entry
	older     *entry
}

const entryBytes = 160 // of an entry and its place in the map

// table is all topics, in two queues by when they brought something last: those that are new, and those that have proven to
// stay. Who invents topics drives out the new ones first.
type table struct {
	byName    map[string]*entry
	fresh     queue
	proven    queue
	bytes     int
	newBytes  int // of those that are new
	limit     int
	evicted   int64
	countedAt int64
}

// provenAfter is how many messages make a topic one that stays.
const provenAfter = 20

// queue is entries in the order in which they brought something, the newest first.
type queue struct {
	first, last *entry
	n           int
}

func (q *queue) push(e *entry) {
	e.older, e.newer = q.first, nil
	if q.first != nil {
		q.first.newer = e
	} else {
		q.last = e
	}
	q.first = e
	q.n++
}

func (q *queue) remove(e *entry) {
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		q.first = e.older
	}
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		q.last = e.newer
	}
	e.newer, e.older = nil, nil
	q.n--
}

func (t *table) get(name string) *entry { return t.byName[name] }

// add makes an entry for a topic.
func (t *table) add(c *series.Context, name string) *entry {
	e := &entry{topic: series.NewTopic(c, name), generation: -1}
	c.Grown += entryBytes
	t.byName[name] = e
	t.fresh.push(e)
	return e
}

// restore puts a topic back that was known before.
func (t *table) restore(topic *series.Topic) *entry {
	e := &entry{topic: topic, generation: -1, bytes: topic.Bytes() + entryBytes, old: topic.Messages >= provenAfter}
	t.byName[topic.Name] = e
	t.bytes += e.bytes
	if !e.old {
		t.newBytes += e.bytes
	}
	t.queueOf(e).push(e)
	return e
}

func (t *table) queueOf(e *entry) *queue {
	if e.old {
		return &t.proven
	}
	return &t.fresh
}

// seen notes that an entry has brought something, and takes more memory now.
func (t *table) seen(e *entry, grown int) {
	t.queueOf(e).remove(e)
	e.bytes += grown
	t.bytes += grown
	switch {
	case e.old:
	case e.topic.Messages >= provenAfter:
		e.old = true
		t.newBytes -= e.bytes - grown
	default:
		t.newBytes += grown
	}
	t.queueOf(e).push(e)
}

// room reports whether there is room for what a series can do without: the last part is left for new topics.
func (t *table) room(bytes int) bool { return t.bytes+bytes < t.limit/10*7 }

// mostSlimmed bounds how many entries one message slims: the work of a message has a bound.
const mostSlimmed = 64

// shrink brings the table back below its limit: new topics go first, then what the quietest of the others can do without,
// then they.
func (t *table) shrink(forget func(*entry)) {
	for e, looked := t.proven.last, 0; t.bytes > t.limit && e != nil && looked < mostSlimmed && t.fresh.n <= t.proven.n; e = e.newer {
		looked++
		if freed := e.topic.Slim(); freed > 0 {
			e.bytes -= freed
			t.bytes -= freed
		}
	}
	for t.bytes > t.limit && t.newBytes > t.limit/newShare && t.fresh.n > 1 {
		t.evict(&t.fresh, forget)
	}
	for t.bytes > t.limit && len(t.byName) > 1 {
		q := &t.fresh
		if q.n == 0 || q.n == 1 && t.proven.n > 0 {
			q = &t.proven
		}
		t.evict(q, forget)
	}
}

// newShare is which part of the limit new topics may take when there is no room for all: the others are not made small for what
// may be an invention.
const newShare = 2

// evict forgets the quietest of a queue.
func (t *table) evict(q *queue, forget func(*entry)) {
	e := q.last
	q.remove(e)
	if !e.old {
		t.newBytes -= e.bytes
	}
	delete(t.byName, e.topic.Name)
	t.bytes -= e.bytes
	t.evicted++
	forget(e)
}

// ready counts the series that may alarm.
func (t *table) ready() (n int) {
	for _, e := range t.byName {
		_, ready := e.topic.Score()
		n += ready + 1 // and the silence of the topic
	}
	return n
}
