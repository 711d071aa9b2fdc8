package keeper

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// idleSupervisor is one whose run is not called: the test is its goroutine.
func idleSupervisor(t *testing.T, spec Spec) *supervisor {
	t.Helper()
	log := newSpool(&rotated{path: filepath.Join(t.TempDir(), BrokerLogName), max: 1 << 20, files: 2}, spoolBytes)
	t.Cleanup(func() { log.close(time.Minute) })
	return newSupervisor(spec, log, slog.New(slog.DiscardHandler))
}

func TestDelaysGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := idleSupervisor(t, Spec{Socket: filepath.Join(t.TempDir(), "s"), StopTimeout: time.Second})
		defer close(s.launcher.work)
		crash := func(after time.Duration) time.Duration {
			s.proc = &process{voice: newVoice(s.log.broker)}
			s.nowRuns("2.0.11")
			time.Sleep(after) //nolint:forbidigo // on the bubble's clock
			s.buried("signal: killed")
			if s.status.State != Backoff {
				t.Fatalf("state %s", s.status.State)
			}
			return time.Until(s.status.NextTry)
		}
		for _, want := range []float64{0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30} {
			if got := crash(time.Second).Seconds(); got != want {
				t.Errorf("delay of %v s, want %v", got, want)
			}
		}
		if got := crash(provenGood); got != firstDelay {
			t.Errorf("delay of %v after a long life", got)
		}
	})
}

func TestFloodOfComplaintsMakesFewStatuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := idleSupervisor(t, Spec{Socket: filepath.Join(t.TempDir(), "s"), StopTimeout: time.Second})
		s.proc = &process{ended: make(chan string, 1), voice: newVoice(s.log.broker), signal: func(os.Signal) error { return nil }}
		s.nowRuns("2.0.11")
		changes, stop := s.board.watch()
		defer stop()
		<-changes
		voice, ended := s.proc.voice, s.proc.ended
		go s.run(t.Context())
		for i := range 1000 {
			voice.hear(fmt.Appendf(nil, "Error: number %d\n", i))
			synctest.Wait()
		}
		time.Sleep(2 * showLater) //nolint:forbidigo // on the bubble's clock
		synctest.Wait()
		if n := len(changes); n != 1 {
			t.Errorf("%d statuses", n)
		}
		if st := <-changes; len(st.LastWords) != wordsKept || st.LastWords[wordsKept-1] != "Error: number 999" {
			t.Errorf("last words: %q", st.LastWords)
		}
		ended <- "exit status 0"
		if _, err := s.order(t.Context(), opShutdown); err != nil {
			t.Error(err)
		}
	})
}

// A broker whose user has turned its log off cannot say that it runs.
func TestSilentBrokerIsTakenToRun(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	conf := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\nlog_dest none\n", port)
	if err := os.WriteFile(filepath.Join(dir, "mosquitto.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	s := idleSupervisor(t, Spec{
		Mosquitto: Mosquitto(t), Dir: dir, Config: "mosquitto.conf", ProvenDir: filepath.Join(dir, "proven"),
		Socket: filepath.Join(dir, "s"), UID: -1, GID: -1, StopTimeout: 30 * time.Second,
	})
	s.patience = 50 * time.Millisecond
	go s.run(context.WithoutCancel(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if st, err := s.order(ctx, opStart); err != nil || st.State != Running || st.Version != "" {
		t.Errorf("start: %+v, %v", st, err)
	}
	if st, err := s.order(ctx, opShutdown); err != nil || st.State != Stopped {
		t.Errorf("shutdown: %+v, %v", st, err)
	}
	if _, err := s.order(ctx, opStart); !fault.Is(err, fault.Unavailable) {
		t.Errorf("start after the end: %v", err)
	}
}
