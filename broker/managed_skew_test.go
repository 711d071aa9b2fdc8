package broker_test

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// futureKeeper answers as the keeper of a later BunkerM would: it tells its status, ends when it is told to, and
// does not understand anything else that we say. It returns once it listens.
func futureKeeper(t *testing.T, socket string) (ended <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	gone := make(chan struct{})
	status := keeper.Status{Protocol: keeper.Protocol + 1, KeeperPID: 1, BrokerPID: 1, State: keeper.Running, Since: time.Now()}
	answer := func(conn net.Conn) {
		defer conn.Close()
		lines := bufio.NewScanner(conn)
		for lines.Scan() {
			var ask struct {
				ID uint64
				Op string
			}
			if err := json.Unmarshal(lines.Bytes(), &ask); err != nil {
				t.Errorf("the keeper is asked %s", lines.Bytes())
				return
			}
			said := map[string]any{"protocol": status.Protocol, "id": ask.ID, "status": status}
			if ask.Op != "status" && ask.Op != "shutdown" {
				said["fault"] = map[string]string{"kind": "conflict", "message": "another version"}
			}
			line, err := json.Marshal(said)
			if err != nil {
				t.Error(err)
				return
			}
			if ask.Op == "shutdown" {
				_ = l.Close()
			}
			if _, err := conn.Write(append(line, '\n')); err != nil {
				return
			}
			if ask.Op == "shutdown" {
				close(gone)
				return
			}
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answer(conn)
		}
	}()
	return gone
}

func TestManagedKeeperOfAnotherVersionIsReplacedAtTheNextOrder(t *testing.T) {
	for name, order := range map[string]func(*broker.Managed) error{
		"restart": func(m *broker.Managed) error { return m.Restart(within(t)) },
		"edit":    func(m *broker.Managed) error { return m.EditDynsec(within(t), addClients("a")) },
	} {
		t.Run(name, func(t *testing.T) {
			o, said := managedOptions(t)
			// The test's own listener has no way around the limit of a socket's path, and t.TempDir is long.
			short, err := os.MkdirTemp("", "skew")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(short) })
			o.DataDir = filepath.Join(short, "data")
			m := manage(t, o)
			closeManaged(t, m, false)
			ended := futureKeeper(t, filepath.Join(o.DataDir, "run", "keeper.sock"))
			m = manage(t, o)
			if !strings.Contains(said.String(), "another version") {
				t.Errorf("the operator reads: %s", said)
			}
			select {
			case <-ended:
				t.Fatal("a broker that runs was stopped only because of the version")
			default:
			}
			if err := m.SetDebugLog(within(t), true); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.From(err).HintText, "restart the broker") || m.DebugLog() {
				t.Errorf("the debug log under a keeper that does not know it: %v", err)
			}
			if err := m.Reload(within(t)); err == nil {
				t.Error("an order that the keeper does not understand is no success")
			}
			if err := order(m); err != nil {
				t.Fatal(err)
			}
			<-ended
			sessionOn(t, m)
			eventually(t, "the new keeper is watched", func() bool { return m.Status().Protocol == keeper.Protocol })
			closeManaged(t, m, false)
		})
	}
}

func TestManagedRestartTakesAnotherMosquitto(t *testing.T) {
	o, said := managedOptions(t)
	m := manage(t, o)
	before := m.Status()
	closeManaged(t, m, true)
	// The same program under another name, as after an upgrade that moved it.
	moved := filepath.Join(t.TempDir(), "mosquitto")
	if err := os.Symlink(o.Mosquitto, moved); err != nil {
		t.Fatal(err)
	}
	o.Mosquitto = moved
	if os.Geteuid() == 0 {
		// The broker's user has to reach it.
		for dir := filepath.Dir(moved); len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	m = manage(t, o)
	if m.Status().BrokerPID != before.BrokerPID {
		t.Error("the running broker was not adopted")
	}
	if err := m.Restart(within(t)); err != nil {
		t.Fatal(err)
	}
	if now := m.Status(); now.KeeperPID == before.KeeperPID || now.State != keeper.Running {
		t.Errorf("before %+v, now %+v", before, now)
	}
	sessionOn(t, m)
	if strings.Contains(said.String(), "unexpectedly") {
		t.Errorf("our own order is called an accident: %s", said)
	}
	closeManaged(t, m, false)
}
