// Package brokertest runs a real mosquitto for one test: on free loopback ports, in a scratch directory, with the
// dynamic security plugin and an admin account of its own.
//
// Only tests import it. It may import broker and fault. Which mosquitto it runs is chosen by the environment
// variables BUNKERM_TEST_MOSQUITTO and BUNKERM_TEST_DYNSEC_PLUGIN, so that one suite proves every version we support.
package brokertest

import (
	"context"
	"crypto/rand"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// patience is how long anything in a test may take before it counts as broken. It is long because the machine may
// be small and busy; nothing waits that long when things work.
const patience = 30 * time.Second

// Broker is a running mosquitto. It ends with the test, and its log is shown when the test failed.
type Broker struct {
	Addr          string // 127.0.0.1:port of the plain MQTT listener; it stays the same over restarts
	TLSAddr       string // localhost:port of the TLS listener, empty without TLS
	Socket        string // absolute path of the unix socket listener
	Dir           string // scratch directory: configuration, dynamic security file, socket
	Executable    string // the mosquitto that runs
	Plugin        string // the dynamic security plugin, named even when it is not loaded
	AdminUsername string // an account with every right on $CONTROL/dynamic-security, $SYS and all topics
	AdminPassword string

	t       testing.TB
	options options

	mu      sync.Mutex
	log     *logBuffer
	process *process
}

// Start runs a mosquitto and returns when it accepts connections.
func Start(t testing.TB, opts ...Option) *Broker {
	t.Helper()
	executable, plugin := Mosquitto(t)
	// The directory is not t.TempDir, whose path contains the test's name and can be longer than the 107 bytes that
	// a unix socket's path may have.
	dir, err := os.MkdirTemp("", "brokertest")
	if err != nil {
		t.Fatalf("making the scratch directory: %v", err)
	}
	b := &Broker{
		Dir: dir, Socket: filepath.Join(dir, "control.sock"),
		Executable: executable, Plugin: plugin,
		AdminUsername: "admin", AdminPassword: rand.Text(),
		t: t, log: newLogBuffer(),
	}
	for _, option := range opts {
		option(&b.options)
	}
	t.Cleanup(func() {
		b.end()
		if t.Failed() {
			t.Logf("log of the mosquitto in %s:\n%s", dir, b.Log())
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("removing the scratch directory: %v", err)
		}
	})
	if !b.options.withoutPlugin {
		b.writeDynsec()
	}
	// A free port can be taken by somebody else before mosquitto binds it, so the first start may need another try.
	for range 5 {
		b.writeConf()
		if b.launch() {
			return b
		}
	}
	t.Fatalf("mosquitto does not start; its log:\n%s", b.Log())
	return nil
}

// Endpoint reaches the broker over TCP as the admin account.
func (b *Broker) Endpoint() broker.Endpoint {
	e := b.UnixEndpoint()
	e.Name = "mqtt://" + b.Addr
	e.Dial = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", b.Addr)
	}
	return e
}

// UnixEndpoint reaches the broker over its unix socket as the admin account.
func (b *Broker) UnixEndpoint() broker.Endpoint {
	return broker.Endpoint{
		Name: "the test broker",
		Dial: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", b.Socket)
		},
		Username: b.AdminUsername,
		Password: func() (string, error) { return b.AdminPassword, nil },
	}
}

// Log is everything the broker wrote to stderr so far, over all its starts.
func (b *Broker) Log() string { return b.log.String() }

// AwaitLog returns when the log holds text that matches pattern, and fails the test when it never does.
func (b *Broker) AwaitLog(pattern string) {
	b.t.Helper()
	re := regexp.MustCompile(pattern)
	if !b.log.await(patience, re.MatchString) {
		b.t.Fatalf("nothing in mosquitto's log matches %q:\n%s", pattern, b.Log())
	}
}

var versionLine = regexp.MustCompile(`mosquitto version (\S+) starting`)

// Version is the broker's version from its log, as in 2.0.11.
func (b *Broker) Version() string {
	b.t.Helper()
	m := versionLine.FindStringSubmatch(b.Log())
	if m == nil {
		b.t.Fatalf("mosquitto's log does not name its version:\n%s", b.Log())
	}
	return m[1]
}
