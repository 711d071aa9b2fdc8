package conf_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// TestTheBrokerReadsLinesAsWeDo writes lines in all ways that people and editors have, and asks the broker whether it
// takes them: it must where we see no error, and must not where we see one.
func TestTheBrokerReadsLinesAsWeDo(t *testing.T) {
	a := ask(t)
	for _, lines := range []string{
		"max_keepalive 60", "   max_keepalive 60", "max_keepalive    60", "max_keepalive 60   ", "max_keepalive 60\r", "max_keepalive 60 # x",
		"max_keepalive\t60", "\tmax_keepalive 60", "max_keepalive 60\t", "max_keepalive", "max_keepalive ", "Max_keepalive 60", "max_keepalive 70000",
		"max_keepalive 060x", "persistence true\t", "persistence  true  x", "persistence True", "persistence \"true\"",
		"# x", " # x", "\t# x", "#", "", "   ", "\t", "\r", "\rfoo", "\f", "\ufefflistener 1", "\ufeff# x", "foo", "foo bar",
		"user x y # z", "user \t x \t", "user", "user   ", "user x\ty", "user é", "user \xff", "user \x7f", "user " + strings.Repeat("x", 65535),
		"clientid_prefixes " + strings.Repeat("x", 65536), "persistence_file a\npersistence_file b",
		"listener", "listener x", "listener -1", "listener 65536", "listener 0", "listener 0 /x.sock", "listener 1883 127.0.0.1 ::1", "listener 1883 # x",
		"connection a\naddress x:y", "connection a\naddress ::1:1883", "connection a\naddress a b:1", "connection a\naddress", "connection",
		"connection a\nconnection a", "connection a\naddress 127.0.0.1\naddress 127.0.0.1", "connection a\ntopic a inout", "connection a\ntopic a in 3",
		"connection a\ntopic", "connection a\ntopic \"\" out 0 a/ b/", "connection a\ntopic \"\" out 0 a/", "connection a\nrestart_timeout 10 5",
		"connection a\nbridge_psk 00\nbridge_identity x\nbridge_cafile y", "bridge_insecure true", "plugin_opt_x 1", "auth_opt_x 1",
		"plugin /x\nplugin_opt_long 1", "log_dest", "log_dest file", "log_dest file ", "log_dest paper", "log_type x", "log_facility 8",
		"persistent_client_expiration 3", "persistent_client_expiration 3d", "persistent_client_expiration 0d", "persistent_client_expiration xd",
		"per_listener_settings false", "include_dir", "include_dir nowhere", "include_dir empty", "include_dir  empty", "include_dir empty ", "include_dir empty/",
		"listener 1 ::1\nmount_point a/#", "listener 1 ::1\npsk_hint a\ncertfile b\nkeyfile c", "protocol http_api", "plugin_load one", "plugin_use one",
		"auto_id_prefix " + strings.Repeat("x", 51), "max_packet_size 19", "max_packet_size 20", "sys_interval 65536", "retain_expiry_interval 0",
	} {
		t.Run(shorten(lines), func(t *testing.T) {
			t.Parallel()
			dir := emptyDir(t)
			said := a.refusal(t, dir, lines)
			wrong := ""
			for _, p := range load(t, lines+"\n", "empty/README", "").Check(a.version) {
				if p.Severity == conf.Error && !later(p) {
					wrong = p.Message
				}
			}
			if (said == "") != (wrong == "") && !weAreStricter(lines, a.version) {
				t.Errorf("mosquitto %v says %q, and we %q", a.version, said, wrong)
			}
		})
	}
}

// later tells of a problem that the broker sees only when it has read everything.
func later(p conf.Problem) bool {
	for _, part := range []string{"no topic", "no address", "same address", "bridge_identity", "neither certfile", "no keyfile", "no certfile"} {
		if strings.Contains(p.Message, part) {
			return true
		}
	}
	return false
}

// weAreStricter are lines that the broker takes for something that nobody can have meant.
func weAreStricter(lines string, v conf.Version) bool {
	if slices.Contains([]string{
		"connection a\nrestart_timeout 10 5", "plugin_load one",
	}, lines) {
		return true
	}
	return v.Before(conf.Version{Major: 2, Minor: 1}) && slices.Contains([]string{
		"max_keepalive 60\t", "max_keepalive 060x", "listener x", "log_type x",
	}, lines)
}

func shorten(s string) string { return strings.ReplaceAll(s[:min(len(s), 40)], "/", "|") }

// TestTheBrokerReadsFoldersAsWeDo compares the order in which the broker says that it reads included files with ours.
func TestTheBrokerReadsFoldersAsWeDo(t *testing.T) {
	a := ask(t)
	dir := t.TempDir()
	d := disk{}
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, path.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d[name] = text
	}
	for _, name := range []string{
		"b.conf", "A.conf", "a.conf", "B.CONF", "C.conf", ".conf", ".x.conf", "10.conf", "9.conf", "note.txt", "aB.conf", "Ab.conf", "AB.conf", "ab.conf",
		"a-b.conf", "a_b.conf", "a.b.conf", "é.conf", "z.conf", "Z.conf", "b.conf.bak", "x.conf~", "[.conf", "~.conf", "a b.conf",
	} {
		write("one/"+name, "# "+name+"\n")
		write("two/"+name, "# "+name+"\n")
	}
	write(main, "include_dir two\nuser x\ninclude_dir one/\ninclude_dir ./two\n"+marker+" x\n")

	var theirs []string
	for _, m := range regexp.MustCompile(`Loading config file '?(.*?\.conf)'?\n`).FindAllStringSubmatch(a.run(t, dir), -1) {
		theirs = append(theirs, path.Clean(m[1]))
	}
	c := loadDisk(t, d)
	// A line in each file would make the order of the settings visible; the files are listed by their first reading.
	var ours []string
	for _, f := range c.Files()[1:] {
		ours = append(ours, f.Name)
	}
	first := theirs[:min(len(ours), len(theirs))]
	if !slices.Equal(ours, first) {
		t.Errorf("mosquitto %v reads\n%q\nand we\n%q", a.version, first, ours)
	}
	if len(theirs) != len(ours)/2*3 {
		t.Errorf("mosquitto %v reads %d files, want each of two folders, and one of them again: %d", a.version, len(theirs), len(ours)/2*3)
	}
}

// TestTheBrokerGivesIncludedFilesScopesOfTheirOwn asks it about settings of a bridge and a plugin that stand in another
// file than the line above them, and behind the included file.
func TestTheBrokerGivesIncludedFilesScopesOfTheirOwn(t *testing.T) {
	a := ask(t)
	for _, c := range []struct{ text, included string }{
		{"connection a\ninclude_dir d", "bridge_insecure true"},
		{"plugin /x\ninclude_dir d", "plugin_opt_long 1"},
		{"connection a\ninclude_dir d\nbridge_insecure true", "user x"},
		{"plugin /x\ninclude_dir d\nplugin_opt_long 1", "user x"},
		{"include_dir d\nbridge_insecure true", "connection a"},
		{"include_dir d\nplugin_opt_long 1", "plugin /x"},
		{"listener 1 ::1\ninclude_dir d\nmount_point x", "user x"},
		{"listener 1 ::1\ninclude_dir d", "include_dir e"},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "d", "a.conf"), []byte(c.included+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		taken := a.refusal(t, dir, c.text) == ""
		ours := true
		for _, p := range load(t, c.text+"\n", "d/a.conf", c.included+"\n").Check(a.version) {
			ours = ours && (p.Severity != conf.Error || later(p))
		}
		if taken != ours {
			t.Errorf("mosquitto %v takes %q with %q in d: %v; we: %v", a.version, c.text, c.included, taken, ours)
		}
	}
}
