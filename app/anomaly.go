package app

import (
	"context"
	"errors"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/anomaly"
	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/broker/observe"
	"github.com/bunkerm/bunkerm/broker/topicfilter"
	"github.com/bunkerm/bunkerm/clientlogs"
	"github.com/bunkerm/bunkerm/monitor"
	"github.com/bunkerm/bunkerm/notify"
)

// anomalyQueue is how much of what the broker publishes waits for the detectors at most.
const anomalyQueue = 32 << 20

// openAnomaly makes the service that notices what is strange, and the way out for what it has to say.
func (a *App) openAnomaly(ctx context.Context) error {
	a.session.OnEvent(a.takeovers.session)
	var err error
	a.notify, err = notify.New(notify.Options{
		Store: a.db, Logger: component(a.logger, "notify"), Record: a.record, Publish: a.tell,
		Location: func() *time.Location { return a.anomaly.Location() },
	})
	if err != nil {
		return err
	}
	a.anomaly, err = anomaly.New(ctx, anomaly.Options{
		Store: a.db, Logger: component(a.logger, "anomaly"), Streams: &a.streams, Notify: a.notify,
		Matches:     func(filter, topic string) bool { return topicfilter.Match(filter, []byte(topic)) },
		CheckFilter: monitor.CheckFilter, SnapshotFile: filepath.Join(a.opts.DataDir, "anomaly.snapshot"),
		Actor: auth.Actor, Allowed: auth.Permitted, Record: a.record,
		Group: a.groupMembers, Figures: a.brokerFigures, Conditions: a.conditions, URL: a.alertURL, Memory: a.limitMemory,
	})
	if err != nil {
		return err
	}
	a.limitMemory(0)
	a.db.Keep(a.anomaly.Kinds()...)
	a.db.Keep(a.notify.Kinds()...)
	return nil
}

// limitMemory tells the garbage collector what is in use for good: a limit below that would keep it busy all the time. What it
// collects needs half as much again.
func (a *App) limitMemory(learned int) {
	if a.opts.MemoryLimit > 0 {
		debug.SetMemoryLimit(a.opts.MemoryLimit + int64(learned)*3/2)
	}
}

// tell publishes a notification.
func (a *App) tell(ctx context.Context, topic string, payload []byte, qos byte, retain bool) error {
	_, err := a.publish(ctx, topic, payload, qos, retain)
	return err
}

// alertURL is where people read of an alert; empty where the page's address is not known outside of this host.
func (a *App) alertURL(id int64) string {
	if a.opts.PublicURL == "" {
		return ""
	}
	page := strings.TrimSuffix(a.opts.PublicURL, "/") + "/anomalies"
	if id > 0 {
		page += "/alerts/" + strconv.FormatInt(id, 10)
	}
	return page
}

// groupMembers are the usernames of a group.
func (a *App) groupMembers(ctx context.Context, name string) ([]string, error) {
	group, _, err := a.dynsec.GetGroup(ctx, name)
	if err != nil {
		return nil, err
	}
	members := make([]string, len(group.Clients))
	for i, c := range group.Clients {
		members[i] = c.Username
	}
	return members, nil
}

// watchedFigures are those of the broker's figures whose course says something: not what only grows, and not our own.
var watchedFigures = [...]string{ //nolint:gochecknoglobals // a constant list
	"clients.connected", "publish.received_per_second", "publish.sent_per_second", "publish.dropped_per_second",
	"publish.bytes_received_per_second", "publish.bytes_sent_per_second", "subscriptions.count", "retained.count",
	"store.messages", "store.bytes", "heap.current_bytes",
}

// brokerFigures are the broker's own figures as the detectors get them.
func (a *App) brokerFigures() []anomaly.Figure {
	var figures []anomaly.Figure
	for _, name := range watchedFigures {
		if v, known := a.monitor.Value(name); known {
			figures = append(figures, anomaly.Figure{Name: name, Value: v})
		}
	}
	return figures
}

// feedMessages hands what is published to the detectors, until ctx ends.
func (a *App) feedMessages(ctx context.Context) error {
	for {
		block, err := a.observed.anomaly.Next(ctx)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, observe.ErrClosed) {
				return err
			}
			return nil
		}
		a.feedBlock(block)
		block.Release()
	}
}

func (a *App) feedBlock(block *observe.Block) {
	if block.Kind != observe.Messages || block.Lost > 0 {
		a.anomaly.Missed(block.At, block.Kind == observe.Connected)
	}
	var m observe.Message
	var out anomaly.Message
	own := a.opts.StatusTopic
	a.anomaly.Messages(block.At, func(yield func(*anomaly.Message) bool) {
		for block.Next(&m) {
			if own != "" && string(m.Topic) == own {
				continue
			}
			out = anomaly.Message{Topic: m.Topic, Payload: m.Payload, Size: m.Size, Stored: m.Stored}
			if !yield(&out) {
				return
			}
		}
	})
}

// clientsAtOnce is how many events of clients are handed on in one go.
const clientsAtOnce = 500

// feedClients hands what clients did to the detectors, until ctx ends.
func (a *App) feedClients(ctx context.Context) error {
	_, at, _ := a.clientlogs.EventsAfter(0, 0)
	for {
		events, next, changed := a.clientlogs.EventsAfter(at, clientsAtOnce)
		at = next
		for i := range events {
			a.takeovers.event(&events[i])
			if e, ok := clientEvent(&events[i]); ok {
				a.anomaly.Client(&e)
			}
		}
		if len(events) == clientsAtOnce {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// clientEvent is an event as the detectors want it; false where it is none of theirs.
func clientEvent(e *clientlogs.Event) (anomaly.ClientEvent, bool) {
	out := anomaly.ClientEvent{
		At: e.Time, ClientID: e.ClientID, Username: e.Username, Address: e.Address, Topic: e.Topic, Trusted: e.Own || e.Bridge,
	}
	switch e.Kind {
	case clientlogs.Connect:
		out.Kind = anomaly.ClientConnected
	case clientlogs.Disconnect:
		out.Kind = anomaly.ClientGone
		out.Clean = e.Reason == clientlogs.ClientDisconnected || e.Reason == clientlogs.BrokerStopped || e.Reason == clientlogs.Kicked ||
			e.Reason == clientlogs.UnknownReason
	case clientlogs.AuthFailure:
		out.Kind = anomaly.ClientRefused
	case clientlogs.Subscribe:
		out.Kind = anomaly.ClientSubscribed
	case clientlogs.Publish:
		out.Kind = anomaly.ClientPublished
	case clientlogs.Takeover:
		out.Kind = anomaly.ClientTakenOver
	default:
		return out, false
	}
	return out, true
}
