package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// clock is one that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// given are the files that a broker would have.
type given struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (g *given) install(name string, text []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.files == nil {
		g.files = map[string][]byte{}
	}
	g.files[name] = bytes.Clone(text)
	return nil
}

func (g *given) file(name string) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.files[name]
}

func names(t testing.TB, all ...string) Names {
	t.Helper()
	n, err := ParseNames(all)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// house is a service on a host called pi.
func house(t testing.TB, change func(*Options)) (*Service, *given, *clock) {
	t.Helper()
	broker, at := &given{}, &clock{now: time.Now().UTC().Truncate(time.Second)}
	o := Options{
		Dir: filepath.Join(t.TempDir(), "certs"), Clock: at.Now, Install: broker.install,
		Names: func() Names { return names(t, "pi", "pi.local", "localhost", "127.0.0.1", "192.168.1.10") },
	}
	if change != nil {
		change(&o)
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, broker, at
}

// verifies tells whether who trusts roots takes the server for name.
func verifies(server, roots []byte, name string, at time.Time) error {
	chain, err := certificates(server)
	if err != nil || len(chain) == 0 {
		return errors.Join(err, errors.New("no certificate"))
	}
	o := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), DNSName: name, CurrentTime: at}
	o.Roots.AppendCertsFromPEM(roots)
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	_, err = chain[0].Verify(o)
	return err
}

func TestServerIsVerifiedByEveryNameOfTheHost(t *testing.T) {
	s, broker, at := house(t, nil)
	if err := s.MakeServer(t.Context(), []string{"MQTT.example.org.", "203.0.113.7"}); err != nil {
		t.Fatal(err)
	}
	ca, err := s.CA()
	if err != nil {
		t.Fatal(err)
	}
	server := broker.file(BrokerServer)
	if _, err := tls.X509KeyPair(server, server); err != nil {
		t.Errorf("one file does for both: %v", err)
	}
	for _, name := range []string{"pi", "pi.local", "localhost", "127.0.0.1", "192.168.1.10", "mqtt.example.org", "203.0.113.7"} {
		if err := verifies(server, ca, name, at.Now()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := verifies(server, ca, "elsewhere", at.Now()); err == nil {
		t.Error("a name that the certificate lacks is taken")
	}
	if bytes.Contains(ca, []byte("KEY")) {
		t.Error("the download holds a key")
	}
}

func TestAuthorityCannotPoseAsOthers(t *testing.T) {
	s, _, at := house(t, nil)
	if err := s.MakeServer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	err := s.MakeServer(t.Context(), []string{"bank.example.com"})
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "bank.example.com") {
		t.Errorf("a name beyond the authority: %v", err)
	}
	// Nor can whoever has stolen the key.
	stolen, err := s.authorities[0].newServer(names(t, "bank.example.com"), nil, at.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := verifies(certPEM(stolen.cert), s.bundle(), "bank.example.com", at.Now()); err == nil {
		t.Error("a certificate beyond the constraints is taken")
	}
}

func TestFilesAreClosedToOthers(t *testing.T) {
	s, _, _ := house(t, nil)
	if err := s.MakeServer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(s.o.Dir)
	if err != nil || len(entries) != 3 {
		t.Fatalf("%v %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", e.Name(), info.Mode(), err)
		}
	}
}

func TestServerIsRenewedWhenAThirdIsLeft(t *testing.T) {
	s, broker, at := house(t, nil)
	if err := s.MakeServer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	first := broker.file(BrokerServer)
	at.add(240 * day)
	s.Look(t.Context())
	if !bytes.Equal(broker.file(BrokerServer), first) {
		t.Error("renewed before it was due")
	}
	at.add(5 * day)
	s.Look(t.Context())
	if bytes.Equal(broker.file(BrokerServer), first) {
		t.Error("not renewed when it was due")
	}
	if !bytes.Equal(keyOf(t, broker.file(BrokerServer)), keyOf(t, first)) {
		t.Error("devices that know the server by its key have to be told")
	}
	ca, _ := s.CA()
	if err := verifies(broker.file(BrokerServer), ca, "pi.local", at.Now().Add(200*day)); err != nil {
		t.Error(err)
	}
}

// keyOf is the first block of a file.
func keyOf(t testing.TB, text []byte) []byte {
	t.Helper()
	return pemBytes(t, text)
}

func TestClockThatWasWrongByAYear(t *testing.T) {
	s, broker, at := house(t, nil)
	at.add(365 * day)
	if err := s.MakeServer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	at.add(-365 * day)
	s.Look(t.Context())
	chain, err := certificates(broker.file(BrokerServer))
	if err != nil || at.Now().Before(chain[0].NotBefore) {
		t.Errorf("the server's certificate holds from %v on", chain[0].NotBefore)
	}
}

func TestHostGetsAnotherAddress(t *testing.T) {
	now := []string{"pi", "192.168.1.10"}
	s, broker, at := house(t, func(o *Options) { o.Names = func() Names { return names(t, now...) } })
	if err := s.MakeServer(t.Context(), []string{"broker.lan"}); err != nil {
		t.Fatal(err)
	}
	now = []string{"pi", "192.168.1.77"}
	s.Look(t.Context())
	ca, _ := s.CA()
	for _, name := range []string{"192.168.1.77", "broker.lan"} {
		if err := verifies(broker.file(BrokerServer), ca, name, at.Now()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// An address of the Internet is beyond the authority: it is told, and nothing is made again and again.
	now = []string{"pi", "192.168.1.77", "198.51.100.1"}
	before := broker.file(BrokerServer)
	s.Look(t.Context())
	if !bytes.Equal(before, broker.file(BrokerServer)) {
		t.Error("made anew for what the authority cannot sign")
	}
}

func TestAuthorityIsRenewedWhileDevicesHoldTheOldOne(t *testing.T) {
	s, broker, at := house(t, nil)
	if err := s.MakeServer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	old, _ := s.CA()
	if err := s.RenewAuthority(t.Context(), []string{"mqtt.example.org"}); err != nil {
		t.Fatal(err)
	}
	both, _ := s.CA()
	only := certPEM(s.authorities[0].cert)
	for holder, roots := range map[string][]byte{"the old one": old, "both": both, "the new one": only} {
		if err := verifies(broker.file(BrokerServer), roots, "pi.local", at.Now()); err != nil {
			t.Errorf("who holds %s: %v", holder, err)
		}
	}
	if missing := s.Overview().Server.Missing; !slices.Equal(missing, []string{"mqtt.example.org"}) {
		t.Errorf("the name that the old one may not sign for: %q is missing", missing)
	}
	if strings.Count(string(broker.file(BrokerCA)), "BEGIN") != 2 || strings.Count(string(broker.file(BrokerRevoked)), "BEGIN") != 2 {
		t.Error("the broker does not take both")
	}
	// It is known over a restart.
	again, err := Open(s.o)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.authorities) != 2 {
		t.Fatalf("%d authorities after a restart", len(again.authorities))
	}
	if err := again.DropAuthorities(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := verifies(broker.file(BrokerServer), old, "pi.local", at.Now()); err == nil {
		t.Error("who holds the old one alone still verifies the server")
	}
	for _, name := range []string{"pi.local", "mqtt.example.org"} {
		if err := verifies(broker.file(BrokerServer), only, name, at.Now()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDamagedFolderIsLeftAsItIs(t *testing.T) {
	for _, name := range []string{authorityFile, registerFile} {
		t.Run(name, func(t *testing.T) {
			s, _, _ := house(t, nil)
			if _, err := s.MakeClient(t.Context(), "a", 0); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(s.o.Dir, name)
			if err := os.WriteFile(path, []byte("-----BEGIN"), 0o600); err != nil {
				t.Fatal(err)
			}
			again, err := Open(s.o)
			if err != nil {
				t.Fatal(err)
			}
			for what, change := range map[string]func(context.Context) error{
				"server":    func(ctx context.Context) error { return again.MakeServer(ctx, nil) },
				"authority": func(ctx context.Context) error { return again.RenewAuthority(ctx, nil) },
			} {
				if err := change(t.Context()); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), name) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if text, _ := os.ReadFile(path); string(text) != "-----BEGIN" {
				t.Error("it was written over")
			}
		})
	}
}

func TestNames(t *testing.T) {
	n := names(t, "B.example.org.", "b.example.org", "::ffff:10.0.0.1", "10.0.0.1", "*.lan")
	if got := n.Strings(); !slices.Equal(got, []string{"b.example.org", "*.lan", "10.0.0.1"}) {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{"", "a b", "-a", "a..b", "http://a", "fe80::1%eth0", "ä.de", "a.*.b", strings.Repeat("a", 64)} {
		if _, err := ParseNames([]string{"fine", bad}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		} else if f := fault.From(err); len(f.Fields) != 1 || f.Fields[0].Location != "body.names[1]" {
			t.Errorf("%q: %+v", bad, f.Fields)
		}
	}
	if all := HostNames(); !slices.Contains(all.DNS, "localhost") || len(all.Addresses) == 0 {
		t.Errorf("this host: %v", all.Strings())
	}
}

func TestQR(t *testing.T) {
	s, _, _ := house(t, nil)
	if _, err := s.QR(); !fault.Is(err, fault.NotFound) {
		t.Errorf("without an authority: %v", err)
	}
	if err := s.MakeServer(t.Context(), []string{"mqtt.example.org"}); err != nil {
		t.Fatal(err)
	}
	picture, err := s.QR()
	if err != nil || !bytes.HasPrefix(picture, []byte("<svg")) {
		t.Errorf("%.60s %v", picture, err)
	}
	t.Logf("the authority is %d bytes of PEM, its picture %d", len(certPEM(s.authorities[0].cert)), len(picture))
}
