package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The benchmarks measure what people feel: a process as it is delivered, a real broker under it, requests over HTTP.
// Each measures its reference in the same run and in turns, so that a busy machine slows both, and reports medians.

// rounds is how often things are measured, and how often with -short.
func rounds(whole, short int) int {
	if testing.Short() {
		return short
	}
	return whole
}

// built is bunkerm as it is delivered; the test binary is larger and starts more slowly. BUNKERM_BENCH_BINARY names one that
// is there already.
func built(b *testing.B) string {
	b.Helper()
	if ready := os.Getenv("BUNKERM_BENCH_BINARY"); ready != "" {
		return ready
	}
	path := filepath.Join(b.TempDir(), "bunkerm")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("building bunkerm: %v\n%s", err, out)
	}
	return path
}

// builtOn prepares the built bunkerm on dataDir, with the settings of all tests.
func builtOn(executable, dataDir string, more ...string) *exec.Cmd {
	cmd := bunkerm(brokerEnv(), freshArgs(dataDir, more...)...)
	cmd.Path, cmd.Args[0] = executable, executable
	return cmd
}

// serveBuilt starts the built bunkerm and waits until it is ready.
func serveBuilt(b *testing.B, executable, dataDir string, more ...string) *server {
	b.Helper()
	return startServer(b, dataDir, builtOn(executable, dataDir, more...))
}

// times are what one thing took again and again.
type times []time.Duration

func (t *times) measure(f func()) {
	began := time.Now()
	f()
	*t = append(*t, time.Since(began))
}

// median is the one in the middle; a benchmark without any is broken.
func (t times) median() time.Duration { return t.quantile(0.5) }

func (t times) quantile(q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(t))
	return sorted[int(q*float64(len(sorted)-1))]
}

func (t times) ms() float64 { return float64(t.median().Microseconds()) / 1000 }

// metrics reports values by their names, and takes out Go's own time per operation, which is that of a whole run.
func metrics(b *testing.B, values map[string]float64) {
	b.ReportMetric(0, "ns/op")
	for name, v := range values {
		b.ReportMetric(v, name)
	}
}

// csv is a file of n clients, each with a password and one role.
func csv(n int, prefix, role string) string {
	var file strings.Builder
	file.WriteString("username,password,roles\n")
	for i := range n {
		fmt.Fprintf(&file, "%s-%05d,pw-%d,%s\n", prefix, i, i, role)
	}
	return file.String()
}

// benchRole is what the clients of an import carry.
const benchRole = "meter"

func (s *server) makeBenchRole() {
	s.t.Helper()
	s.must("POST", "/api/dynsec/roles", map[string]any{"rolename": benchRole, "acls": []map[string]any{
		{"acltype": "publishClientSend", "topic": "meter/#", "allow": true},
		{"acltype": "subscribePattern", "topic": "meter/#", "allow": true},
	}})
}

// fill imports n clients the quick way, over a restart of the broker.
func (s *server) fill(n int) {
	s.t.Helper()
	s.makeBenchRole()
	if n > 0 {
		s.importClients(csv(n, "device", benchRole), "restart", n)
	}
}

// importClients imports a file and checks that all of it is in.
func (s *server) importClients(file, method string, want int) {
	s.t.Helper()
	status, answer := s.send("POST", "/dynsec/clients/import?method="+method, "text/csv", file)
	if status != 200 || !strings.Contains(answer, fmt.Sprintf(`"created":%d,`, want)) {
		s.t.Fatalf("import of %d: %d %.500s", want, status, answer)
	}
}
