package gateway_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/gateway"
)

const patience = 30 * time.Second

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func TestARequestInFlightIsAnsweredAtTheEnd(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-leave
		if r.Context().Err() != nil {
			t.Error("the request's context ended with the server's")
		}
		fmt.Fprint(w, "done")
	})
	ln := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- gateway.Serve(ctx, ln, handler, gateway.ServeOptions{ShutdownTime: patience}) }()
	got := make(chan string, 1)
	go func() {
		response, err := client().Get("http://" + ln.Addr().String())
		if err != nil {
			got <- err.Error()
			return
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		got <- string(text)
	}()
	<-entered
	stop()
	waitFor(t, "no new connections", func() bool {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	close(leave)
	if text := <-got; text != "done" {
		t.Errorf("the request in flight got %q", text)
	}
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
}

func TestARequestThatNeverEndsIsCutOff(t *testing.T) {
	entered := make(chan struct{})
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})
	ln := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- gateway.Serve(ctx, ln, handler, gateway.ServeOptions{ShutdownTime: 50 * time.Millisecond})
	}()
	go func() {
		if answer, err := client().Get("http://" + ln.Addr().String()); err == nil {
			_ = answer.Body.Close()
		}
	}()
	<-entered
	stop()
	if err := <-served; err == nil {
		t.Error("cutting a request off is not reported")
	}
}

func TestASlowHeadIsCutOff(t *testing.T) {
	address := serve(t, start(t).Handler(), gateway.ServeOptions{HeaderTime: 100 * time.Millisecond})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow:")
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the connection is still open: %v", err)
	}
}

func TestHeadsAreLimited(t *testing.T) {
	h := start(t)
	want(t, h.send("GET", "/api/things/"+strings.Repeat("%C3%A9", 32_000), ""), http.StatusOK) // 64,000 bytes of name
	want(t, h.send("GET", "/api/things/a", "", "X-Filler", strings.Repeat("x", 300<<10)), http.StatusRequestHeaderFieldsTooLarge)
}

func TestOptionsOfEverythingNeedsAKeyToo(t *testing.T) {
	h := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	reader := bufio.NewReader(conn)
	for head, status := range map[string]int{
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n":                                    401,
		"OPTIONS * HTTP/1.1\r\nHost: x\r\nX-API-Key: " + adminKey + "\r\n\r\n":     404,
		"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n":                                401,
		"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nX-API-Key: " + adminKey + "\r\n\r\n": 404,
	} {
		fmt.Fprint(conn, head)
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%.20q: status %d, want %d", head, response.StatusCode, status)
		}
	}
}

// waitFor waits until holds is true.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
	}
}

// writeCertificate writes a self-signed certificate of the given name and its key.
func writeCertificate(t *testing.T, certFile, keyFile, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{name}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if file == "" {
			continue
		}
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// servedName is the name in the certificate that a server shows.
func servedName(t *testing.T, address string, maxVersion uint16) (string, error) {
	t.Helper()
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", address,
		&tls.Config{InsecureSkipVerify: true, MaxVersion: maxVersion}) //nolint:gosec // the test looks at the name
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName, nil
}

func TestCertificatesAreReadAgainWhenTheyChange(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, cert, key, "first.test")
	journal, logger := logs()
	address := serve(t, start(t).Handler(), gateway.ServeOptions{CertFile: cert, KeyFile: key, Logger: logger})
	shows := func(name string) func() bool {
		return func() bool {
			got, err := servedName(t, address, 0)
			if err != nil {
				t.Fatal(err)
			}
			return got == name
		}
	}
	if !shows("first.test")() {
		t.Error("the certificate is another one")
	}
	if _, err := servedName(t, address, tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	// A renewal that has written only the certificate yet: the old pair goes on.
	writeCertificate(t, cert, "", "half.test")
	waitFor(t, "the log names the bad pair", func() bool {
		return shows("first.test")() && strings.Contains(journal.String(), "cannot be used")
	})
	writeCertificate(t, cert, key, "second.test")
	waitFor(t, "the new certificate is served", shows("second.test"))

	transport := &http.Transport{ForceAttemptHTTP2: true, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // self-signed
	request, err := http.NewRequest("POST", "https://"+address+"/api/things", strings.NewReader(`{"name":"a"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Key", adminKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Transport: transport, Timeout: patience}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated || response.ProtoMajor != 2 {
		t.Errorf("status %d over HTTP/%d", response.StatusCode, response.ProtoMajor)
	}
}

func TestBadCertificatesNameTheFlags(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, cert, key, "first.test")
	writeCertificate(t, cert, "", "other.test")
	for name, o := range map[string]gateway.ServeOptions{
		"only one": {CertFile: cert}, "not there": {CertFile: filepath.Join(dir, "no"), KeyFile: key},
		"no pair": {CertFile: cert, KeyFile: key}, "the key twice": {CertFile: key, KeyFile: key},
	} {
		err := gateway.Serve(t.Context(), listen(t), http.NotFoundHandler(), o)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "--tls-") || fault.From(err).HintText == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
