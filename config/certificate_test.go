package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// selfSigned is a certificate and its key in one text.
func selfSigned(t testing.TB) string {
	t.Helper()
	made := brokertest.GoodCertificate(t)
	return made.Cert + made.Key
}

func certificate(t testing.TB, from, to time.Time) string {
	t.Helper()
	made := brokertest.SelfSigned(t, from, to)
	return made.Cert + made.Key
}

// libraryWithoutPlugin is a shared object that every Linux has and that is no plugin of mosquitto's.
func libraryWithoutPlugin(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/lib/*/libm.so.6")
	if err != nil || len(found) == 0 {
		t.Fatalf("there is no shared object to take: %v", err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
