package monitor

import (
	"context"
	"fmt"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// talk publishes messages that nobody but us receives.
func talk(t *testing.T, d *brokertest.Device, messages int) {
	t.Helper()
	for i := range messages {
		if code, err := d.Publish(fmt.Sprintf("room/%d", i), "warm"); err != nil || code >= 0x80 {
			t.Fatalf("publishing: %d, %v", code, err)
		}
	}
}

func TestBrokerThatIsGoneTellsNothing(t *testing.T) {
	b := brokertest.Start(t)
	h := buildStats(t, b, monitorDB(t), nil)
	talk(t, device(t, b, "talker"), 50)
	before := h.awaitStats("users are counted", func(s Stats) bool {
		return is(s.Publish.Received, 50) && s.Messages.ReceivedPerSecond != nil
	})
	b.Kill()
	gone := h.awaitStats("the broker is gone", func(s Stats) bool { return s.Broker.State == stateUnreachable })
	if gone.Clients.Connected != nil || gone.Publish.Received != nil || gone.Messages.ReceivedPerSecond != nil ||
		gone.Broker.Version != nil || gone.Broker.UptimeSeconds != nil || gone.Load.Sockets.Minute != nil {
		t.Errorf("stale values are shown: %s", shown(gone))
	}
	if gone.Broker.Detail == "" || gone.SampledAt == nil || gone.SampledAt.Before(*before.SampledAt) {
		t.Errorf("what is the matter is not said: %s", shown(gone))
	}

	b.Start()
	h.awaitStats("the new run is known", func(s Stats) bool { return s.Broker.UptimeSeconds != nil })
	talk(t, device(t, b, "talker"), 7)
	after := h.awaitStats("the new run counts from nothing", func(s Stats) bool {
		for _, rate := range []*float64{s.Messages.ReceivedPerSecond, s.Publish.SentPerSecond, s.Bytes.SentPerSecond} {
			if rate != nil && *rate < 0 {
				t.Fatalf("a rate is negative: %s", shown(s))
			}
		}
		return is(s.Publish.Received, 7) && is(s.Clients.Connected, 1)
	})
	if !is(after.Publish.Sent, 0) {
		t.Errorf("what was delivered to us counts as the users': %s", shown(after.Publish))
	}
}

// TestConnectionThatBreaks takes our observation away for a moment, in the way in which any client can do it. The
// broker tells its client count only when it changes, and one before 2.0.16 forgets it after a minute.
func TestConnectionThatBreaks(t *testing.T) {
	b := brokertest.Start(t)
	h := buildStats(t, b, monitorDB(t), nil)
	talker := device(t, b, "talker")
	talk(t, talker, 30)
	h.awaitStats("users are counted", func(s Stats) bool { return is(s.Publish.Received, 30) && is(s.Clients.Connected, 1) })
	generation := h.observe.Status().Generation
	thief := device(t, b, h.observe.Status().ClientID)
	h.awaitStats("we are back", func(Stats) bool { return h.observe.Status().Generation > generation })
	if err := thief.Disconnect(); err != nil {
		t.Fatal(err)
	}
	talk(t, talker, 5)
	s := h.awaitStats("everything is known again", func(s Stats) bool { return is(s.Publish.Received, 35) && is(s.Clients.Connected, 1) })
	if !is(s.Publish.Sent, 0) {
		t.Errorf("what was delivered to us on the old connection counts as the users': %s", shown(s.Publish))
	}
}

// TestWeRestart keeps apart what is ours over a restart of ours: the broker's counters go on.
func TestWeRestart(t *testing.T) {
	b := brokertest.Start(t)
	path := t.TempDir() + "/bunkerm.db"
	open := func() *store.DB {
		db, err := store.Open(t.Context(), store.Options{Path: path, Migrations: Migrations(), Disk: storetest.Roomy})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	h := buildStats(t, b, db, nil)
	talker := device(t, b, "talker")
	talk(t, talker, 60)
	h.awaitStats("users are counted", func(s Stats) bool { return is(s.Publish.Received, 60) && is(s.Publish.Sent, 0) })
	h.stop()
	if err := db.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}

	db = open()
	t.Cleanup(func() {
		if err := db.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	h = buildStats(t, b, db, nil)
	talk(t, talker, 4)
	s := h.awaitStats("all users' messages are counted", func(s Stats) bool { return is(s.Publish.Received, 64) && s.Publish.Sent != nil })
	// What reached us between the last figures and our end cannot be known to be ours. Nobody published then.
	if *s.Publish.Sent > 60 {
		t.Errorf("what was delivered to us before our restart counts as the users': %s", shown(s.Publish))
	}
}

func TestFiguresCanBeTurnedOff(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("sys_interval 0"))
	h := buildStats(t, b, monitorDB(t), nil)
	s := h.awaitStats("we are connected", func(s Stats) bool { return s.Broker.State == stateRunning })
	if s.Clients.Connected != nil || s.Messages.Received != nil || s.SampledAt != nil || !h.service.Up() {
		t.Errorf("a broker that tells nothing: %s", shown(s))
	}
}
