package observe

import (
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// Status is the stream's state for people.
type Status struct {
	// State is connecting, connected, refused or closed. Connected tells nothing about the filters.
	State  broker.State
	Since  time.Time // when State began
	Detail string    // what is the matter, one sentence without a full stop; empty when all is well
	Hint   string    // what the operator can do about it; may be empty

	ClientID   string // of the present or last connection
	Generation int64  // how many connections there have been
	Messages   int64  // PUBLISH packets delivered over all connections, with those that came twice
	Bytes      int64  // their payload bytes
	// Live is how many messages others have published meanwhile: without what the broker had kept, and without $SYS.
	Live int64
	// Traffic is everything on the wire over all connections, as the broker's own statistics count it.
	Traffic broker.Traffic

	Filters   []FilterStatus
	Consumers []ConsumerStatus
}

// FilterState is what has become of a filter.
type FilterState string

// The states of a filter.
const (
	FilterAsked   FilterState = "asked"   // the broker has not answered yet, or there is no connection
	FilterGranted FilterState = "granted" // the broker delivers what matches it and our account may receive
	FilterRefused FilterState = "refused" // it is asked for again from time to time
	FilterInvalid FilterState = "invalid" // it is no filter, and never sent
	FilterCovered FilterState = "covered" // another one matches everything that it matches, so it is not sent
)

// FilterStatus is a filter and what the broker says to it.
type FilterStatus struct {
	Filter string
	State  FilterState
	Detail string // what is the matter with one that is refused or invalid
	Hint   string // what the operator can do about it
}

// ConsumerStatus is how far behind a consumer is.
type ConsumerStatus struct {
	Name        string
	QueuedBytes int   // the memory that its queue holds
	QueueBytes  int   // how much it may hold
	Lost        int64 // messages that it did not get because the queue was full
}

// Status returns the present state. It never waits for the broker.
func (s *Stream) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.status
	status.Messages, status.Bytes = s.counts.publishes.Load(), s.counts.payload.Load()
	status.Live = s.counts.live.Load()
	status.Traffic = s.counts.traffic()
	status.Filters = s.filterStatus()
	status.Consumers = make([]ConsumerStatus, len(s.consumers))
	for i, c := range s.consumers {
		status.Consumers[i] = c.status()
	}
	if status.State == broker.StateConnected {
		for _, f := range status.Filters {
			if f.State == FilterRefused || f.State == FilterInvalid {
				status.Detail, status.Hint = f.Detail, f.Hint
				break
			}
		}
	}
	return status
}

// filterStatus describes the filters that are wanted. The caller holds the lock.
func (s *Stream) filterStatus() []FilterStatus {
	all := make([]FilterStatus, len(s.filters))
	for i, filter := range s.filters {
		f := FilterStatus{Filter: filter, State: FilterAsked}
		if s.subscriptions != nil {
			f.State = s.subscriptions.state(filter, s.filters)
		}
		if why := whyInvalid(filter); why != "" {
			f.State = FilterInvalid
			f.Detail = "the filter " + filter + " " + why
			f.Hint = "mend or remove it in the settings of what is observed"
		}
		if f.State == FilterRefused {
			f.Detail = "the broker refuses the filter " + filter + " to BunkerM's account"
			f.Hint = "give the account the right to subscribe to it, or take it out of what is observed"
			if remedy := s.options.Endpoint.Remedy; remedy != "" {
				f.Hint = remedy
			}
		}
		all[i] = f
	}
	return all
}
