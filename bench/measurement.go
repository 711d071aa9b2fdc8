package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// measurement is one call of a program that prints lines in the format of Go's benchmarks.
type measurement struct {
	pkg   string // the package's folder below the root, with slashes
	bench string // the benchmark's name without Benchmark, or several with | between; the same for sub-benchmarks may follow: Parse/debug|regexp
	time  string // -benchtime, the same in a quick run if quick is empty
	quick string
	count int      // how often in a whole run, of which the median counts; 0 is once
	env   []string // only in a whole run
	limit time.Duration
	// command is run instead of go test, in the folder pkg.
	command []string
}

func (m *measurement) String() string { return m.pkg + "." + m.bench }

// gives reports whether a benchmark with that full name is one of this measurement's.
func (m *measurement) gives(pkg, bench string) bool {
	if pkg != m.pkg {
		return false
	}
	name, _, _ := strings.Cut(bench, "/")
	of, _, _ := strings.Cut(m.bench, "/")
	for one := range strings.SplitSeq(of, "|") {
		if one == name {
			return true
		}
	}
	return false
}

// chosenOf are those measurements that an expression matches; nil matches all.
func chosenOf(all []*measurement, only *regexp.Regexp) (chosen []*measurement) {
	for _, m := range all {
		if only == nil || only.MatchString(m.String()) {
			chosen = append(chosen, m)
		}
	}
	return chosen
}

// expression is what go test is given: -bench takes one expression for each level of names.
func (m *measurement) expression() string {
	top, below, deep := strings.Cut(m.bench, "/")
	text := "^Benchmark(" + top + ")$"
	if deep {
		text += "/(" + below + ")"
	}
	return text
}

func (m *measurement) prepared(ctx context.Context, quick bool) *exec.Cmd {
	if len(m.command) > 0 {
		cmd := exec.CommandContext(ctx, m.command[0], m.command[1:]...)
		cmd.Dir = m.pkg
		return cmd
	}
	args := []string{"test", "-run", "^$", "-bench", m.expression(), "-timeout", m.limit.String()}
	duration := m.time
	if quick {
		args = append(args, "-short")
		if m.quick != "" {
			duration = m.quick
		}
	}
	if m.count > 0 && !quick {
		args = append(args, "-count", strconv.Itoa(m.count))
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "-benchtime", duration, "./"+path.Clean(m.pkg))...)
	if !quick {
		cmd.Env = append(os.Environ(), m.env...)
	}
	return cmd
}

// measure runs it and returns what it said.
func (m *measurement) measure(ctx context.Context, quick bool) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, m.limit+time.Minute)
	defer cancel()
	cmd := m.prepared(ctx, quick)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	// go test hands an interrupt on to the benchmark, which ends what it has started.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	if err := cmd.Run(); err != nil {
		return said.Bytes(), fmt.Errorf("%s: %w\n%s", m, err, reasons(said.String()))
	}
	return said.Bytes(), nil
}

// measureAll runs one measurement after the other. One that fails does not keep the others from being made.
func measureAll(ctx context.Context, all []*measurement, quick bool, into figures, keep, progress io.Writer) error {
	var failed []error
	for i, m := range all {
		fmt.Fprintf(progress, "bench: %d of %d, %s\n", i+1, len(all), m)
		began := time.Now()
		said, err := m.measure(ctx, quick)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(m.command) > 0 { // go test says by itself which package its lines are about
			said = append([]byte("pkg: "+m.pkg+"\n"), said...)
		}
		_, kept := keep.Write(said)
		failed = append(failed, kept, into.read(m.String(), said))
		if err != nil {
			fmt.Fprintf(progress, "bench: %v\n", err)
			failed = append(failed, fmt.Errorf("%s has failed", m))
		}
		fmt.Fprintf(progress, "bench: %s\n", time.Since(began).Round(time.Second))
	}
	return errors.Join(failed...)
}

// reasons are the lines in which tests say what failed, and the last ones, which is where other programs do.
func reasons(text string) string {
	const last = 20
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	var told []string
	for i, line := range all {
		if strings.Contains(line, "_test.go:") || i >= len(all)-last {
			told = append(told, line)
		}
	}
	return strings.Join(told, "\n")
}
