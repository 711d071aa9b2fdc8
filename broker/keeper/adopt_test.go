package keeper_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// elsewhere runs another process that starts keeper and broker and then hangs, and returns the keeper's client.
func (b *bench) elsewhere(cmd *exec.Cmd) *keeper.Client {
	b.t.Helper()
	must(b.t, b.Write(b.path))
	out, err := cmd.StdoutPipe()
	must(b.t, err)
	must(b.t, cmd.Start())
	b.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		b.t.Fatalf("spawner said %q\n%s", line, b.files("keeper.log"))
	}
	c, err := keeper.Connect(b.ctx(), b.Socket)
	must(b.t, err)
	b.shutDownLater(c)
	return c
}

func TestKeeperOutlivesItsSpawner(t *testing.T) {
	b := newBench(t)
	cmd := exec.Command(os.Args[0], "spawner", b.path)
	c := b.elsewhere(cmd)
	d := b.connect("stays")
	must(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed

	b.connect("came-meanwhile")
	st := b.status(c)
	if st.State != keeper.Running || st.Restarts != 0 || st.Protocol != keeper.Protocol {
		t.Errorf("adopted: %+v", st)
	}
	d.ping()
	b.logged("as came-meanwhile ")
	if again, err := c.Start(b.ctx()); err != nil || again.BrokerPID != st.BrokerPID {
		t.Errorf("Start of the adopted: %+v, %v", again, err)
	}
}

func TestTwoKeepersOnOneSocket(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	if _, err := keeper.Spawn(b.ctx(), os.Args[0], b.path); !fault.Is(err, fault.Conflict) {
		t.Errorf("second Spawn: %v", err)
	}
	out, err := exec.Command(os.Args[0], "keeper", b.path).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), "another keeper") {
		t.Errorf("second keeper: %v, %s", err, out)
	}
	if now := b.status(c); now.BrokerPID != st.BrokerPID || now.KeeperPID != st.KeeperPID {
		t.Errorf("the first keeper suffered: %+v", now)
	}
}

func TestSpawnSaysWhyAKeeperDoesNotStart(t *testing.T) {
	b := newBench(t)
	must(t, b.Write(b.path))
	must(t, os.RemoveAll(b.Dir))
	_, err := keeper.Spawn(b.ctx(), os.Args[0], b.path)
	if err == nil || !strings.Contains(err.Error(), "entering broker directory") || fault.From(err).HintText == "" {
		t.Errorf("Spawn: %v", err)
	}
}
