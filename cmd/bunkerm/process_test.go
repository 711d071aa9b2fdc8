package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long anything may take before it counts as broken.
const patience = 60 * time.Second

// asMain makes the test binary behave as bunkerm itself. The keeper is started with a clean environment, so it is
// recognised by its argument.
const asMain = "BUNKERM_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" || (len(os.Args) > 1 && os.Args[1] == "keeper") {
		os.Exit(run(os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// server is a bunkerm serve that runs as a process of its own.
type server struct {
	t       testing.TB
	cmd     *exec.Cmd
	DataDir string
	URL     string // of the gateway
	MQTT    string // host:port of the managed broker
	Key     string

	output *buffer
	exited chan struct{}
	code   int
}

// bunkerm prepares bunkerm with the given arguments, in an environment without any of its variables but those given.
func bunkerm(env []string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append([]string{asMain + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	return cmd
}

// freshArgs are the settings with which tests serve: every port is a free one on loopback.
func freshArgs(dataDir string, more ...string) []string {
	return append([]string{"serve", "--data-dir", dataDir, "--listen", "127.0.0.1:0", "--dynsec-listen", "127.0.0.1:0",
		"--monitor-listen", "127.0.0.1:0", "--clientlogs-listen", "127.0.0.1:0", "--config-listen", "127.0.0.1:0", "--anomaly-listen", "127.0.0.1:0", "--mqtt-listen", "127.0.0.1:0", "--on-exit", "stop"}, more...)
}

// serveOn starts bunkerm on dataDir and waits until it is ready.
func serveOn(t testing.TB, dataDir string, more ...string) *server {
	t.Helper()
	return startServer(t, dataDir, bunkerm(brokerEnv(), freshArgs(dataDir, more...)...))
}

// brokerEnv chooses the mosquitto that the whole suite is run against.
func brokerEnv() []string {
	var env []string
	if path := os.Getenv("BUNKERM_TEST_MOSQUITTO"); path != "" {
		env = append(env, "BUNKERM_MOSQUITTO="+path)
	}
	if path := os.Getenv("BUNKERM_TEST_DYNSEC_PLUGIN"); path != "" {
		env = append(env, "BUNKERM_DYNSEC_PLUGIN="+path)
	}
	return env
}

func startServer(t testing.TB, dataDir string, cmd *exec.Cmd) *server {
	t.Helper()
	s := launch(t, dataDir, cmd)
	ready := s.waitLog("ready")
	s.URL, _ = ready["url"].(string)
	s.MQTT, _ = ready["mqtt"].(string)
	key, err := bunkerm(nil, "apikey", "show", "--data-dir", dataDir).Output()
	if err != nil {
		t.Fatalf("apikey show: %v", err)
	}
	s.Key = strings.TrimSpace(string(key))
	return s
}

// launch starts the process and does not wait for anything.
func launch(t testing.TB, dataDir string, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{t: t, cmd: cmd, DataDir: dataDir, output: newBuffer(), exited: make(chan struct{})}
	cmd.Stderr = s.output
	cmd.Stdout = s.output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		s.code = cmd.ProcessState.ExitCode()
		close(s.exited)
	}()
	t.Cleanup(func() {
		s.Signal(syscall.SIGCONT)
		s.Signal(syscall.SIGTERM)
		select {
		case <-s.exited:
		case <-time.After(patience):
			s.Signal(syscall.SIGKILL)
			t.Error("bunkerm did not stop")
		}
		endKeeper(dataDir)
		if t.Failed() {
			t.Logf("the end of bunkerm's output:\n%s", s.output.tail(8<<10))
		}
	})
	return s
}

// endKeeper stops what a killed bunkerm left behind, and waits until nothing writes into its folder any more.
func endKeeper(dataDir string) {
	lock, err := os.ReadFile(filepath.Join(dataDir, "run", "keeper.json"))
	if err != nil || len(lock) == 0 {
		return
	}
	keepers := func() []int { return pidsWith(filepath.Join(dataDir, "run", "keeper.json")) }
	for _, pid := range keepers() {
		_ = syscall.Kill(pid, syscall.SIGTERM)
	}
	for deadline := time.Now().Add(patience); len(keepers()) > 0 && time.Now().Before(deadline); {
		<-time.After(10 * time.Millisecond)
	}
}

func (s *server) Signal(sig syscall.Signal) { _ = s.cmd.Process.Signal(sig) }

// Kill ends bunkerm as kill -9 does; keeper and broker stay.
func (s *server) Kill() {
	s.Signal(syscall.SIGKILL)
	<-s.exited
}

// Stop ends bunkerm with SIGTERM and waits for it.
func (s *server) Stop() {
	s.t.Helper()
	s.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(patience):
		s.t.Fatal("bunkerm does not stop")
	}
}

// waitLog returns the first JSON line of the log with the given message.
func (s *server) waitLog(message string) map[string]any {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		changed := s.output.changed()
		for line := range strings.Lines(s.output.String()) {
			var entry map[string]any
			if json.Unmarshal([]byte(line), &entry) == nil && entry["msg"] == message {
				return entry
			}
		}
		select {
		case <-changed:
		case <-s.exited:
			s.t.Fatalf("bunkerm ended with code %d before it said %q", s.code, message)
		case <-deadline:
			s.t.Fatalf("bunkerm did not say %q", message)
		}
	}
}

// do sends a request with the key and returns status and body.
func (s *server) do(method, path string, body any) (int, string) {
	s.t.Helper()
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, s.URL+path, reader)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("X-API-Key", s.Key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.StatusCode, string(text)
}

// must is do for a request that has to succeed.
func (s *server) must(method, path string, body any) string {
	s.t.Helper()
	status, text := s.do(method, path, body)
	if status/100 != 2 {
		s.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	return text
}

// buffer is a growing text that can be waited for.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func newBuffer() *buffer { return &buffer{more: make(chan struct{})} }

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.more)
	b.more = make(chan struct{})
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// tail is the last n bytes at most.
func (b *buffer) tail(n int) string {
	text := b.String()
	return text[max(0, len(text)-n):]
}

func (b *buffer) changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.more
}

// pidsWith finds the processes that have word among their arguments.
func pidsWith(word string) []int {
	return processes(func(args []string) bool { return slices.Contains(args, word) })
}
