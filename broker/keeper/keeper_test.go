package keeper_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/broker/keeper"
)

// patience bounds every wait of these tests; it is long because the machine may be busy.
const patience = 30 * time.Second

// TestMain lets the test binary be the keeper, and the process that starts one.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "keeper" {
		if err := keeper.Main(context.Background(), os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		syscall.Exit(0) // without the second that the race detector waits at every end; what it found is in keeper.log
	}
	if len(os.Args) == 3 && os.Args[1] == "spawner" {
		os.Exit(spawner(os.Args[2]))
	}
	goleak.VerifyTestMain(m)
}

// spawner starts keeper and broker, says so, and then hangs until it is killed.
func spawner(specPath string) int {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := keeper.Spawn(ctx, os.Args[0], specPath)
	if err == nil {
		_, err = c.Start(ctx)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("ready")
	select {} // until the test kills us
}

// bench is a spec with its directories, and a broker configuration on a free loopback port.
type bench struct {
	keeper.Spec
	t    *testing.T
	root string
	path string // of the spec
	port int
}

// newBench prepares everything. As root the broker gets a user of its own, in a directory that this user could not
// reach by its full name.
func newBench(t *testing.T) *bench {
	t.Helper()
	root := t.TempDir()
	b := &bench{t: t, root: root, path: filepath.Join(root, "run", "keeper.json"), port: freePort(t), Spec: keeper.Spec{
		Mosquitto: keeper.Mosquitto(t), Dir: filepath.Join(root, "broker"), Config: "mosquitto.conf",
		LogDir: filepath.Join(root, "log"), ProvenDir: filepath.Join(root, "proven"),
		Socket: filepath.Join(root, "run", "keeper.sock"), UID: -1, GID: -1,
		LogFileBytes: 1 << 20, LogFiles: 3, StopTimeout: patience,
	}}
	for _, dir := range []string{"broker/conf.d", "log", "run"} {
		must(t, os.MkdirAll(filepath.Join(root, dir), 0o700))
	}
	b.write("mosquitto.conf", "include_dir conf.d\n\nallow_anonymous true\n")
	b.write("conf.d/10-listen.conf", fmt.Sprintf("listener %d 127.0.0.1\npersistence true\npersistence_location ./\n", b.port))
	b.write("conf.d/20-log.conf", "log_dest stderr\nlog_timestamp false\nlog_type error\nlog_type warning\nlog_type notice\nlog_type information\n")
	if os.Geteuid() == 0 {
		u := brokerUser(t)
		b.UID, b.GID = number(t, u.Uid), number(t, u.Gid)
		must(t, filepath.WalkDir(b.Dir, func(path string, _ os.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, b.UID, b.GID))
		}))
		must(t, os.Chown(root, 0, b.GID))
		must(t, os.Chmod(root, 0o710))
	}
	return b
}

// write puts a file into the broker's directory, as an editor would.
func (b *bench) write(name, text string) {
	b.t.Helper()
	must(b.t, os.WriteFile(filepath.Join(b.Dir, name), []byte(text), 0o644))
}

// listens waits until something takes connections at the broker's port.
func (b *bench) listens() {
	b.t.Helper()
	eventually(b.t, "listening broker", func() bool {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", b.port))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// debugging is a configuration that makes the broker print a line for each message.
func (b *bench) debugging() {
	b.write("conf.d/20-log.conf", "log_dest stderr\nlog_timestamp false\nlog_type all\n")
}

// spawn starts the keeper and ends it with the test.
func (b *bench) spawn() *keeper.Client {
	b.t.Helper()
	must(b.t, b.Write(b.path))
	c, err := keeper.Spawn(b.ctx(), os.Args[0], b.path)
	if err != nil {
		b.t.Fatalf("Spawn: %v\n%s", err, b.files("keeper.log"))
	}
	b.shutDownLater(c)
	return c
}

func (b *bench) shutDownLater(c *keeper.Client) {
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := c.Shutdown(ctx); err != nil && !errors.Is(err, keeper.ErrNoKeeper) {
			b.t.Errorf("Shutdown: %v", err)
		}
		if strings.Contains(b.files("keeper.log"), "DATA RACE") {
			b.t.Error("the keeper has a data race")
		}
		if b.t.Failed() {
			b.t.Logf("keeper.log:\n%.4000s\nbroker.log:\n%.4000s", b.files("keeper.log"), b.files("broker.log"))
		}
	})
}

// started is a keeper whose broker runs.
func (b *bench) started() (*keeper.Client, keeper.Status) {
	b.t.Helper()
	c := b.spawn()
	st, err := c.Start(b.ctx())
	if err != nil {
		b.t.Fatalf("Start: %v", err)
	}
	return c, st
}

// status asks, and fails the test when the keeper does not answer.
func (b *bench) status(c *keeper.Client) keeper.Status {
	b.t.Helper()
	st, err := c.Status(b.ctx())
	if err != nil {
		b.t.Fatalf("Status: %v", err)
	}
	return st
}

// until waits for a status.
func (b *bench) until(c *keeper.Client, what string, ok func(keeper.Status) bool) keeper.Status {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx(), patience)
	defer cancel()
	var last keeper.Status
	err := c.Watch(ctx, func(st keeper.Status) {
		if last = st; ok(st) {
			cancel()
		}
	})
	if !ok(last) {
		b.t.Fatalf("%s did not come: %v, last %+v", what, err, last)
	}
	return last
}

// files is the newest log file of that name and everything older.
func (b *bench) files(name string) string {
	var text []string
	for i := range b.LogFiles {
		path := filepath.Join(b.LogDir, name)
		if i > 0 {
			path += "." + strconv.Itoa(i)
		}
		if data, err := os.ReadFile(path); err == nil {
			text = append([]string{string(data)}, text...)
		}
	}
	return strings.Join(text, "")
}

// logged waits until the broker's log holds text.
func (b *bench) logged(text string) {
	b.t.Helper()
	eventually(b.t, "log line "+strconv.Quote(text), func() bool { return strings.Contains(b.files("broker.log"), text) })
}

func (b *bench) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	b.t.Cleanup(cancel)
	return ctx
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

func brokerUser(t *testing.T) *user.User {
	t.Helper()
	for _, name := range []string{"mosquitto", "_mosquitto", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return u
		}
	}
	t.Fatal("there is neither a user mosquitto nor nobody")
	return nil
}

// freePort is below the ports that systems hand out for outgoing connections (32768 and up): one of those may be
// taken again while the broker is restarted.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(22_000)))
		if err == nil {
			defer func() { _ = l.Close() }()
			return l.Addr().(*net.TCPAddr).Port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	must(t, err)
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
