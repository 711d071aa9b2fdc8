package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// written puts a text into a file of its own.
func written(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestImportTakesTheFilesOfAMosquitto goes the way of the documentation: look, do, log in with the old password, and find
// that doing it again changes nothing.
func TestImportTakesTheFilesOfAMosquitto(t *testing.T) {
	s := serveOn(t, t.TempDir())
	hash, err := broker.HashPassword("the old password")
	if err != nil {
		t.Fatal(err)
	}
	passwords := written(t, "passwords", fmt.Sprintf("pump:$7$%d$%s$%s\nolder:$6$AAAA$%s==\n", hash.Iterations, hash.Salt, hash.Hash, strings.Repeat("A", 86)))
	rules := written(t, "acl", "user pump\ntopic write pump/#\npattern read clients/%c/#\n")
	args := []string{"import", "--password-file", passwords, "--acl-file=" + rules, "--restart"}
	plan := s.mustCommand("", append(args, "--dry-run")...)
	for _, want := range []string{"clients, new", `"pump"`, "need a password", "restart", "password_file:2: manual", "default access"} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan says nothing of %q:\n%s", want, plan)
		}
	}
	if strings.Contains(plan, hash.Hash) {
		t.Errorf("the plan shows a hash:\n%s", plan)
	}
	if _, err := brokertest.Connect(t, s.MQTT, "pump", "the old password", "pump"); err == nil {
		t.Error("the dry run let pump in")
	}
	if done := s.mustCommand("", args...); !strings.Contains(done, "Done in") {
		t.Errorf("import said:\n%s", done)
	}
	pump, err := brokertest.Connect(t, s.MQTT, "pump", "the old password", "pump")
	if err != nil {
		t.Fatalf("pump cannot log in: %v", err)
	}
	for topic, want := range map[string]bool{"pump/1": true, "valve/1": false} {
		if code, err := pump.Publish(topic, "x"); err != nil || (code < 0x80) != want {
			t.Errorf("pump publishes to %s: %d, %v", topic, code, err)
		}
	}
	if again := s.mustCommand("", args...); !strings.Contains(again, "nothing changes") {
		t.Errorf("the second time:\n%s", again)
	}
	own := written(t, "dynamic-security.json", s.must("GET", "/config/dynsec", nil))
	if again := s.mustCommand("", "import", "--dynsec", own, "--existing", "update", "--dry-run"); !strings.Contains(again, "nothing changes") {
		t.Errorf("our own file:\n%s", again)
	}
}

// TestAnImportMakesVersions: one of what was there before, one of what has become of it, by restart and while the broker runs; and
// the one before can be brought back.
func TestAnImportMakesVersions(t *testing.T) {
	s := serveOn(t, t.TempDir())
	type version struct {
		ID                    int64
		Source, State, Detail string
		Comment               string
		Live                  bool
		Added                 int
	}
	versions := func() []version {
		t.Helper()
		var page struct{ Versions []version }
		if err := json.Unmarshal([]byte(s.must("GET", "/api/config/versions?file=dynsec", nil)), &page); err != nil {
			t.Fatal(err)
		}
		return page.Versions
	}
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "there", "password": "before"})
	known := len(versions())
	imports := func(restart string, more ...string) {
		t.Helper()
		rules := written(t, "acl", "user pump"+restart+"\ntopic write pump/#\n")
		passwords := written(t, "passwords", "pump"+restart+":plain\n")
		s.mustCommand("", append([]string{"import", "--password-file", passwords, "--acl-file", rules}, more...)...)
		v := versions()
		if len(v) != known+2 || v[0].Source != "import" || v[1].Source != "before" || !v[0].Live || v[1].Live || v[0].Added == 0 || !strings.HasPrefix(v[0].Comment, "import of password_file, acl_file") {
			t.Fatalf("%+v", v)
		}
		known = len(v)
		s.must("POST", "/api/dynsec/clients", map[string]any{"username": "later" + restart, "password": "x"}) // so the next one has something to keep
	}
	imports("1", "--restart")
	imports("2")
	status, _, text := s.askAs(s.Key, "POST", "/api/dynsec/clients/import", "username,password\nlisted,secret\n", map[string]string{"Content-Type": "text/csv"})
	v := versions()
	if status != http.StatusOK || len(v) != known+2 || v[0].Comment != "import of a list of clients" || v[0].Added != 1 {
		t.Fatalf("%d %s: %+v", status, text, v)
	}
	s.must("POST", fmt.Sprintf("/api/config/versions/%d/restore", v[1].ID), map[string]any{"restart": true})
	if clients := s.must("GET", "/api/dynsec/clients", nil); strings.Contains(clients, "listed") || !strings.Contains(clients, "later2") {
		t.Errorf("what was before does not come back: %s", clients)
	}
}

func TestImportSaysWhatIsWrong(t *testing.T) {
	s := serveOn(t, t.TempDir())
	broken := written(t, "acl", "topic a\n\ttopic b\n")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"import"}, 2, "usage: bunkerm import"},
		{[]string{"import", "stray"}, 2, "belongs to nothing"},
		{[]string{"import", "--existing", "never", "--acl-file", broken}, 2, "skip or update"},
		{[]string{"import", "--acl-file", "/nowhere/acl"}, 1, "/nowhere/acl"},
		{[]string{"import", "--acl-file", broken}, 1, "mend the lines"},
		{[]string{"import", "--acl-file", broken, "--dynsec", broken}, 1, "imported alone"},
	} {
		_, complaints, code := s.command("", c.args...)
		if code != c.code || !strings.Contains(complaints, c.says) {
			t.Errorf("bunkerm %v: %d %s", c.args, code, complaints)
		}
	}
	s.Stop()
	if _, complaints, code := s.command("", "import", "--acl-file", broken); code != 1 || !strings.Contains(complaints, "does not run") {
		t.Errorf("without a server: %d %s", code, complaints)
	}
}
