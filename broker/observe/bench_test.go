package observe_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
)

// BenchmarkDrain floods a broker with a million small messages over a thousand topics and measures how fast they are
// taken from it: by this package, by mosquitto_sub writing to /dev/null, and how much of the broker's own time each
// costs. The ways take turns, so that a busy machine slows all of them, and medians are reported:
//
//	drain      messages a second of ours ÷ those of mosquitto_sub; the mark is 0.8
//	broker     the broker's CPU time a message with us ÷ with mosquitto_sub; the mark is 1.1
//	broker-0   with us ÷ with nobody subscribed
//	lost       messages that we did not get
//
// mosquitto_sub comes over TCP in both.
func BenchmarkDrain(b *testing.B) {
	server := brokertest.Start(b, brokertest.Conf("max_queued_messages 0", "sys_interval 0"))
	b.Run("tcp", func(b *testing.B) { drain(b, server, server.Endpoint()) })
	b.Run("unix", func(b *testing.B) { drain(b, server, server.UnixEndpoint()) })
}

func drain(b *testing.B, server *brokertest.Broker, endpoint broker.Endpoint) {
	b.Helper()
	const messages, rounds = 1_000_000, 3
	var ours, theirs, idle []result
	lost := int64(0)
	for range rounds {
		mine, missing := drainOurs(b, server, endpoint, messages)
		lost += missing
		ours = append(ours, mine)
		theirs = append(theirs, drainMosquittoSub(b, server, messages))
		idle = append(idle, drainNobody(b, server, messages))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours, result.rate)/median(theirs, result.rate), "drain")
	b.ReportMetric(median(ours, result.rate), "msg/s")
	b.ReportMetric(median(theirs, result.rate), "msg/s-mosquitto_sub")
	b.ReportMetric(median(ours, result.cost)/median(theirs, result.cost), "broker")
	b.ReportMetric(median(ours, result.cost)/median(idle, result.cost), "broker-0")
	b.ReportMetric(float64(lost), "lost")
}

// result is one flood.
type result struct {
	messages int
	took     time.Duration // from the first message sent to the last one taken
	broker   time.Duration // the broker's CPU time
}

func (r result) rate() float64 { return float64(r.messages) / r.took.Seconds() }
func (r result) cost() float64 { return r.broker.Seconds() / float64(r.messages) }

func median(results []result, of func(result) float64) float64 {
	values := make([]float64, len(results))
	for i, r := range results {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// floodFrom sends the messages over four connections at once and returns when the broker has worked on all of them.
func floodFrom(b *testing.B, server *brokertest.Broker, messages int) {
	b.Helper()
	const devices = 4
	var frames [devices][]byte
	for i := range messages {
		d := &frames[i%devices]
		*d = append(*d, publishPacket(fmt.Sprintf("plant/line/%d/value", i%1000), []byte("21.5"), false)...)
	}
	var sending sync.WaitGroup
	for i, stream := range frames {
		p := dialPlain(b, server, fmt.Sprintf("device-%d", i))
		sending.Go(func() {
			p.write(stream)
			p.settle()
			p.conn.Close()
		})
	}
	sending.Wait()
}

func measure(b *testing.B, server *brokertest.Broker, messages int, wait func()) result {
	b.Helper()
	cpu, began := cpuTime(b, server.PID()), time.Now()
	floodFrom(b, server, messages)
	wait()
	return result{messages, time.Since(began), cpuTime(b, server.PID()) - cpu}
}

func drainOurs(b *testing.B, server *brokertest.Broker, endpoint broker.Endpoint, messages int) (result, int64) {
	b.Helper()
	s := observe.New(observe.Options{Endpoint: endpoint, Filters: []string{"#"}})
	consumer := s.Consumer("bench", 64<<20)
	start(b, s)
	defer func() { _ = s.Close(context.Background()) }()
	awaitGranted(b, s)
	got, lost := 0, int64(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var m observe.Message
		for got+int(lost) < messages {
			block, err := consumer.Next(b.Context())
			if err != nil {
				return
			}
			lost += block.Lost
			for block.Next(&m) {
				got++
			}
			block.Release()
		}
	}()
	r := measure(b, server, messages, func() { <-done })
	return r, int64(messages - got)
}

// startMosquittoSub starts the reference, which ends by itself after so many messages.
func startMosquittoSub(b *testing.B, server *brokertest.Broker, messages int) *exec.Cmd {
	b.Helper()
	host, port, _ := strings.Cut(server.Addr, ":")
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	id := "reference-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	cmd := exec.Command("mosquitto_sub", "-h", host, "-p", port, "-t", "#", "-i", id, "-C", strconv.Itoa(messages),
		"-u", server.AdminUsername, "-P", server.AdminPassword)
	cmd.Stdout = null
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	server.AwaitLog("(?m) " + id + " 0 #$")
	return cmd
}

func drainMosquittoSub(b *testing.B, server *brokertest.Broker, messages int) result {
	b.Helper()
	cmd := startMosquittoSub(b, server, messages)
	return measure(b, server, messages, func() {
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
}

func drainNobody(b *testing.B, server *brokertest.Broker, messages int) result {
	b.Helper()
	return measure(b, server, messages, func() {})
}

// cpuTime is how long a process has been computing, by proc(5): fields 14 and 15 of its stat, in hundredths of a second.
func cpuTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	total := 0
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		total += n
	}
	return time.Duration(total) * 10 * time.Millisecond
}
