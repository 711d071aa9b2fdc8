package observe_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
)

// BenchmarkLatency is the time from a device's write to the consumer that has the message: alone, and while the broker
// has 20,000 other messages a second.
func BenchmarkLatency(b *testing.B) {
	server := brokertest.Start(b, brokertest.Conf("sys_interval 0"))
	for name, others := range map[string]int{"quiet": 0, "busy": 20} {
		b.Run(name, func(b *testing.B) {
			s := observe.New(observe.Options{Endpoint: server.Endpoint(), Filters: []string{"#"}})
			consumer := s.Consumer("bench", 16<<20)
			start(b, s)
			awaitGranted(b, s)
			stop := make(chan struct{})
			var busy sync.WaitGroup
			defer busy.Wait()
			defer close(stop)
			noise := dialPlain(b, server, "noise")
			busy.Go(func() {
				tick := time.NewTicker(time.Millisecond)
				defer tick.Stop()
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					case <-tick.C:
					}
					for n := range others {
						noise.publish(fmt.Sprintf("noise/%d", n), []byte("21.5"), false)
					}
				}
			})
			device := dialPlain(b, server, "device")
			var waited time.Duration
			pause := time.NewTicker(5 * time.Millisecond) // one message after the other would be a flood
			defer pause.Stop()
			for b.Loop() {
				<-pause.C
				began := time.Now()
				device.publish("here", nil, false)
				for found := false; !found; {
					block, err := consumer.Next(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					for m := (observe.Message{}); block.Next(&m); {
						found = found || string(m.Topic) == "here"
					}
					block.Release()
				}
				waited += time.Since(began)
			}
			b.ReportMetric(float64(waited.Nanoseconds())/float64(b.N), "ns/op")
		})
	}
}
