package keeper

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

// What the broker's user cannot read is found by being that user, not by comparing modes.
func TestFilesThatTheBrokerCannotRead(t *testing.T) {
	dir, err := os.MkdirTemp("", "beside") // t.TempDir may be closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	spec := Spec{Dir: dir, UID: -1, GID: -1}
	mode := os.FileMode(0)
	if os.Geteuid() == 0 {
		const nobody = 65534
		spec.UID, spec.GID, mode = nobody, nobody, 0o600 // readable for us alone
	}
	name := filepath.Join(dir, "acl")
	if err := os.WriteFile(name, []byte("topic read #\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	snap := snapshot{main: []byte("# mine\n  acl_file   " + name + " \r\nlistener 1883\n")}
	open := readBeside(spec, snap)
	if open.trouble != nil || len(open.marks) != 1 {
		t.Fatalf("%+v", open)
	}
	if err := open.survives(spec, "2.1.2"); err != nil {
		t.Errorf("with a file that can be read: %v", err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	closed := readBeside(spec, snap)
	if got := closed.changed(open); got != name {
		t.Errorf("changed is %q", got)
	}
	for version, survives := range map[string]bool{"2.0.11": true, "2.1.2": false, "": false} {
		err := closed.survives(spec, version)
		if survives != (err == nil) || !survives && (!fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "acl_file "+name)) {
			t.Errorf("version %q: %v", version, err)
		}
	}
	// The rights of the broker's user are gone with the thread.
	if f, err := os.OpenFile(name, os.O_RDONLY, 0); os.Geteuid() == 0 {
		if err != nil {
			t.Errorf("we cannot read what is ours any more: %v", err)
		} else {
			_ = f.Close()
		}
	}
}

func TestSettingsAreReadAsTheBrokerReadsThem(t *testing.T) {
	for line, want := range map[string][2]string{
		"acl_file acl\n":              {"acl_file", "acl"},
		" \tacl_file  my rights \r\n": {"acl_file", "my rights"},
		"acl_file":                    {"acl_file", ""},
		"# acl_file x":                {"#", "acl_file x"},
		"":                            {"", ""},
	} {
		if key, value := setting([]byte(line)); key != want[0] || value != want[1] {
			t.Errorf("%q is %q, %q", line, key, value)
		}
	}
	for line, want := range map[string]string{
		"include_dir /etc/mosquitto/conf.d": "/etc/mosquitto/conf.d", "include_dir ../x": "../x",
		"include_dir conf.d": "", "include_dir /srv/conf.d": "", "include_dir": "", "acl_file /etc/x": "",
	} {
		if got, _ := outsideFolder([]byte(line), "/srv"); got != want {
			t.Errorf("%q leads to %q", line, got)
		}
	}
	if got := literal(`/a[b]*?\c`); got != `/a\[b]\*\?\\c` {
		t.Errorf("literal: %s", got)
	}
}
