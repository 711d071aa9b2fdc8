package doctor_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/doctor"
)

// told is a report in short: the last step, how it went, and what was said.
func told(r doctor.Diagnosis) string {
	var all []string
	for _, s := range r.Steps {
		all = append(all, s.Name)
	}
	last := r.Steps[len(r.Steps)-1]
	return fmt.Sprintf("%s: %s: %s %s", strings.Join(all, " "), last.State, last.Said, last.Advice)
}

// waited is the timeout where a step can only fail by it; those before it have to be quicker.
const waited = 8 * time.Second

// says examines, and checks how it ends and some words of what is said last.
func says(t *testing.T, o doctor.Options, state doctor.State, words ...string) doctor.Diagnosis {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	r := doctor.Examine(t.Context(), o)
	got := told(r)
	last := r.Steps[len(r.Steps)-1]
	if last.State != state || r.Healthy != (state != doctor.Failed) || last.State == doctor.Failed && last.Advice == "" {
		t.Errorf("want %s: %s", state, got)
	}
	for _, w := range words {
		if !strings.Contains(got, w) {
			t.Errorf("%q is not in: %s", w, got)
		}
	}
	return r
}

func port(t *testing.T, addr string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAHealthyBroker is examined in all ways.
func TestAHealthyBroker(t *testing.T) {
	a := newAuthority(t)
	files, _, _ := a.issue(t, ecdsaKey(t), nil)
	sockets := brokertest.FreePort(t)
	b := brokertest.Start(t, brokertest.TLS(files), brokertest.Conf(fmt.Sprintf("listener %d 127.0.0.1", sockets), "protocol websockets"))
	for name, o := range map[string]doctor.Options{
		"plain":      {Host: "127.0.0.1", Port: port(t, b.Addr)},
		"TLS":        {Host: "localhost", Port: port(t, b.TLSAddr), TLS: true, Authority: a.pem},
		"websockets": {Host: "127.0.0.1", Port: sockets, Websocket: true},
	} {
		t.Run(name, func(t *testing.T) {
			o.Username, o.Password, o.Topic, o.Publish = b.AdminUsername, b.AdminPassword, "a/b", true
			r := says(t, o, doctor.OK, "resolve connect", "login subscribe publish receive", "The message comes back")
			if r.Healthy && !strings.HasPrefix(r.ClientID, doctor.ClientPrefix) {
				t.Errorf("it calls itself %s", r.ClientID)
			}
		})
	}
}

// TestEveryStepThatFailsSaysWhatToChange meets what goes wrong with real brokers.
func TestEveryStepThatFailsSaysWhatToChange(t *testing.T) {
	a := newAuthority(t)
	files, cert, _ := a.issue(t, ecdsaKey(t), nil)
	sockets, secureSockets := brokertest.FreePort(t), brokertest.FreePort(t)
	b := brokertest.Start(t, brokertest.TLS(files), brokertest.Conf(
		fmt.Sprintf("listener %d 127.0.0.1", sockets), "protocol websockets",
		fmt.Sprintf("listener %d 127.0.0.1", secureSockets), "protocol websockets", "certfile "+files.Cert, "keyfile "+files.Key))
	b.MustControl(t, map[string]any{"command": "createRole", "rolename": "talker", "acls": []map[string]any{
		{"acltype": "subscribePattern", "topic": "ok/#", "allow": true},
		{"acltype": "publishClientSend", "topic": "ok/#", "allow": true},
		{"acltype": "subscribePattern", "topic": "mute/#", "allow": true},
		{"acltype": "subscribePattern", "topic": "deaf/#", "allow": true},
		{"acltype": "publishClientSend", "topic": "deaf/#", "allow": true},
		{"acltype": "publishClientReceive", "topic": "deaf/#", "allow": false, "priority": 5},
	}}, map[string]any{"command": "createClient", "username": "dev", "password": "secret", "roles": []map[string]any{{"rolename": "talker"}}})
	plain, secure := port(t, b.Addr), port(t, b.TLSAddr)
	page := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(page.Close)
	web := port(t, page.Listener.Addr().String())
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	dev := func(topic string, publish bool) doctor.Options {
		return doctor.Options{Host: "127.0.0.1", Port: plain, Username: "dev", Password: "secret", Topic: topic, Publish: publish}
	}
	deaf := dev("deaf/x", true)
	deaf.Timeout = waited
	for name, c := range map[string]struct {
		o     doctor.Options
		state doctor.State
		words []string
	}{
		"an unknown name":         {doctor.Options{Host: "no-such-host.invalid"}, doctor.Failed, []string{"resolve:", "no-such-host.invalid"}},
		"nobody there":            {doctor.Options{Host: "127.0.0.1", Port: brokertest.FreePort(t)}, doctor.Failed, []string{"connect:", "Nothing listens"}},
		"TLS to a plain port":     {doctor.Options{Host: "localhost", Port: plain, TLS: true}, doctor.Failed, []string{"tls:", "TLS", "without"}},
		"plain to a TLS port":     {doctor.Options{Host: "localhost", Port: secure}, doctor.Failed, []string{"login:", "--tls"}},
		"no authority":            {doctor.Options{Host: "localhost", Port: secure, TLS: true}, doctor.Failed, []string{"tls:", "by the authority", "--cafile"}},
		"another authority":       {doctor.Options{Host: "localhost", Port: secure, TLS: true, Authority: newAuthority(t).pem}, doctor.Failed, []string{"whom nobody here trusts"}},
		"an authority of nothing": {doctor.Options{Host: "localhost", Port: secure, TLS: true, Authority: []byte("x")}, doctor.Failed, []string{"no certificate in the file"}},
		"another name":            {doctor.Options{Host: "127.0.0.1", Port: secure, TLS: true, Authority: a.pem}, doctor.Failed, []string{"not for 127.0.0.1, but for localhost"}},
		"a clock that is behind":  {doctor.Options{Host: "localhost", Port: secure, TLS: true, Authority: a.pem, Clock: ago(365)}, doctor.Failed, []string{"good only from", "clock"}},
		"a clock that is ahead":   {doctor.Options{Host: "localhost", Port: secure, TLS: true, Authority: a.pem, Clock: ago(-365)}, doctor.Failed, []string{"was good until"}},
		"the wrong key":           {doctor.Options{Host: "localhost", Port: secure, TLS: true, Authority: a.pem, Cert: cert, Key: []byte("x")}, doctor.Failed, []string{"The device's certificate cannot be used"}},
		"websockets to MQTT":      {doctor.Options{Host: "127.0.0.1", Port: plain, Websocket: true}, doctor.Failed, []string{"websocket:", "plain MQTT"}},
		"MQTT to websockets":      {doctor.Options{Host: "127.0.0.1", Port: sockets}, doctor.Failed, []string{"login:", "websocket"}},
		"MQTT to secure sockets":  {doctor.Options{Host: "localhost", Port: secureSockets, TLS: true, Authority: a.pem}, doctor.Failed, []string{"login:", "websocket"}},
		"a web page":              {doctor.Options{Host: "127.0.0.1", Port: web, Websocket: true}, doctor.Failed, []string{"web server", "404"}},
		"MQTT to a web page":      {doctor.Options{Host: "127.0.0.1", Port: web, Timeout: waited}, doctor.Failed, []string{"web server"}},
		"somebody who is silent":  {doctor.Options{Host: "127.0.0.1", Port: port(t, mute.Addr().String()), Timeout: 300 * time.Millisecond}, doctor.Failed, []string{"does not answer to the login"}},
		"a wrong password":        {doctor.Options{Host: "127.0.0.1", Port: plain, Username: "dev", Password: "x"}, doctor.Failed, []string{"does not let dev in", "capital letters"}},
		"no username":             {doctor.Options{Host: "127.0.0.1", Port: plain}, doctor.Failed, []string{"nobody in without a username"}},
		"may not subscribe":       {dev("else/where", false), doctor.Failed, []string{"subscribe:", "may not subscribe to else/where", "subscribePattern"}},
		"may not publish":         {dev("mute/x", true), doctor.Failed, []string{"publish:", "may not publish to mute/x", "publishClientSend"}},
		"may not receive":         {deaf, doctor.Failed, []string{"receive:", "publishClientReceive"}},
		"no topic":                {dev("a/#/b", false), doctor.Failed, []string{"subscribe:"}},
		"everything":              {dev("ok/x", true), doctor.OK, []string{"comes back"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says(t, c.o, c.state, c.words...)
		})
	}
}

func ago(days int) func() time.Time {
	return func() time.Time { return time.Now().AddDate(0, 0, -days) }
}

// TestCertificatesThatAreNoGood stand at the listener of a real broker.
func TestCertificatesThatAreNoGood(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		state  doctor.State
		words  []string
	}{
		"expired": {func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-9*time.Hour), time.Now().Add(-time.Hour)
		}, doctor.Failed, []string{"was good until", "Renew"}},
		"not yet":   {func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }, doctor.Failed, []string{"good only from", "clock"}},
		"soon over": {func(c *x509.Certificate) { c.NotAfter = time.Now().Add(5 * 24 * time.Hour) }, doctor.Warning, []string{"Renew it within 4 days"}},
		"no name":   {func(c *x509.Certificate) { c.DNSNames = nil }, doctor.Failed, []string{"no name that counts"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t)
			files, _, _ := a.issue(t, ecdsaKey(t), c.change)
			b := brokertest.Start(t, brokertest.TLS(files))
			secured(t, doctor.Options{Host: "localhost", Port: port(t, b.TLSAddr), Authority: a.pem}, c.state, c.words...)
		})
	}
}

// secured checks what is said of the step TLS.
func secured(t *testing.T, o doctor.Options, state doctor.State, words ...string) {
	t.Helper()
	if o.TLS = true; o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	r := doctor.Examine(t.Context(), o)
	i := slices.IndexFunc(r.Steps, func(s doctor.Stage) bool { return s.Name == doctor.TLS })
	if i < 0 {
		t.Fatalf("there is no step TLS in %+v", r)
	}
	got := r.Steps[i].Said + " " + r.Steps[i].Advice
	if r.Steps[i].State != state {
		t.Errorf("it is %s, want %s: %s", r.Steps[i].State, state, got)
	}
	for _, w := range words {
		if !strings.Contains(got, w) {
			t.Errorf("%q is not in: %s", w, got)
		}
	}
}

// TestASmallKey stands at a listener that is no Mosquitto, which does not start with one where OpenSSL forbids it.
func TestASmallKey(t *testing.T) {
	a := newAuthority(t)
	_, cert, key := a.issue(t, smallKey(t), nil)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	secured(t, doctor.Options{Host: "localhost", Port: port(t, server.Listener.Addr().String()), Authority: a.pem, Timeout: waited}, doctor.Warning, "1024 bits")
}

// TestABrokerThatAsksForACertificate takes one by its authority and no other, and says so late with TLS 1.3.
func TestABrokerThatAsksForACertificate(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	files, cert, key := a.issue(t, ecdsaKey(t), nil)
	files.ClientCA = a.write(t, "ca.pem", a.pem)
	_, foreign, foreignKey := other.issue(t, ecdsaKey(t), nil)
	b := brokertest.Start(t, brokertest.TLS(files))
	o := doctor.Options{
		Host: "localhost", Port: port(t, b.TLSAddr), TLS: true, Authority: a.pem, Username: b.AdminUsername, Password: b.AdminPassword,
	}
	says(t, o, doctor.Failed, "certificate")
	o.Cert, o.Key = foreign, foreignKey
	says(t, o, doctor.Failed, "authority")
	o.Cert, o.Key = cert, key
	says(t, o, doctor.OK, "is let in")
}

// TestItEndsWithItsContext, whatever the broker does.
func TestItEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := doctor.Examine(ctx, doctor.Options{Host: "127.0.0.1", Port: brokertest.FreePort(t)}); r.Healthy {
		t.Errorf("%+v", r)
	}
}
