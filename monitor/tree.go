package monitor

import (
	"context"
	"encoding/base64"
	"hash/maphash"
	"strings"
)

// Level is one level below a prefix.
type Level struct {
	Name     string `json:"name" doc:"The level; empty where two slashes follow each other, or a topic begins or ends with one"`
	Prefix   string `json:"prefix" doc:"Give it as prefix to see what is below this level"`
	Topics   int    `json:"topics" doc:"How many topics there are at this level and below"`
	Messages int64  `json:"messages" doc:"Messages published on them since counting began"`
	Leaf     bool   `json:"leaf" doc:"Whether the level is the end of a topic; when topics is greater than one, there are others below"`
}

// LevelQuery says which levels are asked for.
type LevelQuery struct {
	Prefix string // the path of a level, with or without a slash at its end; empty for the first levels
	Limit  int    // 1 to 1000
	Cursor string // NextCursor of the page before
}

// LevelPage is a part of the levels below a prefix.
type LevelPage struct {
	Prefix     string  `json:"prefix" doc:"The prefix, with a slash at its end; empty for the first levels"`
	Levels     []Level `json:"levels" nullable:"false" doc:"The levels, sorted by name"`
	Total      int     `json:"total" doc:"How many levels there are below the prefix"`
	NextCursor string  `json:"next_cursor,omitempty" doc:"Give it as cursor to get the next page; absent on the last one"`
	TopicsNote
}

// Levels returns what stands behind the prefix in the topics that begin with it, up to the next slash. Levels may be
// empty: the topic /a has the first level "", whose prefix is "/". That is why a prefix ends with a slash; for one that
// does not, a slash is added. It looks at every topic once and remembers no more of them than the page needs, and a
// number for each level. The error is fault.Invalid, for a cursor that is none.
func (t *Topics) Levels(ctx context.Context, q LevelQuery) (LevelPage, error) {
	if q.Prefix != "" && !strings.HasSuffix(q.Prefix, "/") {
		q.Prefix += "/"
	}
	q.Limit = pageSize(q.Limit)
	tally := levelTally{n: q.Limit + 1, levels: map[string]*Level{}}
	if q.Cursor != "" {
		// The name follows a letter, so that the cursor behind an empty name is not empty itself.
		after, err := base64.RawURLEncoding.DecodeString(q.Cursor)
		if err != nil || len(after) == 0 || after[0] != 'l' {
			return LevelPage{}, notAcceptable("query.cursor", "is not a cursor of a list of levels")
		}
		tally.behind, tally.after = true, string(after[1:])
	}
	seen := map[uint64]struct{}{}
	for i := range t.shards {
		shard := &t.shards[i]
		shard.mu.Lock()
		for topic, e := range shard.topics {
			rest, below := strings.CutPrefix(topic, q.Prefix)
			if !below {
				continue
			}
			name, _, more := strings.Cut(rest, "/")
			seen[maphash.String(t.seed, name)] = struct{}{}
			tally.add(name, e.messages, !more)
		}
		shard.mu.Unlock()
	}
	page := LevelPage{Prefix: q.Prefix, Levels: []Level{}, Total: len(seen), TopicsNote: t.topicsNote(ctx)}
	for _, name := range tally.names() {
		if len(page.Levels) == q.Limit {
			last := page.Levels[q.Limit-1].Name
			page.NextCursor = base64.RawURLEncoding.EncodeToString([]byte("l" + last))
			break
		}
		level := *tally.levels[name]
		level.Name, level.Prefix = strings.Clone(name), q.Prefix+name+"/"
		page.Levels = append(page.Levels, level)
	}
	return page, nil
}

// levelTally adds up the first n levels by name, behind one where that is asked for.
type levelTally struct {
	n      int
	behind bool
	after  string

	levels map[string]*Level
	full   bool
	last   string // when full: nothing behind it is among the first n
}

func (l *levelTally) add(name string, messages int64, leaf bool) {
	if l.behind && name <= l.after || l.full && name > l.last {
		return
	}
	level := l.levels[name]
	if level == nil {
		level = &Level{}
		l.levels[name] = level
		if len(l.levels) == 2*l.n {
			// What is thrown away here cannot come back: last only moves to the front from now on, so whatever is
			// among the first n in the end was never passed over.
			l.names()
		}
	}
	level.Topics++
	level.Messages += messages
	level.Leaf = level.Leaf || leaf
}

// names throws away what is not among the first n, and returns those in order.
func (l *levelTally) names() []string {
	first := firstFew[string]{n: l.n, compare: strings.Compare}
	for name := range l.levels {
		first.add(name)
	}
	names := first.sorted()
	if len(names) == l.n {
		l.full, l.last = true, names[l.n-1]
		for name := range l.levels {
			if name > l.last {
				delete(l.levels, name)
			}
		}
	}
	return names
}
