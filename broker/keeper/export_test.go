package keeper

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// NoteBroker lets a test leave word of a broker as a keeper does that dies.
var NoteBroker = noteBroker

// Alive reports whether a process lives; one that only waits to be collected does not.
func Alive(pid int) bool {
	_, ok := identity(pid)
	return ok
}

// Mosquitto is the real broker that these tests run.
func Mosquitto(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("BUNKERM_TEST_MOSQUITTO"); path != "" {
		return path
	}
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin") {
		if path, err := exec.LookPath(filepath.Join(dir, "mosquitto")); err == nil {
			return path
		}
	}
	t.Fatal("mosquitto is not installed: these tests need the real one")
	return ""
}
