package main

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// BenchmarkAdopt is for how long devices have no broker while one with 10,000 retained messages is adopted, beside a bare restart
// of the same broker, in turns: from the moment at which its port refuses connections until it takes them again.
//
//	adopted, restarted  medians in ms
//	ratio               of both
func BenchmarkAdopt(b *testing.B) {
	retained, rounds := 10_000, rounds(5, 2)
	old := newOldBroker(b)
	old.start()
	pump, err := brokertest.Connect(b, old.addr, "pump", "p", "pump-1")
	if err != nil {
		b.Fatal(err)
	}
	for i := range retained {
		if _, err := pump.Retain(fmt.Sprintf("pump/%d", i), fmt.Sprint(i)); err != nil {
			b.Fatal(err)
		}
	}
	_ = pump.Disconnect()
	var adopted, restarted []float64
	for range rounds {
		away := absence(old.addr)
		old.must(exec.Command(filepath.Join(old.dir, "stop")))
		old.start()
		restarted = append(restarted, <-away)

		data := filepath.Join(b.TempDir(), "data")
		away = absence(old.addr)
		s := startServer(b, data, bunkerm(brokerEnv(), "adopt", "--stop", filepath.Join(old.dir, "stop"), "--start", filepath.Join(old.dir, "start"), "--serve",
			filepath.Join(old.dir, "mosquitto.conf"), "--data-dir", data, "--listen", "127.0.0.1:0", "--dynsec-listen=", "--monitor-listen=", "--clientlogs-listen=",
			"--config-listen=", "--anomaly-listen=", "--on-exit", "stop"))
		adopted = append(adopted, <-away)
		s.Stop()
		if out, err := bunkerm(brokerEnv(), "adopt", "--undo", "--data-dir", data).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	slices.Sort(adopted)
	slices.Sort(restarted)
	b.ReportMetric(adopted[rounds/2], "adopted-ms")
	b.ReportMetric(restarted[rounds/2], "restarted-ms")
	b.ReportMetric(adopted[rounds/2]/restarted[rounds/2], "ratio")
	b.ReportMetric(0, "ns/op")
}

// absence tells for how many milliseconds an address that takes connections now will not.
func absence(addr string) <-chan float64 {
	told := make(chan float64, 1)
	takes := func() bool {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}
	go func() {
		for takes() {
			<-time.After(time.Millisecond)
		}
		gone := time.Now()
		for !takes() {
			<-time.After(time.Millisecond)
		}
		told <- float64(time.Since(gone).Microseconds()) / 1000
	}()
	return told
}
