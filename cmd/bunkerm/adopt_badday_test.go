package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/app"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// adoptOf runs the command on an old broker.
func adoptOf(b *oldBroker, data string, more ...string) (string, error) {
	args := append([]string{"adopt", "--data-dir", data, "--stop", filepath.Join(b.dir, "stop"), "--start", filepath.Join(b.dir, "start")}, more...)
	out, err := bunkerm(brokerEnv(), append(args, filepath.Join(b.dir, "mosquitto.conf"))...).CombinedOutput()
	return string(out), err
}

// retainsOne has the old broker keep a message.
func retainsOne(t *testing.T, b *oldBroker) {
	t.Helper()
	if err := b.publish("pump", "p", "pump/kept", "kept", "-r"); err != nil {
		t.Fatal(err)
	}
}

// TestAnAdoptionThatIsKilledIsBegunAgain, before and behind the stop of the old broker.
func TestAnAdoptionThatIsKilledIsBegunAgain(t *testing.T) {
	for name, script := range map[string]string{
		"before the stop": "#!/bin/sh\nkill -9 $PPID\n",
		"behind the stop": "#!/bin/sh\n%STOP%/stop\nkill -9 $PPID\n",
	} {
		t.Run(name, func(t *testing.T) {
			b := newOldBroker(t)
			b.start()
			retainsOne(t, b)
			data, deadly := filepath.Join(t.TempDir(), "data"), filepath.Join(b.dir, "deadly")
			if err := os.WriteFile(deadly, []byte(strings.ReplaceAll(script, "%STOP%", b.dir)), 0o755); err != nil { //nolint:gosec // it is run
				t.Fatal(err)
			}
			if out, err := bunkerm(brokerEnv(), "adopt", "--data-dir", data, "--stop", deadly, filepath.Join(b.dir, "mosquitto.conf")).CombinedOutput(); err == nil {
				t.Fatalf("it was not killed: %s", out)
			}
			if _, err := os.Stat(filepath.Join(data, "broker")); err == nil {
				t.Fatal("half of it is there")
			}
			if out, err := adoptOf(b, data); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			s := serveOn(t, data)
			if got := b.receives(1, "-t", "pump/kept"); len(got) != 2 || got[1] != "kept" {
				t.Errorf("it received %q", got)
			}
			s.Stop()
		})
	}
}

// TestAnAdoptionThatFailsLeavesTheOldBrokerRunning, and says why.
func TestAnAdoptionThatFailsLeavesTheOldBrokerRunning(t *testing.T) {
	b := newOldBroker(t)
	b.start()
	data := filepath.Join(t.TempDir(), "data")
	conf := filepath.Join(b.dir, "mosquitto.conf")
	runs := func() {
		t.Helper()
		if err := b.publish("pump", "p", "pump/x", "1"); err != nil {
			t.Error("the old broker does not run any more")
		}
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nobody says how to stop it":    {[]string{"--data-dir", data, conf}, "--stop"},
		"a command that fails":          {[]string{"--data-dir", data, "--stop", "false", conf}, `the command "false" fails`},
		"a command that does not exist": {[]string{"--data-dir", data, "--stop", "/no/such", conf}, "run it by hand"},
		"no configuration":              {[]string{"--data-dir", data, "/no/such.conf"}, "/no/such.conf"},
		"nothing to give back":          {[]string{"--undo", "--data-dir", filepath.Join(t.TempDir(), "other")}, "no broker was adopted"},
	} {
		out, err := bunkerm(brokerEnv(), append([]string{"adopt"}, c.args...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		runs()
	}
	if out, err := adoptOf(b, data); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := adoptOf(b, data); err == nil || !strings.Contains(out, "there is a broker in") {
		t.Errorf("a second time: %v %s", err, out)
	}
}

// TestAPlainProcessIsAdopted by the file that holds its id.
func TestAPlainProcessIsAdopted(t *testing.T) {
	b := newOldBroker(t)
	b.start()
	retainsOne(t, b)
	data := filepath.Join(t.TempDir(), "data")
	out, err := bunkerm(brokerEnv(), "adopt", "--data-dir", data, "--pid-file", filepath.Join(b.dir, "mosquitto.pid"), filepath.Join(b.dir, "mosquitto.conf")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if conn, err := net.Dial("tcp", b.addr); err == nil {
		_ = conn.Close()
		t.Error("the old broker runs still")
	}
	serveOn(t, data)
	if got := b.receives(1, "-t", "pump/kept"); len(got) != 2 {
		t.Errorf("it received %q", got)
	}
}

// TestAFolderOffAnotherMachineIsAdopted: nothing of it runs here.
func TestAFolderOffAnotherMachineIsAdopted(t *testing.T) {
	root := t.TempDir()
	etc := filepath.Join(root, "etc", "mosquitto")
	if err := os.MkdirAll(etc, 0o755); err != nil {
		t.Fatal(err)
	}
	port, secure, cert := brokertest.FreePort(t), brokertest.FreePort(t), brokertest.GoodCertificate(t)
	for name, text := range map[string]string{
		"mosquitto.conf": fmt.Sprintf("listener %d 127.0.0.1\npassword_file /etc/mosquitto/passwd\nlistener %d 127.0.0.1\ncertfile /etc/mosquitto/b.crt\nkeyfile /etc/mosquitto/b.key\n", port, secure),
		"b.crt":          cert.Cert, "b.key": cert.Key,
	} {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("mosquitto_passwd", "-c", "-b", filepath.Join(etc, "passwd"), "pump", "p").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data := filepath.Join(t.TempDir(), "data")
	if out, err := bunkerm(brokerEnv(), "adopt", "--root", root, "--data-dir", data).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := startServer(t, data, bunkerm(brokerEnv(), "serve", "--data-dir", data, "--listen", "127.0.0.1:0", "--dynsec-listen=", "--monitor-listen=",
		"--clientlogs-listen=", "--config-listen=", "--anomaly-listen=", "--on-exit", "stop"))
	if _, err := brokertest.Connect(t, s.MQTT, "pump", "p", "pump-1"); err != nil {
		t.Errorf("the account of the other machine: %v", err)
	}
	doctor := bunkerm([]string{app.DoctorPassword + "=p"}, "doctor", "--cafile", filepath.Join(etc, "b.crt"), "--username", "pump", "localhost:"+strconv.Itoa(secure))
	if out, err := doctor.CombinedOutput(); err != nil {
		t.Errorf("the certificate of the other machine: %v\n%s", err, out)
	}
}

// TestTheLoginsThatAreNamedAreProven, the one that works and the one that does not.
func TestTheLoginsThatAreNamedAreProven(t *testing.T) {
	b := newOldBroker(t)
	b.start()
	data := filepath.Join(t.TempDir(), "data")
	cmd := bunkerm(brokerEnv(), "adopt", "--serve", "--login", "pump", "--login", "eye", "--stop", filepath.Join(b.dir, "stop"), filepath.Join(b.dir, "mosquitto.conf"),
		"--data-dir", data, "--listen", "127.0.0.1:0", "--dynsec-listen=", "--monitor-listen=", "--clientlogs-listen=", "--config-listen=", "--anomaly-listen=", "--on-exit", "stop")
	cmd.Stdin = strings.NewReader("p\nnot the password\n")
	s := startServer(t, data, cmd)
	eventually(t, "both are tried", func() bool {
		text := s.output.String()
		return strings.Contains(text, "\nNo broker was there for ") && strings.Contains(text, "\nproven: the new broker has 0 retained") &&
			strings.Contains(text, "proven: pump logs in.") && strings.Contains(text, "NOT proven: eye: The broker does not let eye in.")
	})
	if strings.Contains(s.output.String(), "not the password") {
		t.Error("a password is told")
	}
	if out, err := bunkerm(nil, "adopt", "--login", "pump", filepath.Join(b.dir, "mosquitto.conf")).CombinedOutput(); err == nil || !strings.Contains(string(out), "--login needs --serve") {
		t.Errorf("%v %s", err, out)
	}
}

// TestAWayBackThatIsKilledIsGoneAgain: at its last step, when the old broker is started.
func TestAWayBackThatIsKilledIsGoneAgain(t *testing.T) {
	b := newOldBroker(t)
	b.start()
	retainsOne(t, b)
	data, deadly := filepath.Join(t.TempDir(), "data"), filepath.Join(b.dir, "deadly")
	killed := filepath.Join(b.dir, "killed")
	script := fmt.Sprintf("#!/bin/sh\nif [ ! -e %[1]s ]; then touch %[1]s; kill -9 $PPID; exit 1; fi\nexec %[2]s/start\n", killed, b.dir)
	if err := os.WriteFile(deadly, []byte(script), 0o755); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	if out, err := bunkerm(brokerEnv(), "adopt", "--data-dir", data, "--stop", filepath.Join(b.dir, "stop"), "--start", deadly, filepath.Join(b.dir, "mosquitto.conf")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	serveOn(t, data).Stop()
	if out, err := bunkerm(brokerEnv(), "adopt", "--undo", "--data-dir", data).CombinedOutput(); err == nil {
		t.Fatalf("it was not killed: %s", out)
	}
	if out, err := bunkerm(brokerEnv(), "adopt", "--undo", "--data-dir", data).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := b.receives(1, "-t", "pump/kept"); len(got) != 2 {
		t.Errorf("it received %q", got)
	}
}
