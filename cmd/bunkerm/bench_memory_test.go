package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// BenchmarkMemory reads how much memory stays resident: with no client at all, with 20,000 in the process that
// imported them, and with 20,000 in a process that found them at its start; each after pages have been asked for.
// Every value is the largest of two seconds; own is what is not the program's file, which the system can take back.
func BenchmarkMemory(b *testing.B) {
	clients := rounds(20_000, 5000)
	executable := built(b)
	for b.Loop() {
		dir := b.TempDir()
		s := serveBuilt(b, executable, dir, "--on-exit", "keep")
		values := map[string]float64{}
		note := func(when string) {
			for range 20 {
				s.page("q=device&offset=100")
			}
			keeper := pidsWith(filepath.Join(dir, "run", "keeper.json"))[0]
			for name, pid := range map[string]int{"bunkerm": s.cmd.Process.Pid, "keeper": keeper, "mosquitto": brokerPID(b, dir)} {
				values["MB_"+name+"_"+when] = resident(b, pid)
			}
		}
		note("idle")
		values["MB_own_idle"] = statusMB(b, s.cmd.Process.Pid, "RssAnon")
		s.fill(clients)
		s.listAll(clients)
		note("20000_imported")
		values["MB_bunkerm_peak_of_import"] = statusMB(b, s.cmd.Process.Pid, "VmHWM")
		s.Stop()
		s = serveBuilt(b, executable, dir, "--on-exit", "stop")
		s.listAll(clients)
		note("20000_found")
		s.Stop()
		metrics(b, values)
	}
}

// listAll asks for every client once, in the largest pages.
func (s *server) listAll(clients int) {
	s.t.Helper()
	for offset := 0; offset < clients; offset += 1000 {
		s.must("GET", fmt.Sprintf("/api/dynsec/clients?limit=1000&offset=%d", offset), nil)
	}
}

// resident is the most that a process has in memory during two seconds.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	most := statusMB(b, pid, "VmRSS")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 20 {
		<-tick.C
		most = max(most, statusMB(b, pid, "VmRSS"))
	}
	return most
}

func statusMB(b *testing.B, pid int, field string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("memory is read from /proc, which only Linux has")
	}
	found := regexp.MustCompile(`(?m)^` + field + `:\s+(\d+) kB$`).FindSubmatch(text)
	if found == nil {
		b.Fatalf("process %d has no %s", pid, field)
	}
	kb, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1000 * 1.024
}
