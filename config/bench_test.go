package config

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// bare is the same broker with the same files, that nobody looks after.
type bare struct {
	b       *testing.B
	dir     string
	program string
	address string
	cmd     *exec.Cmd
}

// copyOf makes one of a house's files, on another port.
func copyOf(b *testing.B, h *house) *bare {
	b.Helper()
	dir, err := os.MkdirTemp("", "bare")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, name := range []string{"mosquitto.conf", "dynamic-security.json", "bunkerm.d/10-bunkerm.conf", "bunkerm.d/20-log.conf"} {
		text, err := os.ReadFile(filepath.Join(h.managed.BrokerDir(), name))
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, "broker", filepath.Dir(name)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "broker", name), text, 0o600)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	path := filepath.Join(dir, "broker", "mosquitto.conf")
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	old := h.managed.MQTTAddr()
	_, oldPort, _ := strings.Cut(old, ":")
	port := freePort(b)
	text = bytes.Replace(text, []byte("listener "+oldPort), fmt.Appendf(nil, "listener %d", port), 1)
	if err := os.WriteFile(path, append(text, "user root\n"...), 0o600); err != nil {
		b.Fatal(err)
	}
	program, _ := h.managed.Program()
	return &bare{b: b, dir: filepath.Join(dir, "broker"), program: program, address: fmt.Sprintf("127.0.0.1:%d", port)}
}

func (r *bare) start() {
	r.b.Helper()
	r.cmd = exec.Command(r.program, "-c", "mosquitto.conf")
	r.cmd.Dir = r.dir
	if err := r.cmd.Start(); err != nil {
		r.b.Fatal(err)
	}
	for until := time.Now().Add(patience); ; {
		c, err := dialCrowd(r.address, "bare") // refused, which is an answer too
		if c != nil {
			_ = c.conn.Close()
		}
		if err == nil || strings.Contains(err.Error(), "is refused") {
			return
		}
		if time.Now().After(until) {
			r.b.Fatal("the bare broker does not answer")
		}
		<-time.After(time.Millisecond)
	}
}

func (r *bare) stop() {
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	_ = r.cmd.Wait()
}

// BenchmarkApply changes a setting that needs a restart, and one that needs a reload, beside a restart of the same broker
// by hand: SIGTERM, the end, a start, and the first answer to a client. In turns; medians are reported.
func BenchmarkApply(b *testing.B) {
	for _, checked := range []string{"checked, tried and proven", "proven"} {
		b.Run(checked, func(b *testing.B) {
			h := whole(b)
			if checked == "proven" {
				h.o.Try = nil
			}
			r := copyOf(b, h)
			r.start()
			var restart, reload, byHand []time.Duration
			for i := range b.N {
				at := time.Now()
				r.stop()
				r.start()
				byHand = append(byHand, time.Since(at))

				at = time.Now()
				if done, err := h.change(set("max_queued_messages", fmt.Sprint(1000+i))); err != nil || done.Effect != string(broker.ByRestart) {
					b.Fatalf("%+v %v", done, err)
				}
				restart = append(restart, time.Since(at))

				at = time.Now()
				if done, err := h.change(set("sys_interval", fmt.Sprint(1+i%9))); err != nil || done.Effect != string(broker.ByReload) {
					b.Fatalf("%+v %v", done, err)
				}
				reload = append(reload, time.Since(at))
			}
			r.stop()
			b.ReportMetric(medianMS(restart), "ms/restart")
			b.ReportMetric(medianMS(reload), "ms/reload")
			b.ReportMetric(medianMS(byHand), "ms/bare_restart")
			b.ReportMetric(medianMS(restart)/medianMS(byHand), "×bare_restart")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func medianMS(took []time.Duration) float64 {
	slices.Sort(took)
	return took[len(took)/2].Seconds() * 1000
}
