package monitor

import (
	"math"
	"time"
)

// sample is everything that is known at one moment. It is not changed after it was made.
type sample struct {
	values  snapshot // with the users' numbers; unknown while the broker cannot be seen
	version string
	bridges []Bridge
	others  []OtherFigure
	unnamed int // figures beyond those in others

	generation int64
	delivered  Traffic   // to the observation on this connection
	at         time.Time // when the broker told its figures last; zero when it never did
	fresh      time.Time // until when the values count as present; zero when they do not
}

// known reports whether the broker's figures are known at a time.
func (s *sample) known(now time.Time) bool { return !s.fresh.IsZero() && !now.After(s.fresh) }

// baseline is a counter as it was when its rate was last worked out.
type baseline struct {
	value float64
	at    time.Time // zero where there is none
}

// gauge keeps apart what is ours, tick by tick, and turns counters into rates. It belongs to the collector.
type gauge struct {
	table     *[figureCount]Figure
	raw       snapshot // the counters as the broker told them
	counted   snapshot // the users' part of each counter, which never goes down in one run of the broker
	baselines [figureCount]baseline
	rates     snapshot
}

func newGauge(table *[figureCount]Figure) *gauge {
	return &gauge{table: table, raw: unknown(), counted: unknown(), rates: unknown()}
}

// restart forgets everything: the counters begin anew.
func (g *gauge) restart() { *g = *newGauge(g.table) }

// interrupt forgets what rates are worked out from: over the time without a connection there are none.
func (g *gauge) interrupt() { g.baselines, g.rates = [figureCount]baseline{}, unknown() }

// count takes a counter and what of it is ours.
func (g *gauge) count(f figure, r *reading, ours int64) {
	if !r.known {
		return
	}
	users := max(r.value-float64(ours), 0)
	if r.value < g.raw[f] {
		g.counted[f], g.baselines[f] = users, baseline{} // it began anew
	}
	g.raw[f] = r.value
	// What is ours may be a little too much for a moment (see ledger), and the counter must not go down for that.
	if math.IsNaN(g.counted[f]) || users > g.counted[f] {
		g.counted[f] = users
	}
}

// tick works out the rates at the end of a tick, and reports whether all of the tick has reached us. A counter that the
// broker has not told again stands still, unless the tick is not whole; then the next whole one counts over both.
func (g *gauge) tick(r *readings, at time.Time) (whole bool) {
	whole = g.whole(r)
	for i := range g.table {
		rate := figure(i)
		f := g.table[rate].of
		if g.table[rate].Kind != Rate || g.table[f].Kind != Counter {
			continue
		}
		value, told := g.counted[f], &r.figures[f]
		if f == figMessagesDropped {
			value, told = g.counted[figPublishDropped], &r.figures[figPublishDropped]
		}
		if math.IsNaN(value) || !told.renewed && !whole {
			continue
		}
		before := g.baselines[f]
		g.baselines[f] = baseline{value, at}
		g.rates[rate] = perSecond(value-before.value, before.at, at)
	}
	return whole
}

// perSecond is a rate over the time between two moments, unknown when the first one is.
func perSecond(growth float64, from, to time.Time) float64 {
	if passed := to.Sub(from).Seconds(); !from.IsZero() && passed > 0 {
		return growth / passed
	}
	return math.NaN()
}

// whole reports whether all of a tick has reached us. When the broker has more for us than it may queue it drops some,
// and counts it; and the packets sent always grow, because the figures themselves are sent to us.
func (g *gauge) whole(r *readings) bool {
	sent, dropped := &r.figures[figMessagesSent], &r.figures[figPublishDropped]
	if sent.known && !sent.renewed {
		return false
	}
	return !dropped.renewed || dropped.value == g.baselines[figPublishDropped].value
}

// self works out how much the broker delivers to us.
func (g *gauge) self(delivered Traffic, at time.Time) {
	for _, s := range []struct {
		rate  figure
		value int64
	}{{figSelfMessagesRate, delivered.PublishSent}, {figSelfBytesRate, delivered.PublishBytesSent}} {
		before := g.baselines[s.rate]
		g.baselines[s.rate] = baseline{float64(s.value), at}
		g.rates[s.rate] = perSecond(float64(s.value)-before.value, before.at, at)
	}
}
