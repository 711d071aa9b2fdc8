package main

import (
	"crypto/tls"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestCertificateOfAnAttachedBroker renews the certificate of a broker that somebody else runs on this host.
func TestCertificateOfAnAttachedBroker(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first, second := brokertest.GoodCertificate(t), brokertest.GoodCertificate(t)
	put(cert, first.Cert)
	put(key, first.Key)
	b := brokertest.Start(t, brokertest.Conf("pid_file broker.pid"), brokertest.TLS(brokertest.TLSFiles{Cert: cert, Key: key}))
	s, pid := attachHost(t, b)
	before := pid()
	shows := func(pemText string) bool {
		conn, err := tls.Dial("tcp", b.TLSAddr, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // it is compared below
		if err != nil {
			return false
		}
		defer conn.Close()
		shown := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: conn.ConnectionState().PeerCertificates[0].Raw})
		return string(shown) == pemText
	}
	if !shows(first.Cert) {
		t.Fatal("the first certificate is not shown")
	}
	eventually(t, "it is watched", func() bool { return strings.Contains(s.must("GET", "/api/certs", nil), cert) })

	// Half of a renewal: the certificate is there, its key not yet.
	put(cert, second.Cert)
	eventually(t, "what does not fit is told", func() bool { return s.certificates().Held != "" })
	if !shows(first.Cert) {
		t.Error("the broker was told of what does not fit")
	}
	put(key, second.Key)
	began := time.Now()
	eventually(t, "the second certificate is shown", func() bool { return shows(second.Cert) })
	t.Logf("served after %v", time.Since(began))
	if pid() != before {
		t.Error("the broker was restarted")
	}
	eventually(t, "nothing is held", func() bool { return s.certificates().Held == "" })

	if status, text := s.do("POST", "/api/certs/server", map[string]any{}); status != 200 || !strings.Contains(text, `"managed":false`) {
		t.Errorf("one's own authority for a broker elsewhere: %d %s", status, text)
	}
}
