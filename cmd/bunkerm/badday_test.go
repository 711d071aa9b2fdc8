package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

func TestABrokerThatHangsAnswersNobodyLate(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	pid := brokerPID(t, dir)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(pid, syscall.SIGCONT) }()

	// No answer may need the broker to come back: it stays stopped until the last one is there.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			body, _ := json.Marshal(map[string]string{"username": "c" + strconv.Itoa(i), "password": "p"})
			request, _ := http.NewRequestWithContext(ctx, "POST", s.URL+"/api/dynsec/clients", bytes.NewReader(body))
			request.Header.Set("X-API-Key", s.Key)
			request.Header.Set("Content-Type", "application/json")
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Errorf("request %d: %v", i, err)
				return
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusServiceUnavailable && answer.StatusCode != http.StatusGatewayTimeout {
				t.Errorf("request %d: %s", i, answer.Status)
			}
		})
	}
	wg.Wait()
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it answers again", func() bool {
		status, _ := s.do("POST", "/api/dynsec/clients", map[string]any{"username": "after", "password": "p"})
		return status == http.StatusCreated || status == http.StatusConflict
	})
}

func TestAKilledBrokerComesBack(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "before", "password": "p"})
	before := brokerPID(t, dir)
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the keeper starts another process", func() bool {
		now := keptProcesses(dir)
		return len(now) == 1 && now[0] != before
	})
	eventually(t, "the broker runs again and knows what was acknowledged", func() bool {
		status, _ := s.do("GET", "/api/dynsec/clients/before", nil)
		return status == http.StatusOK && strings.HasPrefix(s.readyz(), "200")
	})
}

func TestARequestInFlightIsAnsweredBeforeWeStop(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	var rows []map[string]string
	for i := range 300 {
		rows = append(rows, map[string]string{"username": fmt.Sprintf("c%d", i), "password": "p"})
	}
	body, _ := json.Marshal(rows)
	request, _ := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/api/dynsec/clients/import", bytes.NewReader(body))
	request.Header.Set("X-API-Key", s.Key)
	request.Header.Set("Content-Type", "application/json")
	type outcome struct {
		status int
		err    error
	}
	answered := make(chan outcome, 1)
	go func() {
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			answered <- outcome{err: err}
			return
		}
		_ = answer.Body.Close()
		answered <- outcome{status: answer.StatusCode}
	}()
	eventually(t, "the import has begun", func() bool {
		status, _ := s.do("GET", "/api/dynsec/clients/c0", nil)
		return status == http.StatusOK
	})
	s.Stop()
	if got := <-answered; got.err != nil || got.status/100 != 2 {
		t.Errorf("the import was answered %d, %v", got.status, got.err)
	}
}

func TestTwoThousandClientsWithASoftLimitOf1024Files(t *testing.T) {
	dir := t.TempDir()
	var hard syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &hard); err != nil {
		t.Fatal(err)
	}
	if hard.Max < 2500 {
		t.Fatalf("this needs a hard limit of 2500 open files, and it is %d", hard.Max)
	}
	args := append([]string{"-c", `ulimit -S -n 1024 && exec "$0" "$@"`}, append([]string{bunkerm(nil).Path}, freshArgs(dir)...)...)
	cmd := bunkerm(brokerEnv())
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh"}, args...)
	s := startServer(t, dir, cmd)
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "many", "password": "p"})

	began := time.Now()
	for i := range 2000 {
		if _, err := brokertest.Connect(t, s.MQTT, "many", "p", fmt.Sprintf("many-%d", i)); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
	}
	t.Logf("2,000 clients connected in %v", time.Since(began).Round(time.Millisecond))
	s.must("GET", "/api/dynsec/clients/many", nil)
}
