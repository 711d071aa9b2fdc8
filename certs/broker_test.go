package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// patience is how long anything may take before it counts as broken.
const patience = 30 * time.Second

// secured is a real mosquitto with a listener for TLS, one for websockets and one for clients with certificates.
type secured struct {
	*Service
	t                  testing.TB
	broker             *brokertest.Broker
	mqtts, wss, mutual int
	files              string // the folder that both see
}

// secure starts one. Its files are those that the service installs; withWebsockets adds that listener.
func secure(t testing.TB, withWebsockets bool, change func(*Options)) *secured {
	t.Helper()
	s := &secured{t: t, files: t.TempDir(), mqtts: brokertest.FreePort(t), wss: brokertest.FreePort(t), mutual: brokertest.FreePort(t)}
	o := Options{
		Dir: filepath.Join(t.TempDir(), "certs"), Listeners: s.listeners(withWebsockets),
		Install: func(name string, text []byte) error { return writeFile(s.files, name, text) },
	}
	if change != nil {
		change(&o)
	}
	var err error
	if s.Service, err = Open(o); err != nil {
		t.Fatal(err)
	}
	if err := s.MakeServer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if o.GivenCert != "" {
		if err := s.Given(); err != nil {
			t.Fatal(err)
		}
	}
	server := filepath.Join(s.files, BrokerServer)
	lines := []string{
		fmt.Sprintf("listener %d 127.0.0.1", s.mqtts), "certfile " + server, "keyfile " + server,
		fmt.Sprintf("listener %d 127.0.0.1", s.mutual), "certfile " + server, "keyfile " + server,
		"cafile " + filepath.Join(s.files, BrokerCA), "crlfile " + filepath.Join(s.files, BrokerRevoked), "require_certificate true", "use_identity_as_username true",
	}
	if withWebsockets {
		lines = append(lines, fmt.Sprintf("listener %d 127.0.0.1", s.wss), "protocol websockets", "certfile "+server, "keyfile "+server)
	}
	s.broker = brokertest.Start(t, brokertest.Conf(lines...), brokertest.WithoutPlugin(), brokertest.Anonymous())
	return s
}

// listeners are those of the configuration, read anew each time.
func (s *secured) listeners(withWebsockets bool) func() ([]Listener, error) {
	return func() ([]Listener, error) {
		read := func(name string) File {
			f := File{Name: name}
			f.Text, f.Err = os.ReadFile(filepath.Join(s.files, name))
			return f
		}
		one := func(port int) Listener {
			return Listener{Name: itoa(port), Address: "127.0.0.1", Port: port, TLS: true, Cert: read(BrokerServer), Key: read(BrokerServer)}
		}
		mutual, wss := one(s.mutual), one(s.wss)
		mutual.ClientCerts, mutual.CA, mutual.Revoked = true, read(BrokerCA), read(BrokerRevoked)
		all := []Listener{one(s.mqtts), mutual}
		if wss.Websockets = true; withWebsockets {
			all = append(all, wss)
		}
		return all, nil
	}
}

// reloads has the service signal the broker, and counts how often it does.
func (s *secured) reloads(n *int) {
	s.o.Reload = func(context.Context) error {
		*n++
		s.broker.Reload()
		return nil
	}
}

// restarts has the service restart the broker, and counts how often it does.
func (s *secured) restarts(n *int) {
	s.o.Restart = func(context.Context) error {
		*n++
		s.broker.Stop()
		s.broker.Start()
		return nil
	}
}

// dial makes a verified connection as a device would; pair is the device's own certificate.
func (s *secured) dial(port int, pair *tls.Certificate) (*tls.Conn, error) {
	roots := x509.NewCertPool()
	ca, err := s.CA()
	if err != nil {
		return nil, err
	}
	roots.AppendCertsFromPEM(ca)
	config := &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}
	if pair != nil {
		config.Certificates = []tls.Certificate{*pair}
	}
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: patience}, Config: config}
	conn, err := d.DialContext(s.t.Context(), "tcp", net.JoinHostPort("127.0.0.1", itoa(port)))
	if err != nil {
		return nil, err
	}
	secured, _ := conn.(*tls.Conn)
	s.t.Cleanup(func() { _ = secured.Close() })
	return secured, secured.SetDeadline(time.Now().Add(patience))
}

// login connects over MQTT 3.1.1 with a clean session, and returns the broker's code. A certificate that it does not take ends the
// connection instead.
func login(conn net.Conn, clientID string) (code byte, err error) {
	body := append([]byte("\x00\x04MQTT\x04\x02\x00\x3c\x00"), byte(len(clientID)))
	body = append(body, clientID...)
	if _, err := conn.Write(append([]byte{0x10, byte(len(body))}, body...)); err != nil {
		return 0, err
	}
	var ack [4]byte
	if _, err := io.ReadFull(conn, ack[:]); err != nil {
		return 0, err
	}
	return ack[3], nil
}

// ping asks whether a connection lives.
func ping(conn net.Conn) error {
	if _, err := conn.Write([]byte{0xc0, 0}); err != nil {
		return err
	}
	var answer [2]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return err
	}
	if answer != [2]byte{0xd0, 0} {
		return fmt.Errorf("%x is no answer to a ping", answer)
	}
	return nil
}

func (s *secured) shownOn(port int) string {
	s.t.Helper()
	cert, err := x509.ParseCertificate(shows(s.t.Context(), Listener{Address: "127.0.0.1", Port: port}))
	if err != nil {
		s.t.Fatal(err)
	}
	return fingerprint(cert)
}

func pairOf(t testing.TB, m Made) *tls.Certificate {
	t.Helper()
	forms, err := m.inForms("")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair([]byte(forms.Certificate), []byte(forms.Key))
	if err != nil {
		t.Fatal(err)
	}
	return &pair
}

// TestRenewalWhileAClientIsConnected renews a certificate under a client that stays.
func TestRenewalWhileAClientIsConnected(t *testing.T) {
	s, reloads, restarts := secure(t, false, nil), 0, 0
	s.reloads(&reloads)
	s.restarts(&restarts)
	s.Look(t.Context())
	conn, err := s.dial(s.mqtts, nil)
	if err != nil {
		t.Fatal(err)
	}
	if code, err := login(conn, "stays"); err != nil || code != 0 {
		t.Fatalf("%d %v", code, err)
	}
	before := s.shownOn(s.mqtts)
	if err := s.MakeServer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s.Look(t.Context())
	t.Logf("served after %v", time.Since(began))
	if s.shownOn(s.mqtts) == before || s.shownOn(s.mutual) == before {
		t.Error("the former certificate is still shown")
	}
	if err := ping(conn); err != nil {
		t.Errorf("the client that was connected: %v", err)
	}
	if restarts != 0 || s.Held() != "" {
		t.Errorf("%d restarts, held: %q", restarts, s.Held())
	}
	// Nothing has changed, so nothing is ordered.
	had := reloads
	s.Look(t.Context())
	if reloads != had {
		t.Error("the broker was told again")
	}
}

// TestWebsocketsGetTheirCertificateByARestartWhereTheyMust: 2.0 renews them by a restart alone, 2.1 by a signal.
func TestWebsocketsGetTheirCertificateByARestartWhereTheyMust(t *testing.T) {
	s, reloads, restarts := secure(t, true, nil), 0, 0
	s.reloads(&reloads)
	s.restarts(&restarts)
	s.Look(t.Context())
	before := s.shownOn(s.wss)
	if err := s.MakeServer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s.Look(t.Context())
	if s.shownOn(s.wss) == before || s.shownOn(s.mqtts) == before {
		t.Errorf("the former certificate is still shown; held: %q", s.Held())
	}
	want := 0
	if strings.HasPrefix(s.broker.Version(), "2.0") {
		want = 1
	}
	if restarts != want {
		t.Errorf("%d restarts of %s, want %d", restarts, s.broker.Version(), want)
	}
}

func TestRevokedClientIsRefused(t *testing.T) {
	s, reloads := secure(t, false, nil), 0
	s.reloads(&reloads)
	s.Look(t.Context())
	lost, err := s.MakeClient(t.Context(), "pump.hall1", 0)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := s.MakeClient(t.Context(), "pump.hall2", 0)
	if err != nil {
		t.Fatal(err)
	}
	lostPair, keptPair := pairOf(t, lost), pairOf(t, kept)
	open, err := s.dial(s.mutual, lostPair)
	if err != nil {
		t.Fatal(err)
	}
	if code, err := login(open, "before"); err != nil || code != 0 {
		t.Fatalf("before it is revoked: %d %v", code, err)
	}
	s.broker.AwaitLog(`as before \(.*u'pump.hall1'`)
	for range 3 { // each list replaces the one before
		if _, err := s.Revoke(t.Context(), lost.Serial); err != nil {
			t.Fatal(err)
		}
		s.Look(t.Context())
		if conn, err := s.dial(s.mutual, lostPair); err == nil {
			if code, err := login(conn, "after"); err == nil {
				t.Errorf("a revoked certificate gets in with %d", code)
			}
		}
		conn, err := s.dial(s.mutual, keptPair)
		if err != nil {
			t.Fatal(err)
		}
		if code, err := login(conn, "other"); err != nil || code != 0 {
			t.Errorf("one that counts: %d %v", code, err)
		}
		if lost, err = s.MakeClient(t.Context(), "pump.hall1", 0); err != nil {
			t.Fatal(err)
		}
		lostPair = pairOf(t, lost)
	}
	if err := ping(open); err != nil {
		t.Errorf("a connection that was open: %v", err)
	}
	if conn, err := s.dial(s.mutual, nil); err == nil {
		if code, err := login(conn, "bare"); err == nil {
			t.Errorf("without a certificate: %d", code)
		}
	}
}

func TestClientsOfBothAuthoritiesGetInUntilTheOldOneIsDropped(t *testing.T) {
	s, reloads, restarts := secure(t, false, nil), 0, 0
	s.reloads(&reloads)
	s.restarts(&restarts)
	s.Look(t.Context())
	old, err := s.MakeClient(t.Context(), "old", 0)
	if err != nil {
		t.Fatal(err)
	}
	oldPair := pairOf(t, old)
	oldRoots, _ := s.CA()
	if err := s.RenewAuthority(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s.Look(t.Context())
	young, err := s.MakeClient(t.Context(), "young", 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string]*tls.Certificate{"old": oldPair, "young": pairOf(t, young)} {
		conn, err := s.dial(s.mutual, pair)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if code, err := login(conn, name); err != nil || code != 0 {
			t.Errorf("%s: %d %v", name, code, err)
		}
	}
	// A device that has never heard of the new authority.
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(oldRoots)
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}}
	conn, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", itoa(s.mqtts)))
	if err != nil {
		t.Fatalf("who holds the old authority: %v", err)
	}
	_ = conn.Close()
	if restarts != 0 {
		t.Errorf("%d restarts", restarts)
	}
}
