package proof_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/broker/proof"
)

// text is a configuration of one file.
type text string

func (c text) ReadFile(string) ([]byte, error) { return []byte(c), nil }
func (text) List(string) ([]string, error)     { return nil, os.ErrNotExist }

func parsed(t *testing.T, s string) *conf.Config {
	t.Helper()
	c, err := conf.Load("mosquitto.conf", text(s))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// port is one that is free at this moment.
func port(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// serve runs a real broker in dir with a configuration; it ends with the test.
func serve(t *testing.T, dir, configuration string) {
	t.Helper()
	executable, _ := brokertest.Mosquitto(t)
	// The first listener is for brokers that do not run without one that speaks MQTT.
	configuration += fmt.Sprintf("\nuser root\nlistener %d 127.0.0.1\n", port(t))
	if err := os.WriteFile(filepath.Join(dir, "mosquitto.conf"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(executable, "-c", "mosquitto.conf")
	cmd.Dir = dir
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the broker said:\n%s", said.String())
		}
	})
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, dir, configuration string) []conf.Problem {
	t.Helper()
	return proof.Listeners(t.Context(), parsed(t, configuration), proof.Options{Dir: dir, Timeout: 10 * time.Second})
}

func TestEveryKindOfListenerIsProven(t *testing.T) {
	server := brokertest.GoodCertificate(t)
	for name, lines := range map[string]string{
		"mqtt":                  "listener %d 127.0.0.1",
		"mqtt for anybody":      "listener %d 127.0.0.1\nallow_anonymous true",
		"tls":                   "listener %d 127.0.0.1\ncertfile s.crt\nkeyfile s.key",
		"tls 1.2":               "listener %d 127.0.0.1\ncertfile s.crt\nkeyfile s.key\ntls_version tlsv1.2",
		"client certificates":   "listener %d 127.0.0.1\ncertfile s.crt\nkeyfile s.key\ncafile s.crt\nrequire_certificate true",
		"the same with 1.2":     "listener %d 127.0.0.1\ncertfile s.crt\nkeyfile s.key\ncafile s.crt\nrequire_certificate true\ntls_version tlsv1.2",
		"websockets":            "listener %d 127.0.0.1\nprotocol websockets",
		"websockets over tls":   "listener %d 127.0.0.1\nprotocol websockets\ncertfile s.crt\nkeyfile s.key",
		"pre-shared key":        "listener %d 127.0.0.1\npsk_hint x\npsk_file s.psk",
		"all addresses":         "listener %d",
		"an old-fashioned port": "port %d\nbind_address 127.0.0.1",
		"one connection":        "listener %d 127.0.0.1\nmax_connections 1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "s.crt", server.Cert)
			write(t, dir, "s.key", server.Key)
			write(t, dir, "s.psk", "somebody:abcdef\n")
			configuration := fmt.Sprintf(lines, port(t))
			serve(t, dir, configuration)
			if problems := ask(t, dir, configuration); len(problems) > 0 {
				t.Errorf("%+v", problems)
			}
		})
	}
}

func TestASocketIsProven(t *testing.T) {
	dir, err := os.MkdirTemp("", "proof") // a path that a socket may have
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	serve(t, dir, "listener 0 x.sock")
	if problems := ask(t, dir, "listener 0 x.sock"); len(problems) > 0 {
		t.Errorf("%+v", problems)
	}
}

func TestABrokerThatDoesSomethingElseIsFound(t *testing.T) {
	first, second := brokertest.GoodCertificate(t), brokertest.GoodCertificate(t)
	p, free := port(t), port(t)
	tls := fmt.Sprintf("listener %d 127.0.0.1\ncertfile s.crt\nkeyfile s.key", p)
	for name, c := range map[string]struct{ runs, wanted, says string }{
		"anonymous":           {"listener %d 127.0.0.1\nallow_anonymous true", "# one\nlistener %d 127.0.0.1", "without a name"},
		"no websockets":       {"listener %d 127.0.0.1", "# one\nlistener %d 127.0.0.1\nprotocol websockets", "gives no answer in HTTP"},
		"no tls":              {"listener %d 127.0.0.1", "# one\nlistener %d 127.0.0.1\ncertfile s.crt\nkeyfile s.key", "TLS"},
		"tls instead of none": {"listener %d 127.0.0.1\ncertfile s.crt\nkeyfile s.key", "# one\nlistener %d 127.0.0.1", "MQTT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "s.crt", first.Cert)
			write(t, dir, "s.key", first.Key)
			p := port(t)
			serve(t, dir, fmt.Sprintf(c.runs, p))
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			problems := proof.Listeners(ctx, parsed(t, fmt.Sprintf(c.wanted, p)), proof.Options{Dir: dir, Timeout: 2 * time.Second})
			if len(problems) != 1 || problems[0].Line != 2 || !strings.Contains(problems[0].Message, c.says) {
				t.Errorf("%+v", problems)
			}
		})
	}
	t.Run("another certificate", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "s.crt", first.Cert)
		write(t, dir, "s.key", first.Key)
		serve(t, dir, tls)
		if problems := ask(t, dir, tls); len(problems) > 0 {
			t.Fatalf("%+v", problems)
		}
		write(t, dir, "s.crt", second.Cert) // on disk, and nobody has told the broker
		if problems := ask(t, dir, tls); len(problems) != 1 || !strings.Contains(problems[0].Message, "another certificate") {
			t.Errorf("%+v", problems)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		problems := proof.Listeners(t.Context(), parsed(t, fmt.Sprintf("listener %d 127.0.0.1", free)), proof.Options{Timeout: 200 * time.Millisecond})
		if len(problems) != 1 || !strings.Contains(problems[0].Message, "cannot be reached") || problems[0].Line != 1 {
			t.Errorf("%+v", problems)
		}
	})
}
