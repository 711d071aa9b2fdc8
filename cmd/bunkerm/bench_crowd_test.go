package main

import (
	"fmt"
	"net"
	"syscall"
	"testing"
)

// BenchmarkCrowd reads how much memory stays resident, and how much CPU BunkerM needs, with ten thousand clients that are
// connected and a hundred thousand topics that have been published.
//
//	MB_…         resident memory, the largest of two seconds
//	cpu_idle_%   of one core over two seconds in which nothing happens
func BenchmarkCrowd(b *testing.B) {
	const clients, topics = 10_000, 100_000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Max < clients+1000 {
		b.Fatalf("this needs a hard limit of %d open files, and it is %d: %v", clients+1000, limit.Max, err)
	}
	s := serveBuilt(b, built(b), b.TempDir())
	s.makeFlooder()
	values := map[string]float64{"MB_idle": resident(b, s.cmd.Process.Pid)}
	for i := range clients {
		conn := dialFlooder(b, s.MQTT, i)
		defer conn.Close()
	}
	await(b, "all clients are seen", func() bool { return s.connected() == clients })
	values["MB_10000_clients"] = resident(b, s.cmd.Process.Pid)

	device := dialFlooder(b, s.MQTT, clients)
	defer device.Close()
	for i := range topics {
		publishOn(b, device, fmt.Sprintf("site/%d/machine/%d/temperature", i/1000, i%1000), "21.5")
	}
	await(b, "all topics are seen", func() bool { return s.observedMessages("site/") == topics })
	values["MB_100000_topics"] = resident(b, s.cmd.Process.Pid)
	before := cpuTime(b, s.cmd.Process.Pid)
	resident(b, s.cmd.Process.Pid) // takes two seconds
	values["cpu_idle_%"] = 100 * (cpuTime(b, s.cmd.Process.Pid) - before).Seconds() / 2
	metrics(b, values)
}

// publishOn sends one message at QoS 0; topic and payload are short.
func publishOn(b *testing.B, conn net.Conn, topic, payload string) {
	b.Helper()
	body := append(mqttText(nil, topic), payload...)
	if _, err := conn.Write(append([]byte{0x30, byte(len(body))}, body...)); err != nil {
		b.Fatal(err)
	}
}
