package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheDiagnosticBundleHoldsNoSecret puts a canary into every place where a secret can be, and looks for all of them.
func TestTheDiagnosticBundleHoldsNoSecret(t *testing.T) {
	dir := t.TempDir()
	secret := func(place string) string { return canary + "-" + place }
	env := append(brokerEnv(), "BUNKERM_ADMIN_USER=jo", "BUNKERM_ADMIN_PASSWORD="+secret("admin"))
	s := startServer(t, dir, bunkerm(env, freshArgs(dir)...))
	secrets := []string{canary, s.Key}

	s.must("POST", "/dynsec/clients", map[string]any{"username": "u", "password": secret("client")})
	s.must("POST", "/monitor/publish", map[string]any{"topic": "a/b", "payload": secret("payload"), "retain": true})
	s.send("POST", "/auth/sign-in", "application/json", `{"username":"jo","password":"`+secret("wrong")+`"}`)
	var made struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal([]byte(s.must("POST", "/api/auth/keys", map[string]any{"name": "k", "role": "viewer"})), &made); err != nil {
		t.Fatal(err)
	}
	var account struct {
		Password string `json:"password"`
	}
	text, err := os.ReadFile(filepath.Join(dir, "broker-account.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &account); err != nil || account.Password == "" || made.Secret == "" {
		t.Fatalf("the test knows too few secrets: %v", err)
	}
	secrets = append(secrets, made.Secret, account.Password)
	conf := filepath.Join(dir, "broker", "mosquitto.conf")
	text, err = os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "\n# "+secret("comment")+"\nremote_password "+secret("bridge")+"\nplugin_opt_pass "+secret("plugin")+"\n"...)
	if err := os.WriteFile(conf, text, 0o600); err != nil {
		t.Fatal(err)
	}

	eventually(t, "the keeper has written the broker's first words", func() bool {
		log, err := os.ReadFile(filepath.Join(dir, "log", "broker.log"))
		return err == nil && strings.Contains(string(log), "mosquitto version")
	})
	status, packed := s.send("GET", "/system/bundle", "", "")
	if status != http.StatusOK {
		t.Fatalf("%d %.300s", status, packed)
	}
	archive, err := zip.NewReader(bytes.NewReader([]byte(packed)), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(f.Name, "bunkerm/")] = string(text)
		for _, secret := range secrets {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds a secret: %s", f.Name, secret)
			}
		}
	}
	for name, want := range map[string]string{
		"system.json": `"mode": "managed"`, "metrics.txt": "mosquitto_up", "broker.log": "mosquitto version",
		"mosquitto.conf": "plugin_opt_pass «masked»", "settings.txt": "BUNKERM_ADMIN_PASSWORD=(set)", "settings-in-use.json": "publish_events",
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s lacks %q: %.500s", name, want, files[name])
		}
	}
}
