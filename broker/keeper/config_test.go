package keeper_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

func TestReloadKeepsClients(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	d := b.connect("stays")
	b.debugging()
	now, err := c.Reload(b.ctx())
	if err != nil || now.BrokerPID != st.BrokerPID {
		t.Fatalf("Reload: %+v, %v", now, err)
	}
	d.ping()
	b.logged("Received PINGREQ from stays") // so the new files are in force
}

func TestReloadOfABrokenFile(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	d := b.connect("stays")
	b.write("conf.d/30-user.conf", "no_such_setting 1\n")
	now, err := c.Reload(b.ctx())
	f := fault.From(err)
	if f.Kind != fault.Refused || !strings.Contains(f.Message, "no_such_setting") || now.State != keeper.Running || now.BrokerPID != st.BrokerPID {
		t.Errorf("Reload: %+v, %v", now, err)
	}
	d.ping()
	if _, err := c.Prove(b.ctx()); !fault.Is(err, fault.Conflict) {
		t.Errorf("Prove of files that the broker has refused: %v", err)
	}
	b.write("conf.d/30-user.conf", "sys_interval 1\n")
	if _, err := c.Reload(b.ctx()); err != nil {
		t.Errorf("Reload of the mended file: %v", err)
	}
	if _, err := c.Prove(b.ctx()); err != nil {
		t.Errorf("Prove after it: %v", err)
	}
}

// TestReloadOfABrokerWithoutALog is about one that does not say that it reads its files: it does all the same.
func TestReloadOfABrokerWithoutALog(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	for _, text := range []string{"log_type none\n", "log_type none\nsys_interval 1\n", "log_type none\nlog_type warning\n", "sys_interval 2\n"} {
		b.write("conf.d/30-user.conf", text)
		now, err := c.Reload(b.ctx())
		if err != nil || now.BrokerPID != st.BrokerPID {
			t.Errorf("%q: %+v, %v", text, now, err)
		}
		if _, err := c.Prove(b.ctx()); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	b.write("conf.d/30-user.conf", "sys_interval 3\n")
	if _, err := c.Reload(b.ctx()); err != nil {
		t.Error(err)
	}
}

func TestOrdersThatNeedARunningBroker(t *testing.T) {
	b := newBench(t)
	c := b.spawn()
	if _, err := c.Reload(b.ctx()); !fault.Is(err, fault.Conflict) {
		t.Errorf("Reload: %v", err)
	}
	if _, err := c.Prove(b.ctx()); !fault.Is(err, fault.Conflict) {
		t.Errorf("Prove: %v", err)
	}
	if st, err := c.Stop(b.ctx()); err != nil || st.State != keeper.Stopped {
		t.Errorf("Stop: %+v, %v", st, err)
	}
}

func TestCrashUsesTheProvenCopy(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	if _, err := c.Prove(b.ctx()); err != nil {
		t.Fatalf("Prove: %v", err)
	}
	crash := func(want string) keeper.Status {
		t.Helper()
		must(t, syscall.Kill(st.BrokerPID, syscall.SIGKILL))
		st = b.until(c, "restart", func(n keeper.Status) bool {
			return n.State == keeper.Running && n.BrokerPID != st.BrokerPID
		})
		if st.Config != want {
			t.Errorf("after a crash the broker runs with its %s configuration, want %s", st.Config, want)
		}
		return st
	}
	crash(keeper.ConfigLive)

	// An edit that nobody has tried. Started with it, the broker would not listen at the port any more.
	port := b.port
	b.write("conf.d/10-listen.conf", "no_such_setting 1\n")
	crash(keeper.ConfigProven)
	b.port = port
	b.connect("proven").ping()
	b.logged("the proven copy is used")
	if _, err := c.Reload(b.ctx()); !fault.Is(err, fault.Conflict) || fault.From(err).HintText == "" {
		t.Errorf("Reload on the proven copy: %v", err)
	}
	if _, err := c.Prove(b.ctx()); !fault.Is(err, fault.Conflict) {
		t.Errorf("Prove on the proven copy: %v", err)
	}
	// An order applies the live files, whatever they say; the keeper's own next try is the proven copy again.
	if _, err := c.Restart(b.ctx()); !fault.Is(err, fault.Refused) {
		t.Errorf("Restart with a broken live file: %v", err)
	}
	st = b.until(c, "running", func(n keeper.Status) bool { return n.State == keeper.Running })
	if st.Config != keeper.ConfigProven {
		t.Errorf("after a refused restart: %+v", st)
	}

	// The live files vanish altogether.
	must(t, os.Remove(filepath.Join(b.Dir, "mosquitto.conf")))
	crash(keeper.ConfigProven)
}

func TestProvenCopyIsClosedToOthers(t *testing.T) {
	b := newBench(t)
	c, _ := b.started()
	b.write("conf.d/50-user.conf", "# one\n")
	if _, err := c.Prove(b.ctx()); !fault.Is(err, fault.Conflict) {
		t.Errorf("Prove of files that changed after the start: %v", err)
	}
	for range 3 {
		b.write("conf.d/50-user.conf", "# another "+t.Name()+"\n")
		if _, err := c.Restart(b.ctx()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Prove(b.ctx()); err != nil {
			t.Fatal(err)
		}
	}
	copies, err := filepath.Glob(filepath.Join(b.ProvenDir, "copy-*"))
	must(t, err)
	if len(copies) != 1 {
		t.Errorf("copies: %q", copies)
	}
	must(t, filepath.WalkDir(b.ProvenDir, func(path string, e os.DirEntry, err error) error {
		must(t, err)
		info, err := e.Info()
		must(t, err)
		owner := info.Sys().(*syscall.Stat_t)
		if int(owner.Uid) != os.Geteuid() || info.Mode().Perm()&0o027 != 0 {
			t.Errorf("%s belongs to %d and has mode %v", path, owner.Uid, info.Mode())
		}
		return nil
	}))
}

// The broker's user may write into Dir. What it puts there must not make a keeper with more rights copy foreign
// files to where the broker can read them, nor hang.
func TestHostileFilesInPlaceOfTheConfiguration(t *testing.T) {
	for name, plant := range map[string]func(b *bench, path string){
		"link to a foreign file": func(b *bench, path string) {
			foreign := filepath.Join(b.root, "secret")
			must(b.t, os.WriteFile(foreign, []byte("# hunter2\n"), 0o600))
			must(b.t, os.Symlink(foreign, path))
		},
		"named pipe": func(b *bench, path string) { must(b.t, syscall.Mkfifo(path, 0o666)) },
		"socket": func(b *bench, path string) {
			l, err := net.Listen("unix", path)
			must(b.t, err)
			b.t.Cleanup(func() { _ = l.Close() })
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			b := newBench(t)
			c, _ := b.started()
			if _, err := c.Prove(b.ctx()); err != nil {
				t.Fatal(err)
			}
			plant(b, filepath.Join(b.Dir, "conf.d", "x.conf"))
			if _, err := c.Prove(b.ctx()); !fault.Is(err, fault.Conflict) {
				t.Errorf("Prove: %v", err)
			}
			must(t, filepath.WalkDir(b.ProvenDir, func(path string, e os.DirEntry, err error) error {
				if err == nil && e.Name() == "x.conf" {
					t.Errorf("%s is there", path)
				}
				return err
			}))
			if st := b.status(c); st.State != keeper.Running {
				t.Errorf("status: %+v", st)
			}
		})
	}
}
