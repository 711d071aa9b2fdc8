package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// step is one block of commands of the README and what it promises that they print.
type step struct{ commands, prints string }

// firstFiveMinutes reads the steps from the README. A block of commands that is followed by no block of text
// promises to print nothing.
func firstFiveMinutes(t *testing.T) []step {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "\n## The first five minutes\n")
	section, _, ended := strings.Cut(section, "\n## ")
	if !found || !ended {
		t.Fatal("the README has lost its first five minutes")
	}
	var steps []step
	for _, block := range regexp.MustCompile("(?ms)^```(sh|text)\n(.*?)^```$").FindAllStringSubmatch(section, -1) {
		if block[1] == "sh" {
			steps = append(steps, step{commands: block[2]})
		} else {
			steps[len(steps)-1].prints = block[2]
		}
	}
	if len(steps) < 6 || steps[0].commands != "make run\n" {
		t.Fatalf("the first five minutes have %d steps and do not begin with make run", len(steps))
	}
	return steps
}

// TestReadme follows the README's first five minutes word for word, against the binary as make builds it. What
// differs is where the ports are: the settings come from the environment, and curl and mosquitto_pub find the
// free ports of the test through their own configuration files.
func TestReadme(t *testing.T) {
	steps := firstFiveMinutes(t)
	dir := t.TempDir()
	build := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "bin", "bunkerm"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	running := serveAsMake(t, dir)
	gatewayHost, gatewayPort := hostPort(t, running.URL)
	mqttHost, mqttPort := hostPort(t, running.MQTT)

	home := filepath.Join(dir, "home")
	writeReadmeFile(t, filepath.Join(home, ".curlrc"), "connect-to = localhost:2000:"+gatewayHost+":"+gatewayPort+"\n")
	writeReadmeFile(t, filepath.Join(home, ".config", "mosquitto_pub"), "-h "+mqttHost+"\n-p "+mqttPort+"\n")

	// One shell runs everything, as one person's does; a line that no program prints parts the answers.
	const mark = "----8<----"
	var script strings.Builder
	script.WriteString("exec 2>&1\n")
	for _, s := range steps[1:] {
		fmt.Fprintf(&script, "%secho '%s'\n", s.commands, mark)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-c", script.String())
	shell.Dir = dir
	shell.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "CURL_HOME="+home)
	out, err := shell.Output()
	if err != nil {
		t.Fatalf("running the README's commands: %v\n%s", err, out)
	}
	answers := strings.Split(string(out), mark+"\n")
	for i, s := range steps[1:] {
		if !promised(s.prints).MatchString(answers[i]) {
			t.Errorf("the README says that\n%sprints\n%sbut it prints\n%s", s.commands, s.prints, answers[i])
		}
	}
}

// promised matches what a program printed with the README's words, where … stands for what is left out of a line.
// Versions of mosquitto_pub differ in the full stop at the end.
func promised(text string) *regexp.Regexp {
	var pattern strings.Builder
	for line := range strings.Lines(text) {
		line = regexp.QuoteMeta(strings.TrimSuffix(line, "\n"))
		pattern.WriteString(strings.ReplaceAll(line, "…", ".*") + `\.?\n`)
	}
	return regexp.MustCompile("^" + pattern.String() + "$")
}

// serveAsMake starts the binary with the arguments that make run gives it.
func serveAsMake(t *testing.T, dir string) *server {
	t.Helper()
	cmd := exec.Command(filepath.Join(dir, "bin", "bunkerm"), "serve", "--data-dir", "./data")
	cmd.Dir = dir
	cmd.Env = append(brokerEnv(), "PATH="+os.Getenv("PATH"), "HOME="+dir,
		"BUNKERM_LISTEN=127.0.0.1:0", "BUNKERM_DYNSEC_LISTEN=", "BUNKERM_MONITOR_LISTEN=", "BUNKERM_CLIENTLOGS_LISTEN=",
		"BUNKERM_MQTT_LISTEN=127.0.0.1:0", "BUNKERM_ON_EXIT=stop")
	return startServer(t, filepath.Join(dir, "data"), cmd)
}

// hostPort splits an address, with or without a scheme.
func hostPort(t *testing.T, address string) (host, port string) {
	t.Helper()
	_, rest, found := strings.Cut(address, "://")
	if !found {
		rest = address
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

func writeReadmeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
