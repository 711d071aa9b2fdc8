package observe_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
)

// BenchmarkDropped floods a broker that is configured as BunkerM configures it, with max_queued_messages 100000, and
// reports how many of a million messages the broker drops because the reader is slower than the devices: for us over
// TCP and over the unix socket, and for mosquitto_sub over TCP, in turns. Mosquitto becomes faster by dropping, so that
// whoever falls behind once is pushed back further.
func BenchmarkDropped(b *testing.B) {
	const messages, rounds = 1_000_000, 3
	server := brokertest.Start(b)
	total := map[string]int64{}
	for range rounds {
		for name, endpoint := range map[string]broker.Endpoint{"tcp": server.Endpoint(), "unix": server.UnixEndpoint()} {
			total[name] += droppedOurs(b, server, endpoint, messages)
		}
		cmd := startMosquittoSub(b, server, 1<<30)
		total["mosquitto_sub"] += dropped(b, server, func() { floodFrom(b, server, messages) })
		_ = cmd.Process.Kill() // it can only have ended already
		_ = cmd.Wait()
	}
	b.ReportMetric(0, "ns/op")
	for name, n := range total {
		b.ReportMetric(float64(n)/rounds, "dropped-"+name)
	}
}

func droppedOurs(b *testing.B, server *brokertest.Broker, endpoint broker.Endpoint, messages int) int64 {
	b.Helper()
	s := observe.New(observe.Options{Endpoint: endpoint, Filters: []string{"#"}})
	start(b, s)
	defer func() { _ = s.Close(context.Background()) }()
	awaitGranted(b, s)
	n := dropped(b, server, func() { floodFrom(b, server, messages) })
	eventually(b, "what is not dropped comes", func() bool { return s.Status().Messages >= int64(messages)-n })
	if got := s.Status().Messages; got != int64(messages)-n {
		b.Errorf("%d messages came and the broker dropped %d of %d", got, n, messages)
	}
	return n
}

// dropped is how many messages the broker says it dropped during a flood. It publishes the figure when it has changed,
// once a second; the number of seconds it is up changes each time.
func dropped(b *testing.B, server *brokertest.Broker, flood func()) int64 {
	b.Helper()
	const figure, uptime = "$SYS/broker/publish/messages/dropped", "$SYS/broker/uptime"
	d, err := server.Connect(b, server.AdminUsername, server.AdminPassword, "statistician")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = d.Disconnect() }()
	for _, topic := range []string{figure, uptime} {
		if code, err := d.Subscribe(topic); err != nil || code >= 0x80 {
			b.Fatal(code, err)
		}
	}
	value := int64(0)
	settle := func() int64 {
		// What was told during the flood is old.
		for ticks := -len(d.Messages); ticks < 3; {
			switch m := <-d.Messages; m.Topic {
			case uptime:
				ticks++
			case figure:
				if value, err = strconv.ParseInt(string(m.Payload), 10, 64); err != nil {
					b.Fatal(err)
				}
			}
		}
		return value
	}
	before := settle()
	flood()
	return settle() - before
}
