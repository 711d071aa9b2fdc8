package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestWhoeverIsForgottenIsInNoFile has a device and a person do everything that is recorded, forgets them, and looks into every byte of
// the data directory but for what is said to remain.
func TestWhoeverIsForgottenIsInNoFile(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	const device, user, person = "kettlewilma", "wilmaflint", "bettyrubble"
	s.must("POST", "/api/auth/users", map[string]any{"username": person, "role": "operator", "password": "a very long password"})
	s.must("POST", "/api/dynsec/roles", map[string]any{"rolename": "all", "acls": []map[string]any{
		{"acltype": "publishClientSend", "topic": "#", "allow": true}, {"acltype": "subscribePattern", "topic": "#", "allow": true}}})
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": user, "password": "a-long-password", "roles": []map[string]any{{"rolename": "all"}}})
	d, err := brokertest.Connect(t, s.MQTT, user, "a-long-password", device)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Subscribe("#"); err != nil { // which is worth an incident
		t.Fatal(err)
	}
	if _, err := d.Publish("house/1", "x"); err != nil {
		t.Fatal(err)
	}
	if err := d.Disconnect(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := brokertest.Connect(t, s.MQTT, user, "wrong", device); err == nil {
			t.Fatal("a wrong password is taken")
		}
	}
	eventually(t, "an incident is about the device", func() bool {
		return strings.Contains(s.must("GET", "/api/ai/alerts", nil), device)
	})
	s.must("DELETE", "/api/dynsec/clients/"+user, nil)
	s.must("DELETE", "/api/auth/users/"+person, nil)
	eventually(t, "the events are kept", func() bool {
		return strings.Contains(s.must("GET", "/api/clientlogs?client_id="+device, nil), `"disconnect"`)
	})
	events := s.must("GET", "/api/clientlogs?limit=1000", nil)
	refused(t, nil, []string{"forget", "--client", device, "--data-dir", dir}, "a BunkerM runs on")
	s.Stop()

	pseudonym := regexp.MustCompile(`forgotten-[0-9a-f]{12}`)
	var out string
	for _, c := range [][2]string{{"--client", device}, {"--user", user}, {"--user", person}} {
		out = ran(t, "", "forget", c[0], c[1], "--backups", "--data-dir", dir)
		if !pseudonym.MatchString(out) || strings.Contains(out, c[1]) {
			t.Errorf("it says %s", out)
		}
	}
	for file, text := range everyFile(t, dir) {
		for _, name := range []string{device, user, person} {
			// The copy that is made before each write of an older broker has what was there before that write.
			if i := bytes.Index(text, []byte(name)); i >= 0 && !strings.HasPrefix(filepath.Base(file), "dynamic-security.") {
				t.Errorf("%s names %s: %q", file, name, text[max(0, i-60):min(len(text), i+60)])
			}
		}
	}

	s = serveOn(t, dir)
	if text := s.must("GET", "/api/audit/verify", nil); !strings.Contains(text, `"ok":true`) {
		t.Errorf("the audit does not fit: %s", text)
	}
	if text := s.must("GET", "/api/audit?action=privacy.forget", nil); strings.Count(text, "head_before") != 3 {
		t.Errorf("it is not recorded: %s", text)
	}
	after := s.must("GET", "/api/clientlogs?limit=1000", nil)
	if got, want := strings.Count(after, `"connect"`), strings.Count(events, `"connect"`); got < want {
		t.Errorf("%d connections are told instead of %d", got, want)
	}
	if strings.Contains(after, "lines_missing") {
		t.Error("the place in the log was lost")
	}
	if text := s.must("GET", "/api/ai/alerts", nil); !pseudonym.MatchString(text) {
		t.Errorf("the incident is gone: %s", text)
	}
}

func everyFile(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestForgetSaysWhatItNeeds(t *testing.T) {
	for _, args := range [][]string{{"forget"}, {"forget", "kettle"}} {
		if out, code := runWords(t, args...); code != 2 || !strings.Contains(out, "usage: bunkerm forget") {
			t.Errorf("bunkerm %v: %d %s", args, code, out)
		}
	}
	dir := t.TempDir()
	for _, c := range []struct {
		args, says string
		code       int
	}{
		{"--address kettle", "no IP address", 1},
		{"--client a --user b", "one at a time", 2},
		{"--client a", "recorded nothing", 1},
		{"--client a --data-dir /nowhere/at/all", "there is no data directory", 1},
	} {
		args := append([]string{"forget", "--data-dir", dir}, strings.Fields(c.args)...)
		if out, code := runWords(t, args...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("bunkerm %v: %d %s", args, code, out)
		}
	}
}

func runWords(t *testing.T, args ...string) (string, int) {
	t.Helper()
	cmd := bunkerm(nil, args...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
