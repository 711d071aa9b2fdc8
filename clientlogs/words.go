package clientlogs

import (
	"context"
	"fmt"
	"sync"

	"github.com/bunkerm/bunkerm/store"
)

// Client ids, usernames, topics and addresses are stored once, as words of a dictionary, and named by number: an event
// is a row of small integers, and its indexes are indexes of integers.

// mostWordsCached and mostWordBytesCached bound what the writer remembers of the dictionary: each of the two
// generations holds half.
const (
	mostWordsCached     = 65_536
	mostWordBytesCached = 8 << 20
)

// word is an entry of the dictionary.
type word struct {
	id  int64
	day int64 // the latest day of an event that uses it, since 1970
}

// words is the writer's memory of the dictionary. What was not used since the younger half filled up is forgotten.
type words struct {
	mu         sync.Mutex
	young, old map[string]word
	bytes      int // in young
}

func newWords() *words { return &words{young: map[string]word{}} }

func (w *words) get(text string) (word, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if found, ok := w.young[text]; ok {
		return found, true
	}
	found, ok := w.old[text]
	if ok {
		w.put(text, found)
	}
	return found, ok
}

// put remembers a word. The caller holds mu.
func (w *words) put(text string, entry word) {
	if _, there := w.young[text]; !there {
		if len(w.young) >= mostWordsCached/2 || w.bytes+len(text) > mostWordBytesCached/2 {
			w.old, w.young, w.bytes = w.young, map[string]word{}, 0
		}
		w.bytes += len(text)
	}
	w.young[text] = entry
}

// forget is called for words that are deleted from the dictionary.
func (w *words) forget(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, there := w.young[text]; there {
		w.bytes -= len(text)
		delete(w.young, text)
	}
	delete(w.old, text)
}

// wordUse is the words that one transaction uses. They are remembered only when it was committed: a number that was
// given to a word in a transaction that failed will be given to another.
type wordUse struct {
	words  *words
	q      store.Queries
	broker int64
	fresh  map[string]word
}

func (w *words) use(q store.Queries, broker int64) *wordUse {
	return &wordUse{words: w, q: q, broker: broker, fresh: map[string]word{}}
}

// A word's day only grows, and it is written at most once a day, so that a word older than the oldest row is one that no
// row uses. The day is the event's, not ours: then that holds whatever clocks do.
const useWord = `INSERT INTO event_words (broker, text, day) VALUES ($1, $2, $3)
	ON CONFLICT (broker, text) DO UPDATE SET day = CASE WHEN event_words.day < excluded.day THEN excluded.day ELSE event_words.day END
	RETURNING id, day`

// id returns the number of a text that an event of the given day uses.
func (u *wordUse) id(ctx context.Context, text string, day int64) (int64, error) {
	known, ok := u.fresh[text]
	if !ok {
		known, ok = u.words.get(text)
	}
	if ok && known.day >= day {
		return known.id, nil
	}
	if err := u.q.QueryRow(ctx, useWord, u.broker, text, day).Scan(&known.id, &known.day); err != nil {
		return 0, fmt.Errorf("adding a word to the dictionary: %w", err)
	}
	u.fresh[text] = known
	return known.id, nil
}

// optional is id for a text that may be missing: it is NULL then.
func (u *wordUse) optional(ctx context.Context, text string, day int64, present bool) (any, error) {
	if !present {
		return nil, nil
	}
	return u.id(ctx, text, day)
}

// committed makes the words known to the next transactions.
func (u *wordUse) committed() {
	u.words.mu.Lock()
	defer u.words.mu.Unlock()
	for text, entry := range u.fresh {
		u.words.put(text, entry)
	}
}

const findWord = `SELECT id FROM event_words WHERE broker = $1 AND text = $2`
