package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAShortSoak makes one trouble of each kind in half a minute: the soak itself must not rot.
func TestAShortSoak(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "bunkerm")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/bunkerm/bunkerm/cmd/bunkerm")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	var told bytes.Buffer
	report, err := Soak(t.Context(), Options{
		Binary: binary, For: 30 * time.Second, Clients: 100, Stay: 5 * time.Second, Every: time.Second, Dir: t.TempDir(),
		Seed: uint64(time.Now().UnixNano()), Trouble: AllTroubles(), Out: &told,
	})
	t.Log(told.String())
	if err != nil {
		t.Fatal(err)
	}
	told.Reset()
	report.Write(&told)
	t.Log(told.String())
	if len(report.Broken) > 0 {
		t.Error("promises were broken")
	}
	for _, trouble := range AllTroubles() {
		if report.Had[trouble] == 0 && len(report.LeftOut) == 0 {
			t.Errorf("it never happened that %s", trouble)
		}
	}
}

// TestAnEndedSoakLeavesNothing interrupts one while it is under way.
func TestAnEndedSoakLeavesNothing(t *testing.T) {
	binary, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	dir := t.TempDir()
	// What it takes for BunkerM does not know its arguments, ends at once, and is started again and again.
	if _, err := Soak(ctx, Options{Binary: binary, For: time.Minute, Dir: dir, Out: &bytes.Buffer{}}); err == nil {
		t.Error("it soaked something else than BunkerM")
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil || strings.Contains(string(mounts), dir) {
		t.Errorf("the small disk is still there: %v", err)
	}
}

func TestThePlan(t *testing.T) {
	for seed := range uint64(100) {
		for _, length := range []time.Duration{30 * time.Second, 15 * time.Minute, 3 * time.Hour} {
			o := Options{For: length, Clients: 2000, Trouble: AllTroubles()}
			had, last := map[Trouble]int{}, time.Duration(0)
			for _, a := range plan(o, randomOf(seed, 0)) {
				had[a.what]++
				if a.after < last || a.after > length {
					t.Fatalf("%v: %s comes at %s, behind %s", length, a.what, a.after, last)
				}
				if last = a.after; a.what == KillBunkerM && a.after > length/2 {
					t.Errorf("%v: BunkerM is killed at %s", length, a.after)
				}
			}
			if len(had) != len(o.Trouble) {
				t.Errorf("%v: only %v", length, had)
			}
		}
	}
}
