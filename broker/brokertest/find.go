package brokertest

import (
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// Mosquitto names the executable and the dynamic security plugin to test with. It fails the test, and never skips
// it, when there is none: a suite without a broker proves nothing.
func Mosquitto(t testing.TB) (executable, plugin string) {
	t.Helper()
	executable = os.Getenv("BUNKERM_TEST_MOSQUITTO")
	if executable == "" {
		executable = firstOf(lookPath("mosquitto"), "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto",
			"/opt/homebrew/sbin/mosquitto")
	}
	plugin = os.Getenv("BUNKERM_TEST_DYNSEC_PLUGIN")
	if plugin == "" {
		candidates := []string{"/usr/lib/mosquitto_dynamic_security.so", "/usr/local/lib/mosquitto_dynamic_security.so",
			"/opt/homebrew/lib/mosquitto_dynamic_security.so"}
		// Debian keeps it in the folder of the machine's architecture.
		found, err := filepath.Glob("/usr/lib/*/mosquitto_dynamic_security.so")
		if err != nil {
			t.Fatalf("looking for the dynamic security plugin: %v", err)
		}
		plugin = firstOf(append(found, candidates...)...)
	}
	if executable == "" || plugin == "" {
		t.Fatalf("these tests need mosquitto and its dynamic security plugin (found %q and %q): install mosquitto, "+
			"or set BUNKERM_TEST_MOSQUITTO and BUNKERM_TEST_DYNSEC_PLUGIN", executable, plugin)
	}
	return executable, plugin
}

// FreePort returns a TCP port of 127.0.0.1 that nobody used a moment ago.
func FreePort(t testing.TB) int {
	t.Helper()
	const lowest, span = 12_000, 20_000 // the system gives no connection a port from there by itself (ip_local_port_range)
	for range span {
		port := lowest + rand.IntN(span)
		if l, err := net.Listen("tcp", ":"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("there is no free port")
	return 0
}

func lookPath(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// firstOf returns the first path that exists, or nothing.
func firstOf(paths ...string) string {
	for _, path := range paths {
		if path == "" {
			continue
		}
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}
