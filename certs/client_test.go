package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/bunkerm/bunkerm/fault"
)

func TestClientCertificate(t *testing.T) {
	s, broker, at := house(t, nil)
	made, err := s.MakeClient(t.Context(), "pump.hall1", 0)
	if err != nil {
		t.Fatal(err)
	}
	forms, err := made.inForms("open sesame")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tls.X509KeyPair([]byte(forms.Certificate), []byte(forms.Key)); err != nil {
		t.Error(err)
	}
	key, cert, authorities, err := pkcs12.DecodeChain(forms.PKCS12, "open sesame")
	if err != nil || key == nil || cert.Subject.CommonName != "pump.hall1" || len(authorities) != 1 {
		t.Errorf("PKCS#12: %v %v %v", cert, authorities, err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(forms.Authority))
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, CurrentTime: at.Now()}); err != nil {
		t.Error(err)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: at.Now()}); err == nil {
		t.Error("a client's certificate does for a server")
	}
	// The key is nowhere in the folder.
	for _, name := range []string{authorityFile, registerFile} {
		text, _ := os.ReadFile(filepath.Join(s.o.Dir, name))
		if bytes.Contains(text, []byte(strings.Split(forms.Key, "\n")[1])) {
			t.Errorf("%s holds the client's key", name)
		}
	}

	revoked, err := s.Revoke(t.Context(), forms.Serial)
	if err != nil || revoked.RevokedAt == nil {
		t.Fatalf("%+v %v", revoked, err)
	}
	list := revocationList(t, broker.file(BrokerRevoked))
	if len(list.RevokedCertificateEntries) != 1 || list.RevokedCertificateEntries[0].SerialNumber.Cmp(cert.SerialNumber) != 0 {
		t.Errorf("%+v", list.RevokedCertificateEntries)
	}
	if list.ThisUpdate.After(at.Now()) || list.NextUpdate.Before(at.Now().AddDate(9, 0, 0)) {
		t.Errorf("the list holds from %v to %v", list.ThisUpdate, list.NextUpdate)
	}
	if _, err := s.Revoke(t.Context(), "12"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a number that nobody has: %v", err)
	}
}

func revocationList(t testing.TB, text []byte) *x509.RevocationList {
	t.Helper()
	list, err := x509.ParseRevocationList(pemBytes(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEachListIsLaterThanTheOneBefore(t *testing.T) {
	s, broker, _ := house(t, nil)
	var last time.Time
	for range 5 {
		made, err := s.MakeClient(t.Context(), "a", 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Revoke(t.Context(), made.Serial); err != nil {
			t.Fatal(err)
		}
		list := revocationList(t, broker.file(BrokerRevoked))
		if !list.ThisUpdate.After(last) {
			t.Fatalf("%v is not after %v", list.ThisUpdate, last)
		}
		last = list.ThisUpdate
	}
}

func TestUsernamesThatNoCertificateCarries(t *testing.T) {
	s, _, _ := house(t, nil)
	for _, username := range []string{"", strings.Repeat("x", 65), "a\x00b", "a\nb", "\xff"} {
		if _, err := s.MakeClient(t.Context(), username, 0); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", username, err)
		}
	}
	for _, username := range []string{"grün", strings.Repeat("ä", 64), "o'neil, O=x", " "} {
		made, err := s.MakeClient(t.Context(), username, 0)
		if err != nil {
			t.Errorf("%q: %v", username, err)
			continue
		}
		if got := made.pair.cert.Subject.CommonName; got != username {
			t.Errorf("%q became %q", username, got)
		}
	}
}
