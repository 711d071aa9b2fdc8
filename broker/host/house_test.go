package host

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestMain lets the test binary play the command that restarts the broker, and a BunkerM that is killed.
func TestMain(m *testing.M) {
	// What is built with the race detector waits a second before it ends.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	if len(os.Args) > 3 {
		switch os.Args[1] {
		case "restart":
			if err := playRestart(os.Args[2], os.Args[3]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		case "doomed":
			fmt.Fprintln(os.Stderr, beDoomed(os.Args[2], os.Args[3]))
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

const patience = 60 * time.Second

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// until waits for a condition without a test: it is also used by what plays other programs.
func until(what string, condition func() bool) error {
	for late := time.Now().Add(patience); !condition(); {
		if time.Now().After(late) {
			return errors.New("never: " + what)
		}
		<-time.After(2 * time.Millisecond)
	}
	return nil
}

// playRestart ends the mosquitto of a folder and starts it again, as a service manager would.
func playRestart(executable, dir string) error {
	if pid, err := readPid(filepath.Join(dir, "broker.pid")); err == nil {
		p, ok := find(pid)
		if ok && p.isBroker() {
			if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
				return err
			}
			if err := until("it ends", func() bool { now, ok := find(pid); return !ok || now != p }); err != nil {
				return err
			}
		}
	}
	cmd, err := launch(executable, dir)
	if err != nil {
		return err
	}
	return cmd.Process.Release()
}

// launch starts the mosquitto of a folder, which writes its own process file.
func launch(executable, dir string) (*exec.Cmd, error) {
	out, err := os.OpenFile(filepath.Join(dir, "broker.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(executable, "-c", filepath.Join(dir, "mosquitto.conf"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	return cmd, cmd.Start()
}

// house is a mosquitto of somebody else's, and how we reach it.
type house struct {
	t          testing.TB
	executable string
	dir        string // where it stands; links followed
	addr       string
	options    Options
	told       []string
}

// build starts a broker. Lines are added to its configuration.
func build(t testing.TB, lines ...string) *house {
	t.Helper()
	h := &house{t: t}
	h.executable, _ = brokertest.Mosquitto(t)
	dir, err := os.MkdirTemp("", "host")
	if err == nil {
		h.dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.addr = fmt.Sprintf("127.0.0.1:%d", brokertest.FreePort(t))
	h.options = Options{
		Conf: h.path("mosquitto.conf"), PidFile: h.path("broker.pid"), RestartCommand: fmt.Sprintf("'%s' restart '%s' '%s'", os.Args[0], h.executable, h.dir),
		Journal: filepath.Join(t.TempDir(), "run", "conf-edit.json"), Endpoint: endpoint(h.addr),
		Notice: func(s string) { h.told = append(h.told, s) },
	}
	text := fmt.Sprintf("# somebody's broker\npid_file %s\nlog_dest stderr\nlog_type all\nallow_anonymous true\npassword_file 5000.users\n", h.options.PidFile)
	if os.Geteuid() == 0 {
		text += "user root\n"
	}
	text += fmt.Sprintf("listener %s 127.0.0.1\n", h.addr[strings.LastIndexByte(h.addr, ':')+1:])
	for _, line := range lines {
		text += line + "\n"
	}
	h.write("mosquitto.conf", text)
	for _, n := range runsWith() {
		h.write(n+".users", "guest:"+hashed(n)+"\n")
	}
	t.Cleanup(h.end)
	h.start()
	return h
}

func endpoint(addr string) broker.Endpoint {
	return broker.Endpoint{Name: "mqtt://" + addr, Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}}
}

func (h *house) start() {
	h.t.Helper()
	cmd, err := launch(h.executable, h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	go func() { _ = cmd.Wait() }() // how it ended is in its log
	h.must(until("the broker answers", func() bool { return h.options.Endpoint.Login(h.t.Context()) == nil && h.pid() != 0 }))
}

// end ends whichever mosquitto has written the process file last.
func (h *house) end() {
	if h.t.Failed() {
		log, _ := os.ReadFile(h.path("broker.log"))
		h.t.Logf("the broker's log:\n%s", log)
	}
	h.stop()
	_ = os.RemoveAll(h.dir)
}

func (h *house) stop() {
	pid := h.pid()
	if p, ok := find(pid); ok && p.isBroker() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
		_ = until("it ends", func() bool { now, ok := find(pid); return !ok || now != p })
	}
}

func (h *house) pid() int {
	pid, _ := readPid(h.path("broker.pid"))
	return pid
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) path(name string) string { return filepath.Join(h.dir, name) }

func (h *house) write(name, text string) {
	h.t.Helper()
	h.must(os.WriteFile(h.path(name), []byte(text), 0o640))
}

func (h *house) text(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(h.path(name))
	h.must(err)
	return string(text)
}

func (h *house) log() string { return h.text("broker.log") }

// open makes the site.
func (h *house) open() *Site {
	h.t.Helper()
	s, err := Open(within(h.t), h.options)
	h.must(err)
	return s
}

// change is an edit of the main file, which is read first, as it is by whoever decides.
func (h *house) change(s *Site, how broker.How, old, replacement string) broker.ConfEdit {
	h.t.Helper()
	before, err := s.ReadFile(s.MainConf())
	h.must(err)
	after := bytes.Replace(before, []byte(old), []byte(replacement), 1)
	return broker.ConfEdit{
		ID: "7", Before: map[string][]byte{s.MainConf(): before}, After: map[string][]byte{s.MainConf(): after}, How: how,
	}
}

// runsWith are the passwords of which guest has one: the configuration names the file that says which, and the broker
// reads that anew at every signal.
func runsWith() []string { return []string{"5000", "6000", "7000"} }

// hashed is a password in the form of mosquitto_passwd.
func hashed(password string) string {
	salt := []byte("twelve bytes")
	hash, err := pbkdf2.Key(sha512.New, password, salt, 101, sha512.Size)
	if err != nil {
		panic(err)
	}
	return "$7$101$" + base64.StdEncoding.EncodeToString(salt) + "$" + base64.StdEncoding.EncodeToString(hash)
}

// runs is the password that guest has at the running broker.
func (h *house) runs() string {
	h.t.Helper()
	for _, n := range runsWith() {
		e := h.options.Endpoint
		e.Username, e.Password = "guest", func() (string, error) { return n, nil }
		err := e.Login(within(h.t))
		if err == nil {
			return n
		}
		if trouble, ok := errors.AsType[*broker.Trouble](err); !ok || trouble.State != broker.StateRefused {
			h.t.Fatalf("the broker does not answer: %v", err)
		}
	}
	return "none"
}

// serves checks that the broker runs with the files as build wrote them.
func (h *house) serves() {
	h.t.Helper()
	if err := h.options.Endpoint.Login(within(h.t)); err != nil {
		h.t.Fatalf("the broker does not serve: %v", err)
	}
	if n := h.runs(); n != "5000" {
		h.t.Errorf("the broker runs with %s", n)
	}
	if text := h.text("mosquitto.conf"); !strings.Contains(text, "password_file 5000.users\n") {
		h.t.Errorf("the file is\n%s", text)
	}
	entries, err := os.ReadDir(h.dir)
	h.must(err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) {
			h.t.Errorf("%s was left behind", e.Name())
		}
	}
}
