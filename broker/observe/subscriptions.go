package observe

import (
	"fmt"
	"slices"
	"sync"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
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
// A filter that overlaps with one that was asked for earlier keeps an identifier for as long as that one is there, and
// its copy of a message is passed over when an earlier filter matches the topic too. Filters are earlier in the order in which the broker
// learned of them, and a filter counts from its SUBACK to its UNSUBACK in the stream of what the broker sends; both
// come in order with the messages. So there is exactly one copy at any moment, also while filters change.

// subscription is one filter that the broker knows of, or is told of.
type subscription struct {
	filter string
	number int // its identifiers are 2·number for stored messages and 2·number+1 for live ones
	stage  stage
	marked bool // its live messages carry an identifier
}

type stage uint8

const (
	asked   stage = iota + 1 // SUBSCRIBE sent
	granted                  // SUBACK read
	leaving                  // UNSUBSCRIBE sent; the broker delivers until its UNSUBACK
)

// subscriptions is what one connection has asked for and was answered. The reader tells of answers in stream order.
type subscriptions struct {
	mu      sync.Mutex
	active  []*subscription // in the order in which the broker learned of them
	refused map[string]bool
	pending map[uint16]expected // by packet identifier
	packet  uint16              // the last packet identifier
	number  int                 // of the last subscription
}

// expected is an answer that the broker owes us.
type expected struct {
	to   *subscription
	what request
}

type request uint8

const (
	first  request = iota + 1 // SUBSCRIBE that brings what is stored
	second                    // SUBSCRIBE that changes the identifier
	again                     // SUBSCRIBE that brings what is stored once more
	leave                     // UNSUBSCRIBE
)

func newSubscriptions() *subscriptions {
	return &subscriptions{refused: make(map[string]bool), pending: make(map[uint16]expected)}
}

// request returns the packets, possibly none, that are to be sent now to come closer to what is wanted.
func (s *subscriptions) request(wanted []string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []byte
	target := s.target(wanted)
	for _, filter := range target {
		if s.find(filter) == nil {
			out = s.subscribe(out, filter)
		}
	}
	for _, sub := range s.active {
		switch {
		case sub.stage != granted:
		case !slices.Contains(target, sub.filter):
			sub.stage = leaving
			out = appendUnsubscribe(out, s.expect(sub, leave), sub.filter)
		case sub.marked && !s.overlapsEarlier(sub):
			// An identifier costs the broker an allocation per message, so it goes when it is not needed any more.
			sub.marked = false
			out = appendSubscribe(out, s.expect(sub, second), sub.filter, storedNever, 0)
		}
	}
	return out
}

// repeat returns the packets by which the broker tells once more what it keeps for a filter. What is delivered live goes
// on without a gap.
func (s *subscriptions) repeat(filter string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []byte
	for _, sub := range s.active {
		if sub.stage != granted || sub.filter != filter && !topicfilter.Covers(sub.filter, filter) {
			continue
		}
		out = appendSubscribe(out, s.expect(sub, again), sub.filter, storedAlways, 2*sub.number)
		live := 0
		if sub.marked {
			live = 2*sub.number + 1
		}
		out = appendSubscribe(out, s.expect(sub, second), sub.filter, storedNever, live)
	}
	return out
}

// target is the filters that the broker should deliver. A filter is left out when another covers it; but as long as it
// is not certain that the broker grants the other one, a filter that is active stays.
func (s *subscriptions) target(wanted []string) []string {
	var target []string
	for _, filter := range wanted {
		if whyInvalid(filter) != "" || s.refused[filter] {
			continue
		}
		covered := slices.ContainsFunc(wanted, func(wide string) bool {
			if wide == filter || whyInvalid(wide) != "" || s.refused[wide] || !topicfilter.Covers(wide, filter) {
				return false
			}
			sub := s.find(wide)
			return (sub != nil && sub.stage == granted) || s.find(filter) == nil
		})
		if !covered {
			target = append(target, filter)
		}
	}
	return target
}

// subscribe adds a subscription and appends its packets.
func (s *subscriptions) subscribe(out []byte, filter string) []byte {
	s.number++
	sub := &subscription{filter: filter, number: s.number, stage: asked}
	s.active = append(s.active, sub)
	sub.marked = s.overlapsEarlier(sub)
	out = appendSubscribe(out, s.expect(sub, first), filter, storedAlways, 2*sub.number)
	live := 0
	if sub.marked {
		live = 2*sub.number + 1
	}
	return appendSubscribe(out, s.expect(sub, second), filter, storedNever, live)
}

// expect notes what will be answered, and returns the packet identifier for it.
func (s *subscriptions) expect(sub *subscription, what request) uint16 {
	for {
		s.packet++
		if _, taken := s.pending[s.packet]; s.packet != 0 && !taken {
			s.pending[s.packet] = expected{sub, what}
			return s.packet
		}
	}
}

// overlapsEarlier tells whether a topic can match both sub and a subscription before it.
func (s *subscriptions) overlapsEarlier(sub *subscription) bool {
	for _, earlier := range s.active {
		if earlier == sub {
			break
		}
		if topicfilter.Overlap(earlier.filter, sub.filter) {
			return true
		}
	}
	return false
}

// find returns the subscription that is in force for a filter or will be. One that is being given up is not: when its
// filter is wanted again, the broker is asked anew behind the UNSUBSCRIBE.
func (s *subscriptions) find(filter string) *subscription {
	for _, sub := range s.active {
		if sub.filter == filter && sub.stage != leaving {
			return sub
		}
	}
	return nil
}

// answered takes a SUBACK or UNSUBACK for one filter, with its reason code. An error means that the broker does not do
// what was asked in a way that only a new connection can mend.
func (s *subscriptions) answered(packet uint16, code byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, known := s.pending[packet]
	if !known {
		return malformed("an answer to packet %d, which was not sent", packet)
	}
	delete(s.pending, packet)
	refused := code >= 0x80
	switch {
	case e.what == first && refused:
		s.refused[e.to.filter] = true
		s.remove(e.to)
	case e.what == first:
		e.to.stage = granted
	case (e.what == second || e.what == again) && refused && slices.Contains(s.active, e.to):
		return fmt.Errorf("subscribing to %q again: %w", e.to.filter, &refusal{code})
	case e.what == leave && refused:
		return fmt.Errorf("unsubscribing from %q: %w", e.to.filter, &refusal{code})
	case e.what == leave:
		s.remove(e.to)
	}
	return nil
}

func (s *subscriptions) remove(sub *subscription) {
	s.active = slices.DeleteFunc(s.active, func(other *subscription) bool { return other == sub })
}

// refusal is a reason code of a broker that does not do what it was asked.
type refusal struct{ code byte }

func (r *refusal) Error() string { return fmt.Sprintf("refused with reason code %#x", r.code) }

// retry forgets what was refused, so that it is asked for again, and reports whether there was anything.
func (s *subscriptions) retry() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	some := len(s.refused) > 0
	clear(s.refused)
	return some
}

// identify tells what the identifier of a delivery means: that the message was stored, if it is flagged as retained,
// and that the same message came through an earlier filter.
func (s *subscriptions) identify(identifier int, topic []byte) (stored, double bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored = identifier%2 == 0
	for _, sub := range s.active {
		if sub.number == identifier/2 {
			return stored, double
		}
		double = double || (sub.stage != asked && topicfilter.Match(sub.filter, topic))
	}
	return stored, false // the broker should know of no other subscription
}

// state is what has become of a filter that is valid and wanted.
func (s *subscriptions) state(filter string, wanted []string) FilterState {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.find(filter)
	switch {
	case s.refused[filter]:
		return FilterRefused
	case sub != nil && sub.stage == granted:
		return FilterGranted
	case sub == nil && !slices.Contains(s.target(wanted), filter):
		return FilterCovered
	default:
		return FilterAsked
	}
}
