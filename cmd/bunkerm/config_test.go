package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// askAs sends a request with another key than the primary one.
func (s *server) askAs(key, method, path, body string, header map[string]string) (int, http.Header, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-API-Key", key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

func (s *server) keyOf(role string) string {
	s.t.Helper()
	var made struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal([]byte(s.must("POST", "/api/auth/keys", map[string]any{"name": role, "role": role})), &made); err != nil {
		s.t.Fatal(err)
	}
	return made.Secret
}

// TestTheConfigurationOverHTTP tells the story of a change: read, refused, made, made too late, broken, healed, taken back.
func TestTheConfigurationOverHTTP(t *testing.T) {
	s := serveOn(t, t.TempDir())
	conf := filepath.Join(s.DataDir, "broker", "mosquitto.conf")
	onDisk := func() string {
		text, err := os.ReadFile(conf)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	operator, viewer := s.keyOf("operator"), s.keyOf("viewer")
	first := onDisk()

	status, header, text := s.askAs(operator, "GET", "/api/config/broker", "", nil)
	tag := header.Get("ETag")
	if status != http.StatusOK || tag == "" || !strings.Contains(text, `"listeners"`) {
		t.Fatalf("%d %.300s", status, text)
	}
	for who, key := range map[string]string{"operator": operator, "viewer": viewer} {
		if status, _, _ := s.askAs(key, "PUT", "/api/config/broker", `{"changes":[{"op":"set","key":"sys_interval","value":"3"}]}`, nil); status != http.StatusForbidden {
			t.Errorf("%s changes the configuration: %d", who, status)
		}
	}
	if status, _, _ := s.askAs(viewer, "GET", "/api/config/broker", "", nil); status != http.StatusForbidden {
		t.Errorf("a viewer reads it: %d", status)
	}

	put := func(body string, header map[string]string) (int, string) {
		status, _, text := s.askAs(s.Key, "PUT", "/api/config/broker", body, header)
		return status, text
	}
	if status, text := put(`{"changes":[{"op":"set","key":"max_queud_messages","value":"3"}]}`, nil); status != http.StatusUnprocessableEntity ||
		!strings.Contains(text, "max_queued_messages") || !strings.Contains(text, "body.changes[0].key") {
		t.Errorf("%d %s", status, text)
	}
	if status, text := put(`{"changes":[{"op":"set","key":"sys_interval","value":"3"}],"comment":"faster"}`, map[string]string{"If-Match": tag}); status != http.StatusOK ||
		!strings.Contains(text, `"effect":"reload"`) || !strings.Contains(text, `"applied":true`) {
		t.Fatalf("%d %s", status, text)
	}
	if want := strings.Replace(first, "sys_interval 2", "sys_interval 3", 1); onDisk() != want {
		t.Errorf("the file is\n%s", onDisk())
	}
	if status, text := put(`{"changes":[{"op":"set","key":"sys_interval","value":"4"}]}`, map[string]string{"If-Match": tag}); status != http.StatusPreconditionFailed {
		t.Errorf("with the tag from before: %d %s", status, text)
	}

	// A port below 1024 is fine for root and for nobody else, an address of another machine is for nobody.
	worked := onDisk()
	broken, err := json.Marshal(map[string]string{"text": worked + "listener 18999 192.0.2.7\n"})
	if err != nil {
		t.Fatal(err)
	}
	if status, text := put(string(broken), nil); status != http.StatusBadGateway || !strings.Contains(text, "Cannot assign requested address") ||
		!strings.Contains(text, "are back") {
		t.Errorf("%d %s", status, text)
	}
	if onDisk() != worked {
		t.Errorf("the file is\n%s", onDisk())
	}
	if text := s.must("POST", "/api/config/restart", nil); !strings.Contains(text, `"state":"running"`) {
		t.Error(text)
	}
	if text := s.must("POST", "/api/config/versions/1/restore", nil); !strings.Contains(text, `"applied":true`) {
		t.Error(text)
	}
	if onDisk() != first {
		t.Errorf("the first version is not back:\n%s", onDisk())
	}
	status, text = put(`{"changes":[{"op":"set","key":"sys_interval","value":"9"}]}`, nil)
	if status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	before := onDisk()
	if status, _, text := s.askAs(s.Key, "PUT", "/api/config/broker?apply=false", `{"changes":[{"op":"set","key":"sys_interval","value":"7"}]}`, nil); status != http.StatusOK ||
		!strings.Contains(text, `"applied":false`) || onDisk() != before {
		t.Errorf("a draft: %d %s", status, text)
	}

	status, _, file := s.askAs(s.Key, "GET", "/api/config/dynsec", "", nil)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, file)
	}
	file = strings.Replace(file, `"groups":[`, `"groups":[{"groupname":"shed"}`, 1)
	if status, _, text := s.askAs(s.Key, "PUT", "/api/config/dynsec?dry_run=true", file, nil); status != http.StatusOK || !strings.Contains(text, `"added":["shed"]`) {
		t.Errorf("%d %s", status, text)
	}
	if status, _, text := s.askAs(s.Key, "PUT", "/api/config/dynsec", file, nil); status != http.StatusOK || !strings.Contains(text, `"applied":true`) {
		t.Errorf("%d %s", status, text)
	}
	// dynsec-api knows of it at once, although it came over the session that both share.
	if groups := s.must("GET", "/api/dynsec/groups", nil); !strings.Contains(groups, "shed") {
		t.Error(groups)
	}

	versions := s.must("GET", "/api/config/versions?file=broker", nil)
	for _, want := range []string{`"comment":"faster"`, `"state":"put_back"`, `"source":"restore"`, `"state":"draft"`, `"total":6`} {
		if !strings.Contains(versions, want) {
			t.Errorf("no %s in\n%s", want, versions)
		}
	}
	trail := s.must("GET", "/api/audit?action=config.*", nil)
	for _, want := range []string{`"config.change"`, `"config.change_failed"`, `"config.restart"`} {
		if !strings.Contains(trail, want) {
			t.Errorf("no %s in the audit:\n%s", want, trail)
		}
	}
}

// TestAKilledBunkerMPutsAnUnprovenChangeBack kills the whole program while it changes the configuration, again and again at
// other moments. Whatever was acknowledged stands, whatever was not is whole: either the old file or the new one, and the
// broker runs with it.
func TestAKilledBunkerMPutsAnUnprovenChangeBack(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir, "--on-exit", "keep")
	conf := filepath.Join(dir, "broker", "mosquitto.conf")
	for round := range 10 {
		old, err := os.ReadFile(conf)
		if err != nil {
			t.Fatal(err)
		}
		value := strconv.Itoa(3 + round)
		answered := make(chan int, 1)
		key, url := s.Key, s.URL
		go func() {
			r, err := http.NewRequest("PUT", url+"/api/config/broker", strings.NewReader(`{"changes":[{"op":"set","key":"max_inflight_messages","value":"`+value+`"}]}`))
			if err != nil {
				answered <- 0
				return
			}
			r.Header.Set("X-API-Key", key)
			r.Header.Set("Content-Type", "application/json")
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				answered <- 0
				return
			}
			_ = answer.Body.Close()
			answered <- answer.StatusCode
		}()
		// From before the first write to after the answer: the longer the round, the later the kill.
		<-time.After(time.Duration(round) * 25 * time.Millisecond)
		s.Signal(syscall.SIGKILL)
		<-s.exited
		status := <-answered
		s = serveOn(t, dir, "--on-exit", "keep")
		now, err := os.ReadFile(conf)
		if err != nil {
			t.Fatal(err)
		}
		isNew := strings.Contains(string(now), "max_inflight_messages "+value)
		if !isNew && string(now) != string(old) {
			t.Fatalf("round %d: the file is neither the old nor the new one:\n%s", round, now)
		}
		if status == http.StatusOK && !isNew {
			t.Errorf("round %d: it was acknowledged, and is gone", round)
		}
		t.Logf("round %d: answered %d, the new file is there: %v", round, status, isNew)
		var config struct {
			Pending json.RawMessage `json:"pending"`
		}
		if err := json.Unmarshal([]byte(s.must("GET", "/api/config/broker", nil)), &config); err != nil || string(config.Pending) != "null" {
			t.Errorf("round %d: the broker does not run with the files that are there: %s %v", round, config.Pending, err)
		}
		s.must("GET", "/api/dynsec/clients", nil)
	}
}
