package conf_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/conf"
)

// asked is the mosquitto that these tests ask; make test MOSQUITTO=… names another one.
type asked struct {
	executable string
	version    conf.Version
}

func ask(t testing.TB) asked {
	t.Helper()
	executable, _ := brokertest.Mosquitto(t)
	// It prints its help with an exit code that is not 0.
	out, _ := exec.Command(executable, "-h").CombinedOutput()
	found := regexp.MustCompile(`mosquitto version (\S+)`).FindSubmatch(out)
	if found == nil {
		t.Fatalf("%s does not tell its version: %q", executable, out)
	}
	return asked{executable, version(t, string(found[1]))}
}

// marker is a line that the broker refuses. When that is what it complains about, it has taken all lines above: so the
// broker's reader can be asked without opening a port, in 2.0 too.
const marker = "marker_of_the_test"

// refusal is what the broker says against a configuration, "" when it takes it. It stops with reading.
func (a asked) refusal(t testing.TB, dir string, lines ...string) string {
	t.Helper()
	text := strings.Join(lines, "\n") + "\n" + marker + " x\n"
	if err := os.WriteFile(filepath.Join(dir, main), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said := a.run(t, dir)
	if strings.Contains(said, "Unknown configuration variable") && strings.Contains(said, marker) {
		return ""
	}
	return said
}

// run starts the broker with the configuration in dir, which must make it stop, and returns what it writes.
func (a asked) run(t testing.TB, dir string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, a.executable, "-c", main)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err == nil || ctx.Err() != nil {
		text, _ := os.ReadFile(filepath.Join(dir, main))
		t.Fatalf("the broker does not stop with this configuration (%v):\n%s\nIt says:\n%s", err, text, out.String())
	}
	return out.String()
}

// emptyDir is a folder with an empty folder of the name empty in it.
func emptyDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}
