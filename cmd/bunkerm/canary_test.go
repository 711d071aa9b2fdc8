package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// canary is a password that must never be seen again once it was sent.
const canary = "kanarienvogel-7Q2x"

// badBodies are the ways in which a request that holds a password can be wrong.
var badBodies = map[string]struct{ contentType, body string }{
	"unknown field":     {"application/json", `{"username":"u","password":"` + canary + `","wings":2}`},
	"wrong type":        {"application/json", `{"username":7,"password":["` + canary + `"]}`},
	"object":            {"application/json", `{"password":{"` + canary + `":"` + canary + `"}}`},
	"null":              {"application/json", `{"username":null,"password":"` + canary + `"}`},
	"cut off":           {"application/json", `{"username":"u","password":"` + canary},
	"garbage behind":    {"application/json", `{"username":"u","password":"` + canary + `"} ` + canary},
	"twice":             {"application/json", `{"password":"` + canary + `","password":"` + canary + `"}`},
	"not UTF-8":         {"application/json", `{"password":"` + canary + "\xff" + `"}`},
	"control character": {"application/json", `{"username":"a\u0000b","password":"` + canary + `"}`},
	"no such role":      {"application/json", `{"username":"u","password":"` + canary + `","roles":[{"rolename":"no"}]}`},
	"array":             {"application/json", `[{"username":"","password":"` + canary + `"}]`},
	"too large":         {"application/json", `{"password":"` + canary + strings.Repeat("x", 2<<20) + `"}`},
	"as text":           {"text/plain", canary},
	"as form":           {"application/x-www-form-urlencoded", "password=" + canary},
	"CSV":               {"text/csv", "username,password\n," + canary + "\n"},
	"CSV unclosed":      {"text/csv", "username,password\n\"u," + canary + "\n"},
	"CSV no header":     {"text/csv", "u," + canary + "\n"},
	"CSV as JSON":       {"application/json", "username,password\nu," + canary + "\n"},
	"JSON as CSV":       {"text/csv", `[{"username":"u","password":"` + canary + `"}]`},
}

func TestAPasswordInABadRequestIsNeverSeenAgain(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir, "--log-level", "debug")
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal([]byte(s.must("GET", "/api/openapi.json", nil)), &document); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for path, methods := range document.Paths {
		for method := range methods {
			method = strings.ToUpper(method)
			if method != http.MethodPost && method != http.MethodPut && method != http.MethodDelete && method != http.MethodPatch {
				continue
			}
			path := strings.NewReplacer("{id}", "u", "{role}", "r", "{group}", "g", "{username}", "u", "{serial}", "1").Replace(path)
			if strings.Contains(path, "{") {
				t.Fatalf("this test does not know what to put into %s", path)
			}
			for name, bad := range badBodies {
				status, answer := s.send(method, path, bad.contentType, bad.body)
				sent++
				if strings.Contains(answer, canary) {
					t.Errorf("%s %s, %s: the answer %d shows the password: %.300s", method, path, name, status, answer)
				}
				if status >= 500 {
					t.Errorf("%s %s, %s: %d %.300s", method, path, name, status, answer)
				}
			}
		}
	}
	if sent < 200 {
		t.Fatalf("only %d requests were sent: the document lacks routes", sent)
	}
	status, answer := s.send("GET", "/dynsec/clients?api_key="+s.Key+"&password="+canary, "", "")
	if strings.Contains(answer, canary) || strings.Contains(answer, s.Key) {
		t.Errorf("%d %s", status, answer)
	}
	s.Stop()
	if log := s.output.String(); strings.Contains(log, canary) || strings.Contains(log, s.Key) {
		t.Error("our log shows the password or the key")
	}
	logs, _ := filepath.Glob(filepath.Join(dir, "log", "*"))
	if len(logs) == 0 {
		t.Error("the broker left no log")
	}
	for _, path := range logs {
		if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), canary) {
			t.Errorf("%s: %v, or it shows the password", path, err)
		}
	}
}

// send is do with any body, below /api.
func (s *server) send(method, path, contentType, body string) (int, string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+"/api"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("X-API-Key", s.Key)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	var text bytes.Buffer
	if _, err := io.Copy(&text, answer.Body); err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.StatusCode, text.String()
}
