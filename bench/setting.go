package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// setting is where and with what was measured, by its names.
type setting map[string]string

// Names of a setting, in the order in which they are kept, as lines of the benchmark format.
func settingNames() []string {
	return []string{"date", "commit", "go", "mosquitto", "cpus", "cpu-model", "memory", "system", "load"}
}

// look finds out on what this runs.
func look(ctx context.Context) (setting, error) {
	s := setting{
		"date": time.Now().Format(time.DateOnly), "go": strings.TrimPrefix(runtime.Version(), "go"),
		"cpus": strconv.Itoa(runtime.NumCPU()), "system": runtime.GOOS + "/" + runtime.GOARCH,
	}
	var err error
	if s["mosquitto"], err = mosquittoVersion(ctx); err != nil {
		return nil, err
	}
	if s["commit"], err = commit(ctx); err != nil {
		return nil, err
	}
	// Only Linux has these.
	s["cpu-model"] = fieldOf("/proc/cpuinfo", `(?m)^(?:model name|Model)\s*: (.+)$`)
	if kib, err := strconv.Atoi(fieldOf("/proc/meminfo", `(?m)^MemTotal:\s+(\d+) kB$`)); err == nil {
		s["memory"] = strconv.Itoa((kib+1<<19)>>20) + " GiB"
	}
	if release := fieldOf("/proc/sys/kernel/osrelease", `(?m)^(\d+\.\d+)`); release != "" {
		s["system"] += ", Linux " + release
	}
	s["load"] = fieldOf("/proc/loadavg", `^(\S+)`)
	return s, nil
}

func fieldOf(path, expression string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if found := regexp.MustCompile(expression).FindSubmatch(text); found != nil {
		return strings.TrimSpace(string(found[1]))
	}
	return ""
}

func mosquittoVersion(ctx context.Context) (string, error) {
	program := os.Getenv("BUNKERM_TEST_MOSQUITTO")
	for _, path := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"} {
		if program != "" {
			break
		}
		program, _ = exec.LookPath(path)
	}
	if program == "" {
		return "", fmt.Errorf("mosquitto is not here")
	}
	said, _ := exec.CommandContext(ctx, program, "-h").Output() //nolint:gosec // whoever sets the variable runs programs anyway
	found := regexp.MustCompile(`mosquitto version (\d+\.\d+\.\d+)`).FindSubmatch(said)
	if found == nil {
		return "", fmt.Errorf("%s -h does not tell its version: %s", program, said)
	}
	return string(found[1]), nil
}

// commit is what is measured. The document that this program writes does not count as a change.
func commit(ctx context.Context) (string, error) {
	hash, err := exec.CommandContext(ctx, "git", "rev-parse", "--short=10", "HEAD").Output()
	if err != nil {
		return "unknown", nil
	}
	changed, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--untracked-files=no").Output()
	if err != nil {
		return "", fmt.Errorf("git status: %w", err)
	}
	text := strings.TrimSpace(string(hash))
	for line := range strings.Lines(string(changed)) {
		if len(line) > 3 && filepath.ToSlash(strings.TrimSpace(line[3:])) != "docs/performance.md" {
			return text + " with changes", nil
		}
	}
	return text, nil
}

// lines keeps a setting in the benchmark format.
func (s setting) lines() string {
	var b strings.Builder
	for _, name := range settingNames() {
		if s[name] != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, s[name])
		}
	}
	return b.String()
}

// settingOf reads what lines wrote.
func settingOf(text []byte) setting {
	s := setting{}
	for _, name := range settingNames() {
		if found := regexp.MustCompile(`(?m)^` + name + `: (.+)$`).FindSubmatch(text); found != nil {
			s[name] = string(found[1])
		}
	}
	return s
}

// series is the first two numbers of Mosquitto's version.
func (s setting) series() string {
	parts := strings.SplitN(s["mosquitto"], ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// sentence says it to a reader.
func (s setting) sentence() string {
	text := fmt.Sprintf("Measured on %s at commit %s: Mosquitto %s, Go %s, %s CPUs", s["date"], s["commit"], s["mosquitto"], s["go"], s["cpus"])
	if s["cpu-model"] != "" {
		text += " (" + s["cpu-model"] + ")"
	}
	if s["memory"] != "" {
		text += ", " + s["memory"]
	}
	text += ", " + s["system"] + "."
	if s["load"] != "" {
		text += " Load of the machine before: " + s["load"] + "."
	}
	return text
}
