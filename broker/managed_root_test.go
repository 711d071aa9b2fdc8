package broker_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// playIntruder tries, as the broker's user, what that user must not be able to do with the data directory.
func playIntruder(dataDir string) error {
	var got []string
	for _, name := range []string{"broker-account.json", "lock", "run/keeper.json", "log/broker.log", "apikey"} {
		if f, err := os.Open(filepath.Join(dataDir, name)); !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
			got = append(got, "read "+name)
			_ = f.Close()
		}
	}
	for _, name := range []string{"", "run", "log"} {
		if _, err := os.ReadDir(filepath.Join(dataDir, name)); err == nil {
			got = append(got, "list "+name)
		}
	}
	if err := os.WriteFile(filepath.Join(dataDir, "planted"), nil, 0o600); err == nil {
		got = append(got, "write")
	}
	own := filepath.Join(dataDir, "broker", "planted")
	if err := os.WriteFile(own, nil, 0o600); err != nil {
		got = append(got, "not even write what is the broker's: "+err.Error())
	}
	if len(got) > 0 {
		return fmt.Errorf("the broker's user can: %s", strings.Join(got, ", "))
	}
	return os.Remove(own)
}

// brokerUID is the user that a broker's process runs as.
func brokerUID(t *testing.T, pid int) uint32 {
	t.Helper()
	info, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Uid
}

func TestManagedBrokerHasItsOwnUserUnderRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		return // there is only one user then
	}
	o, _ := managedOptions(t)
	// t.TempDir may be closed to others; what is to be shown is that our own modes keep the user out.
	home, err := os.MkdirTemp("", "managed")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	o.DataDir = filepath.Join(home, "data")
	m := manage(t, o)
	s := sessionOn(t, m)
	uid := brokerUID(t, m.Status().BrokerPID)
	if uid == 0 {
		t.Fatal("the broker runs as root")
	}
	must(t, s, command("createRole", "rolename", "written")) // the broker writes its file
	if dynsecOf(t, o).Role("written") == nil {
		t.Error("the broker cannot write its file")
	}
	info, err := os.Stat(o.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(openToAll(t, exe), "touch", o.DataDir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: info.Sys().(*syscall.Stat_t).Gid}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	closeManaged(t, m, false)
}

func TestManagedDoesNotFollowWhatTheBrokersUserPlants(t *testing.T) {
	if os.Geteuid() != 0 {
		return // nothing is given away where there is one user
	}
	o, _ := managedOptions(t)
	m := manage(t, o)
	closeManaged(t, m, false)
	dir := filepath.Join(o.DataDir, "broker")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("root's own"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		os.Symlink(secret, filepath.Join(dir, "link")),
		os.Link(secret, filepath.Join(dir, "second-name")),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
		os.RemoveAll(filepath.Join(dir, "bunkerm.d")),
		os.Symlink(filepath.Dir(secret), filepath.Join(dir, "bunkerm.d")),
		os.WriteFile(filepath.Join(dir, "by-root"), nil, 0o600),
	); err != nil {
		t.Fatal(err)
	}
	m = manage(t, o)
	info, err := os.Stat(secret)
	if err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("root's file was given away: %v %v", info, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(secret)); err != nil || len(entries) != 1 {
		t.Errorf("we wrote through a link: %v %v", entries, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "by-root")); err != nil || info.Sys().(*syscall.Stat_t).Uid == 0 {
		t.Errorf("a file of the broker's stays root's: %v", err)
	}
	closeManaged(t, m, false)

	// A dynamic-security.json that leads elsewhere is not read, and nothing is written there.
	if err := errors.Join(os.Remove(dynsecPath(o)), os.Symlink(secret, dynsecPath(o))); err != nil {
		t.Fatal(err)
	}
	if m, err := brokerManage(t, o); err == nil {
		closeManaged(t, m, false)
		t.Error("a link in place of dynamic-security.json is followed")
	}
	if data, err := os.ReadFile(secret); err != nil || string(data) != "root's own" {
		t.Errorf("root's file was changed: %q %v", data, err)
	}
}
