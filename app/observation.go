package app

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/broker/logtail"
	"github.com/bunkerm/bunkerm/broker/observe"
	"github.com/bunkerm/bunkerm/broker/topicfilter"
	"github.com/bunkerm/bunkerm/monitor"
)

// How much of what the broker publishes waits for each part at most, before messages are lost to that part.
const (
	statsQueue  = 16 << 20
	topicsQueue = 32 << 20
	logQueue    = 8 << 20
)

// ownFigures is the filter of the broker's own figures, which are observed whatever the settings say.
const ownFigures = "$SYS/broker/#"

// keptLog is how long the broker's own words are kept in files of ours.
const keptLog = 7 * 24 * time.Hour

// observation is everything that we see of the broker.
type observation struct {
	stream  *observe.Stream
	stats   *observe.Consumer
	topics  *observe.Consumer
	anomaly *observe.Consumer
	log     broker.LogSource
	files   *logtail.Files // nil where the log comes over MQTT
	logName string         // keeper, file or topic

	ours atomic.Int64 // messages that we have published and that are delivered to us again
}

// openObservation prepares to observe; nothing begins before the services listen.
func (a *App) openObservation(context.Context) error {
	a.observed.stream = observe.New(observe.Options{
		Endpoint: a.brokerAt, Filters: []string{ownFigures}, Logger: component(a.logger, "observe"),
	})
	o := &a.observed
	o.stats, o.topics = o.stream.Consumer("monitor", statsQueue), o.stream.Consumer("topics", topicsQueue)
	o.anomaly = o.stream.Consumer("anomaly", anomalyQueue)
	files := logtail.Options{Logger: component(a.logger, "logtail"), KeepFor: keptLog}
	switch {
	case a.managed != nil:
		o.files, o.logName = logtail.NewKeeper(logDir(a.opts.DataDir), files), "keeper"
	case a.opts.BrokerLog != "":
		o.files, o.logName = logtail.NewFile(a.opts.BrokerLog, files), "file"
	default:
		o.log, o.logName = o.stream.LogSource(logQueue), "topic"
	}
	if o.files != nil {
		o.log = o.files
	}
	return nil
}

// applyObservation puts the settings of what is observed to work.
func (a *App) applyObservation(s monitor.ObservationSettings) error {
	a.observed.stream.SetFilters(append([]string{ownFigures}, s.Observed...))
	return a.topics.SetRedacted(s.Redacted)
}

// grantedFilters are the filters that the broker delivers.
func (a *App) grantedFilters() []string {
	var granted []string
	for _, f := range a.observed.stream.Status().Filters {
		if f.State == observe.FilterGranted || f.State == observe.FilterCovered {
			granted = append(granted, f.Filter)
		}
	}
	return granted
}

// observeAuto chooses by where the broker is: to observe everything makes it send everything once more.
const observeAuto = "auto"

// observeDefaults are the settings as the command line has them.
func (o Options) observeDefaults() []string {
	filters, wanted := []string{}, o.Observe
	if wanted == observeAuto {
		if wanted = ""; o.brokerIsHere() {
			wanted = "#"
		}
	}
	for filter := range strings.SplitSeq(wanted, ",") {
		if filter = strings.TrimSpace(filter); filter != "" {
			filters = append(filters, filter)
		}
	}
	return filters
}

// brokerIsHere reports whether the broker is ours, or is reached over loopback or a socket.
func (o Options) brokerIsHere() bool {
	address, err := url.Parse(o.Broker)
	if err != nil || address.Host == "" {
		return true
	}
	ip := net.ParseIP(address.Hostname())
	return address.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// process says what the managed broker's process does.
func (a *App) process() (state string, since time.Time, known bool) {
	if a.managed == nil {
		return "", time.Time{}, false
	}
	kept := a.managed.Status()
	switch kept.State {
	case keeper.Running:
		state = "running"
	case keeper.Starting:
		state = "starting"
	default:
		state = "stopped"
	}
	return state, kept.Since, true
}

// own tells our own sessions. On an attached broker people may use our account too, but hardly such a client id.
func (a *App) own(clientID, username string) bool {
	if a.managed != nil {
		return username == broker.OwnUsername
	}
	return username == a.opts.BrokerUser && strings.HasPrefix(clientID, "bunkerm-")
}

// ownSessions counts our sessions at the broker.
func (a *App) ownSessions() int {
	n := 0
	if a.session.Status().State != broker.StateConnecting {
		n++
	}
	if a.observed.stream.Status().State == broker.StateConnected {
		n++
	}
	return n
}

// ownSubscriptions counts our topic filters at the broker.
func (a *App) ownSubscriptions() int {
	n := 0
	if a.session.Status().State == broker.StateConnected {
		n += a.session.Subscriptions()
	}
	for _, f := range a.observed.stream.Status().Filters {
		if f.State == observe.FilterGranted {
			n++
		}
	}
	return n
}

// ownTraffic is what our control session has cost the broker; what it has received we have sent.
func (a *App) ownTraffic() monitor.Traffic {
	t := a.session.Traffic()
	return monitor.Traffic{
		MessagesReceived: t.PacketsSent, MessagesSent: t.PacketsReceived,
		PublishReceived: t.PublishesSent, PublishSent: t.PublishesReceived,
		PublishBytesReceived: t.PayloadSent, PublishBytesSent: t.PayloadReceived,
		BytesReceived: t.BytesSent, BytesSent: t.BytesReceived,
	}
}

// publish sends a message of ours, and counts it where we will see it again.
func (a *App) publish(ctx context.Context, topic string, payload []byte, qos byte, retain bool) (matched *bool, err error) {
	matched, err = a.session.Publish(ctx, topic, payload, qos, retain)
	sees := func(filter string) bool { return topicfilter.Match(filter, []byte(topic)) }
	if err == nil && slices.ContainsFunc(a.grantedFilters(), sees) {
		a.observed.ours.Add(1)
	}
	return matched, err
}

// messagesOfOthers is how many messages of clients we have seen. What the broker had kept when we subscribed is none of
// them: it comes all at once, and no client has done anything for it.
func (a *App) messagesOfOthers() int64 {
	return a.observed.stream.Status().Live - a.observed.ours.Load()
}

// rateMeter measures how many messages clients publish, fast enough to notice a flood within a second. What is not
// observed is seen in the broker's own figures, which come every few seconds.
type rateMeter struct {
	seen  func() int64   // messages, ever growing
	other func() float64 // per second, as the broker counts them; 0 where unknown
	clock func() time.Time

	mu       sync.Mutex
	messages int64
	at       time.Time
	rate     float64
}

// shortestLook is over how long a rate is measured at least.
const shortestLook = 200 * time.Millisecond

// PerSecond is the present rate.
func (m *rateMeter) PerSecond() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	if passed := now.Sub(m.at); passed >= shortestLook || passed < 0 {
		seen := m.seen()
		if !m.at.IsZero() && passed > 0 {
			m.rate = float64(seen-m.messages) / passed.Seconds()
		}
		m.messages, m.at = seen, now
	}
	return max(m.rate, m.other())
}
