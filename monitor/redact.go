package monitor

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/bunkerm/bunkerm/fault"
)

// mostRedacted bounds the filters: each costs something at every topic that is new.
const mostRedacted = 100

// DefaultRedacted are the filters of topics that are known to carry secrets in the clear. There are few, because a
// value that is hidden without need is a broker that cannot be understood; an operator adds his own.
func DefaultRedacted() []string {
	return []string{
		// Zigbee2MQTT publishes its configuration, older versions with the network key and the broker's password in it.
		"+/bridge/info",
		// The answer to its request for a backup is the whole data folder: keys, passwords and configuration.
		"+/bridge/response/backup",
		// Tasmota's commands that set passwords carry them as the payload; Backlog carries any of them.
		"cmnd/+/Password", "cmnd/+/Password1", "cmnd/+/Password2",
		"cmnd/+/MqttPassword", "cmnd/+/WebPassword", "cmnd/+/Backlog",
		// OwnTracks' commands to a phone may set its whole configuration, its account at the broker included.
		"owntracks/+/+/cmd",
	}
}

// SetRedacted replaces the filters of topics whose values never enter memory, and drops the values that are there. It
// waits until that is done. The error is fault.Invalid, and nothing has changed then.
func (t *Topics) SetRedacted(filters []string) error {
	if err := CheckRedacted("filters", filters); err != nil {
		return err
	}
	kept := slices.Clone(filters)
	t.redacted.Store(&kept)
	// Whoever adds a topic reads the filters under its shard's lock: a topic that comes behind this loop at its shard
	// meets the new ones.
	for i := range t.shards {
		t.shards[i].redact(kept, &t.valueBytes)
	}
	return nil
}

// CheckRedacted says which of the filters cannot be used; location names the list in the request.
func CheckRedacted(location string, filters []string) error {
	if len(filters) > mostRedacted {
		return notAcceptable(location, fmt.Sprintf("has more than %d filters", mostRedacted))
	}
	problem := fault.New(fault.Invalid, "the request is not acceptable")
	for i, filter := range filters {
		if err := CheckFilter(filter); err != nil {
			problem = problem.At(fmt.Sprintf("%s[%d]", location, i), err.Error())
		}
	}
	if len(problem.Fields) > 0 {
		return problem
	}
	return nil
}

// Redacted are the filters as they are now.
func (t *Topics) Redacted() []string { return slices.Clone(*t.redacted.Load()) }

// redact marks the topics of a shard, and drops the values of those that are redacted now.
func (s *topicShard) redact(filters []string, valueBytes *atomic.Int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for topic, e := range s.topics {
		switch hidden := matchesAny(filters, topic); {
		case hidden:
			e.dropValue(valueBytes)
			e.held = heldRedacted
		case e.held == heldRedacted:
			e.held = heldNothing // until the next message
		}
	}
}
