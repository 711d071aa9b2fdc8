package monitor

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/broker/observe"
)

const sysPrefix = "$SYS/broker/"

// settleAfter is how long after the last figure of a tick the tick counts as complete. The broker sends all of them in
// one go, so what comes behind is another message or silence.
const settleAfter = 250 * time.Millisecond

// Before two ticks have shown how often the broker tells its figures (sys_interval, 10 s by default), they count as
// present for this long.
const firstFreshness = 10 * time.Minute

// collector turns the stream into samples. It is used by one goroutine; latest may be read by any.
type collector struct {
	o      *Options
	table  *[figureCount]Figure
	now    *readings
	before *readings // of the connection before, until this one has told its uptime
	ledger ledger
	gauge  *gauge
	emit   func(ofTick bool)

	generation int64
	connected  bool
	open       bool // figures have come and the tick is not settled
	live       bool // some of them were told now, not kept from before
	lost       bool // messages have been lost in our own queue since the last tick
	opened     time.Time
	tick       time.Time     // when the last tick came on this connection
	interval   time.Duration // the longest of the last distances between ticks
	sampledAt  time.Time
	gone       Traffic // what had been delivered on the connection before in the end

	latest atomic.Pointer[sample]
	ours   atomic.Pointer[savedLedger]
}

// newCollector returns a collector that calls emit when there is a new sample, with whether it is of a tick.
func newCollector(o *Options, table *[figureCount]Figure, emit func(ofTick bool)) *collector {
	c := &collector{o: o, table: table, now: newReadings(table), gauge: newGauge(table), emit: emit}
	c.latest.Store(&sample{values: unknown()})
	return c
}

// run reads the stream until ctx ends or the stream is closed.
func (c *collector) run(ctx context.Context, stream *observe.Consumer) error {
	for {
		block, err := c.next(ctx, stream)
		switch {
		case err == nil:
		case ctx.Err() != nil || errors.Is(err, observe.ErrClosed):
			return nil //nolint:nilerr // that it was ended is no error
		case errors.Is(err, context.DeadlineExceeded):
			c.settle()
			continue
		default:
			return err
		}
		switch block.Kind {
		case observe.Connected:
			c.connect(block.Generation)
		case observe.Disconnected:
			c.disconnect(block.At)
		case observe.Messages:
			c.lost = c.lost || block.Lost > 0
			c.read(block)
		}
		block.Release()
	}
}

// next waits for a block, while a tick is open only until it has to be settled.
func (c *collector) next(ctx context.Context, stream *observe.Consumer) (*observe.Block, error) {
	if !c.open {
		return stream.Next(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, settleAfter)
	defer cancel()
	return stream.Next(ctx)
}

func (c *collector) read(block *observe.Block) {
	var m observe.Message
	for block.Next(&m) {
		if len(m.Topic) == 0 || m.Topic[0] != '$' || !hasPrefix(m.Topic, sysPrefix) {
			if c.open {
				c.settle()
			}
			continue
		}
		// The broker had counted what it delivered before this message, not the message itself.
		messages, bytes := block.Position()
		c.ledger.deliver(messages-1, bytes-int64(m.Size), 0)
		c.take(&m, block.At)
		c.ledger.deliver(messages, bytes, frameSize(len(m.Topic), m.Size))
	}
	messages, bytes := block.Position()
	c.ledger.deliver(messages, bytes, 0)
}

// take takes one message below $SYS/broker.
func (c *collector) take(m *observe.Message, at time.Time) {
	name := m.Topic[len(sysPrefix):]
	f, isFigure := c.now.take(name, m.Payload, c.ledger.delivered)
	if !isFigure {
		return
	}
	if f == figUptime && c.now.figures[f].known {
		c.hear(at)
	}
	if !c.open {
		c.open, c.opened = true, at
	}
	// The first figure of a tick that was told now, and not kept from before, dates it.
	if !m.Stored && !c.live {
		c.live, c.opened = true, at
	}
}

// hear takes the uptime: does the run of the broker that we know go on?
func (c *collector) hear(at time.Time) {
	sameConnection := c.ledger.decided
	if !c.ledger.hear(c.now.figures[figUptime].value, at, c.others()) {
		return
	}
	uptime := c.now.figures[figUptime]
	c.gauge.restart()
	c.before = nil
	if sameConnection {
		// Somebody between us and the broker keeps our connection; what we know is of the run that has ended.
		c.now.forget()
		c.now.figures[figUptime] = uptime
		c.tick, c.interval = time.Time{}, 0
	}
}

func (c *collector) connect(generation int64) {
	c.generation, c.connected = generation, true
	c.ledger.delivered = Traffic{}
	c.now = newReadings(c.table)
	c.tick, c.interval, c.open, c.live = time.Time{}, 0, false, false
	c.publish(time.Time{}, false)
}

func (c *collector) disconnect(at time.Time) {
	c.connected, c.open = false, false
	c.gone = c.ledger.delivered
	c.ledger.leave(at, c.others())
	c.gauge.interrupt()
	c.before = c.now
	c.now = newReadings(c.table)
	c.publish(time.Time{}, false)
}

// others is all our traffic but the messages delivered to the observation.
func (c *collector) others() Traffic {
	seen := c.o.Observation().Traffic
	return c.o.OwnTraffic().plus(Traffic{
		MessagesReceived: seen.PacketsSent, BytesReceived: seen.BytesSent,
		MessagesSent: seen.PacketsReceived - seen.PublishesReceived, BytesSent: seen.BytesReceived - c.ledger.frames,
	}, 1)
}

// settle ends a tick, or the burst of kept figures at the beginning of a connection.
func (c *collector) settle() {
	c.open = false
	if sent := &c.now.figures[figBytesSent]; sent.known && sent.value < c.gauge.raw[figBytesSent] {
		// Less than on the connection before, although the uptime could be that of the same run.
		c.ledger.past = Traffic{}
		c.gauge.restart()
		c.before = nil
	}
	if c.before != nil && c.ledger.decided {
		if c.opened.Sub(c.ledger.left) < adoptable {
			c.now.adopt(c.before, c.gone)
		}
		c.before = nil
	}
	others := c.others()
	if c.ledger.decided {
		for i := range c.table {
			if c.table[i].Kind == Counter {
				r := &c.now.figures[i]
				c.gauge.count(figure(i), r, c.ledger.ours(r.delivered, others).of(figure(i)))
			}
		}
		if saved, ok := c.ledger.save(c.o.Clock(), others); ok {
			c.ours.Store(&saved)
		}
	}
	if c.live {
		if whole := c.gauge.tick(c.now, c.opened); (!whole || c.lost) && c.o.AskAgain != nil {
			// The broker tells a figure again only when it changes. One that was lost on its way to us and does not
			// change any more would be wrong here for ever.
			c.o.AskAgain()
		}
		c.lost = false
		c.gauge.self(c.ledger.delivered, c.opened)
		if !c.tick.IsZero() {
			// A tick that came late is followed by one that comes early; the longer distance is the safe one.
			c.interval = max(c.opened.Sub(c.tick), c.interval/2)
		}
		c.tick = c.opened
		for i := range c.now.figures {
			c.now.figures[i].renewed = false
		}
	}
	c.sampledAt = c.opened
	ticked := c.live
	c.live = false
	c.publish(c.fresh(), ticked)
}

// fresh is until when the figures count as present: a few ticks may be late.
func (c *collector) fresh() time.Time {
	if c.interval == 0 {
		return c.opened.Add(firstFreshness)
	}
	return c.opened.Add(3*c.interval + 5*time.Second)
}

// publish makes a sample. Without fresh the broker's figures are unknown.
func (c *collector) publish(fresh time.Time, ticked bool) {
	s := &sample{
		values: unknown(), bridges: []Bridge{}, others: []OtherFigure{}, generation: c.generation,
		delivered: c.ledger.delivered, at: c.sampledAt, fresh: fresh,
	}
	if !fresh.IsZero() {
		c.fill(&s.values)
		s.version, s.bridges, s.others, s.unnamed = c.now.version, c.now.bridgeList(), c.now.otherList(), c.now.unnamed
	}
	c.latest.Store(s)
	c.emit(ticked)
}

// fill sets the users' numbers.
func (c *collector) fill(values *snapshot) {
	*values = c.gauge.rates
	for i := range c.table {
		switch r := &c.now.figures[i]; {
		case c.table[i].Kind == Counter && r.known:
			values[i] = c.gauge.counted[i]
		case c.table[i].Kind == Gauge && r.known:
			values[i] = c.less(figure(i), r.value)
		}
	}
	values[figMessagesDropped] = values[figPublishDropped]
}

// less takes our own sessions and subscriptions out of a number that the broker told. Until the first tick of a
// connection the number may be older than our sessions, so it is not known how many of them it counts.
func (c *collector) less(f figure, value float64) float64 {
	var own func() int
	switch f {
	case figClientsConnected, figClientsTotal, figClientsMaximum, figSockets:
		own = c.o.OwnSessions
	case figSubscriptions:
		own = c.o.OwnSubscriptions
	default:
		return value
	}
	if c.tick.IsZero() {
		return math.NaN()
	}
	return max(value-float64(own()), 0)
}
