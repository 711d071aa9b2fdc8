package broker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

func confPath(o broker.ManageOptions) string {
	return filepath.Join(o.DataDir, "broker", "mosquitto.conf")
}

func readConf(t testing.TB, o broker.ManageOptions) []byte {
	t.Helper()
	text, err := os.ReadFile(confPath(o))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// edit is a change of the main file.
func edit(before, after []byte, how broker.How) broker.ConfEdit {
	name := "mosquitto.conf"
	return broker.ConfEdit{
		ID: "7", Before: map[string][]byte{name: before}, After: map[string][]byte{name: after}, How: how,
	}
}

func withLine(text []byte, line string) []byte { return append(bytes.Clone(text), line+"\n"...) }

func TestReplaceConfByReloadDisconnectsNobody(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	pid := m.Status().BrokerPID
	before := readConf(t, o)
	var steps []broker.Step
	e := edit(before, bytes.Replace(before, []byte("allow_anonymous false"), []byte("allow_anonymous true"), 1), broker.ByReload)
	e.Step = func(s broker.Step) { steps = append(steps, s) }
	if err := m.ReplaceConf(within(t), e); err != nil {
		t.Fatal(err)
	}
	if m.Status().BrokerPID != pid {
		t.Error("the broker was restarted")
	}
	if want := []broker.Step{broker.StepWriting, broker.StepReloading, broker.StepProving}; !slices.Equal(steps, want) {
		t.Errorf("the steps were %v", steps)
	}
	// It is what the keeper goes back to.
	proven, err := keeper.ProvenConfig(filepath.Join(o.DataDir, "proven"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(proven); err != nil || !strings.Contains(string(text), "allow_anonymous true") {
		t.Errorf("the proven configuration is not the new one: %v\n%s", err, text)
	}
}

func TestReplaceConfThatStopsTheBrokerIsUndone(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	before := readConf(t, o)
	for name, line := range map[string]string{
		"restart": "plugin /nowhere/at/all.so",
		"reload":  "no_such_setting true",
	} {
		t.Run(name, func(t *testing.T) {
			var steps []broker.Step
			e := edit(before, withLine(before, line), broker.How(name))
			e.Step = func(s broker.Step) { steps = append(steps, s) }
			err := m.ReplaceConf(within(t), e)
			f := fault.From(err)
			if f.Kind != fault.Refused || !strings.Contains(f.HintText, "The files from before are back") {
				t.Fatalf("%v (%s)", err, f.HintText)
			}
			if said := strings.Fields(line); !strings.Contains(f.Message, said[0]) && !strings.Contains(f.Message, said[1]) {
				t.Errorf("it does not say what the broker said: %s", f.Message)
			}
			if steps[len(steps)-1] != broker.StepBack {
				t.Errorf("the steps were %v", steps)
			}
			if now := readConf(t, o); !bytes.Equal(now, before) {
				t.Errorf("the file is not what it was:\n%s", now)
			}
			s := sessionOn(t, m)
			must(t, s, command("listClients"))
			if m.Status().Config != keeper.ConfigLive {
				t.Error("the broker does not run with the files that are there")
			}
		})
	}
}

func TestReplaceConfThatFailsItsProofIsUndone(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	before := readConf(t, o)
	for _, how := range []broker.How{broker.ByReload, broker.ByRestart} {
		e := edit(before, withLine(before, "max_queued_messages 7"), how)
		e.Prove = func(context.Context) error { return fault.New(fault.Refused, "the moon is not full") }
		err := m.ReplaceConf(within(t), e)
		if f := fault.From(err); f.Kind != fault.Refused || f.Message != "the moon is not full" {
			t.Fatalf("by %s: %v", how, err)
		}
		if now := readConf(t, o); !bytes.Equal(now, before) {
			t.Errorf("by %s: the file is not what it was:\n%s", how, now)
		}
		if err := m.Prove(within(t)); err != nil {
			t.Errorf("by %s: the broker has not read the files that are there: %v", how, err)
		}
	}
}

func TestReplaceConfLeavesWhatAnotherHasChanged(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	seen := readConf(t, o)
	theirs := withLine(seen, "# somebody was here")
	if err := os.WriteFile(confPath(o), theirs, 0o600); err != nil {
		t.Fatal(err)
	}
	err := m.ReplaceConf(within(t), edit(seen, withLine(seen, "max_queued_messages 7"), broker.ByReload))
	if !fault.Is(err, fault.Precondition) {
		t.Errorf("%v", err)
	}
	if now := readConf(t, o); !bytes.Equal(now, theirs) {
		t.Errorf("what they wrote is gone:\n%s", now)
	}
}

func TestACommentNeedsNoSignal(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	before := readConf(t, o)
	loads := strings.Count(brokerLog(o), "Reloading config")
	if err := m.ReplaceConf(within(t), edit(before, withLine(before, "# a thought"), broker.ByNothing)); err != nil {
		t.Fatal(err)
	}
	// The keeper takes the file for what the broker has read, or else this would be refused.
	if err := m.Prove(within(t)); err != nil {
		t.Error(err)
	}
	if strings.Count(brokerLog(o), "Reloading config") != loads {
		t.Error("the broker got a signal")
	}
}

func TestWhatAKillCutsOffIsSettledAtTheNextStart(t *testing.T) {
	for _, c := range []struct {
		phase  broker.EditPhase
		how    broker.How
		read   bool // the broker had read the new files when we were killed
		stands bool
	}{
		{broker.EditBegun, broker.ByReload, false, false},
		{broker.EditBegun, broker.ByReload, true, false},
		{broker.EditBegun, broker.ByRestart, true, false},
		{broker.EditBack, broker.ByRestart, true, false},
		{broker.EditProven, broker.ByReload, true, true},
	} {
		t.Run(string(c.phase)+" "+string(c.how), func(t *testing.T) {
			o, told := managedOptions(t)
			m := manage(t, o)
			before := readConf(t, o)
			after := withLine(before, "max_queued_messages 7")
			writeConf := func(text []byte) {
				if err := os.WriteFile(confPath(o), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			writeConf(after)
			if c.read {
				if err := m.Reload(within(t)); err != nil {
					t.Fatal(err)
				}
			}
			if c.phase == broker.EditBack {
				writeConf(before)
			}
			closeManaged(t, m, true)
			journal := broker.EditJournal{Path: filepath.Join(o.DataDir, "run", "conf-edit.json")}
			name := "mosquitto.conf"
			if err := journal.Write(broker.EditEntry{
				ID: "7", How: c.how, Phase: c.phase,
				Before: map[string][]byte{name: before}, After: map[string][]byte{name: after},
			}); err != nil {
				t.Fatal(err)
			}
			m = manage(t, o)
			want := before
			if c.stands {
				want = after
			}
			if now := readConf(t, o); !bytes.Equal(now, want) {
				t.Errorf("the file is\n%s", now)
			}
			if err := m.Prove(within(t)); err != nil {
				t.Errorf("the broker does not run with the files that are there: %v", err)
			}
			u := m.Unfinished()
			if u == nil || u.ID != "7" || u.Proven != c.stands || !strings.Contains(told.String(), u.Said) {
				t.Errorf("it says %+v, and told %q", u, told)
			}
			if err := m.ForgetUnfinished("8"); err != nil {
				t.Fatal(err)
			}
			if _, there, _ := journal.Read(); !there {
				t.Error("another edit's journal was removed")
			}
			if err := m.ForgetUnfinished("7"); err != nil {
				t.Fatal(err)
			}
			if _, there, _ := journal.Read(); there {
				t.Error("the journal is still there")
			}
		})
	}
}

func TestTheJournalOfAnEditIsOursAlone(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	before := readConf(t, o)
	if err := m.ReplaceConf(within(t), edit(before, withLine(before, "# a thought"), broker.ByNothing)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(o.DataDir, "run", "conf-edit.json")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	var entry struct{ Phase string }
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &entry) != nil || entry.Phase != string(broker.EditProven) {
		t.Errorf("%v\n%s", err, data)
	}
}

func TestReplaceConfFollowsNoLinkOutOfTheBrokersFolder(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	before := readConf(t, o)
	target := filepath.Join(t.TempDir(), "somebody-elses.conf")
	if err := os.WriteFile(target, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(confPath(o)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, confPath(o)); err != nil {
		t.Fatal(err)
	}
	err := m.ReplaceConf(within(t), edit(before, withLine(before, "max_queued_messages 7"), broker.ByReload))
	if err == nil {
		t.Error("it was done")
	}
	if now, err := os.ReadFile(target); err != nil || !bytes.Equal(now, before) {
		t.Errorf("the file that the link names is not what it was: %v\n%s", err, now)
	}
	if m.Status().State != keeper.Running {
		t.Error("the broker does not run")
	}
}

func TestReplaceConfKeepsOwnerAndMode(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	if err := os.Chmod(confPath(o), 0o640); err != nil {
		t.Fatal(err)
	}
	was, err := os.Stat(confPath(o))
	if err != nil {
		t.Fatal(err)
	}
	before := readConf(t, o)
	if err := m.ReplaceConf(within(t), edit(before, withLine(before, "# a thought"), broker.ByNothing)); err != nil {
		t.Fatal(err)
	}
	is, err := os.Stat(confPath(o))
	if err != nil || is.Mode() != was.Mode() || is.Sys().(*syscall.Stat_t).Uid != was.Sys().(*syscall.Stat_t).Uid {
		t.Errorf("it was %v and is %v (%v)", was.Mode(), is.Mode(), err)
	}
}

func TestReplaceConfMakesAndRemovesIncludedFiles(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	main, part := "mosquitto.conf", "conf.d/more.conf"
	before := readConf(t, o)
	after := bytes.Replace(before, []byte("include_dir bunkerm.d"), []byte("include_dir bunkerm.d\ninclude_dir conf.d"), 1)
	add := broker.ConfEdit{
		ID: "1", Before: map[string][]byte{main: before}, How: broker.ByRestart,
		After: map[string][]byte{main: after, part: []byte("max_queued_messages 7\n")},
	}
	if err := m.ReplaceConf(within(t), add); err != nil {
		t.Fatal(err)
	}
	if names, err := m.List("conf.d"); err != nil || !slices.Equal(names, []string{"more.conf"}) {
		t.Errorf("%v %v", names, err)
	}
	// A change that fails takes both back, and the removed file comes back where it was.
	bad := broker.ConfEdit{
		ID: "2", Before: map[string][]byte{main: after, part: []byte("max_queued_messages 7\n")}, How: broker.ByRestart,
		After: map[string][]byte{main: withLine(after, "plugin /nowhere.so"), part: nil},
	}
	if err := m.ReplaceConf(within(t), bad); !fault.Is(err, fault.Refused) {
		t.Fatal(err)
	}
	if text, err := m.ReadFile(part); err != nil || string(text) != "max_queued_messages 7\n" {
		t.Errorf("%q %v", text, err)
	}
	if now := readConf(t, o); !bytes.Equal(now, after) {
		t.Errorf("the main file is\n%s", now)
	}
	for _, name := range []string{"bunkerm.d/10-bunkerm.conf", "/etc/hosts", "../lock", "dynamic-security.json"} {
		if err := m.Writable(name); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s may be written: %v", name, err)
		}
	}
}
