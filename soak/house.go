package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The admin whom the page's browser signs in as.
const (
	adminName     = "admin"
	adminPassword = "a password for one soak"
)

// patience is how long BunkerM may take to become ready, and anything else that is waited for.
const patience = 90 * time.Second

// house is a BunkerM that is kept alive as a service manager does: when it ends without having been told to, it is started
// again a moment later.
type house struct {
	o    Options
	data string // the data directory
	http *http.Client

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // of cmd
	ready  chan struct{} // closed when cmd has said so
	url    string
	mqtt   string
	key    string
	starts int
	ending bool
	alarms []alarm
	log    *os.File
}

func newHouse(o Options, data, logFile string) (*house, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the log of what runs: %w", err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second}
	return &house{o: o, data: data, log: log, http: &http.Client{Transport: transport, Timeout: 60 * time.Second}}, nil
}

// start starts BunkerM and returns when it is ready.
func (h *house) start(ctx context.Context) error {
	h.mu.Lock()
	h.ending = false
	err := h.launch()
	ready, exited := h.ready, h.exited
	h.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case <-ready:
	case <-exited:
		return errors.New("BunkerM ended before it was ready: its words are in " + h.log.Name())
	case <-time.After(patience):
		return errors.New("BunkerM did not become ready: its words are in " + h.log.Name())
	case <-ctx.Done():
		return ctx.Err()
	}
	key, err := os.ReadFile(filepath.Join(h.data, "api-key"))
	if err != nil {
		return fmt.Errorf("reading the API key: %w", err)
	}
	h.mu.Lock()
	h.key = strings.TrimSpace(string(key))
	h.mu.Unlock()
	return nil
}

// launch starts the process. The caller holds the lock.
func (h *house) launch() error {
	listen := "127.0.0.1:0"
	if h.url != "" {
		listen = strings.TrimPrefix(h.url, "http://") // the same again, as a service would have
	}
	args := []string{"serve", "--data-dir", h.data, "--listen", listen, "--dynsec-listen=", "--monitor-listen=", "--clientlogs-listen=",
		"--config-listen=", "--anomaly-listen=", "--on-exit", "keep", "--log-format", "json"}
	if h.url == "" {
		args = append(args, "--mqtt-listen", "127.0.0.1:0")
	}
	cmd := exec.Command(h.o.Binary, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "BUNKERM_ADMIN_USER=" + adminName, "BUNKERM_ADMIN_PASSWORD=" + adminPassword}
	for variable, of := range map[string]string{"BUNKERM_MOSQUITTO": "BUNKERM_TEST_MOSQUITTO", "BUNKERM_DYNSEC_PLUGIN": "BUNKERM_TEST_DYNSEC_PLUGIN"} {
		if path := os.Getenv(of); path != "" {
			cmd.Env = append(cmd.Env, variable+"="+path)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is for the soak, which ends it in order
	words, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("starting BunkerM: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting BunkerM: %w", err)
	}
	h.cmd, h.exited, h.ready = cmd, make(chan struct{}), make(chan struct{})
	h.starts++
	go h.listen(cmd, words, h.ready, h.exited)
	return nil
}

// listen reads what a BunkerM says until it has ended, and starts the next one where nobody ended it.
func (h *house) listen(cmd *exec.Cmd, words io.Reader, ready, exited chan struct{}) {
	lines := bufio.NewScanner(words)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		h.heard(lines.Text(), ready)
	}
	_ = cmd.Wait() // a kill is what it is for
	close(exited)
	time.AfterFunc(time.Second, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.ending || h.cmd != cmd {
			return
		}
		if err := h.launch(); err != nil {
			h.alarms = append(h.alarms, alarm{time.Now(), err.Error(), true})
		}
	})
}

func (h *house) heard(line string, ready chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _ = h.log.WriteString(line + "\n")
	var entry struct{ Msg, URL, MQTT string }
	if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "ready" {
		h.url, h.mqtt = entry.URL, entry.MQTT
		close(ready)
	}
	switch has := func(word string) bool { return strings.Contains(line, word) }; {
	case has("panic:"), has("fatal error:"), has("DATA RACE"):
		h.alarms = append(h.alarms, alarm{time.Now(), line, true})
	case has(`"level":"ERROR"`):
		h.alarms = append(h.alarms, alarm{time.Now(), line, false})
	}
}

// alarm is a line that a log should not have. Errors are excused while something is done to BunkerM; what is grave is not.
type alarm struct {
	at    time.Time
	line  string
	grave bool
}

// addresses are where the page and the broker are.
func (h *house) addresses() (url, mqtt string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.url, h.mqtt
}

// kill ends BunkerM as kill -9 does; the next one comes by itself.
func (h *house) kill() {
	h.mu.Lock()
	cmd, exited := h.cmd, h.exited
	h.mu.Unlock()
	_ = cmd.Process.Kill()
	<-exited
}

func (h *house) pid() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cmd.Process.Pid
}

// end stops BunkerM in order, then its keeper with the broker. It may be called again.
func (h *house) end() error {
	h.mu.Lock()
	h.ending = true
	cmd, exited := h.cmd, h.exited
	h.mu.Unlock()
	if cmd == nil {
		return nil
	}
	var errs []error
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-exited:
	case <-time.After(patience):
		errs = append(errs, errors.New("BunkerM did not stop when it was told to"))
		_ = cmd.Process.Kill()
		<-exited
	}
	errs = append(errs, endKeeper(h.data))
	h.http.CloseIdleConnections()
	return errors.Join(errs...)
}
