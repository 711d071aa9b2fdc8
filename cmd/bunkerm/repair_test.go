package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
)

// ownAccount reads BunkerM's own password on the managed broker, which is what somebody with root on the host can
// do too.
func ownAccount(t *testing.T, dataDir string) (username, password string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dataDir, "broker-account.json"))
	if err != nil {
		t.Fatal(err)
	}
	var account struct{ Username, Password string }
	if err := json.Unmarshal(text, &account); err != nil || account.Password == "" {
		t.Fatalf("reading the account: %v", err)
	}
	return account.Username, account.Password
}

func (s *server) readyz() string {
	s.t.Helper()
	answer, err := http.Get(s.URL + "/readyz?broker=1")
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.Status + " " + string(text)
}

func TestOurOwnAccountIsGivenBack(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "theirs", "password": "stays as it is"})

	// Somebody with mosquitto_ctrl and our password removes our account.
	username, password := ownAccount(t, dir)
	if username != broker.OwnUsername {
		t.Fatalf("our account is %q", username)
	}
	somebody := s.connect(username, password)
	go func() {
		// The broker throws us out before it acknowledges, so nobody waits for that.
		_, _ = somebody.Publish(broker.ControlTopic, `{"commands":[{"command":"deleteClient","username":"`+username+`"}]}`)
	}()
	<-somebody.Done

	eventually(t, "/readyz names the account and the way to mend it", func() bool {
		text := s.readyz()
		return strings.HasPrefix(text, "503") && strings.Contains(text, "bunkerm repair")
	})
	status, text := s.do("GET", "/api/dynsec/clients", nil)
	if status != http.StatusServiceUnavailable || !strings.Contains(text, "bunkerm repair") {
		t.Errorf("a call is answered %d %s", status, text)
	}

	out, err := bunkerm(brokerEnv(), "repair", "--data-dir", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("repair: %v\n%s", err, out)
	}
	if strings.Contains(string(out), `"msg"`) {
		t.Errorf("repair writes a log where a person reads: %s", out)
	}
	eventually(t, "everything works again", func() bool {
		status, _ := s.do("GET", "/api/dynsec/clients/theirs", nil)
		return status == http.StatusOK && strings.HasPrefix(s.readyz(), "200")
	})
	s.connect("theirs", "stays as it is")
}
