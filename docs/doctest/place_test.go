package doctest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// place is where a page is followed: a folder, and what stands in for the ports and the paths that it names, so that
// several pages are followed at once beside whatever runs on this host.
type place struct {
	dir    string            // where the page's shell stands
	hidden string            // what belongs to the test and not to the page
	ports  map[string]string // as documented → really
	paths  map[string]string
	env    []string
	back   map[string]string // the other way round
	found  *regexp.Regexp    // what of back stands in a text
}

// documentedPorts are all that the pages name: of the page and API, of MQTT, the same over TLS, secure websockets and with
// certificates of clients, plain websockets, the same of another broker, and of the services alone.
func documentedPorts() []string {
	return []string{"2000", "1883", "8883", "8884", "8885", "9001", "1884", "1900", "1000", "1001", "1002", "1005", "8100"}
}

// newPlace makes a folder with the programs that the pages name, and settings as an installed BunkerM has them.
func newPlace(t *testing.T, binary string) *place {
	t.Helper()
	hidden := t.TempDir()
	pl := &place{dir: filepath.Join(hidden, "work"), hidden: hidden, ports: map[string]string{}}
	mosquitto, plugin := brokertest.Mosquitto(t)
	pl.paths = map[string]string{
		"/var/lib/bunkerm": filepath.Join(pl.dir, "data"),
		"/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so": plugin,
	}
	pl.back = map[string]string{}
	var found []string
	for _, port := range documentedPorts() {
		pl.ports[port] = strconv.Itoa(freePort(t))
		pl.back[pl.ports[port]] = port
		found = append(found, `\b`+pl.ports[port]+`\b`)
	}
	for documented, really := range pl.paths {
		pl.back[really] = documented
		found = append(found, regexp.QuoteMeta(really))
	}
	pl.found = regexp.MustCompile(strings.Join(found, "|"))
	t.Cleanup(pl.clear)

	home := filepath.Join(hidden, "home")
	bin := filepath.Join(hidden, "bin")
	loopback := "127.0.0.1:"
	write(t, filepath.Join(home, ".curlrc"), "connect-to = localhost:2000:"+loopback+pl.ports["2000"]+"\n", 0o600)
	for _, program := range []string{"mosquitto_pub", "mosquitto_sub", "mosquitto_rr", "mosquitto_ctrl"} {
		write(t, filepath.Join(home, ".config", program), "-h 127.0.0.1\n-p "+pl.ports["1883"]+"\n", 0o600)
	}
	write(t, filepath.Join(bin, "sudo"), "#!/bin/sh\nexec \"$@\"\n", 0o700)
	write(t, filepath.Join(bin, "make"), "#!/bin/sh\n[ \"$*\" = run ] || exit 1\nexec bin/bunkerm serve --data-dir ./data\n", 0o700)
	link(t, binary, filepath.Join(bin, "bunkerm"))
	link(t, mosquitto, filepath.Join(bin, "mosquitto"))
	link(t, binary, filepath.Join(pl.dir, "bin", "bunkerm")) // where make puts it

	pl.env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"),
		"CURL_HOME=" + home, "DOCTEST=" + hidden, "TZ=UTC", "BUNKERM_DATA_DIR=" + filepath.Join(pl.dir, "data"),
		"BUNKERM_LISTEN=" + loopback + pl.ports["2000"], "BUNKERM_MQTT_LISTEN=" + loopback + pl.ports["1883"],
		"BUNKERM_MOSQUITTO=" + mosquitto, "BUNKERM_DYNSEC_PLUGIN=" + plugin, "BUNKERM_ON_EXIT=stop"}
	for name, port := range map[string]string{"DYNSEC": "1000", "MONITOR": "1001", "CLIENTLOGS": "1002", "CONFIG": "1005", "ANOMALY": "8100"} {
		pl.env = append(pl.env, fmt.Sprintf("BUNKERM_%s_LISTEN=%s", name, loopback+pl.ports[port]))
	}
	return pl
}

// The ports of places come from below those that systems give to whoever asks for any, or connects to somewhere: such a one
// might be taken between looking and listening.
var (
	nextPort  atomic.Int32
	firstPort = sync.OnceValue(func() int { return 20_000 + os.Getpid()%100*100 })
)

func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 20_000 + (firstPort()-20_000+int(nextPort.Add(1)))%10_000
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

var (
	listens  = regexp.MustCompile(`([ =]):([0-9]{4})\b`)
	connects = regexp.MustCompile(`(localhost:|127\.0\.0\.1:|-p |--port |listener )([0-9]{4})\b`)
)

// really are the commands with the ports and paths of this place. The page of BunkerM is found by curl's own settings.
func (pl *place) really(commands string) string {
	port := func(before, documented string) string {
		if really, known := pl.ports[documented]; known {
			return before + really
		}
		return before + documented
	}
	commands = listens.ReplaceAllStringFunc(commands, func(found string) string {
		return port(found[:1]+"127.0.0.1:", found[2:])
	})
	commands = connects.ReplaceAllStringFunc(commands, func(found string) string {
		cut := len(found) - 4
		if found == "localhost:2000" {
			return found
		}
		return port(found[:cut], found[cut:])
	})
	for documented, really := range pl.paths {
		commands = strings.ReplaceAll(commands, documented, really)
	}
	return commands
}

// documented is what was printed with the ports and paths of the page.
func (pl *place) documented(printed string) string {
	return pl.found.ReplaceAllStringFunc(printed, func(really string) string { return pl.back[really] })
}

// clear ends what a page has left behind that did not come to its end: every process that names this place.
func (pl *place) clear() {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range lines {
		args, _ := os.ReadFile(name)
		pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
		if pid > 1 && strings.Contains(string(args), pl.hidden+"/") {
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
	}
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}
