package logtail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

// BenchmarkFollow reads a million lines as the keeper writes them, from the page cache.
func BenchmarkFollow(b *testing.B) {
	const lines = 1_000_000
	stamps := map[string]func(i int) string{
		"keeper": func(i int) string {
			return begins.Add(time.Duration(i) * time.Millisecond / 10).Format("2006-01-02T15:04:05.000Z07:00 ")
		},
		"epoch": func(i int) string { return fmt.Sprintf("%d: ", begins.Unix()+int64(i)/5000) },
		"bare":  func(int) string { return "" },
	}
	for name, stamp := range stamps {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			path := filepath.Join(dir, keeper.BrokerLogName)
			var data bytes.Buffer
			for i := range lines {
				fmt.Fprintf(&data, "%sReceived PUBLISH from device-%d (d0, q0, r0, m0, 'plant/line/%d/temperature', ... (5 bytes))\n", stamp(i), i%1000, i%1000)
			}
			must(b, os.WriteFile(path, data.Bytes(), 0o600))
			files := NewFile(path, Options{})
			if name == "keeper" {
				files = NewKeeper(dir, Options{})
			}
			b.SetBytes(int64(data.Len()))
			b.ReportAllocs()
			for b.Loop() {
				n, done := 0, errors.New("all read")
				err := files.Follow(b.Context(), "", func(batch broker.LogBatch) error {
					if n += len(batch.Lines); n == lines {
						return done
					}
					return nil
				})
				if !errors.Is(err, done) {
					b.Fatal(err)
				}
			}
			b.ReportMetric(lines*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// BenchmarkDelay is from the write of a line to take, while a line comes now and then.
func BenchmarkDelay(b *testing.B) {
	l := newLogFile(b)
	l.write("first")
	ctx, cancel := context.WithCancel(context.Background())
	came, done := make(chan time.Time, 1), make(chan error, 1)
	go func() {
		done <- NewFile(l.path, Options{}).Follow(ctx, "", func(broker.LogBatch) error { came <- time.Now(); return nil })
	}()
	<-came
	var delays []time.Duration
	pause := time.NewTimer(0)
	for b.Loop() {
		pause.Reset(20 * time.Millisecond)
		<-pause.C
		at := time.Now()
		l.write("line")
		delays = append(delays, (<-came).Sub(at))
	}
	cancel()
	must(b, <-done)
	slices.Sort(delays)
	b.ReportMetric(float64(delays[len(delays)/2].Microseconds()), "µs-median")
	b.ReportMetric(float64(delays[len(delays)*99/100].Microseconds()), "µs-p99")
}

// BenchmarkIdle is what following costs while nothing comes, in percent of a core.
func BenchmarkIdle(b *testing.B) {
	l := newLogFile(b)
	l.write("first")
	const span = 2 * time.Second
	for b.Loop() {
		ctx, cancel := context.WithTimeout(context.Background(), span)
		before := cpu(b)
		must(b, NewFile(l.path, Options{}).Follow(ctx, "", func(broker.LogBatch) error { return nil }))
		b.ReportMetric(100*float64(cpu(b)-before)/float64(span), "%-core")
		cancel()
	}
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSearch looks through 16 MiB for something that is not there.
func BenchmarkSearch(b *testing.B) {
	dir := b.TempDir()
	var data bytes.Buffer
	for i := 0; data.Len() < 16<<20; i++ {
		fmt.Fprintf(&data, "2026-11-23T20:46:11.042Z Received PUBLISH from device-%d (d0, q0, r0, m0, 'plant/line/%d/temperature', ... (5 bytes))\n", i, i)
	}
	must(b, os.WriteFile(filepath.Join(dir, keeper.BrokerLogName), data.Bytes(), 0o600))
	b.SetBytes(int64(data.Len()))
	b.ReportAllocs()
	for b.Loop() {
		p, err := NewKeeper(dir, Options{}).Search(b.Context(), Query{Limit: 50, Keep: func(l *broker.LogLine) bool { return len(l.Text) == 0 }})
		if err != nil || len(p.Lines) > 0 {
			b.Fatal(p, err)
		}
	}
}
