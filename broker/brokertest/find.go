package brokertest

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
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

// FreePort returns a TCP port that nobody uses, and that nobody else is given before the end of the test: neither in this process
// nor in another one of the same user that runs tests on this host.
func FreePort(t testing.TB) int {
	t.Helper()
	const lowest, span = 12_000, 20_000 // the system gives no connection a port from there by itself (ip_local_port_range)
	dir := filepath.Join(os.TempDir(), "bunkerm-test-ports-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for range span {
		port := lowest + rand.IntN(span)
		claim, err := claimed(filepath.Join(dir, strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if l, err := net.Listen("tcp", ":"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			t.Cleanup(func() { _ = claim.Close() })
			return port
		}
		_ = claim.Close()
	}
	t.Fatal("there is no free port")
	return 0
}

// claimed opens a file that nobody else has open in this way. The claim ends when it is closed, or with the process.
func claimed(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
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
