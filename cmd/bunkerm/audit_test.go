package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// act is one entry of the audit as the API tells it.
type act struct {
	ID        int64           `json:"id"`
	Actor     string          `json:"actor"`
	Via       string          `json:"via"`
	Address   string          `json:"address"`
	Action    string          `json:"action"`
	Object    string          `json:"object"`
	Outcome   string          `json:"outcome"`
	Count     int             `json:"count"`
	RequestID string          `json:"request_id"`
	Before    json.RawMessage `json:"before"`
	After     json.RawMessage `json:"after"`
	Hash      string          `json:"hash"`
}

// acts are the entries that a filter lets through, newest first.
func (s *server) acts(query url.Values) []act {
	s.t.Helper()
	query.Set("limit", "1000")
	var page struct{ Entries []act }
	if err := json.Unmarshal([]byte(s.must("GET", "/api/audit?"+query.Encode(), nil)), &page); err != nil {
		s.t.Fatal(err)
	}
	return page.Entries
}

// acted waits for an act that nobody waits for, and returns the newest of them.
func (s *server) acted(action string) act {
	s.t.Helper()
	var found []act
	eventually(s.t, action+" is recorded", func() bool {
		found = s.acts(url.Values{"action": {action}})
		return len(found) > 0
	})
	return found[0]
}

// TestWhoDidWhat does something by every way there is, and looks who is said to have done it.
func TestWhoDidWhat(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.log")
	dataDir := t.TempDir()
	s := serveOn(t, dataDir, "--audit-log", file)

	// People, known and unknown, rightly and wrongly.
	root, _ := s.setUp()
	s.mustCommand(somebody+"\n", "user", "add", "vi", "--role", "viewer")
	vi := s.signIn("vi", somebody)
	for range 3 {
		vi.want(http.StatusForbidden, "GET", "/users", nil)
		(&browser{s: s}).want(http.StatusUnauthorized, "POST", "/sign-in", map[string]string{"username": "root", "password": "wrong wrong wrong"})
	}
	root.want(http.StatusOK, "POST", "/primary-key/reveal", map[string]string{"password": admins})

	// A key; and past us, somebody who may order the broker, too.
	s.must("POST", "/api/dynsec/roles", map[string]any{"rolename": "boss", "acls": []map[string]any{
		{"acltype": "publishClientSend", "topic": "$CONTROL/#", "allow": true}}})
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "boss", "password": "pw of boss",
		"roles": []map[string]any{{"rolename": "boss"}}})
	boss := s.connect("boss", "pw of boss")
	order := `{"commands":[{"command":"createClient","username":"mole","password":"pw of mole"},{"command":"getClient","username":"mole"}]}`
	if code, err := boss.Publish("$CONTROL/dynamic-security/v1", order); err != nil || code >= 0x80 {
		t.Fatalf("code %#x, %v", code, err)
	}

	local := "127.0.0.1"
	for _, want := range []act{
		{Via: "system", Action: "bunkerm.start", Object: "bunkerm"},
		{Actor: "root", Via: "session", Address: local, Action: "auth.setup", Object: "user/root"},
		{Actor: "vi", Via: "session", Address: local, Action: "auth.sign_in", Object: "user/vi"},
		{Actor: "root", Via: "session", Address: local, Action: "auth.primary_key.reveal", Object: "api-key/primary"},
		{Via: "session", Address: local, Action: "auth.sign_in_refused", Object: "user/root", Outcome: "refused"},
		{Actor: "vi", Via: "session", Address: local, Action: "permission.users:admin", Object: "GET /auth/users", Outcome: "refused"},
		{Actor: "api-key", Via: "key", Address: local, Action: "client.create", Object: "client/boss"},
		{Actor: "boss", Via: "broker", Address: local, Action: "broker.createClient", Object: "createClient | username=mole | password=*****"},
	} {
		s.acted(want.Action)
		if want.Outcome == "" {
			want.Outcome = "done"
		}
		got := s.acts(url.Values{"action": {want.Action}})
		if !slices.ContainsFunc(got, func(a act) bool {
			return a.Actor == want.Actor && a.Via == want.Via && a.Address == want.Address && a.Object == want.Object &&
				a.Outcome == want.Outcome && (a.RequestID != "") == (want.Address == local && want.Via != "broker")
		}) {
			t.Errorf("want %+v, have %+v", want, got)
		}
	}
	if got := s.acts(url.Values{"object": {"user/vi"}, "via": {"command"}}); len(got) != 1 || got[0].Actor == "" {
		t.Errorf("the command line: %+v", got)
	}
	if got := s.acts(url.Values{"q": {"mole"}}); len(got) != 1 {
		t.Errorf("reading is recorded, or nothing: %+v", got)
	}
	vi.want(http.StatusForbidden, "GET", "/users", nil)
	if got := s.acts(url.Values{"action": {"permission.*"}}); len(got) != 1 {
		t.Errorf("equal refusals are not counted together: %+v", got)
	}

	// By ourselves.
	if err := syscall.Kill(brokerPID(t, dataDir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := s.acted("broker.restart"); got.Via != "system" || !strings.Contains(string(got.After), "killed") {
		t.Errorf("%+v", got)
	}
	if _, text := s.do("GET", "/readyz", nil); !strings.Contains(text, `"audit"`) {
		t.Errorf("/readyz does not tell of the audit: %s", text)
	}
	s.Stop()
	s = serveOn(t, dataDir, "--audit-log", file)
	s.acted("bunkerm.stop")
	s.wantWhole(file)
}

// wantWhole compares table, chain, and file.
func (s *server) wantWhole(file string) {
	s.t.Helper()
	all := s.acts(url.Values{})
	slices.Reverse(all)
	if got := s.must("GET", "/api/audit/verify", nil); !strings.Contains(got, `"ok":true`) || !strings.Contains(got, all[len(all)-1].Hash) {
		s.t.Errorf("the chain of %d: %s", len(all), got)
	}
	lines, err := os.Open(file)
	if err != nil {
		s.t.Fatal(err)
	}
	defer lines.Close()
	n := 0
	for line := bufio.NewScanner(lines); line.Scan(); n++ {
		var a act
		if err := json.Unmarshal(line.Bytes(), &a); err != nil || n < len(all) && a.Hash != all[n].Hash {
			s.t.Errorf("line %d is %s, %v", n, line.Text(), err)
		}
		for _, secret := range []string{"pw of", admins, somebody, "wrong wrong", s.Key} {
			if strings.Contains(line.Text(), secret) {
				s.t.Errorf("a secret is in %s", line.Text())
			}
		}
	}
	if info, err := lines.Stat(); err != nil || info.Mode().Perm() != 0o600 || n != len(all) {
		s.t.Errorf("%d lines for %d entries, %v, %v", n, len(all), info.Mode(), err)
	}
}
