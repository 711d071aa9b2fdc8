package monitor

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestNumbersAreTheUsers counts what users do, beside everything that we do ourselves.
func TestNumbersAreTheUsers(t *testing.T) {
	b := brokertest.Start(t)
	h := buildStats(t, b, monitorDB(t), nil)
	nobody := h.awaitStats("nobody is there", func(s Stats) bool { return is(s.Clients.Connected, 0) && is(s.Subscriptions.Count, 0) })
	if !is(nobody.Publish.Received, 0) || !is(nobody.Publish.Sent, 0) || !is(nobody.Publish.BytesSent, 0) {
		t.Errorf("without users: %s", shown(nobody.Publish))
	}
	if nobody.Self.Sessions != 2 || nobody.Broker.Version == nil || *nobody.Broker.Version != b.Version() || nobody.Broker.State != stateRunning {
		t.Errorf("the broker and we: %s %s", shown(nobody.Broker), shown(nobody.Self))
	}

	const messages = 137
	listener, talker := device(t, b, "listener"), device(t, b, "talker")
	if code, err := listener.Subscribe("room/+"); err != nil || code != 1 {
		t.Fatalf("subscribing: %d, %v", code, err)
	}
	before := h.awaitStats("both are counted", func(s Stats) bool { return is(s.Clients.Connected, 2) && is(s.Subscriptions.Count, 1) })
	for i := range messages {
		if code, err := talker.Publish(fmt.Sprintf("room/%d", i%5), strings.Repeat("x", 11)); err != nil || code != 0 {
			t.Fatalf("publishing: %d, %v", code, err)
		}
	}
	for range messages {
		<-listener.Messages
	}
	h.awaitTicks(2)
	s := h.service.Stats()
	for what, is := range map[string]bool{
		"received":       *s.Publish.Received-*before.Publish.Received == messages,
		"sent":           *s.Publish.Sent-*before.Publish.Sent == messages,
		"bytes received": *s.Publish.BytesReceived-*before.Publish.BytesReceived == 11*messages,
		"bytes sent":     *s.Publish.BytesSent-*before.Publish.BytesSent == 11*messages,
		// Both devices at QoS 1: PUBLISH in, PUBACK out; PUBLISH out, PUBACK in.
		"packets received": *s.Messages.Received-*before.Messages.Received == 2*messages,
		"packets sent":     *s.Messages.Sent-*before.Messages.Sent == 2*messages,
		"dropped":          *s.Publish.Dropped == 0,
	} {
		if !is {
			t.Errorf("%s is wrong: before %s %s, then %s %s", what, shown(before.Publish), shown(before.Messages), shown(s.Publish), shown(s.Messages))
		}
	}
	if s.SampledAt == nil || s.Messages.ReceivedPerSecond == nil || *s.Messages.ReceivedPerSecond < 0 {
		t.Errorf("rates: %s", shown(s.Messages))
	}
	quiet := h.awaitStats("it is quiet again", func(s Stats) bool {
		return s.Publish.ReceivedPerSecond != nil && *s.Publish.ReceivedPerSecond == 0
	})
	if *quiet.Publish.SentPerSecond != 0 || *quiet.Messages.ReceivedPerSecond != 0 || *quiet.Messages.SentPerSecond != 0 {
		t.Errorf("nobody does anything, and yet: %s %s", shown(quiet.Publish), shown(quiet.Messages))
	}
	h.awaitTicks(3)
	// Properties of the last frames of a tick are not known to us: that is a few bytes, and does not add up.
	if later := h.service.Stats(); *later.Bytes.Sent-*quiet.Bytes.Sent > 20 || *later.Bytes.Received != *quiet.Bytes.Received {
		t.Errorf("nobody does anything, and bytes grow from %s to %s", shown(quiet.Bytes), shown(later.Bytes))
	}
}

func is(got *int64, want int64) bool { return got != nil && *got == want }

func shown(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
