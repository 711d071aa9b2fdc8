package reach_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/notify/reach"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"1.1.1.1": true, "93.184.215.14": true, "172.15.0.1": true, "172.32.0.1": true, "100.63.255.255": true, "100.128.0.1": true,
		"2606:4700:4700::1111": true, "2a00:1450::1": true,
		"::ffff:1.1.1.1": true, "64:ff9b::101:101": true, "2002:101:101::1": true,

		"127.0.0.1": false, "127.255.255.254": false, "0.0.0.0": false, "0.1.2.3": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false,
		"192.0.0.8": false, "198.18.0.1": false, "203.0.113.7": false, "224.0.0.1": false, "239.1.2.3": false,
		"240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false,
		"fec0::1": false, "::7f00:1": false, "2001:db8::1": false, "2001::1": false, "100::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.1.1.1": false, "::ffff:169.254.169.254": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a00:1": false, "64:ff9b:1::101:101": false,
		"2002:7f00:1::1": false, "2002:a00:1::": false, "2002:c0a8:101::1": false,
	} {
		if got := reach.Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("Public(%s) = %v", text, got)
		}
	}
	if reach.Public(netip.Addr{}) {
		t.Error("no address at all is public")
	}
}

// TestDialIsCheckedBehindTheName holds that a name is judged by what it resolves to, and an address however it is written.
func TestDialIsCheckedBehindTheName(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1", "0.0.0.0", "::"} {
		conn, err := reach.Dialer(false).DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		if !errors.Is(err, reach.ErrRefused) {
			t.Errorf("dialling %s: %v", host, err)
		}
		if conn != nil {
			conn.Close()
		}
	}
	conn, err := reach.Dialer(true).DialContext(t.Context(), "tcp", net.JoinHostPort("localhost", port))
	if err != nil {
		t.Fatalf("with private addresses allowed: %v", err)
	}
	conn.Close()
}

func TestClientFollowsNothingAndTrustsNobodyUnknown(t *testing.T) {
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer inner.Close()
	outer := httptest.NewUnstartedServer(http.RedirectHandler(inner.URL, http.StatusTemporaryRedirect))
	outer.Config.ErrorLog = log.New(io.Discard, "", 0)
	outer.StartTLS()
	defer outer.Close()
	t.Setenv("HTTPS_PROXY", inner.URL)
	t.Setenv("HTTP_PROXY", inner.URL)

	post := func(client *http.Client) (status int, err error) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, outer.URL, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		return answer.StatusCode, answer.Body.Close()
	}
	_, err := post(reach.Client(true, nil))
	if unknown := (x509.UnknownAuthorityError{}); !errors.As(err, &unknown) {
		t.Errorf("a certificate of nobody known: %v", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(outer.Certificate())
	trusting := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	status, err := post(reach.Client(true, trusting))
	if err != nil || status != http.StatusTemporaryRedirect {
		t.Errorf("status %d, %v", status, err)
	}
	if _, err = post(reach.Client(false, trusting)); !errors.Is(err, reach.ErrRefused) {
		t.Errorf("a private address: %v", err)
	}
}
