package broker_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// playManager is a BunkerM in a process of its own: it manages the broker in dataDir, says where it listens, and
// waits to be killed or for its input to end.
func playManager(dataDir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m, err := broker.Manage(ctx, broker.ManageOptions{
		DataDir: dataDir, Mosquitto: os.Getenv("BUNKERM_TEST_MOSQUITTO"),
		DynsecPlugin: os.Getenv("BUNKERM_TEST_DYNSEC_PLUGIN"), MQTTListen: "127.0.0.1:0", DebugLease: 2 * time.Second,
	})
	if err != nil {
		return err
	}
	if err := m.SetDebugLog(ctx, true); err != nil {
		return err
	}
	if err := m.Prove(ctx); err != nil {
		return err
	}
	fmt.Println("running on", m.MQTTAddr())
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	return m.Close(ctx, false)
}

// startManager runs playManager and returns when its broker runs. as is the user, 0 for ours.
func startManager(t *testing.T, dataDir string, as uint32) (*exec.Cmd, error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "manage", dataDir)
	if as != 0 {
		cmd.Path = openToAll(t, exe)
		cmd.Args[0] = cmd.Path
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: as, Gid: as}}
		cmd.Dir = "/"
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var problems strings.Builder
	cmd.Stderr = &problems
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "running on ") {
		_ = cmd.Wait()
		return nil, errors.New(problems.String())
	}
	return cmd, nil
}

// openToAll copies the test binary to where every user may run it.
func openToAll(t *testing.T, exe string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "managed")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	data, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "bunkerm")
	if err := errors.Join(os.WriteFile(to, data, 0o755), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestManagedBrokerOutlivesUsAndIsAdopted(t *testing.T) {
	o, _ := managedOptions(t)
	t.Cleanup(func() { shutdownKeeper(t, o) }) // after the manager, which would start another one
	cmd, err := startManager(t, o.DataDir, 0)
	if err != nil {
		t.Fatal(err)
	}
	client, err := keeper.Connect(within(t), filepath.Join(o.DataDir, "run", "keeper.sock"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := client.Status(within(t))
	if err != nil {
		t.Fatal(err)
	}

	if _, err := broker.Manage(within(t), o); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), fmt.Sprint(cmd.Process.Pid)) {
		t.Errorf("a second BunkerM on the directory: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	begin := time.Now()
	m := manage(t, o)
	t.Logf("adopting took %v", time.Since(begin))
	if got := m.Status(); got.BrokerPID != before.BrokerPID || got.KeeperPID != before.KeeperPID || got.State != keeper.Running {
		t.Errorf("before %+v, adopted %+v", before, got)
	}
	sessionOn(t, m)
	if err := m.Reload(within(t)); err != nil {
		t.Errorf("reload: %v", err)
	}
	if err := m.Restart(within(t)); err != nil {
		t.Errorf("restart: %v", err)
	}
	if m.Status().BrokerPID == before.BrokerPID {
		t.Error("the restart did not start a new process")
	}
	closeManaged(t, m, true)
	if _, err := client.Status(within(t)); err != nil {
		t.Errorf("the keeper is gone although it was to be kept: %v", err)
	}
	m = manage(t, o)
	closeManaged(t, m, false)
	if _, err := client.Status(within(t)); !errors.Is(err, keeper.ErrNoKeeper) {
		t.Errorf("the keeper lives although it was to be stopped: %v", err)
	}
}

func TestManagedKeeperIsReplacedWhenItDies(t *testing.T) {
	o, said := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	first := m.Status()
	if err := syscall.Kill(first.KeeperPID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new keeper with a running broker", func() bool {
		now := m.Status()
		return now.KeeperPID != first.KeeperPID && now.State == keeper.Running
	})
	eventually(t, "the operator is told", func() bool { return strings.Contains(said.String(), "keeper") })
	readyAgain(t, s)
	must(t, s, command("createRole", "rolename", "after"))
	closeManaged(t, m, false)
}

func TestManagedWorksAsOrdinaryUser(t *testing.T) {
	const nobody = 65534
	if os.Geteuid() != 0 {
		return // every other test has proven it
	}
	home, err := os.MkdirTemp("", "managed")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := os.Chown(home, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	o := broker.ManageOptions{DataDir: filepath.Join(home, "data")}
	t.Cleanup(func() { shutdownKeeper(t, o) }) // after the manager, which would start another one
	if _, err := startManager(t, o.DataDir, nobody); err != nil {
		t.Fatal(err)
	}
	client, err := keeper.Connect(within(t), filepath.Join(o.DataDir, "run", "keeper.sock"))
	if err != nil {
		t.Fatal(err)
	}
	status, err := client.Status(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range []int{status.BrokerPID, status.KeeperPID} {
		if info, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil || info.Sys().(*syscall.Stat_t).Uid != nobody {
			t.Errorf("process %d does not run as the user: %v", pid, err)
		}
	}
	// A directory of another user is refused with both named.
	if _, err := startManager(t, t.TempDir(), nobody); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("a directory that is not ours: %v", err)
	}
}
