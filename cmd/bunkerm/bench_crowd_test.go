package main

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
)

// BenchmarkCrowd reads how much memory stays resident, and how much CPU BunkerM needs, with ten thousand clients that are
// connected and a hundred thousand topics that have been published.
//
//	MB_…                  resident memory, the largest of two seconds; MB_mosquitto_…, that of its broker
//	MB_…_least            the same, and the detectors may take as little as they can be told to take: 16 MiB
//	cpu_idle_%            of one core over some seconds in which nothing happens, before there is any client
//	cpu_clients_%         the same with the clients, cpu_crowd_% with the topics too
//	cpu_…_mosquitto_%     the broker's
//
// With -short it is a fifth of them.
func BenchmarkCrowd(b *testing.B) {
	clients, topics := rounds(10_000, 2000), rounds(100_000, 20_000)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Max < uint64(clients)+1000 {
		b.Fatalf("this needs a hard limit of %d open files, and it is %d: %v", clients+1000, limit.Max, err)
	}
	s := serveBuilt(b, built(b), b.TempDir())
	s.makeFlooder()
	pid, broker := s.cmd.Process.Pid, brokerPID(b, s.DataDir)
	values := map[string]float64{"MB_idle": resident(b, pid)}
	// idle notes what both compute while nothing happens, in hundredths of a core.
	idle := func(when string) {
		ours, theirs, begun := computed(b, pid), computed(b, broker), time.Now()
		<-time.After(time.Duration(rounds(12, 3)) * time.Second)
		took := time.Since(begun).Seconds()
		values["cpu_"+when+"_%"] = 100 * (computed(b, pid) - ours).Seconds() / took
		values["cpu_"+when+"_mosquitto_%"] = 100 * (computed(b, broker) - theirs).Seconds() / took
	}
	idle("idle")
	for i := range clients {
		conn := dialFlooder(b, s.MQTT, i)
		defer conn.Close()
	}
	await(b, "all clients are seen", func() bool { return s.connected() == clients })
	values["MB_10000_clients"], values["MB_mosquitto_10000_clients"] = resident(b, pid), resident(b, broker)
	idle("clients")

	device := dialFlooder(b, s.MQTT, clients)
	defer device.Close()
	for i := range topics {
		publishOn(b, device, fmt.Sprintf("site/%d/machine/%d/temperature", i/1000, i%1000), "21.5")
	}
	await(b, "all topics are seen", func() bool { return s.observedMessages("site/") == topics })
	values["MB_100000_topics"], values["MB_mosquitto_100000_topics"] = resident(b, pid), resident(b, broker)
	idle("crowd")
	evicted := s.watched("").Evicted
	s.must("PUT", "/api/settings/anomaly", map[string]any{"memory_mib": 16})
	publishOn(b, device, "site/new", "21.5") // they forget when they learn
	await(b, "the detectors have forgotten", func() bool { return s.watched("").Evicted > evicted })
	<-time.After(5 * time.Second) // the collector gives back what it has not needed for a moment
	values["MB_100000_topics_least"] = resident(b, pid)
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
