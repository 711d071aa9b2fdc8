package logtail

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// TestEveryLineOnceInOrder lets a broker write, rotations happen and the collector die at random moments, all at the
// same time. Rotation is by rename, so every line must come exactly once.
func TestEveryLineOnceInOrder(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			everyLineOnce(t, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

func everyLineOnce(t *testing.T, random *rand.Rand) {
	l := newLogFile(t)
	r := read(t, NewFile(l.path, Options{}))
	// The collector dies now and then while it takes lines, and does not keep them.
	deaths := rand.New(rand.NewPCG(random.Uint64(), 2))
	r.mu.Lock()
	r.fail = func(broker.LogBatch) error {
		if deaths.IntN(8) == 0 {
			return errCrash
		}
		return nil
	}
	r.mu.Unlock()

	var want []string
	rotations := 0
	for step := range 150 {
		switch random.IntN(10) {
		case 0:
			l.rotate(&rotations)
			if random.IntN(2) == 0 {
				l.write(fmt.Sprint("late ", step)) // to the renamed file
				want = append(want, fmt.Sprint("late ", step))
			}
			l.close()
		case 1:
			r.end()
			r.start()
		case 2:
			text := fmt.Sprint("torn ", step, strings.Repeat("-", random.IntN(40_000)))
			cut := random.IntN(len(text))
			l.raw(text[:cut])
			l.raw(text[cut:] + "\n")
			want = append(want, text)
		case 3:
			pause := time.NewTimer(time.Duration(random.IntN(6)) * time.Millisecond)
			<-pause.C
		default:
			for i := range 1 + random.IntN(200) {
				want = append(want, fmt.Sprint("line ", step, " ", i))
				l.write(want[len(want)-1])
			}
		}
	}
	r.mu.Lock()
	r.fail = nil
	r.mu.Unlock()
	r.end()
	r.start()
	r.want(want...)
	r.wantGaps()
}

// rotate renames all files one up, as logrotate does where there is a file to rotate.
func (l *logFile) rotate(rotations *int) {
	if _, err := os.Stat(l.path); err != nil {
		return
	}
	for i := *rotations; i >= 1; i-- {
		must(l.t, os.Rename(fmt.Sprint(l.path, ".", i), fmt.Sprint(l.path, ".", i+1)))
	}
	l.rename(".1")
	*rotations++
}

// TestTruncationLosesNothingThatWasRead truncates only what was read, at random moments of our own life: nothing is
// lost then either, and each truncation is told.
func TestTruncationLosesNothingThatWasRead(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	l := newLogFile(t)
	r := read(t, NewFile(l.path, Options{}))
	var want []string
	truncated := 0
	for step := range 60 {
		for i := range 1 + random.IntN(50) {
			want = append(want, fmt.Sprint("line ", step, " ", i))
			l.write(want[len(want)-1])
		}
		r.want(want...)
		switch random.IntN(4) {
		case 0:
			l.copyTruncate(fmt.Sprint(".", 100-step)) // a copy of everything is there: it must not be read twice
			truncated++
		case 1:
			r.end()
			r.start()
		case 2:
			l.copyTruncate("")
			truncated++
		}
	}
	_, gaps := r.got()
	if len(gaps) == 0 || len(gaps) > truncated {
		t.Errorf("%d truncations, %d gaps told", truncated, len(gaps))
	}
}
