package doctest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long the commands of one page may take.
const patience = 2 * time.Minute

// TestPages follows every page from its first block of commands to its last, as somebody does who has one terminal
// open for typing. A page whose commands need a BunkerM that runs says how it is started, in a block with the mark
// serve, or finds one running, with everything in its usual place.
func TestPages(t *testing.T) {
	binary := build(t)
	for _, p := range pages(t) {
		steps := p.steps()
		runnable := false
		for _, s := range steps {
			runnable = runnable || s.needs() == ""
		}
		if !runnable {
			continue
		}
		t.Run(strings.TrimSuffix(p.name, ".md"), func(t *testing.T) {
			t.Parallel()
			follow(t, p, newPlace(t, binary))
		})
	}
}

// built makes the binary once for all tests, as make does, in a folder that is removed when they are done.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "doctest")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "bunkerm")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", name, "./cmd/bunkerm")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return name, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return name, nil
})

func build(t *testing.T) string {
	t.Helper()
	name, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestMain(m *testing.M) {
	code := m.Run()
	if name, _ := built(); name != "" {
		_ = os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// mark parts the answers; no program prints such a line.
const mark = "----8<----"

// prelude has the words that the test itself uses in the page's shell. A block marked serve runs in the background, as in
// a terminal of its own, and is waited for; the next such block, or one marked stopped, ends it as Ctrl-C would.
const prelude = `exec 2>&1 </dev/null
doctest_stop() {
	[ -z "$doctest_serve" ] && return
	kill -TERM "$doctest_serve" 2>/dev/null
	wait "$doctest_serve" 2>/dev/null
	doctest_serve=
}
doctest_ready() {
	doctest_tries=0
	until curl -fsS -o /dev/null localhost:2000/readyz 2>/dev/null; do
		doctest_tries=$((doctest_tries + 1))
		if [ $doctest_tries -gt 300 ] || ! kill -0 "$doctest_serve" 2>/dev/null; then
			echo "it does not become ready:"; cat "$DOCTEST/serve.log"; exit 1
		fi
		command sleep 0.1
	done
}
sleep() { # a page says how long a person waits on an idle machine
	command sleep "$(($1 * 3))"
}
trap doctest_stop EXIT
`

// follow runs a page's commands in one shell and compares what they print with what the page says.
func follow(t *testing.T, p page, at *place) {
	t.Helper()
	steps := p.steps()
	var script strings.Builder
	script.WriteString(prelude)
	first := slices.IndexFunc(steps, func(s step) bool { return s.has("serve") || s.has("stopped") })
	if first < 0 || steps[first].has("stopped") { // what is to be stopped runs
		script.WriteString(background("bunkerm serve\n"))
	}
	var ran []step
	for _, s := range steps {
		switch commands := at.really(s.text); {
		case s.needs() != "":
			continue
		case s.has("serve"):
			script.WriteString(background(commands))
		case s.has("stopped"):
			script.WriteString("doctest_stop\n" + commands)
		default:
			script.WriteString(commands)
		}
		fmt.Fprintf(&script, "echo '%s'\n", mark)
		ran = append(ran, s)
	}
	out := at.run(t, script.String())
	answers := strings.Split(out, mark+"\n")
	for i, s := range ran {
		if i >= len(answers)-1 {
			t.Fatalf("%s:%d: these commands end the shell or hang:\n%s%s\nand what serves says:\n%s", p.name, s.line, s.text,
				answers[len(answers)-1], at.served())
		}
		if said := at.documented(answers[i]); !promised(s.prints).MatchString(said) {
			t.Errorf("%s:%d says that\n%sprints\n%s\nbut it prints\n%s", p.name, s.line, s.text, s.prints, said)
		}
	}
}

var serving = regexp.MustCompile(`(sudo )?((bin/)?bunkerm serve|bunkerm adopt|make run)`)

// background is a block marked serve as the shell is given it. What serves takes the place of the shell behind it, so that
// it is what ends.
func background(commands string) string {
	commands = serving.ReplaceAllString(commands, "exec $1$2")
	if strings.Contains(commands, "adopt") || strings.Contains(commands, "--broker ") {
		commands = "unset BUNKERM_MQTT_LISTEN\n" + commands // the other broker has its own port
	}
	return "doctest_stop\n{\n" + commands + "} >\"$DOCTEST/serve.log\" 2>&1 </dev/null &\ndoctest_serve=$!\ndoctest_ready\n"
}

// run gives a script to a shell and returns what it printed.
func (pl *place) run(t *testing.T, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	file := filepath.Join(pl.hidden, "script")
	write(t, file, script, 0o600)
	shell := exec.CommandContext(ctx, "sh", file)
	shell.Dir = pl.dir
	shell.Env = pl.env
	// A shell that a signal ends runs no trap, so what it has started is told too. Keepers have a group of their own: clear ends them.
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	shell.Cancel = func() error { return syscall.Kill(-shell.Process.Pid, syscall.SIGTERM) }
	shell.WaitDelay = 10 * time.Second
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Logf("the shell ended with %v", err)
	}
	return string(out)
}

// served is what the program that runs in the background has said.
func (pl *place) served() string {
	text, err := os.ReadFile(filepath.Join(pl.hidden, "serve.log"))
	if err != nil {
		return err.Error()
	}
	return pl.documented(string(text))
}

// promised matches what was printed with the page's words. … stands for what is left out of a line, and a line of
// nothing else for any lines. Versions of mosquitto_pub differ in the full stop at the end.
func promised(text string) *regexp.Regexp {
	var pattern strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "…" {
			pattern.WriteString(`(.*\n)*`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + `\.?\n`)
	}
	return regexp.MustCompile("^" + pattern.String() + "$")
}
