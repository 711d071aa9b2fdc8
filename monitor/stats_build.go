package monitor

import (
	"math"
	"runtime/metrics"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/observe"
)

// The states of a broker in an answer.
const (
	stateRunning     = "running"
	stateUnreachable = "unreachable"
)

// now is everything that is known at present: the last sample, with what is told in the moment of asking. present is
// false where the broker's own figures are unknown.
func (s *Service) now() (values snapshot, last *sample, present bool) {
	status := s.o.Observation()
	return s.nowAt(&status)
}

// nowAt is now for an observation in the given state. It knows a moment before the collector that the broker is gone.
func (s *Service) nowAt(status *observe.Status) (values snapshot, last *sample, present bool) {
	last = s.collect.latest.Load()
	values = unknown()
	if present = status.State == broker.StateConnected && last.known(time.Now()); present {
		values = last.values
	}
	values[figSelfSessions] = float64(s.o.OwnSessions())
	values[figSelfMemory] = float64(memoryInUse())
	values[figSelfLost] = float64(lost(status))
	return values, last, present
}

// Stats returns how the broker is doing at present. It never waits. A value that the broker has not told, or told too
// long ago, is nil.
func (s *Service) Stats() Stats {
	status := s.o.Observation()
	v, last, present := s.nowAt(&status)
	count := func(f figure) *int64 { return whole(v[f]) }
	value := func(f figure) *float64 { return known(v[f]) }
	stats := Stats{
		Clients: ClientStats{
			Connected: count(figClientsConnected), Disconnected: count(figClientsDisconnected),
			Total: count(figClientsTotal), Maximum: count(figClientsMaximum), Expired: count(figClientsExpired),
		},
		Messages: MessageStats{
			Received: count(figMessagesReceived), Sent: count(figMessagesSent), Stored: count(figMessagesStored),
			Dropped: count(figMessagesDropped), ReceivedPerSecond: value(figMessagesReceivedRate),
			SentPerSecond: value(figMessagesSentRate), DroppedPerSecond: value(figMessagesDroppedRate),
		},
		Publish: PublishStats{
			Received: count(figPublishReceived), Sent: count(figPublishSent), Dropped: count(figPublishDropped),
			BytesReceived: count(figPublishBytesReceived), BytesSent: count(figPublishBytesSent),
			ReceivedPerSecond: value(figPublishReceivedRate), SentPerSecond: value(figPublishSentRate),
			DroppedPerSecond:       value(figPublishDroppedRate),
			BytesReceivedPerSecond: value(figPublishBytesReceivedRate), BytesSentPerSecond: value(figPublishBytesSentRate),
		},
		Bytes: ByteStats{
			Received: count(figBytesReceived), Sent: count(figBytesSent),
			ReceivedPerSecond: value(figBytesReceivedRate), SentPerSecond: value(figBytesSentRate),
		},
		Subscriptions: SubscriptionStats{Count: count(figSubscriptions), Shared: count(figSubscriptionsShared)},
		Retained:      RetainedStats{Count: count(figRetained)},
		Store:         StoreStats{Messages: count(figStoreMessages), Bytes: count(figStoreBytes)},
		Heap:          HeapStats{CurrentBytes: count(figHeapCurrent), MaximumBytes: count(figHeapMaximum)},
		PacketsOut:    PacketsOutStats{Count: count(figPacketsOut), Bytes: count(figPacketsOutBytes)},
		Sockets:       SocketStats{Count: count(figSockets)},
		Load:          loads(&v),
		Bridges:       []Bridge{},
		Others:        []OtherFigure{},
		Self:          s.self(&v, &status),
		SampledAt:     instantOrNull(last.at),
	}
	if present {
		stats.Bridges, stats.Others, stats.OthersLeftOut = last.bridges, last.others, last.unnamed
		if last.version != "" {
			stats.Broker.Version = &last.version
		}
	}
	stats.Broker.UptimeSeconds = whole(v[figUptime])
	s.describe(&stats.Broker, &status)
	return stats
}

// describe says what state the broker is in: what its process does where it is ours, else whether it can be seen.
func (s *Service) describe(b *BrokerStats, status *observe.Status) {
	b.State, b.Detail, b.Hint = stateUnreachable, status.Detail, status.Hint
	if status.State == broker.StateConnected {
		b.State = stateRunning
	}
	since := status.Since
	if state, processSince, known := s.o.Process(); known {
		b.State, since = state, processSince
	}
	b.Since = instantOrNull(since)
}

func (s *Service) self(v *snapshot, status *observe.Status) SelfStats {
	self := SelfStats{
		Sessions: s.o.OwnSessions(), Subscriptions: s.o.OwnSubscriptions(),
		Messages: status.Messages, Bytes: status.Bytes,
		MessagesPerSecond: known(v[figSelfMessagesRate]), BytesPerSecond: known(v[figSelfBytesRate]),
		Lost: lost(status), MemoryBytes: int64(v[figSelfMemory]), Recording: s.o.Store.Recording(),
	}
	for _, c := range status.Consumers {
		self.QueuedBytes += int64(c.QueuedBytes)
	}
	return self
}

func lost(status *observe.Status) (messages int64) {
	for _, c := range status.Consumers {
		messages += c.Lost
	}
	return messages
}

func loads(v *snapshot) LoadStats {
	load := func(i figure) Load {
		at := figLoad + 3*i
		return Load{Minute: known(v[at]), Five: known(v[at+1]), Fifteen: known(v[at+2])}
	}
	return LoadStats{ // in the order of loadNames
		MessagesReceived: load(0), MessagesSent: load(1), PublishReceived: load(2), PublishSent: load(3),
		PublishDropped: load(4), BytesReceived: load(5), BytesSent: load(6), Sockets: load(7), Connections: load(8),
	}
}

// Up reports whether the broker can be seen: BunkerM is connected to it.
func (s *Service) Up() bool { return s.o.Observation().State == broker.StateConnected }

// Values are the figures that are known at present, by name.
func (s *Service) Values() map[string]float64 {
	v, _, _ := s.now()
	values := make(map[string]float64, len(v))
	for i := range v {
		if !math.IsNaN(v[i]) {
			values[s.table[i].Name] = v[i]
		}
	}
	return values
}

// Value is one of Values. ok is false for a figure that is not known.
func (s *Service) Value(name string) (v float64, ok bool) {
	f, exists := s.byName[name]
	if !exists {
		return 0, false
	}
	all, _, _ := s.now()
	return all[f], !math.IsNaN(all[f])
}

func known(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

func whole(v float64) *int64 {
	if math.IsNaN(v) {
		return nil
	}
	n := int64(v)
	return &n
}

// memoryInUse is what our process holds of the machine's memory: what the runtime has mapped less what it gave back.
func memoryInUse() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
