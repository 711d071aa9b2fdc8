package certs

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadCertificateNeverReachesTheBroker replaces a good one by each of the bad ones.
func TestBadCertificateNeverReachesTheBroker(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")
	put := func(certText, keyText string) {
		t.Helper()
		if err := errors.Join(os.WriteFile(cert, []byte(certText), 0o600), os.WriteFile(key, []byte(keyText), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	first := sign(t, nil, nil, nil)
	put(first.certPEM(), first.keyPEM(t))
	s := secure(t, false, func(o *Options) { o.GivenCert, o.GivenKey = cert, key })
	reloads := 0
	s.reloads(&reloads)
	s.Look(t.Context())
	if s.shownOn(s.mqtts) != fingerprint(first.cert) {
		t.Fatal("the given certificate is not shown")
	}
	bads := badPairs(t)
	for name, bad := range bads {
		put(bad.cert, bad.key)
		s.Look(t.Context())
		s.broker.Reload() // as somebody else might
		if s.shownOn(s.mqtts) != fingerprint(first.cert) {
			t.Errorf("%s: another certificate is shown", name)
		}
		if s.Held() == "" || s.Overview().Given.Problems[0].Code != bad.code {
			t.Errorf("%s: %q %+v", name, s.Held(), s.Overview().Given.Problems)
		}
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	s.Look(t.Context())
	if !strings.Contains(s.Held(), "is not there") {
		t.Errorf("without a key: %q", s.Held())
	}
	second := sign(t, nil, nil, nil)
	put(second.certPEM(), second.keyPEM(t))
	s.Look(t.Context())
	if s.shownOn(s.mqtts) != fingerprint(second.cert) || s.Held() != "" {
		t.Errorf("a good one after all that is not shown; held: %q", s.Held())
	}
}

// TestBadCertificateInTheUsersOwnFiles: what the configuration names is the user's, and the broker is not told of a bad one.
func TestBadCertificateInTheUsersOwnFiles(t *testing.T) {
	s, reloads := secure(t, false, nil), 0
	s.reloads(&reloads)
	s.Look(t.Context())
	before, told := s.shownOn(s.mqtts), reloads
	good, err := os.ReadFile(filepath.Join(s.files, BrokerServer))
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range badPairs(t) {
		if err := writeFile(s.files, BrokerServer, []byte(bad.key+bad.cert)); err != nil {
			t.Fatal(err)
		}
		s.Look(t.Context())
		if s.shownOn(s.mqtts) != before || reloads != told || s.Held() == "" {
			t.Errorf("%s: %d signals, held: %q", name, reloads-told, s.Held())
		}
	}
	// A list that is missing would end mosquitto 2.1.
	if err := errors.Join(writeFile(s.files, BrokerServer, good), os.Remove(filepath.Join(s.files, BrokerRevoked))); err != nil {
		t.Fatal(err)
	}
	s.Look(t.Context())
	if reloads != told || !strings.Contains(s.Held(), BrokerRevoked) {
		t.Errorf("without its list: %d signals, held: %q", reloads-told, s.Held())
	}
	if err := s.publish(); err != nil {
		t.Fatal(err)
	}
	s.Look(t.Context())
	if s.Held() != "" || !bytes.Equal(good, mustRead(t, filepath.Join(s.files, BrokerServer))) {
		t.Errorf("with everything back: %q", s.Held())
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
