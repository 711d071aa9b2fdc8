package observe

import (
	"slices"
	"sync"
	"time"
)

// Which messages the broker keeps and which are new, and which copy of a message counts where several filters match
// it, is told by subscription identifiers (MQTT 5.0, 3.8.2.1.2), with which the broker marks each delivery.
//
// Both mosquitto 2.0.11 and 2.1.2, as seen by running them:
//
//   - They send SUBACK, and behind it the retained messages, with the identifier of the SUBSCRIBE that asked for them.
//     Live messages may come before the SUBACK already, and between the retained ones.
//   - A second SUBSCRIBE with the same filter replaces the identifier of the first, also by none, without interrupting
//     the delivery. With Retain Handling 2 it brings no retained messages again.
//   - A message that matches several filters of one client is delivered once for each, with that filter's identifier.
//
// So each filter is asked for twice, in one write: first with an identifier that means "stored", and then, with Retain
// Handling 2, without one. What carries the first and is flagged as retained was stored. A live message that a device
// publishes as retained between the broker's work on the two packets looks the same, and counts as stored as well: as
// if we had subscribed a moment later.
//
// A filter that overlaps with one that was asked for earlier keeps an identifier for good, and its copy of a message is
// passed over when an earlier filter matches the topic too. Filters are earlier in the order in which the broker
// learned of them, and a filter counts from its SUBACK to its UNSUBACK in the stream of what the broker sends; both
// come in order with the messages. So there is exactly one copy at any moment, also while filters change.

// subscription is a filter of one connection.
type subscription struct {
	filter     string
	storedID   int  // the identifier of what the broker keeps
	liveID     int  // of what is published; 0 is none
	overlaps   bool // with one that is earlier
	active     bool // from SUBACK to UNSUBACK
	refusedAt  time.Time
	packetID   uint16 // of the first SUBSCRIBE, until its SUBACK
	leaveID    uint16 // of the UNSUBSCRIBE, until its UNSUBACK
	isRefused  bool
	isAnswered bool
}

// subscriptions are the filters of one connection, in the order in which the broker learned of them.
type subscriptions struct {
	mu         sync.Mutex
	all        []*subscription
	covered    []string // wanted, and not sent because another one matches everything that they match
	identifier int      // given last
	packet     uint16   // given last
}

// want changes what is subscribed to the given filters. It returns the packets that do so, and how many they are.
func (s *subscriptions) want(filters []string, now time.Time) (send []byte, packets int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted, covered := effective(filters)
	s.covered = covered
	for _, filter := range wanted {
		known := s.find(filter)
		switch {
		case known == nil:
			known = &subscription{filter: filter, overlaps: s.overlapsEarlier(filter)}
			s.all = append(s.all, known)
		case known.isRefused && now.Sub(known.refusedAt) >= retryRefused:
			known.isRefused, known.isAnswered = false, false
		default:
			continue
		}
		s.identifier++
		known.storedID = s.identifier
		if known.overlaps {
			s.identifier++
			known.liveID = s.identifier
		}
		known.packetID = s.nextPacket()
		send = appendSubscribe(send, known.packetID, known.storedID, filter, retainAsPublished)
		send = appendSubscribe(send, s.nextPacket(), known.liveID, filter, retainAsPublished|sendNoneRetained)
		packets += 2
	}
	// What is new is asked for before what is old is given up, so that nothing that both match is missed.
	for _, old := range s.all {
		if slices.Contains(wanted, old.filter) || old.leaveID != 0 {
			continue
		}
		old.leaveID = s.nextPacket()
		send = appendUnsubscribe(send, old.leaveID, old.filter)
		packets++
	}
	return send, packets
}

// effective are the filters that have to be sent, and those that others cover.
func effective(filters []string) (wanted, covered []string) {
	for i, filter := range filters {
		if whyInvalid(filter) != "" {
			continue
		}
		hidden := slices.ContainsFunc(filters, func(wide string) bool {
			return wide != filter && whyInvalid(wide) == "" && covers(wide, filter) &&
				// Of two that match the same, the first is sent.
				(!covers(filter, wide) || slices.Index(filters, wide) < i)
		})
		if hidden {
			covered = append(covered, filter)
		} else {
			wanted = append(wanted, filter)
		}
	}
	return wanted, covered
}

// find returns the subscription that is or will be in force for a filter. The caller holds the lock.
func (s *subscriptions) find(filter string) *subscription {
	for _, sub := range s.all {
		if sub.filter == filter && sub.leaveID == 0 {
			return sub
		}
	}
	return nil
}

// overlapsEarlier tells whether an earlier filter matches topics that this one matches too. The caller holds the lock.
func (s *subscriptions) overlapsEarlier(filter string) bool {
	return slices.ContainsFunc(s.all, func(earlier *subscription) bool { return overlap(earlier.filter, filter) })
}

func (s *subscriptions) nextPacket() uint16 {
	if s.packet++; s.packet == 0 {
		s.packet = 1
	}
	return s.packet
}

// answered notes a SUBACK or UNSUBACK, and reports whether that changed the state of a filter.
func (s *subscriptions) answered(packetID uint16, code byte, now time.Time) bool {
	if packetID == 0 {
		return false // nothing of ours has this number
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, sub := range s.all {
		switch packetID {
		case sub.packetID:
			sub.packetID = 0
			sub.isAnswered, sub.isRefused, sub.active = true, code >= 0x80, code < 0x80
			if sub.isRefused {
				sub.refusedAt = now
			}
			return true
		case sub.leaveID:
			s.all = slices.Delete(s.all, i, i+1)
			return true
		}
	}
	return false
}

// judge says what a delivery is that carries a subscription identifier.
func (s *subscriptions) judge(identifier int, topic []byte, retain bool) (stored, double bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, sub := range s.all {
		if identifier != sub.storedID && identifier != sub.liveID {
			continue
		}
		stored = retain && identifier == sub.storedID
		if sub.overlaps {
			double = slices.ContainsFunc(s.all[:i], func(earlier *subscription) bool {
				return earlier.active && matches(earlier.filter, topic)
			})
		}
		return stored, double
	}
	return false, false // of a filter that is being given up
}

// state is what has become of a filter.
func (s *subscriptions) state(filter string) FilterState {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.covered, filter) {
		return FilterCovered
	}
	sub := s.find(filter)
	switch {
	case sub == nil || !sub.isAnswered:
		return FilterAsked
	case sub.isRefused:
		return FilterRefused
	default:
		return FilterGranted
	}
}

// anyRefused tells whether some filter should be asked for again one day.
func (s *subscriptions) anyRefused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.all, func(sub *subscription) bool { return sub.isRefused })
}
