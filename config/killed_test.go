package config

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/store"
)

// slowSite stops where a test wants to kill us.
type slowSite struct {
	broker.Site
	where string
}

func (s slowSite) here(where string) {
	if s.where == where {
		fmt.Println(where)
		select {} // until we are killed
	}
}

func (s slowSite) ReplaceConf(ctx context.Context, e broker.ConfEdit) error {
	s.here("kept")
	prove := e.Prove
	e.Prove = func(ctx context.Context) error {
		s.here("proving")
		return prove(ctx)
	}
	err := s.Site.ReplaceConf(ctx, e)
	s.here("proven")
	return err
}

// playDoomed is a BunkerM that changes the configuration and waits at one place to be killed.
func playDoomed(order string) int {
	where, data, _ := strings.Cut(order, "@")
	if err := beDoomed(where, data); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return 1
}

func beDoomed(where, data string) error {
	ctx := context.Background()
	m, err := broker.Manage(ctx, broker.ManageOptions{
		DataDir: data, Mosquitto: os.Getenv("CONFIG_TEST_MOSQUITTO"), DynsecPlugin: os.Getenv("CONFIG_TEST_PLUGIN"), MQTTListen: "127.0.0.1:0",
	})
	if err != nil {
		return err
	}
	session := broker.NewSession(broker.SessionOptions{Endpoint: m.Endpoint()})
	if err := session.Start(ctx); err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Options{Path: filepath.Join(data, "bunkerm.db"), Migrations: Migrations()})
	if err != nil {
		return err
	}
	s := New(Options{
		Store: db, Site: slowSite{m, where}, BrokerDir: m.BrokerDir(), Session: session,
		Listeners: func(context.Context, *conf.Config) []conf.Problem { return nil },
		Dynsec:    m.ReadDynsec, Actor: func(context.Context) string { return "doomed" },
		Allowed: func(context.Context, string) bool { return true }, Record: func(context.Context, string, string, any, any) {},
	})
	s.begin(ctx)
	now, err := s.look()
	if err != nil {
		return err
	}
	// By a reload, so that the run of the broker's process does not tell what it has read.
	text := strings.Replace(string(now.user[m.MainConf()]), "sys_interval 2", "sys_interval 7", 1)
	_, _, err = s.Change(ctx, BrokerChange{Text: &text}, ChangeOptions{})
	return errors.Join(errors.New("nobody has killed us"), err)
}

func TestAKillInTheMiddleOfAChange(t *testing.T) {
	for where, want := range map[string]struct {
		stands bool
		state  string
	}{
		"kept":    {false, stateInterrupted}, // nothing was written yet
		"proving": {false, stateInterrupted}, // the broker has read the new files
		"proven":  {true, stateApplied},      // it had been seen to work, but not been recorded
	} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			o := manageOptions(t, data)
			child := exec.Command(os.Args[0], "doomed", where+"@"+data)
			child.Env = append(os.Environ(), "CONFIG_TEST_MOSQUITTO="+o.Mosquitto, "CONFIG_TEST_PLUGIN="+o.DynsecPlugin)
			child.Stderr = os.Stderr
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil || strings.TrimSpace(line) != where {
				t.Fatalf("it said %q (%v)", line, err)
			}
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // it was killed

			h := open(t, data)
			h.works()
			if has := strings.Contains(h.text(), "sys_interval 7"); has != want.stands {
				t.Errorf("the change is in the file: %v\n%s", has, h.text())
			}
			if answer, _, err := h.Broker(within(t), false); err != nil || answer.Pending != nil {
				t.Errorf("it says that the broker runs with something else: %+v %v", answer.Pending, err)
			}
			if err := h.managed.Prove(within(t)); err != nil {
				t.Errorf("the broker does not run with the files that are there: %v", err)
			}
			var found bool
			for _, v := range h.versions(fileBroker) {
				if v.Source == sourceChange {
					found = true
					if v.State != want.state || v.Detail == "" && !want.stands || v.Live != want.stands {
						t.Errorf("the version says %+v", v)
					}
				}
			}
			if !found {
				t.Error("there is no version of the change")
			}
			if h.managed.Unfinished() != nil {
				if _, there, _ := (broker.EditJournal{Path: filepath.Join(data, "run", "conf-edit.json")}).Read(); there {
					t.Error("the journal is still there")
				}
			}
			// And the next change works.
			if _, err := h.put(h.text() + "max_inflight_messages 9\n"); err != nil {
				t.Errorf("the next change: %v", err)
			}
		})
	}
}
