package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkSteady measures what 10,000 small messages a second on 1,000 topics cost, everything on: bunkerm's CPU time and
// memory, and the broker's CPU time a message with us, with one mosquitto_sub and with nobody. The last two are measured on
// a copy of the broker, in turns with ours. Medians are reported.
//
//	cpu_%, cpu_mosquitto_sub_%                 of one core
//	broker-µs, broker-µs-mosquitto_sub, -nobody  CPU time of the broker for a message
//	lost                                       messages that we did not count
//	MB, MB_mosquitto                           resident memory behind all of it
func BenchmarkSteady(b *testing.B) {
	const rate, topics = 10_000, 1000
	each := 10 * time.Second
	if testing.Short() {
		each = 3 * time.Second
	}
	s := serveBuilt(b, built(b), b.TempDir())
	s.makeManager()
	s.makeFlooder()
	copied := mosquittoLike(b, s, false)
	copied.start()
	ours, theirs := newSteady(b, s.MQTT, rate, topics), newSteady(b, copied.addr, rate, topics)
	pid, broker := s.cmd.Process.Pid, brokerPID(b, s.DataDir)
	ours.run(each) // the debug log, which is for quiet times, pauses
	values := map[string][]float64{}
	note := func(name string, v float64) { values[name] = append(values[name], v) }
	// perMessage runs devices and tells what a process computed for a message of theirs, in microseconds.
	perMessage := func(of *steady, pid int) float64 {
		before := computed(b, pid)
		n := of.run(each)
		return float64((computed(b, pid) - before).Microseconds()) / float64(n)
	}
	lost := 0
	for range rounds(3, 1) {
		was, seen := computed(b, pid), s.observedMessages("watched/")
		note("broker-µs", perMessage(ours, broker))
		due := seen + int(rate*each.Seconds())
		deadline := time.Now().Add(patience)
		for s.observedMessages("watched/") < due && time.Now().Before(deadline) {
			<-time.After(5 * time.Millisecond)
		}
		lost += due - s.observedMessages("watched/")
		note("cpu_%", 100*(computed(b, pid)-was).Seconds()/each.Seconds())

		subscribed := copied.subscriber("watched/#", int(rate*each.Seconds()))
		was = computed(b, subscribed.cmd.Process.Pid)
		note("broker-µs-mosquitto_sub", perMessage(theirs, copied.cmd.Process.Pid))
		note("cpu_mosquitto_sub_%", 100*subscribed.end(was).Seconds()/each.Seconds())
		note("broker-µs-nobody", perMessage(theirs, copied.cmd.Process.Pid))
	}
	told := map[string]float64{"lost": float64(lost), "MB": statusMB(b, pid, "VmRSS"), "MB_mosquitto": statusMB(b, broker, "VmRSS")}
	for name, all := range values {
		slices.Sort(all)
		told[name] = all[len(all)/2]
	}
	metrics(b, told)
}

// steady are devices that publish numbers at a steady rate, below watched/.
type steady struct {
	b       *testing.B
	rate    int // messages a second, of all topics together
	topics  int
	devices []net.Conn
	next    int // number of the next message
	noise   *rand.Rand
}

func newSteady(b *testing.B, address string, rate, topics int) *steady {
	b.Helper()
	s := &steady{b: b, rate: rate, topics: topics, noise: rand.New(rand.NewPCG(6, 5))}
	for i := range floodDevices {
		conn := dialFlooder(b, address, i)
		b.Cleanup(func() { _ = conn.Close() })
		s.devices = append(s.devices, conn)
	}
	return s
}

// run publishes for so long and returns how many messages that were. The broker has read all of them then.
func (s *steady) run(d time.Duration) (messages int) {
	s.b.Helper()
	const step = 5 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	begun, all := time.Now(), int(float64(s.rate)*d.Seconds())
	packets := make([][]byte, len(s.devices))
	for messages < all {
		due := min(all, int(float64(s.rate)*time.Since(begun).Seconds()))
		for ; messages < due; messages++ {
			body := append(mqttText(nil, fmt.Sprintf("watched/%d", s.next%s.topics)), fmt.Sprintf("%.2f", 20+s.noise.NormFloat64())...)
			p := &packets[s.next%len(packets)]
			*p = append(append(*p, 0x30, byte(len(body))), body...)
			s.next++
		}
		s.write(packets)
		<-tick.C
	}
	for i := range packets {
		packets[i] = append(packets[i], 0xC0, 0)
	}
	s.write(packets)
	for _, d := range s.devices {
		// The answer to a ping comes when the broker has worked on everything before it.
		if _, err := d.Read(make([]byte, 2)); err != nil {
			s.b.Fatal(err)
		}
	}
	return messages
}

// write sends what has been gathered, all devices at once, and begins anew.
func (s *steady) write(packets [][]byte) {
	var sending sync.WaitGroup
	for i, d := range s.devices {
		sending.Go(func() {
			if _, err := d.Write(packets[i]); err != nil {
				s.b.Error(err)
			}
		})
	}
	sending.Wait()
	for i := range packets {
		packets[i] = packets[i][:0]
	}
}
