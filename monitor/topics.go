package monitor

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/broker/observe"
	"github.com/bunkerm/bunkerm/stream"
)

// TopicsOptions are what Topics need. Everything has a default; without Publish and Streams the routes that need them
// answer that they are not there.
type TopicsOptions struct {
	Logger *slog.Logger     // nil discards
	Clock  func() time.Time // time.Now when nil

	// The bounds. What they hold back is described at evict and at dropValues.
	Topics     int   // how many topics are kept; default 200,000
	TopicBytes int64 // how long their names may be together; default 32 MiB
	ValueLimit int   // how many bytes of a value are kept; default 4 KiB
	ValueBytes int64 // and of all values together; default 64 MiB

	// Own is a topic of BunkerM's own, which no device publishes: it is watched, and not listed or counted. Empty: none.
	Own string
	// Redacted are the filters of topics whose values are never kept; nil for DefaultRedacted.
	Redacted []string
	// Observed are the filters that the broker is observed with; nil when that is not known.
	Observed func() []string

	// Allowed reports whether whoever asks has a permission beyond the route's own, such as payload:read.
	Allowed func(ctx context.Context, permission string) bool
	// Publish sends a message to the broker; broker.Session has it. matched says whether anybody was subscribed to the
	// topic, nil where the broker does not tell. Errors are faults.
	Publish func(ctx context.Context, topic string, payload []byte, qos byte, retain bool) (matched *bool, err error)
	// Record keeps what was changed: the action message.publish or retained.clear, the object topic/name, and a
	// Sent without the payload.
	Record func(ctx context.Context, action, object string, before, after any)
	// Streams are the open event streams.
	Streams *stream.Group
}

// Topics is what is published at the broker: each topic with its last value and how much comes on it, in bounded
// memory. One goroutine feeds it, by Run or Take; all other methods may be called by any number of goroutines and never
// make that one wait longer than for a look at one of the shards. Counting begins with the process: what the broker
// keeps comes again when the observation connects, the counters begin anew.
type Topics struct {
	o        TopicsOptions
	since    time.Time
	seed     maphash.Seed
	shards   [256]topicShard
	redacted atomic.Pointer[[]string]

	count      atomic.Int64  // of topics
	nameBytes  atomic.Int64  // of their names
	valueBytes atomic.Int64  // of what is reserved for their values
	evicted    atomic.Int64  // topics
	connection atomic.Uint32 // the number of the present connection

	changes changeRing
	hub     watchHub

	// What follows belongs to the goroutine that feeds.
	now          int64 // when the present block was read, Unix milliseconds
	young, known topicQueue
	holders      valueRing
}

// topicShard is the part of the topics whose names have the same last byte of a hash: a reader who goes through all
// topics holds up the feeding goroutine at one part only.
type topicShard struct {
	mu     sync.Mutex
	topics map[string]*topicEntry
}

// NewTopics returns an empty tree. The error is fault.Invalid, for filters in o.Redacted that are not acceptable.
func NewTopics(o TopicsOptions) (*Topics, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Topics <= 0 {
		o.Topics = 200_000
	}
	if o.TopicBytes <= 0 {
		o.TopicBytes = 32 << 20
	}
	if o.ValueLimit <= 0 {
		o.ValueLimit = 4 << 10
	}
	if o.ValueBytes <= 0 {
		o.ValueBytes = 64 << 20
	}
	if o.Observed == nil {
		o.Observed = func() []string { return nil }
	}
	if o.Allowed == nil {
		o.Allowed = func(context.Context, string) bool { return false }
	}
	if o.Record == nil {
		o.Record = func(context.Context, string, string, any, any) {}
	}
	if o.Redacted == nil {
		o.Redacted = DefaultRedacted()
	}
	if err := CheckRedacted("redacted", o.Redacted); err != nil {
		return nil, err
	}
	t := &Topics{o: o, since: o.Clock(), seed: maphash.MakeSeed()}
	redacted := slices.Clone(o.Redacted)
	t.redacted.Store(&redacted)
	for i := range t.shards {
		t.shards[i].topics = map[string]*topicEntry{}
	}
	return t, nil
}

// Run feeds the tree from a consumer of the observation until ctx ends or the observation is closed.
func (t *Topics) Run(ctx context.Context, from *observe.Consumer) error {
	for {
		block, err := from.Next(ctx)
		switch {
		case err == nil:
			t.Take(block)
			block.Release()
		case errors.Is(err, observe.ErrClosed), errors.Is(err, ctx.Err()):
			return nil
		default:
			return fmt.Errorf("reading what is published: %w", err)
		}
	}
}

// TopicCounts says how much is kept, for metrics.
type TopicCounts struct {
	Topics  int64 // now
	Evicted int64 // since the start, to make room
	Bytes   int64 // of names and values
	Watches int   // open now
}

// Counts never waits.
func (t *Topics) Counts() TopicCounts {
	return TopicCounts{
		Topics: t.count.Load(), Evicted: t.evicted.Load(),
		Bytes: t.nameBytes.Load() + t.valueBytes.Load(), Watches: len(t.hub.now()),
	}
}

// shardOf finds the shard of a topic.
func (t *Topics) shardOf(topic string) *topicShard {
	return &t.shards[maphash.String(t.seed, topic)%uint64(len(t.shards))]
}
