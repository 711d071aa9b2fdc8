package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// attach starts bunkerm with a broker that runs already.
func attach(t *testing.T, b *brokertest.Broker, username, password string, more ...string) *server {
	t.Helper()
	dir := t.TempDir()
	args := []string{"serve", "--data-dir", dir, "--listen", "127.0.0.1:0", "--dynsec-listen=", "--monitor-listen=",
		"--clientlogs-listen=", "--config-listen=", "--anomaly-listen=", "--broker", "mqtt://" + b.Addr}
	if username != "" {
		args = append(args, "--broker-user", username)
	}
	args = append(args, more...)
	var env []string
	if password != "" {
		file := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		env = append(env, "BUNKERM_BROKER_PASSWORD_FILE="+file)
	}
	return startServer(t, dir, bunkerm(env, args...))
}

func TestAttachedToABrokerOfSomebodyElse(t *testing.T) {
	b := brokertest.Start(t)
	s := attach(t, b, b.AdminUsername, b.AdminPassword)
	eventually(t, "it is ready", func() bool { return strings.HasPrefix(s.readyz(), "200") })
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "pump", "password": "p"})
	if _, err := b.Connect(t, "pump", "p", "pump-1"); err != nil {
		t.Errorf("the client that was created cannot log in: %v", err)
	}
	if status, text := s.do("DELETE", "/api/dynsec/clients/"+b.AdminUsername, nil); status != http.StatusConflict {
		t.Errorf("the account that BunkerM works with can be deleted: %d %s", status, text)
	}
	if out, err := bunkerm(nil, "healthcheck", "--data-dir", s.DataDir).CombinedOutput(); err != nil {
		t.Errorf("healthcheck: %v\n%s", err, out)
	}
	s.Stop()
	if _, err := b.Connect(t, "pump", "p", "pump-2"); err != nil {
		t.Errorf("the broker is not ours, and went with us: %v", err)
	}
	if out, err := bunkerm(nil, "healthcheck", "--data-dir", s.DataDir).CombinedOutput(); err == nil {
		t.Errorf("healthcheck finds a BunkerM that has stopped:\n%s", out)
	}
}

func TestAttachedWithoutPluginOrRightsItIsNamed(t *testing.T) {
	t.Run("no plugin", func(t *testing.T) {
		b := brokertest.Start(t, brokertest.WithoutPlugin(), brokertest.Anonymous())
		named(t, attach(t, b, "", ""), "plugin")
	})
	t.Run("no rights", func(t *testing.T) {
		b := brokertest.Start(t)
		b.MustControl(t, map[string]any{"command": "createClient", "username": "weak", "password": "p"})
		named(t, attach(t, b, "weak", "p"), "$CONTROL")
	})
	t.Run("no account", func(t *testing.T) {
		named(t, attach(t, brokertest.Start(t), "nobody", "p"), "does not let")
	})
}

// named checks that /readyz and the error of a call say what is the matter.
func named(t *testing.T, s *server, word string) {
	t.Helper()
	eventually(t, "/readyz names it", func() bool {
		text := s.readyz()
		return strings.HasPrefix(text, "503") && strings.Contains(text, word)
	})
	out, err := bunkerm(nil, "healthcheck", "--data-dir", s.DataDir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "\n  broker_session: ") || !strings.Contains(string(out), word) || strings.Contains(string(out), "database") {
		t.Errorf("healthcheck says: %s", out)
	}
	status, text := s.do("GET", "/api/dynsec/clients", nil)
	if status != http.StatusServiceUnavailable || !strings.Contains(text, word) {
		t.Errorf("a call is answered %d %s", status, text)
	}
}
