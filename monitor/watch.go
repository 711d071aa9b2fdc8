package monitor

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/broker/observe"
	"github.com/bunkerm/bunkerm/broker/topicfilter"
	"github.com/bunkerm/bunkerm/fault"
)

// The bounds of watching. With all the watchers that there can be, a message costs the feeding goroutine about a microsecond.
const (
	mostWatchers     = 20
	mostWatchFilters = 5
	// watchRate is how many messages a second a watcher is shown, and how many at once after a silence.
	watchRate = 200
	// watchPayload is how many bytes of a payload are shown.
	watchPayload = 16 << 10
	// watchQueue is how many bytes may wait for a watcher who reads slowly.
	watchQueue = 1 << 20
)

// checkWatch says what is wrong with filters to watch, at the place where they stand in the request.
func checkWatch(filters []string) error {
	if len(filters) == 0 || len(filters) > mostWatchFilters {
		return notAcceptable("query.filter", fmt.Sprintf("must be given 1 to %d times", mostWatchFilters))
	}
	problem := fault.New(fault.Invalid, "the request is not acceptable")
	for i, filter := range filters {
		err := CheckFilter(filter)
		if err == nil && filter[0] == '$' && filter != "$SYS" && !topicfilter.Match("$SYS/#", filter) {
			err = errOnlySys
		}
		if err != nil {
			problem = problem.At(fmt.Sprintf("query.filter[%d]", i), err.Error())
		}
	}
	if len(problem.Fields) > 0 {
		return problem
	}
	return nil
}

// watchHub hands what is observed to those who watch.
type watchHub struct {
	mu       sync.Mutex // held while a watcher comes or goes
	watchers atomic.Pointer[[]*watcher]
}

// now are the watchers. While there are none, that is all that a block costs.
func (h *watchHub) now() []*watcher {
	if watchers := h.watchers.Load(); watchers != nil {
		return *watchers
	}
	return nil
}

func (h *watchHub) join(w *watcher) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	watchers := h.now()
	if len(watchers) >= mostWatchers {
		return fault.Newf(fault.TooMany, "%d streams of messages are open already", mostWatchers).
			Hint("close one of them, or try again later").After(10 * time.Second)
	}
	watchers = append(slices.Clone(watchers), w)
	h.watchers.Store(&watchers)
	return nil
}

func (h *watchHub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	watchers := slices.DeleteFunc(slices.Clone(h.now()), func(other *watcher) bool { return other == w })
	h.watchers.Store(&watchers)
}

// watcher is one who watches: what has been picked for him and not been sent yet.
type watcher struct {
	filters  []string
	payloads bool
	redacted *atomic.Pointer[[]string]
	wake     chan struct{} // has a token when there is something to send; holds one

	mu      sync.Mutex // held for the copying of one message
	waiting watched
	bytes   int
	tokens  float64 // messages that may be shown now
	filled  int64   // when tokens was reckoned, Unix milliseconds
}

// watched is what a watcher is sent at once.
type watched struct {
	messages    []watchedMessage
	seen, shown int64 // messages that fell under the filters, and those of them in messages
	lost        int64 // messages, of whatever topic, that the observation lost
	connection  *WatchConnection
}

// watchedMessage is a copy of a message. Its payload is nil where it may not be seen.
type watchedMessage struct {
	topic          string
	payload        []byte
	size           int
	retain, stored bool
	at             int64
}

func newWatcher(filters []string, payloads bool, redacted *atomic.Pointer[[]string]) *watcher {
	return &watcher{
		filters: filters, payloads: payloads, redacted: redacted, wake: make(chan struct{}, 1), tokens: watchRate,
	}
}

// notice takes note of what a block says beside its messages.
func (w *watcher) notice(block *observe.Block) {
	changed := block.Kind == observe.Connected || block.Kind == observe.Disconnected
	if !changed && block.Lost == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting.lost += block.Lost
	if changed {
		w.waiting.connection = &WatchConnection{Connected: block.Kind == observe.Connected, Time: instant(block.At)}
	}
	w.signal()
}

// offer copies a message for the watcher if it falls under his filters and he is not shown too many already. Only the
// feeding goroutine calls it.
func (w *watcher) offer(m *observe.Message, now int64) {
	if !matchesAny(w.filters, m.Topic) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting.seen++
	if now != w.filled {
		passed := float64(max(0, now-w.filled)) / 1000
		w.tokens = min(watchRate, w.tokens+passed*watchRate)
		w.filled = now
	}
	if w.tokens < 1 || w.bytes > watchQueue {
		return
	}
	w.tokens--
	w.waiting.shown++
	kept := watchedMessage{topic: string(m.Topic), size: m.Size, retain: m.Retain, stored: m.Stored, at: now}
	if w.payloads && !matchesAny(*w.redacted.Load(), m.Topic) {
		kept.payload = append([]byte{}, m.Payload[:min(len(m.Payload), watchPayload)]...)
	}
	w.waiting.messages = append(w.waiting.messages, kept)
	w.bytes += len(kept.topic) + len(kept.payload)
	w.signal()
}

// take returns what waits.
func (w *watcher) take() watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.waiting
	w.waiting, w.bytes = watched{}, 0
	return taken
}

func (w *watcher) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
