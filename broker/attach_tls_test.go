package broker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// authority is a certificate authority of one test.
type authority struct {
	dir, file string
	cert      *x509.Certificate
	key       *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir(), key: newKey(t)}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority " + rand.Text()},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.file = a.write(t, "ca.pem", "CERTIFICATE", der)
	return a
}

// issue signs a certificate for a host or client name and returns the paths of its files.
func (a *authority) issue(t testing.TB, name string, change ...func(*x509.Certificate)) (cert, key string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, fn := range change {
		fn(template)
	}
	private := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, private.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return a.write(t, name+".pem", "CERTIFICATE", der), a.write(t, name+".key", "PRIVATE KEY", keyDER)
}

func (a *authority) write(t testing.TB, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// attachTLS attaches to the broker's TLS listener as the admin and starts a session.
func attachTLS(t *testing.T, b *brokertest.Broker, change func(*broker.AttachOptions)) *broker.Session {
	t.Helper()
	o := broker.AttachOptions{URL: "mqtts://" + b.TLSAddr, Username: b.AdminUsername, Password: b.AdminPassword}
	change(&o)
	e, err := broker.Attach(o)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := startSession(t, broker.SessionOptions{Endpoint: e})
	return s
}

// explained waits until the status says the words about a connection that cannot be made.
func explained(t *testing.T, s *broker.Session, detail, hint string) {
	t.Helper()
	eventually(t, detail, func() bool {
		status := s.Status()
		return status.State == broker.StateConnecting && strings.Contains(status.Detail, detail)
	})
	if got := s.Status().Hint; !strings.Contains(got, hint) {
		t.Errorf("hint = %q, want it to say %q", got, hint)
	}
}

func TestAttachOverTLS(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "localhost")
	b := brokertest.Start(t, brokertest.TLS(brokertest.TLSFiles{Cert: cert, Key: key}))

	s := attachTLS(t, b, func(o *broker.AttachOptions) { o.CAFile = ca.file })
	ready(t, s)
	must(t, s, command("createClient", "username", "over-tls"), command("listClients"))

	t.Run("unknown authority", func(t *testing.T) {
		s := attachTLS(t, b, func(o *broker.AttachOptions) { o.CAFile = newAuthority(t).file })
		explained(t, s, "an authority that we do not know", "--broker-ca")
	})
	t.Run("wrong host", func(t *testing.T) {
		s := attachTLS(t, b, func(o *broker.AttachOptions) {
			_, port, err := net.SplitHostPort(b.TLSAddr)
			if err != nil {
				t.Fatal(err)
			}
			o.CAFile, o.URL = ca.file, "mqtts://127.0.0.1:"+port
		})
		explained(t, s, "is not for the host 127.0.0.1", "--broker")
	})
	t.Run("TLS to a listener without", func(t *testing.T) {
		s := attachTLS(t, b, func(o *broker.AttachOptions) { o.URL = "mqtts://" + b.Addr })
		explained(t, s, b.Addr, "TLS")
	})
	t.Run("no TLS to a listener with", func(t *testing.T) {
		s := attachTLS(t, b, func(o *broker.AttachOptions) { o.URL = "mqtt://" + b.TLSAddr })
		explained(t, s, "before MQTT began", "TLS")
	})
}

func TestAttachToAnExpiredCertificate(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "localhost", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	b := brokertest.Start(t, brokertest.TLS(brokertest.TLSFiles{Cert: cert, Key: key}))
	s := attachTLS(t, b, func(o *broker.AttachOptions) { o.CAFile = ca.file })
	explained(t, s, "has expired", "clock")
}

func TestAttachWithAClientCertificate(t *testing.T) {
	ca, clients := newAuthority(t), newAuthority(t)
	cert, key := ca.issue(t, "localhost")
	b := brokertest.Start(t, brokertest.TLS(brokertest.TLSFiles{Cert: cert, Key: key, ClientCA: clients.file}))
	ours, oursKey := clients.issue(t, "bunkerm")
	foreign, foreignKey := ca.issue(t, "foreign")

	t.Run("missing", func(t *testing.T) {
		s := attachTLS(t, b, func(o *broker.AttachOptions) { o.CAFile = ca.file })
		explained(t, s, "asks for a client certificate", "--broker-cert")
	})
	t.Run("not trusted, then renewed", func(t *testing.T) {
		dir := t.TempDir()
		use := func(from, name string) {
			data, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		use(foreign, "cert")
		use(foreignKey, "key")
		s := attachTLS(t, b, func(o *broker.AttachOptions) {
			o.CAFile, o.CertFile, o.KeyFile = ca.file, filepath.Join(dir, "cert"), filepath.Join(dir, "key")
		})
		explained(t, s, "client certificate", "--broker-cert")
		use(ours, "cert")
		use(oursKey, "key")
		ready(t, s)
		must(t, s, command("listRoles"))
	})
}
