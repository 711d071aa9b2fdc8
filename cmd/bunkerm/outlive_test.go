package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// device makes an account that may do everything below its name, and connects with it.
func (s *server) device(name string) *brokertest.Device {
	s.t.Helper()
	password := "pw of " + name
	s.must("POST", "/api/dynsec/roles", map[string]any{"rolename": name, "acls": []map[string]any{
		{"acltype": "publishClientSend", "topic": name + "/#", "allow": true},
		{"acltype": "publishClientReceive", "topic": name + "/#", "allow": true},
		{"acltype": "subscribePattern", "topic": name + "/#", "allow": true},
	}})
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": name, "password": password,
		"roles": []map[string]any{{"rolename": name}}})
	return s.connect(name, password)
}

func (s *server) connect(username, password string) *brokertest.Device {
	s.t.Helper()
	d, err := brokertest.Connect(s.t, s.MQTT, username, password, "device-of-"+username)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// stream publishes with d, waiting for each acknowledgement, until the test stops it.
type stream struct {
	stop   context.CancelFunc
	ended  chan struct{}
	sent   atomic.Int64
	failed atomic.Pointer[string]
}

func startStream(d *brokertest.Device, topic string) *stream {
	ctx, cancel := context.WithCancel(context.Background())
	s := &stream{stop: cancel, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		for ctx.Err() == nil {
			if code, err := d.Publish(topic, "x"); err != nil || code >= 0x80 {
				text := fmt.Sprintf("publish %d: code %#x, %v", s.sent.Load(), code, err)
				s.failed.Store(&text)
				return
			}
			s.sent.Add(1)
		}
	}()
	return s
}

// end stops the stream and checks that nothing failed.
func (s *stream) end(t *testing.T) {
	t.Helper()
	s.stop()
	<-s.ended
	if text := s.failed.Load(); text != nil {
		t.Fatal(*text)
	}
}

// await waits until n more messages than now have been acknowledged.
func (s *stream) await(t *testing.T, n int64) {
	t.Helper()
	target := s.sent.Load() + n
	eventually(t, "messages flow", func() bool {
		if text := s.failed.Load(); text != nil {
			t.Fatal(*text)
		}
		return s.sent.Load() >= target
	})
}

// eventually waits until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-tick.C
	}
}

// brokerPID asks the operating system which mosquitto belongs to the data directory.
func brokerPID(t testing.TB, dataDir string) int {
	t.Helper()
	kept := keptProcesses(dataDir)
	if len(kept) != 1 {
		t.Fatalf("%d brokers run on %s", len(kept), dataDir)
	}
	return kept[0]
}

// keptProcesses are the children of the keepers of a data directory.
func keptProcesses(dataDir string) []int {
	var kept []int
	for _, keeper := range pidsWith(filepath.Join(dataDir, "run", "keeper.json")) {
		kept = append(kept, childrenOf(keeper)...)
	}
	return kept
}

func childrenOf(parent int) []int {
	var found []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// pid (name) state parent …; the name may hold anything, so what counts begins behind its last bracket.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
			found = append(found, pid)
		}
	}
	return found
}

// processes finds the living processes whose arguments match.
func processes(match func(args []string) bool) []int {
	var found []int
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		text, err := os.ReadFile(path)
		if err != nil || len(text) == 0 {
			continue
		}
		if match(strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")) {
			pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
			found = append(found, pid)
		}
	}
	return found
}

func TestTheBrokerOutlivesUs(t *testing.T) {
	for name, end := range map[string]func(*server){
		"killed":         (*server).Kill,
		"asked to leave": (*server).Stop,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := serveOn(t, dir, "--on-exit", "keep")
			d := s.device("pump")
			pid := brokerPID(t, dir)
			flow := startStream(d, "pump/level")
			flow.await(t, 200)

			end(s)
			flow.await(t, 200)
			if _, err := d.Subscribe("pump/while-away"); err != nil {
				t.Fatal(err)
			}

			again := serveOn(t, dir)
			flow.await(t, 200)
			flow.end(t)
			if now := brokerPID(t, dir); now != pid {
				t.Errorf("the broker was %d and is %d", pid, now)
			}
			if again.MQTT != s.MQTT {
				t.Errorf("the broker was at %s and is at %s", s.MQTT, again.MQTT)
			}
			eventually(t, "what happened meanwhile is in the log", func() bool {
				log, err := os.ReadFile(filepath.Join(dir, "log", "broker.log"))
				return err == nil && strings.Contains(string(log), "pump/while-away")
			})
			again.must("GET", "/api/dynsec/clients/pump", nil)
		})
	}
}

func TestWeHangAndNobodyNotices(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	flow := startStream(s.device("pump"), "pump/level")
	flow.await(t, 200)

	s.Signal(syscall.SIGSTOP)
	flow.await(t, 5000)
	s.Signal(syscall.SIGCONT)
	flow.await(t, 200)
	flow.end(t)
	s.must("GET", "/api/dynsec/clients/pump", nil)
}

func TestOnExitStopLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	pid := brokerPID(t, dir)
	s.Stop()
	if s.code != 0 {
		t.Errorf("exit code %d", s.code)
	}
	if left := pidsWith(filepath.Join(dir, "run", "keeper.json")); len(left) != 0 {
		t.Errorf("keeper %v is still there", left)
	}
	if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid))); err == nil {
		t.Errorf("broker %d is still there", pid)
	}
}
