package broker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

func keeperOf(t *testing.T, o broker.ManageOptions) *keeper.Client {
	t.Helper()
	client, err := keeper.Connect(within(t), filepath.Join(o.DataDir, "run", "keeper.sock"))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// tear kills the broker in the middle of overwriting its file, as far as it was. A broker that replaces the file as
// a whole is only killed.
func tear(t *testing.T, o broker.ManageOptions, s keeper.Status, size int64) {
	t.Helper()
	err := syscall.Kill(s.BrokerPID, syscall.SIGSTOP)
	if err == nil && broker.OverwritesInPlace(s.Version) {
		err = os.Truncate(dynsecPath(o), size)
	}
	if err = errors.Join(err, syscall.Kill(s.BrokerPID, syscall.SIGKILL)); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, m *broker.Managed, s *broker.Session, name string) error {
	t.Helper()
	m.KeepCopy()
	answers, err := s.Do(within(t), command("createClient", "username", name, "password", "p"))
	if err == nil && answers[0].Error != "" {
		t.Fatalf("creating %s: %s", name, answers[0].Error)
	}
	return err
}

// allThere asks the running broker and looks into its file.
func allThere(t *testing.T, o broker.ManageOptions, s *broker.Session, names []string) {
	t.Helper()
	answers := must(t, s, command("listClients", "count", -1, "offset", 0))
	var list struct{ Clients []string }
	if err := json.Unmarshal(answers[0].Data, &list); err != nil {
		t.Fatal(err)
	}
	known, f := map[string]bool{}, dynsecOf(t, o)
	for _, name := range list.Clients {
		known[name] = true
	}
	for _, name := range append(names, broker.OwnUsername) {
		if !known[name] || f.Client(name) == nil {
			t.Fatalf("%s is lost: the broker knows it: %v, the file has it: %v", name, known[name], f.Client(name) != nil)
		}
	}
}

// The keeper alone must mend the file before it starts the broker again.
func TestTornFileAfterACrashLosesNothingAcknowledged(t *testing.T) {
	o, said := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	var names []string
	for round := range 4 {
		for i := range 5 {
			names = append(names, fmt.Sprintf("c%d-%d", round, i))
			if err := create(t, m, s, names[len(names)-1]); err != nil {
				t.Fatal(err)
			}
		}
		m.KeepCopy() // as before the write that is cut off
		before := m.Status()
		tear(t, o, before, int64(round*40))
		eventually(t, "another broker runs", func() bool {
			now := m.Status()
			return now.State == keeper.Running && now.BrokerPID != before.BrokerPID
		})
		readyAgain(t, s)
		allThere(t, o, s, names)
	}
	if broker.OverwritesInPlace(m.Version()) && strings.Count(said.String(), "has been put in its place") != 4 {
		t.Errorf("the operator reads: %s", said)
	}
	closeManaged(t, m, false)
}

// awaitCutFile returns when the broker has begun to overwrite its file, or after a second.
func awaitCutFile(o broker.ManageOptions) {
	full, err := os.Stat(dynsecPath(o))
	for deadline := time.Now().Add(time.Second); err == nil && time.Now().Before(deadline); {
		var now os.FileInfo
		if now, err = os.Stat(dynsecPath(o)); err == nil && now.Size() < full.Size()-4096 {
			return
		}
	}
}

// Every other kill waits for the file to be cut, which is a matter of luck otherwise.
func TestKillsDuringWritesLoseNothingAcknowledged(t *testing.T) {
	const rounds, orderly = 8, 4
	o, said := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	var many, names []string
	for i := range 300 {
		many = append(many, fmt.Sprintf("device-%d", i))
	}
	if err := m.EditDynsec(within(t), addClients(many...)); err != nil {
		t.Fatal(err)
	}
	readyAgain(t, s)
	for round := range rounds {
		before := m.Status()
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			time.Sleep(time.Duration(rand.IntN(int(60 * time.Millisecond)))) //nolint:forbidigo // any moment is as good, and that is the point
			if round%2 == 0 {
				awaitCutFile(o)
			}
			_ = syscall.Kill(before.BrokerPID, syscall.SIGKILL) // its end is waited for below
		}()
		for i := 0; ; i++ {
			name := fmt.Sprintf("c%d-%d", round, i)
			if err := create(t, m, s, name); err != nil {
				break
			}
			names = append(names, name)
		}
		<-killed
		eventually(t, "another broker runs", func() bool {
			now := m.Status()
			return now.State == keeper.Running && now.BrokerPID != before.BrokerPID
		})
		readyAgain(t, s)
		allThere(t, o, s, names)
		if round%orderly == orderly-1 { // so that the keeper's delays begin anew
			if err := m.Restart(within(t)); err != nil {
				t.Fatal(err)
			}
			readyAgain(t, s)
		}
	}
	allThere(t, o, s, many)
	t.Logf("%d clients were created; files put back: %d", len(names), strings.Count(said.String(), "has been put in its place"))
	closeManaged(t, m, false)
}

// Nobody but the keeper is there when the broker dies.
func TestTornFileWithoutAMainProcess(t *testing.T) {
	o, said := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	if err := create(t, m, s, "sensor"); err != nil {
		t.Fatal(err)
	}
	m.KeepCopy()
	closeManaged(t, m, true)
	client := keeperOf(t, o)
	before, err := client.Status(within(t))
	if err != nil {
		t.Fatal(err)
	}
	tear(t, o, before, 40)
	var now keeper.Status
	eventually(t, "another broker runs", func() bool {
		now, err = client.Status(within(t))
		return err == nil && now.State == keeper.Running && now.BrokerPID != before.BrokerPID
	})
	if broker.OverwritesInPlace(now.Version) && (now.PutBack == "" || now.PutBackAt.IsZero()) {
		t.Errorf("the keeper says %+v", now)
	}
	m = manage(t, o)
	if m.Status().BrokerPID != now.BrokerPID {
		t.Error("the broker was not adopted")
	}
	allThere(t, o, sessionOn(t, m), []string{"sensor"})
	if broker.OverwritesInPlace(now.Version) && !strings.Contains(said.String(), "has been put in its place") {
		t.Errorf("the operator reads: %s", said)
	}
	closeManaged(t, m, false)
}
