package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// earlier is the data directory of an installation made with a BunkerM from before the tables of the digest (anomaly/0002). In
// it are an admin, an operator, an API key, a client with a role and a group, a retained message, a rule, the incident that it raised, what the
// client did, and the record of all this.
const earlier = "testdata/earlier.tar.gz"

// unpackEarlier makes that data directory, with a listener that is free here.
func unpackEarlier(t *testing.T) string {
	t.Helper()
	f, err := os.Open(earlier)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "broker"), 0o700); err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(plain); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if h.Name == "broker/mosquitto.conf" {
			text = []byte(strings.Replace(string(text), "listener 24502 ", fmt.Sprintf("listener %d ", brokertest.FreePort(t)), 1))
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(h.Name)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDataOfAnEarlierVersion starts on it as whoever upgrades does. Events are not looked at: they leave when they are old enough.
func TestDataOfAnEarlierVersion(t *testing.T) {
	dir := unpackEarlier(t)
	const migrated = "the database was migrated"
	s := serveOn(t, dir)
	if !strings.Contains(s.output.String(), migrated) {
		t.Error("nothing was migrated: the data is of no earlier version")
	}
	for path, says := range map[string]string{
		"/api/dynsec/clients/kettle": `"sensor"`,
		"/api/dynsec/groups/kitchen": `"kettle"`,
		"/api/auth/users":            `"ann"`,
		"/api/auth/keys":             `"script"`,
		"/api/ai/rules":              `"too hot"`,
		"/api/ai/alerts?status=open": `"house/kettle/c"`,
		"/api/audit/verify":          `"ok":true`,
		"/api/audit":                 `"rule.create"`,
		"/readyz":                    `"ready":true`,
	} {
		if text := s.must(http.MethodGet, path, nil); !strings.Contains(text, says) {
			t.Errorf("%s does not say %s: %s", path, says, text)
		}
	}
	d, err := brokertest.Connect(t, s.MQTT, "kettle", "boil-the-water", "kettle-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Subscribe("house/#"); err != nil {
		t.Fatal(err)
	}
	if m := <-d.Messages; m.Topic != "house/kettle/c" || string(m.Payload) != "99" || !m.Retain {
		t.Errorf("the retained message is %+v", m)
	}
	copies, err := filepath.Glob(filepath.Join(dir, "backups", "before-migration-*.db"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("the database from before is kept %d times, %v", len(copies), err)
	}
	before, err := os.ReadFile(copies[0])
	if err != nil || !strings.Contains(string(before), "anomaly_alerts") || strings.Contains(string(before), "anomaly_outgoing") {
		t.Errorf("the copy is not the database from before, %v", err)
	}
	s.Stop()
	again := serveOn(t, dir)
	if strings.Contains(again.output.String(), migrated) {
		t.Error("it was migrated twice")
	}
}
