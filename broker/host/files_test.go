package host

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

func TestAFileThatWasChangedMeanwhile(t *testing.T) {
	h := build(t)
	s := h.open()
	e := h.change(s, broker.ByReload, "password_file 5000.users", "password_file 6000.users")
	theirs := h.text("mosquitto.conf") + "# somebody was here\n"
	h.write("mosquitto.conf", theirs)
	if err := s.ReplaceConf(within(t), e); !fault.Is(err, fault.Precondition) {
		t.Errorf("%v", err)
	}
	if now := h.text("mosquitto.conf"); now != theirs {
		t.Errorf("the file is\n%s", now)
	}
	if _, there, _ := s.journal.Read(); there {
		t.Error("there is a journal")
	}
}

func TestALinkToTheMainFile(t *testing.T) {
	h := build(t)
	h.must(os.Mkdir(h.path("etc"), 0o700))
	link := h.path("etc/main.conf")
	h.must(os.Symlink("../mosquitto.conf", link))
	h.options.Conf = link
	s := h.open()
	h.must(s.ReplaceConf(within(t), h.change(s, broker.ByReload, "password_file 5000.users", "password_file 6000.users")))
	if to, err := os.Readlink(link); err != nil || to != "../mosquitto.conf" || h.runs() != "6000" {
		t.Errorf("the link leads to %q (%v), and the broker runs with %s", to, err, h.runs())
	}
	// The link comes to mean another file with the same content after it was read.
	e := h.change(s, broker.ByReload, "password_file 6000.users", "password_file 7000.users")
	other := h.text("mosquitto.conf")
	h.write("other.conf", other)
	h.must(os.Remove(link))
	h.must(os.Symlink("../other.conf", link))
	if err := s.ReplaceConf(within(t), e); !fault.Is(err, fault.Precondition) {
		t.Errorf("%v", err)
	}
	if h.text("other.conf") != other || h.text("mosquitto.conf") != other {
		t.Error("a file was changed")
	}
	// The main file itself becomes a link.
	h.options.Conf = h.path("mosquitto.conf")
	s = h.open()
	e = h.change(s, broker.ByReload, "password_file 6000.users", "password_file 7000.users")
	h.must(os.Remove(h.path("mosquitto.conf")))
	h.must(os.Symlink("other.conf", h.path("mosquitto.conf")))
	if err := s.ReplaceConf(within(t), e); !fault.Is(err, fault.Precondition) {
		t.Errorf("%v", err)
	}
	if h.text("other.conf") != other {
		t.Error("the file behind the link was changed")
	}
}

func TestOwnerAndModeStay(t *testing.T) {
	h := build(t)
	s := h.open()
	main := h.path("mosquitto.conf")
	h.must(os.Chmod(main, 0o604))
	if os.Geteuid() == 0 {
		h.must(os.Chown(main, 1, 1))
	}
	was, err := os.Stat(main)
	h.must(err)
	h.must(s.ReplaceConf(within(t), h.change(s, broker.ByReload, "# somebody's broker", "# a thought")))
	is, err := os.Stat(main)
	h.must(err)
	a, b := was.Sys().(*syscall.Stat_t), is.Sys().(*syscall.Stat_t)
	if a.Uid != b.Uid || a.Gid != b.Gid || was.Mode() != is.Mode() || a.Ino == b.Ino {
		t.Errorf("it was %v %d:%d and is %v %d:%d", was.Mode(), a.Uid, a.Gid, is.Mode(), b.Uid, b.Gid)
	}
}

func TestWhichFilesMayBeChanged(t *testing.T) {
	h := build(t)
	h.must(os.Mkdir(h.path("conf.d"), 0o700))
	h.must(os.Mkdir(h.path("other.d"), 0o700))
	h.write("conf.d/a.conf", "# a\n")
	h.write("other.d/far.conf", "# far\n")
	h.must(os.Symlink("../other.d/far.conf", h.path("conf.d/far.conf")))
	h.must(os.Symlink("nowhere.conf", h.path("conf.d/dangling.conf")))
	h.must(os.Symlink("a.conf", h.path("conf.d/near.conf")))
	h.write("mosquitto.conf", strings.Replace(h.text("mosquitto.conf"), "password_file 5000.users\n", "include_dir conf.d\n", 1))
	s := h.open()
	for name, want := range map[string]bool{
		h.path("mosquitto.conf"): true, "mosquitto.conf": true,
		"conf.d/a.conf": true, h.path("conf.d/a.conf"): true, "conf.d/new.conf": true, "conf.d/near.conf": true,
		"conf.d/far.conf": false, "conf.d/dangling.conf": false, "conf.d/a.txt": false, "conf.d/.conf": false,
		"conf.d/../other.d/far.conf": false, "other.d/far.conf": false, "other.conf": false, "/etc/ld.so.conf": false, "none.d/x.conf": false,
	} {
		if err := s.Writable(name); (err == nil) != want || err != nil && !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if names, err := s.List("conf.d"); err != nil || !slices.Contains(names, "a.conf") {
		t.Errorf("%v %v", names, err)
	}

	// Included files are made with the rights of the main file, changed and removed, and come back when it goes wrong.
	h.must(os.Remove(h.path("conf.d/dangling.conf")))
	h.must(s.ReplaceConf(within(t), broker.ConfEdit{
		ID: "1", How: broker.ByRestart, Before: map[string][]byte{"conf.d/a.conf": []byte("# a\n")},
		After: map[string][]byte{"conf.d/new.conf": []byte("password_file 6000.users\n"), "conf.d/a.conf": []byte("# b\n")},
	}))
	info, err := os.Stat(h.path("conf.d/new.conf"))
	if err != nil || info.Mode().Perm() != 0o640 || h.runs() != "6000" {
		t.Errorf("%v %v %s", info, err, h.runs())
	}
	if err := s.ReplaceConf(within(t), broker.ConfEdit{
		ID: "2", How: broker.ByRestart, Before: map[string][]byte{"conf.d/new.conf": []byte("password_file 6000.users\n"), "conf.d/a.conf": []byte("# b\n")},
		After: map[string][]byte{"conf.d/new.conf": nil, "conf.d/a.conf": []byte("plugin /nowhere.so\n")},
	}); !fault.Is(err, fault.Refused) {
		t.Errorf("%v", err)
	}
	if h.text("conf.d/new.conf") != "password_file 6000.users\n" || h.text("conf.d/a.conf") != "# b\n" || h.runs() != "6000" {
		t.Errorf("they are %q and %q", h.text("conf.d/new.conf"), h.text("conf.d/a.conf"))
	}
	// A folder that comes to mean another one.
	e := broker.ConfEdit{ID: "3", How: broker.ByRestart, Before: map[string][]byte{"conf.d/a.conf": []byte("# b\n")}, After: map[string][]byte{"conf.d/a.conf": []byte("# c\n")}}
	_, err = s.ReadFile("conf.d/a.conf")
	h.must(err)
	h.must(os.Rename(h.path("conf.d"), h.path("old.d")))
	h.must(os.Symlink("other.d", h.path("conf.d")))
	h.write("other.d/a.conf", "# b\n")
	if err := s.ReplaceConf(within(t), e); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
	if h.text("other.d/a.conf") != "# b\n" {
		t.Error("a file of others was changed")
	}
	h.must(os.Remove(h.path("conf.d")))
	h.must(os.Rename(h.path("old.d"), h.path("conf.d")))
	h.must(s.Restart(within(t)))
}

func TestRelativeNamesBeginWhereTheBrokerStands(t *testing.T) {
	h := build(t)
	h.must(os.Mkdir(h.path("etc"), 0o700))
	h.must(os.Rename(h.path("mosquitto.conf"), h.path("etc/mosquitto.conf")))
	h.options.Conf = h.path("etc/mosquitto.conf")
	if s := h.open(); s.Dir() != h.dir {
		t.Errorf("they begin in %s", s.Dir())
	}
	h.options.PidFile = ""
	if s := h.open(); s.Dir() != h.path("etc") {
		t.Errorf("they begin in %s", s.Dir())
	}
	h.options.Conf = h.path("none.conf")
	if _, err := Open(within(t), h.options); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
	if filepath.Dir(h.options.Conf) != h.dir {
		t.Error("this test looks at the wrong place")
	}
}
