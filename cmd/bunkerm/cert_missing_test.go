package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCertificatesThatAreRemovedByHandComeBack: at a start, while the broker runs, and with the authority gone as well.
func TestCertificatesThatAreRemovedByHandComeBack(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := serveOn(t, data, secureArgs()...)
	before := s.certificates()
	folder := filepath.Join(data, "broker", "certs")
	remove := func(paths ...string) {
		t.Helper()
		for _, p := range paths {
			if err := os.RemoveAll(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	there := func() bool {
		for _, name := range []string{"server.pem", "clients.pem", "revoked.pem"} {
			if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
				return false
			}
		}
		return true
	}
	answers := func(s *server) shownCertificates {
		t.Helper()
		c := s.certificates()
		if conn, _, err := loginOver(c.listener("mqtt", true, false), s.trusting(nil), "", ""); err != nil {
			t.Errorf("the listener for TLS: %v", err)
		} else {
			_ = conn.Close()
		}
		return c
	}

	s.says("the broker serves its certificates anew") // the first look is over, and no signal on its way
	remove(folder)
	eventually(t, "they are put back while the broker runs", there)
	s.must("POST", "/api/config/reload", nil)
	answers(s)

	s.Stop()
	remove(folder)
	s = serveOn(t, data, secureArgs()...)
	if c := answers(s); !there() || c.Authorities[0].Fingerprint != before.Authorities[0].Fingerprint || c.Server.Fingerprint != before.Server.Fingerprint {
		t.Errorf("it is not what it was: %+v", c)
	}

	s.Stop()
	remove(folder, filepath.Join(data, "certs"))
	s = serveOn(t, data, secureArgs()...)
	if c := answers(s); c.Authorities[0].Fingerprint == before.Authorities[0].Fingerprint {
		t.Errorf("the authority that is gone: %+v", c)
	}
	s.says("another was made")
}

// TestACertificateThatIsGoneForGoodIsNamed, because the broker does not start and says only that it cannot load something.
func TestACertificateThatIsGoneForGoodIsNamed(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := serveOn(t, data)
	s.Stop()
	conf := filepath.Join(data, "broker", "mosquitto.conf")
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "\nlistener 18883 127.0.0.1\ncertfile certs/own.crt\nkeyfile certs/own.key\n"...)
	if err := os.WriteFile(conf, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s = launch(t, data, bunkerm(brokerEnv(), freshArgs(data)...))
	s.says("names certs/own.key, which is gone: put it back into " + filepath.Join(data, "broker", "certs"))
	if strings.Contains(s.output.String(), "are put back") {
		t.Error("it says that it has put them back")
	}
}
