package doctest

import (
	"bufio"
	"context"
	"fmt"
	"io"
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
const patience = 5 * time.Minute

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

// prelude has the words that the test itself uses in the page's shell. A block marked serve runs in the background, as in
// a terminal of its own, and is waited for; the next such block, or one marked stopped, ends it as Ctrl-C would.
const prelude = `exec 2>&1
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
		if [ $doctest_tries -gt 600 ] || ! kill -0 "$doctest_serve" 2>/dev/null; then
			echo "it does not become ready:"; cat "$DOCTEST/serve.log"; exit 1
		fi
		command sleep 0.1
	done
	# A person types more slowly than the broker's debug log comes on, without which nobody hears of what is denied.
	until ! curl -sS -H "X-API-Key: $(bunkerm apikey show 2>/dev/null)" localhost:2000/api/settings/clientlogs 2>/dev/null |
		grep -q 'about to be switched on'; do
		doctest_tries=$((doctest_tries + 1))
		[ $doctest_tries -gt 600 ] && break
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
	sh := at.shell(t)
	sh.say(prelude)
	first := slices.IndexFunc(steps, func(s step) bool { return s.has("serve") || s.has("stopped") })
	if first < 0 || steps[first].has("stopped") { // what is to be stopped runs
		sh.say(background("bunkerm serve\n"))
	}
	for _, s := range steps {
		var out string
		switch commands := at.really(s.text); {
		case s.needs() != "":
			continue
		case s.has("serve"):
			out = sh.say(background(commands))
		case s.has("stopped"):
			out = sh.say("doctest_stop\n") + at.until(sh, s, commands)
		default:
			out = at.until(sh, s, commands)
		}
		if sh.ended {
			t.Fatalf("%s:%d: these commands end the shell or hang:\n%s%s\nand what serves says:\n%s", p.name, s.line, s.text, out, at.served())
		}
		if said := at.documented(out); !s.kept(said) {
			t.Errorf("%s:%d says that\n%sprints\n%s\nbut it prints\n%s", p.name, s.line, s.text, s.prints, said)
		}
	}
}

// until runs the commands of a step. Those behind its last sleep look at what happens meanwhile, so they are repeated until they
// see it: a page says how long a person waits, on a machine that does nothing else.
func (pl *place) until(sh *shell, s step, commands string) string {
	at := strings.LastIndex("\n"+commands, "\nsleep ")
	if at < 0 {
		return sh.say(commands)
	}
	end := at + strings.IndexByte(commands[at:], '\n') + 1
	before := sh.say(commands[:end])
	const tooLong = time.Minute
	for began := time.Now(); ; {
		out := before + sh.say(commands[end:])
		if sh.ended || s.kept(pl.documented(out)) || time.Since(began) > tooLong {
			return out
		}
		<-time.After(time.Second)
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

// shell is what a page's commands are typed into.
type shell struct {
	file  string // holds the commands that are run
	in    io.Writer
	out   *bufio.Reader
	ended bool
}

// shell starts one that ends with the test.
func (pl *place) shell(t *testing.T) *shell {
	t.Helper()
	in, typed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, said, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience) // that of the test ends before its cleanup
	cmd := exec.CommandContext(ctx, "sh")
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout = pl.dir, pl.env, in, said
	// A shell that a signal ends runs no trap, so what it has started is told too. Keepers have a group of their own: clear ends them.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		_ = out.SetReadDeadline(time.Now()) // whatever has the other end
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = in.Close(), said.Close() // they are the shell's
	t.Cleanup(func() {
		_ = typed.Close()
		if err := cmd.Wait(); err != nil {
			t.Logf("the shell ended with %v", err)
		}
		cancel()
		_ = out.Close()
	})
	return &shell{file: filepath.Join(pl.hidden, "step"), in: typed, out: bufio.NewReader(out)}
}

// mark parts the answers; no program prints such a line.
const mark = "----8<----"

// say has the shell run commands and returns what they print.
func (sh *shell) say(commands string) string {
	if sh.ended {
		return ""
	}
	err := os.WriteFile(sh.file, []byte(commands), 0o600)
	if err == nil {
		_, err = fmt.Fprintf(sh.in, ". '%s' </dev/null\necho '%s'\n", sh.file, mark)
	}
	var said strings.Builder
	for err == nil {
		var line string
		line, err = sh.out.ReadString('\n')
		if before, is := strings.CutSuffix(line, mark+"\n"); is {
			said.WriteString(before)
			return said.String()
		}
		said.WriteString(line)
	}
	sh.ended = true
	return said.String()
}

// served is what the program that runs in the background has said.
func (pl *place) served() string {
	text, err := os.ReadFile(filepath.Join(pl.hidden, "serve.log"))
	if err != nil {
		return err.Error()
	}
	return pl.documented(string(text))
}

// kept tells whether what was printed is what the page promises.
func (s step) kept(said string) bool { return promised(s.prints).MatchString(said) }

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
