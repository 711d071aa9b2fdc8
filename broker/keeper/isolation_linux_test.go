package keeper_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker/keeper"
)

func TestNothingOfOursIsInherited(t *testing.T) {
	b := newBench(t)
	leak, err := os.CreateTemp(t.TempDir(), "inherited")
	must(t, err)
	defer func() { _ = leak.Close() }()
	// What a build tool does: an open descriptor, without close-on-exec, and a secret in the environment.
	cmd := exec.Command(os.Args[0], "spawner", b.path)
	cmd.Env = append(os.Environ(), "API_KEY=hunter2hunter2")
	cmd.ExtraFiles = []*os.File{leak}
	st := b.status(b.elsewhere(cmd))

	for who, pid := range map[string]int{"spawner": cmd.Process.Pid, "keeper": st.KeeperPID, "broker": st.BrokerPID} {
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		must(t, err)
		held := holds(t, pid, leak.Name())
		if who == "spawner" {
			if !strings.Contains(string(env), "hunter2") || !held {
				t.Fatal("the spawner has neither secret nor descriptor, so this test says nothing")
			}
			continue
		}
		if strings.Contains(string(env), "hunter2") || held {
			t.Errorf("%s holds the descriptor: %v; environment %q", who, held, env)
		}
	}
	if sid, err := session(st.KeeperPID); err != nil || sid != st.KeeperPID {
		t.Errorf("the keeper's session is %d, %v", sid, err)
	}
}

// holds reports whether a process has the file open.
func holds(t *testing.T, pid int, path string) bool {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && target == path {
			return true
		}
	}
	return false
}

// session is the session id of a process (proc(5), the sixth field of stat).
func session(pid int) (int, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	var state string
	var parent, group, sid int
	_, err = fmt.Sscan(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), &state, &parent, &group, &sid)
	return sid, err
}

func TestLongSocketPath(t *testing.T) {
	b := newBench(t)
	dir := filepath.Join(b.root, strings.Repeat("long-", 20), strings.Repeat("path-", 20))
	must(t, os.MkdirAll(dir, 0o700))
	b.Socket = filepath.Join(dir, "keeper.sock")
	c, st := b.started()
	if len(b.Socket) < 200 || st.State != keeper.Running {
		t.Fatalf("path of %d bytes, status %+v", len(b.Socket), st)
	}
	info, err := os.Stat(b.Socket)
	must(t, err)
	if info.Mode().Perm() != 0o600 || info.Mode().Type() != os.ModeSocket {
		t.Errorf("socket has mode %v", info.Mode())
	}
	if _, err := c.Shutdown(b.ctx()); err != nil {
		t.Error(err)
	}
	if _, err := keeper.Connect(b.ctx(), b.Socket); !errors.Is(err, keeper.ErrNoKeeper) {
		t.Errorf("Connect after Shutdown: %v", err)
	}
}

func TestCredentialsAndLimits(t *testing.T) {
	b := newBench(t)
	// A soft limit below the hard one, as a login shell has it.
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	low := exec.Command("sh", "-c", `ulimit -Sn 512; exec "$0" spawner "$1"`, os.Args[0], b.path)
	st := b.status(b.elsewhere(low))

	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", st.BrokerPID))
	must(t, err)
	want := fmt.Sprintf("%-26s%-21d%-21d", "Max open files", limit.Max, limit.Max)
	if !strings.Contains(string(limits), want) {
		t.Errorf("the broker's limits lack %q:\n%s", want, limits)
	}
	if os.Geteuid() != 0 {
		return // the rest is about a broker with another user than ours
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", st.BrokerPID))
	must(t, err)
	for _, want := range []string{
		fmt.Sprintf("Uid:\t%d\t%d\t%d\t%d\n", b.UID, b.UID, b.UID, b.UID),
		fmt.Sprintf("Gid:\t%d\t%d\t%d\t%d\n", b.GID, b.GID, b.GID, b.GID),
		"CapEff:\t0000000000000000\n",
	} {
		if !strings.Contains(string(status), want) {
			t.Errorf("the broker's credentials lack %q:\n%s", want, status)
		}
	}
	groups := ""
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "Groups:"); ok {
			groups = rest
		}
	}
	if strings.Contains(" "+groups+" ", " 0 ") || !strings.Contains(groups, fmt.Sprint(b.GID)) {
		t.Errorf("the broker's groups are %q", groups)
	}
	b.connect("first").ping()
	must(t, syscall.Kill(st.KeeperPID, syscall.SIGKILL))
	eventually(t, "end of a broker with another user", func() bool { return !keeper.Alive(st.BrokerPID) })
}
