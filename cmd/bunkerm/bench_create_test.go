package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkCreateClient compares POST /dynsec/clients with the same command over a bare connection to the plugin and
// with one mosquitto_ctrl process per client, on BunkerM's own broker and on one with stock settings. Brokers before
// 2.1 write their whole file at every command, so it is measured with few clients and with many; all new ones are
// removed in each round, so that everybody meets the same number.
func BenchmarkCreateClient(b *testing.B) {
	executable := built(b)
	for _, size := range []int{0, 2000} {
		for name, role := range map[string]string{"plain": "", "with_role": benchRole} {
			b.Run(fmt.Sprintf("%s/clients=%d", name, size), func(b *testing.B) {
				s := serveBuilt(b, executable, b.TempDir())
				s.fill(size)
				s.makeManager()
				for b.Loop() {
					benchmarkCreate(b, s, role)
				}
			})
		}
	}
}

func benchmarkCreate(b *testing.B, s *server, role string) {
	b.Helper()
	const each, processes = 8, 1
	requests := s.requester()
	tcp, socket := s.bareManager(), s.bareManagerOnSocket()
	// A broker with the same accounts as somebody without BunkerM has it, where mosquitto_ctrl waits for delayed
	// acknowledgements.
	stock := mosquittoLike(b, s, true)
	stock.start()
	var overTCP, overSocket, rest, process, onStock times
	var rubbish []map[string]any
	made := func(name string) string {
		rubbish = append(rubbish, map[string]any{"command": "deleteClient", "username": name})
		return name
	}
	for round := range rounds(25, 6) {
		s.alone(func() {
			for i := range each {
				name := fmt.Sprintf("new-%d-%d", round, i)
				overTCP.measure(func() { tcp.exchange(createCommand(made(name+"-tcp"), role)) })
				overSocket.measure(func() { socket.exchange(createCommand(made(name+"-unix"), role)) })
			}
			for i := range processes {
				name := made(fmt.Sprintf("new-%d-%d-process", round, i))
				process.measure(func() { mosquittoCtrl(b, s.MQTT, "createClient", name, "-p", "pw-"+name) })
				onStock.measure(func() { mosquittoCtrl(b, stock.addr, "createClient", name, "-p", "pw-"+name) })
			}
			socket.exchange(rubbish...)
			rubbish = rubbish[:0]
		})
		for i := range each {
			name := made(fmt.Sprintf("new-%d-%d-rest", round, i))
			rest.measure(func() { requests.createClient(name, role) })
		}
	}
	s.alone(func() { socket.exchange(rubbish...) })
	stock.stop()
	metrics(b, map[string]float64{
		"ms_rest": rest.ms(), "ms_bare_tcp": overTCP.ms(), "ms_bare_unix": overSocket.ms(), "ms_ctrl": process.ms(), "ms_ctrl_stock": onStock.ms(),
		"x_of_bare_tcp":            float64(rest.median()) / float64(overTCP.median()),
		"x_of_bare_unix":           float64(rest.median()) / float64(overSocket.median()),
		"x_faster_than_ctrl_stock": float64(onStock.median()) / float64(rest.median()),
		"x_faster_than_ctrl":       float64(process.median()) / float64(rest.median()),
		"x_of_bare_tcp_at_p10":     float64(rest.quantile(0.1)) / float64(overTCP.quantile(0.1)),
	})
}

// mosquittoCtrl runs the broker's own tool once. It exits with 0 even when the plugin refuses; that shows when the
// client is deleted afterwards.
func mosquittoCtrl(b *testing.B, mqtt string, args ...string) {
	b.Helper()
	tool := "mosquitto_ctrl"
	if chosen := os.Getenv("BUNKERM_TEST_MOSQUITTO"); chosen != "" {
		if beside := filepath.Join(filepath.Dir(chosen), tool); isFile(beside) {
			tool = beside
		}
	}
	host, port, err := net.SplitHostPort(mqtt)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(tool, append([]string{"-h", host, "-p", port, "-u", managerName, "-P", managerPassword, "dynsec"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("mosquitto_ctrl: %v\n%s", err, out)
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
