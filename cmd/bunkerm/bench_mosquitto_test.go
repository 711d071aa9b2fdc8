package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// mosquitto is a broker without BunkerM, as the references need one.
type mosquitto struct {
	t    testing.TB
	dir  string
	addr string
	cmd  *exec.Cmd
	log  *buffer
}

// mosquittoLike prepares a broker with a copy of what the managed broker of a server has: configuration, accounts,
// plugin. Its port is another one. stock takes set_tcp_nodelay out, which nobody has who installs mosquitto.
func mosquittoLike(t testing.TB, s *server, stock bool) *mosquitto {
	t.Helper()
	m := &mosquitto{t: t, dir: filepath.Join(t.TempDir(), "broker")}
	// The copy keeps its owner: mosquitto drops to its own user. The folder above is closed to that user, which does
	// not matter, because mosquitto stands in its own already when it drops.
	if out, err := exec.Command("cp", "-a", filepath.Join(s.DataDir, "broker"), m.dir).CombinedOutput(); err != nil {
		t.Fatalf("copying the broker's folder: %v\n%s", err, out)
	}
	conf := filepath.Join(m.dir, "mosquitto.conf")
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(brokertest.FreePort(t))
	m.addr = net.JoinHostPort("127.0.0.1", port)
	_, old, err := net.SplitHostPort(s.MQTT)
	if err != nil {
		t.Fatal(err)
	}
	line := []byte("\nlistener " + old)
	if bytes.Count(text, line) != 1 {
		t.Fatalf("mosquitto.conf has no line %q", line)
	}
	text = bytes.Replace(text, line, []byte("\nlistener "+port), 1)
	if err := os.WriteFile(conf, text, 0o600); err != nil { // the file is there, so its owner stays
		t.Fatal(err)
	}
	if stock {
		m.replace(`set_tcp_nodelay true`, "")
	}
	t.Cleanup(m.stop)
	return m
}

// replace puts another line in the place of one of its configuration.
func (m *mosquitto) replace(line, with string) {
	m.t.Helper()
	conf := filepath.Join(m.dir, "mosquitto.conf")
	text, err := os.ReadFile(conf)
	if err != nil {
		m.t.Fatal(err)
	}
	old := regexp.MustCompile("(?m)^" + line + "$")
	if !old.Match(text) {
		m.t.Fatalf("mosquitto.conf has no line %q", line)
	}
	if err := os.WriteFile(conf, old.ReplaceAll(text, []byte(with)), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// start runs the broker and returns how long it took until it accepted a connection.
func (m *mosquitto) start() time.Duration {
	m.t.Helper()
	executable, _ := brokertest.Mosquitto(m.t)
	m.cmd = exec.Command(executable, "-c", "mosquitto.conf")
	m.cmd.Dir = m.dir
	m.log = newBuffer()
	m.cmd.Stderr = m.log
	began := time.Now()
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	await(m.t, "mosquitto accepts a connection", func() bool {
		conn, err := net.Dial("tcp", m.addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return time.Since(began)
}

// awaitSubscriber returns when a client of this id has subscribed to something.
func (m *mosquitto) awaitSubscriber(t testing.TB, id string) {
	t.Helper()
	await(t, id+" subscribes", func() bool { return strings.Contains(m.log.String(), "\n"+id+" ") })
}

// subscriber is a mosquitto_sub that writes to /dev/null and ends after so many messages.
type subscriber struct {
	t   testing.TB
	cmd *exec.Cmd
}

// subscriber starts one, with the account of the flooder.
func (m *mosquitto) subscriber(filter string, messages int) *subscriber {
	m.t.Helper()
	host, port, err := net.SplitHostPort(m.addr)
	if err != nil {
		m.t.Fatal(err)
	}
	id := "reference-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	// What an exec.Cmd is told to write nowhere goes to /dev/null.
	cmd := exec.CommandContext(m.t.Context(), "mosquitto_sub", "-h", host, "-p", port, "-t", filter, "-i", id, "-C", strconv.Itoa(messages), "-u", flooder, "-P", flooder)
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.awaitSubscriber(m.t, id)
	return &subscriber{m.t, cmd}
}

// end waits until it has seen all, and returns how long it computed since it had computed so long.
func (s *subscriber) end(since time.Duration) time.Duration {
	s.t.Helper()
	if err := s.cmd.Wait(); err != nil {
		s.t.Error(err)
	}
	return s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime() - since
}

// computed is how long a process has been computing, all its threads together, those that have ended too. It is finer than
// what proc(5) tells: every process has a clock, whose number is made of its own (clock_getcpuclockid(3), Linux).
func computed(b *testing.B, pid int) time.Duration {
	b.Helper()
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		b.Fatalf("the CPU time of process %d: %v", pid, err)
	}
	return time.Duration(t.Nano())
}

func (m *mosquitto) stop() {
	if m.cmd == nil {
		return
	}
	// Mosquitto forgets a SIGTERM that comes before its main loop; nothing here is worth keeping.
	m.cmd.Process.Signal(syscall.SIGKILL)
	m.cmd.Wait()
	m.cmd = nil
}

// await looks every millisecond, which is fine enough for what takes tens of them.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-tick.C
	}
}
