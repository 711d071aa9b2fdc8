package broker_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

// killKeeper kills the keeper and waits for its end.
func killKeeper(t *testing.T, m *broker.Managed) {
	t.Helper()
	pid := m.Status().KeeperPID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the keeper", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
}

// TestAChangeSurvivesItsKeeper kills the keeper at every step of a change: the change is made all the same, because what a killed
// keeper leaves behind is a broker to be started, and starting it applies the files.
func TestAChangeSurvivesItsKeeper(t *testing.T) {
	for how, steps := range map[broker.How][]broker.Step{
		broker.ByNothing: {broker.StepWriting},
		broker.ByReload:  {broker.StepWriting, broker.StepReloading, broker.StepProving, "prove"},
		broker.ByRestart: {broker.StepRestarting, broker.StepProving, "prove"},
	} {
		for _, at := range steps {
			t.Run(string(how)+" "+string(at), func(t *testing.T) {
				o, said := managedOptions(t)
				m := manage(t, o)
				before := readConf(t, o)
				first := m.Status().KeeperPID
				killed := false
				here := func(s broker.Step) {
					if s == at && !killed {
						killed = true
						killKeeper(t, m)
					}
				}
				e := edit(before, withLine(before, "max_queued_messages 7"), how)
				e.Step = here
				e.Prove = func(ctx context.Context) error {
					here("prove")
					conn, err := m.Endpoint().Dial(ctx)
					if err == nil {
						err = conn.Close()
					}
					return err
				}
				if err := m.ReplaceConf(within(t), e); err != nil {
					t.Fatalf("%v", err)
				}
				if now := readConf(t, o); !bytes.Contains(now, []byte("max_queued_messages 7")) {
					t.Errorf("the change is not in the file:\n%s", now)
				}
				now := m.Status()
				if now.State != keeper.Running || now.Config != keeper.ConfigLive || now.KeeperPID == first {
					t.Errorf("status: %+v", now)
				}
				if err := m.Prove(within(t)); err != nil {
					t.Errorf("the broker does not run with the files that are there: %v", err)
				}
				if !strings.Contains(said.String(), "keeper has ended unexpectedly") {
					t.Errorf("nobody was told: %s", said)
				}
			})
		}
	}
}

func TestOrdersAfterTheKeeperIsGone(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	for name, order := range map[string]func(context.Context) error{
		"reload":  m.Reload,
		"restart": m.Restart,
		"edit": func(ctx context.Context) error {
			return m.EditDynsec(ctx, addClients("after"))
		},
	} {
		killKeeper(t, m)
		if err := order(within(t)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if now := m.Status(); now.State != keeper.Running {
			t.Errorf("%s: %+v", name, now)
		}
		readyAgain(t, s)
		must(t, s, command("listClients"))
	}
	must(t, s, command("getClient", "username", "after"))
	closeManaged(t, m, false)
}
