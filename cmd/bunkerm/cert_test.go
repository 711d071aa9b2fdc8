package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// shownCertificates is what of GET /certs the tests look at.
type shownCertificates struct {
	Authorities []struct{ Fingerprint string }
	Server      struct {
		Names       []string
		Fingerprint string
	}
	Listeners []shownListener
	Clients   []struct{ Serial, Username string }
	Held      string
}

type shownListener struct {
	Port               int
	Protocol           string
	TLS                bool
	ClientCertificates bool `json:"client_certificates"`
	Certificate        struct{ Fingerprint string }
	Problems           []struct{ Code string }
}

func (s *server) certificates() (c shownCertificates) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.must("GET", "/api/certs", nil)), &c); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// listener is the port of the listener of one kind; 0 where there is none.
func (c shownCertificates) listener(protocol string, secure, mutual bool) int {
	for _, l := range c.Listeners {
		if l.Protocol == protocol && l.TLS == secure && l.ClientCertificates == mutual {
			return l.Port
		}
	}
	return 0
}

// secureArgs ask for a listener of every kind.
func secureArgs() []string {
	return []string{"--mqtts-listen", "127.0.0.1:0", "--wss-listen", "127.0.0.1:0", "--mtls-listen", "127.0.0.1:0"}
}

// trusting is how a device dials that was given the authority, and pair if it has one of its own.
func (s *server) trusting(pair *tls.Certificate) *tls.Config {
	s.t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(s.must("GET", "/api/certs/authority/pem", nil))) {
		s.t.Fatal("the authority is none")
	}
	config := &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}
	if pair != nil {
		config.Certificates = []tls.Certificate{*pair}
	}
	return config
}

// loginOver connects over MQTT 3.1.1 and returns the broker's code.
func loginOver(port int, config *tls.Config, username, password string) (conn *tls.Conn, code byte, err error) {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: patience}, Config: config}
	c, err := d.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, 0, err
	}
	conn, _ = c.(*tls.Conn)
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return conn, 0, err
	}
	body := []byte("\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x")
	if username != "" {
		body[7] |= 0xc0
		for _, text := range []string{username, password} {
			body = append(append(body, 0, byte(len(text))), text...)
		}
	}
	var ack [4]byte
	_, err = conn.Write(append([]byte{0x10, byte(len(body))}, body...))
	if err == nil {
		_, err = io.ReadFull(conn, ack[:])
	}
	return conn, ack[3], err
}

// TestTLSByThreeFlags has a device of each kind connect, without a certificate made by hand.
func TestTLSByThreeFlags(t *testing.T) {
	s := serveOn(t, t.TempDir(), secureArgs()...)
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "kettle", "password": "put-the-kettle-on"})
	c := s.certificates()
	mqtts, wss, mutual := c.listener("mqtt", true, false), c.listener("websockets", true, false), c.listener("mqtt", true, true)
	if mqtts == 0 || wss == 0 || mutual == 0 || len(c.Authorities) != 1 {
		t.Fatalf("%+v", c)
	}

	conn, code, err := loginOver(mqtts, s.trusting(nil), "kettle", "put-the-kettle-on")
	if err != nil || code != 0 {
		t.Fatalf("with a password: %d %v", code, err)
	}
	defer conn.Close()
	if wrong, code, err := loginOver(mqtts, s.trusting(nil), "kettle", "wrong"); err != nil || code == 0 {
		t.Errorf("with a wrong password: %d %v", code, err)
	} else {
		_ = wrong.Close()
	}
	if _, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(wss)), s.trusting(nil)); err != nil {
		t.Errorf("websockets: %v", err)
	}
	if _, _, err := loginOver(mutual, s.trusting(nil), "kettle", "put-the-kettle-on"); err == nil {
		t.Error("without a certificate")
	}

	// A certificate instead of a password, until it is revoked.
	status, header, text := s.askAs(s.Key, "POST", "/api/certs/clients", `{"username":"kettle"}`, nil)
	var made struct{ Serial, Certificate, Key string }
	if err := json.Unmarshal([]byte(text), &made); status != http.StatusCreated || err != nil || header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %v", status, err, header)
	}
	pair, err := tls.X509KeyPair([]byte(made.Certificate), []byte(made.Key))
	if err != nil {
		t.Fatal(err)
	}
	byTicket := s.trusting(&pair) // comes back by the ticket of its last session, as OpenSSL's and Go's clients may
	byTicket.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	byCert, code, err := loginOver(mutual, byTicket, "", "")
	if err != nil || code != 0 {
		t.Fatalf("with a certificate: %d %v", code, err)
	}
	defer byCert.Close()
	if strings.Contains(s.must("GET", "/api/certs", nil)+s.must("GET", "/api/audit", nil), strings.Split(made.Key, "\n")[1]) {
		t.Error("the key is shown again")
	}
	for range 2 { // a second time, for who has not seen the answer
		if text := s.must("POST", "/api/certs/clients/"+made.Serial+"/revoke", nil); !strings.Contains(text, `"sessions_ended":true`) {
			t.Errorf("the session goes on: %s", text)
		}
	}
	if _, err := byCert.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the session that was open: %v", err)
	}
	for name, config := range map[string]*tls.Config{"anew": s.trusting(&pair), "by its ticket": byTicket} {
		if conn, code, err := loginOver(mutual, config, "", ""); err == nil {
			_ = conn.Close()
			t.Errorf("the revoked one comes back %s: %d", name, code)
		}
	}
	s.revokeOneWithoutAClient(mutual)

	// What is made anew is served within a minute, and the restart of websockets on 2.0 is over.
	before := c.Server.Fingerprint
	s.must("POST", "/api/certs/server", map[string]any{"names": []string{"kitchen.lan"}})
	began := time.Now()
	eventually(t, "the new certificate on "+strconv.Itoa(wss), func() bool {
		config := s.trusting(nil)
		config.ServerName = "kitchen.lan"
		conn, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(wss)), config)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	t.Logf("served after %v", time.Since(began))
	if now := s.certificates(); now.Server.Fingerprint == before || now.Held != "" {
		t.Errorf("%+v", now)
	}
	if text := s.must("GET", "/metrics", nil); !strings.Contains(text, `bunkerm_certificate_not_after_timestamp_seconds{certificate="certs/server.pem"}`) {
		t.Error("no metric of the listener's certificate")
	}
	for _, action := range []string{"certificate.authority", "certificate.client", "certificate.revoke", "certificate.server"} {
		s.acted(action)
	}
}

// TestWhoMayDoWhatWithCertificates: an operator reads, an admin makes.
func TestWhoMayDoWhatWithCertificates(t *testing.T) {
	s := serveOn(t, t.TempDir())
	if status, _, _ := s.askAs(s.Key, "GET", "/api/certs/authority/pem", "", nil); status != http.StatusNotFound {
		t.Errorf("before there is one: %d", status)
	}
	s.must("POST", "/api/certs/server", map[string]any{})
	operator, viewer := s.keyOf("operator"), s.keyOf("viewer")
	for _, path := range []string{"/api/certs", "/api/certs/authority/pem", "/api/certs/authority/qr"} {
		if status, _, text := s.askAs(operator, "GET", path, "", nil); status != http.StatusOK || strings.Contains(text, "PRIVATE") {
			t.Errorf("operator: %s: %d", path, status)
		}
		if status, _, _ := s.askAs(viewer, "GET", path, "", nil); status != http.StatusForbidden {
			t.Errorf("viewer: %s: %d", path, status)
		}
	}
	for _, path := range []string{"/api/certs/server", "/api/certs/clients", "/api/certs/authority/renew", "/api/certs/clients/1/revoke"} {
		if status, _, _ := s.askAs(operator, "POST", path, `{"username":"a"}`, nil); status != http.StatusForbidden {
			t.Errorf("operator: %s: %d", path, status)
		}
	}
}

// TestKilledWhileMakingCertificates kills BunkerM at any moment; what is there afterwards fits together.
func TestKilledWhileMakingCertificates(t *testing.T) {
	dir := t.TempDir()
	for round := range 4 {
		s := serveOn(t, dir, "--mqtts-listen", "127.0.0.1:0", "--on-exit", "keep")
		c := s.certificates()
		port := c.listener("mqtt", true, false)
		if port == 0 || len(c.Authorities) == 0 || c.Held != "" {
			t.Fatalf("round %d: %+v", round, c)
		}
		eventually(t, "it verifies", func() bool {
			conn, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), s.trusting(nil))
			if err == nil {
				_ = conn.Close()
			}
			return err == nil
		})
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			for i := range 100 {
				path, body := "/api/certs/server", "{}"
				if i%3 == 1 {
					path, body = "/api/certs/clients", `{"username":"a"}`
				}
				if i == 5 {
					path = "/api/certs/authority/renew"
				}
				r, err := http.NewRequest(http.MethodPost, s.URL+path, strings.NewReader(body))
				if err != nil {
					return
				}
				r.Header.Set("X-API-Key", s.Key)
				r.Header.Set("Content-Type", "application/json")
				answer, err := http.DefaultClient.Do(r)
				if err != nil {
					return
				}
				_ = answer.Body.Close()
			}
		}()
		eventually(t, "some are made", func() bool { return len(s.certificates().Clients) >= 3*(round+1) })
		s.Kill()
		<-stop
	}
	s := serveOn(t, dir, "--mqtts-listen", "127.0.0.1:0")
	if c := s.certificates(); len(c.Clients) < 12 {
		t.Errorf("%d clients are left", len(c.Clients))
	}
}

// TestGivenCertificate serves a certificate of somebody else's making, and its renewal.
func TestGivenCertificate(t *testing.T) {
	// An authority elsewhere: another BunkerM.
	other := serveOn(t, t.TempDir(), "--mqtts-listen", "127.0.0.1:0")
	pem := func() []byte {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(other.DataDir, "certs", "server.pem"))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	// The files lie as certbot has them: links into an archive, which are made to lead to the next number.
	dir, number := t.TempDir(), 0
	cert, key := filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")
	put := func(text []byte) {
		t.Helper()
		number++
		for _, link := range []string{key, cert} {
			file := link + strconv.Itoa(number)
			if err := errors.Join(os.WriteFile(file, text, 0o600), os.Symlink(file, link+".new"), os.Rename(link+".new", link)); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(pem())
	s := serveOn(t, t.TempDir(), "--mqtts-listen", "127.0.0.1:0", "--mqtt-cert", cert, "--mqtt-key", key)
	port := s.certificates().listener("mqtt", true, false)
	verified := func() bool {
		conn, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), other.trusting(nil))
		if err != nil {
			return false
		}
		defer conn.Close()
		return strings.EqualFold(shownFingerprint(other), sha256Of(conn.ConnectionState().PeerCertificates[0]))
	}
	if port == 0 || !verified() {
		t.Fatalf("%+v", s.certificates())
	}
	put([]byte("half of a fi"))
	eventually(t, "the bad one is named", func() bool { return strings.Contains(s.must("GET", "/api/certs", nil), `"not_pem"`) })
	if !verified() {
		t.Error("the good one is not served any more")
	}
	other.must("POST", "/api/certs/server", map[string]any{})
	put(pem())
	began := time.Now()
	eventually(t, "the renewed one is served", verified)
	t.Logf("served after %v", time.Since(began))

	// Without it, the broker gets one that is renewed.
	s.Stop()
	s = serveOn(t, s.DataDir)
	port = s.certificates().listener("mqtt", true, false)
	eventually(t, "one of our own is served", func() bool {
		conn, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), s.trusting(nil))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

func shownFingerprint(s *server) string { return s.certificates().Server.Fingerprint }

func sha256Of(cert *x509.Certificate) string {
	pairs := make([]string, 0, sha256.Size)
	for _, b := range sha256.Sum256(cert.Raw) {
		pairs = append(pairs, fmt.Sprintf("%02X", b))
	}
	return strings.Join(pairs, ":")
}

// TestCertCommand makes certificates on the command line and uses them with mosquitto_pub.
func TestCertCommand(t *testing.T) {
	s := serveOn(t, t.TempDir(), secureArgs()...)
	out := t.TempDir()
	text := s.mustCommand("", "cert", "create", "--name", "kitchen.lan", "--out", out)
	if !strings.Contains(text, "kitchen.lan") || !strings.Contains(text, s.certificates().Authorities[0].Fingerprint) {
		t.Errorf("%q", text)
	}
	text = s.mustCommand("", "cert", "create", "--client", "kettle", "--out="+out)
	if !strings.Contains(text, "kettle.p12 is ") {
		t.Errorf("%q", text)
	}
	if info, err := os.Stat(filepath.Join(out, "kettle.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if _, stderr, code := s.command("", "cert", "create", "--client", "kettle", "--out", out); code != 1 || !strings.Contains(stderr, "is there already") {
		t.Errorf("a second time: %d %q", code, stderr)
	}
	for _, name := range []string{"../x", ".hidden", "a/b"} {
		if _, stderr, code := s.command("", "cert", "create", "--client", name, "--out", out); code != 1 || !strings.Contains(stderr, "cannot be a file's name") {
			t.Errorf("%q: %d %q", name, code, stderr)
		}
	}
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "kettle", "password": "put-the-kettle-on"})
	s.must("POST", "/api/dynsec/roles", map[string]any{"rolename": "any", "acls": []map[string]any{{"acltype": "publishClientSend", "topic": "#", "allow": true}}})
	s.must("POST", "/api/dynsec/clients/kettle/roles", map[string]any{"rolename": "any"})
	c := s.certificates()
	for port, args := range map[int][]string{
		c.listener("mqtt", true, false): {"-u", "kettle", "-P", "put-the-kettle-on", "--cafile", filepath.Join(out, "ca.pem")},
		c.listener("mqtt", true, true): {"--cafile", filepath.Join(out, "kettle.ca.pem"), "--cert", filepath.Join(out, "kettle.crt"),
			"--key", filepath.Join(out, "kettle.key")},
	} {
		args = append([]string{"-h", "localhost", "-p", strconv.Itoa(port), "-V", "5", "-q", "1", "-t", "a", "-m", "1"}, args...)
		if text, err := exec.Command("mosquitto_pub", args...).CombinedOutput(); err != nil || strings.Contains(string(text), "failed") {
			t.Errorf("mosquitto_pub %q: %v %s", args, err, text)
		}
	}
}
