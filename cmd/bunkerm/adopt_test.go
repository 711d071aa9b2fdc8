package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// oldBroker is a Mosquitto as Debian's package sets it up: a file that includes a folder, a password file, an access list, and a
// database.
type oldBroker struct {
	t    testing.TB
	dir  string
	addr string
}

func newOldBroker(t testing.TB) *oldBroker {
	t.Helper()
	b := &oldBroker{t: t, dir: t.TempDir()}
	port := quietPort(t)
	b.addr = fmt.Sprintf("127.0.0.1:%d", port)
	executable, _ := brokertest.Mosquitto(t)
	b.write("mosquitto.conf", fmt.Sprintf(`user root
pid_file %[1]s/mosquitto.pid
persistence true
persistence_location %[1]s/lib/
log_dest file %[1]s/mosquitto.log
include_dir %[1]s/conf.d
`, b.dir))
	b.write("conf.d/access.conf", fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous false\npassword_file %[2]s/passwd\nacl_file %[2]s/acl\nmax_keepalive 600\n", port, b.dir))
	b.write("acl", "# who may what\nuser pump\ntopic readwrite pump/#\nuser eye\ntopic read #\n\npattern write own/%u/#\n")
	b.write("passwd", "")
	b.must(exec.Command("mosquitto_passwd", "-b", filepath.Join(b.dir, "passwd"), "pump", "p"))
	b.must(exec.Command("mosquitto_passwd", "-b", filepath.Join(b.dir, "passwd"), "eye", "e"))
	if err := os.MkdirAll(filepath.Join(b.dir, "lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	b.write("start", fmt.Sprintf("#!/bin/sh\nexec %s -d -c %s/mosquitto.conf\n", executable, b.dir))
	b.write("stop", fmt.Sprintf("#!/bin/sh\nkill $(cat %[1]s/mosquitto.pid) && while kill -0 $(cat %[1]s/mosquitto.pid) 2>/dev/null; do sleep 0.02; done; exit 0\n", b.dir))
	for _, name := range []string{"start", "stop"} {
		if err := os.Chmod(filepath.Join(b.dir, name), 0o755); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = exec.Command(filepath.Join(b.dir, "stop")).Run() })
	return b
}

// quietPort is a free port that the system does not hand out by itself: while the old broker is gone and the new one has not come,
// nobody else gets it by chance.
func quietPort(t testing.TB) int {
	t.Helper()
	const lowest, span = 20_000, 10_000
	for range span {
		port := lowest + rand.IntN(span)
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("there is no free port")
	return 0
}

func (b *oldBroker) write(name, text string) {
	b.t.Helper()
	name = filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *oldBroker) must(cmd *exec.Cmd) {
	b.t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

// start starts it and waits until it takes connections.
func (b *oldBroker) start() {
	b.t.Helper()
	b.must(exec.Command(filepath.Join(b.dir, "start")))
	eventually(b.t, "the old broker is there", func() bool {
		conn, err := net.Dial("tcp", b.addr)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// publish and subscribe go through the programs that people have.
func (b *oldBroker) publish(username, password, topic, text string, more ...string) error {
	_, port, _ := net.SplitHostPort(b.addr)
	return exec.Command("mosquitto_pub", append([]string{"-p", port, "-u", username, "-P", password, "-t", topic, "-m", text, "-q", "1"}, more...)...).Run()
}

// receives returns what a client gets within so many messages, or until it takes too long.
func (b *oldBroker) receives(n int, more ...string) []string {
	_, port, _ := net.SplitHostPort(b.addr)
	args := append([]string{"-p", port, "-u", "eye", "-P", "e", "-q", "1", "-C", strconv.Itoa(n), "-W", "60", "-F", "%t %p"}, more...)
	out, _ := exec.Command("mosquitto_sub", args...).Output()
	return strings.Fields(strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", " "))
}

// TestAMosquittoIsAdoptedAndGivenBack: no account, no retained message and no queued message is lost on either way.
func TestAMosquittoIsAdoptedAndGivenBack(t *testing.T) {
	const retained, queued = 500, 50
	b := newOldBroker(t)
	b.start()
	b.receives(1, "-c", "-i", "sleeper", "-t", "own/#", "-E") // a persistent session, which goes as soon as it has subscribed
	pump, err := brokertest.Connect(t, b.addr, "pump", "p", "pump-1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range queued {
		if code, err := pump.Publish(fmt.Sprintf("own/pump/%d", i), fmt.Sprint(i)); err != nil || code != 0 {
			t.Fatalf("%v %d", err, code)
		}
	}
	for i := range retained {
		if code, err := pump.Retain(fmt.Sprintf("pump/%d", i), fmt.Sprint(i)); err != nil || code >= 0x80 {
			t.Fatalf("%v %d", err, code)
		}
	}
	_ = pump.Disconnect()

	data := filepath.Join(t.TempDir(), "data")
	plan, err := bunkerm(nil, "adopt", "--plan", "--data-dir", data, filepath.Join(b.dir, "mosquitto.conf")).CombinedOutput()
	if err != nil || !strings.Contains(string(plan), "2 clients") || !strings.Contains(string(plan), "mosquitto.db") ||
		!strings.Contains(string(plan), "broker away    until bunkerm serve is started; with --serve about 100 ms") {
		t.Fatalf("%v\n%s", err, plan)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("a plan leaves something behind")
	}
	begun := time.Now()
	out, err := bunkerm(nil, "adopt", "--data-dir", data, "--stop", filepath.Join(b.dir, "stop"), "--start", filepath.Join(b.dir, "start"), filepath.Join(b.dir, "mosquitto.conf")).CombinedOutput()
	if want := fmt.Sprintf("holds %d retained messages, 1 sessions and %d messages that wait", retained, queued); err != nil || !strings.Contains(string(out), want) {
		t.Fatalf("%v, and not %q\n%s", err, want, out)
	}
	s := startServer(t, data, bunkerm(brokerEnv(), "serve", "--data-dir", data, "--listen", "127.0.0.1:0", "--dynsec-listen=", "--monitor-listen=",
		"--clientlogs-listen=", "--config-listen=", "--anomaly-listen=", "--on-exit", "keep"))
	t.Logf("adopted and ready %v after the command, of which: %s", time.Since(begun), out)
	if s.MQTT != b.addr {
		t.Errorf("it listens on %s, not on %s", s.MQTT, b.addr)
	}
	s.says("No broker was there for ")
	s.says(fmt.Sprintf("proven: the new broker has %d retained messages, as many as", retained))
	if got := b.receives(queued, "-c", "-i", "sleeper", "-t", "own/#"); len(got) != 2*queued {
		t.Errorf("%d of %d queued messages came", len(got)/2, queued)
	}
	if got := b.receives(retained, "-t", "pump/#"); len(got) != 2*retained {
		t.Errorf("%d of %d retained messages came", len(got)/2, retained)
	}
	if err := b.publish("pump", "wrong", "pump/x", "1"); err == nil {
		t.Error("a wrong password lets in")
	}
	for topic, allowed := range map[string]bool{"pump/x": true, "own/pump/x": true, "own/eye/x": false, "else": false} {
		d, err := brokertest.Connect(t, b.addr, "pump", "p", "pump-2")
		if err != nil {
			t.Fatal(err)
		}
		if code, err := d.Publish(topic, "1"); err != nil || (code < 0x80) != allowed {
			t.Errorf("publish to %s: %d %v", topic, code, err)
		}
		_ = d.Disconnect()
	}
	if err := b.publish("pump", "p", "pump/new", "since", "-r"); err != nil {
		t.Fatal(err)
	}
	s.Stop()

	out, err = bunkerm(brokerEnv(), "adopt", "--undo", "--data-dir", data).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "The old broker runs again.") {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := b.receives(retained+1, "-t", "pump/#"); len(got) != 2*(retained+1) {
		t.Errorf("the old broker has %d of %d retained messages", len(got)/2, retained+1)
	}
	if err := b.publish("pump", "p", "pump/x", "1"); err != nil {
		t.Error("the old account does not work any more")
	}
	if out, err := bunkerm(brokerEnv(), "adopt", "--undo", "--data-dir", data).CombinedOutput(); err == nil {
		t.Errorf("given back twice: %s", out)
	}
}
