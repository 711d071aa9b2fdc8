package broker

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

const pluginFile = "mosquitto_dynamic_security.so"

// program is the broker's software on this machine.
type program struct {
	Executable string // absolute
	Plugin     string // absolute path of the dynamic security plugin
	Version    string // as in 2.0.11
}

// findProgram finds what the options do not name. Its faults say how to install or name what is missing.
func findProgram(ctx context.Context, executable, plugin string) (program, error) {
	exe, err := findMosquitto(executable)
	if err != nil {
		return program{}, err
	}
	p := program{Executable: exe}
	if p.Version, err = mosquittoVersion(ctx, exe); err != nil {
		return program{}, err
	}
	if p.Plugin, err = findPlugin(exe, plugin); err != nil {
		return program{}, err
	}
	return p, nil
}

func installHint() string {
	if runtime.GOOS == "darwin" {
		return "install it with `brew install mosquitto`, or name its executable with --mosquitto"
	}
	return "install it with `apt install mosquitto`, or name its executable with --mosquitto"
}

// findMosquitto looks in the PATH and in the folders for system programs, which an ordinary user's PATH lacks.
func findMosquitto(named string) (string, error) {
	if named != "" {
		found, err := exec.LookPath(named)
		if err != nil {
			return "", fault.Newf(fault.Unavailable, "the mosquitto that is named, %s, cannot be run", named).
				Hint("name an executable file with --mosquitto, or leave the setting out to have it looked for").Because(err)
		}
		return filepath.Abs(found)
	}
	for _, name := range []string{
		"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto",
	} {
		if found, err := exec.LookPath(name); err == nil {
			return filepath.Abs(found)
		}
	}
	return "", fault.New(fault.Unavailable, "mosquitto is not installed on this machine").Hint(installHint())
}

// findPlugin looks beside the executable first, so that plugin and broker are of one version where a machine has
// two, and then where distributions put it.
func findPlugin(executable, named string) (string, error) {
	if named != "" {
		if info, err := os.Stat(named); err != nil || !info.Mode().IsRegular() {
			return "", fault.Newf(fault.Unavailable, "the dynamic security plugin that is named, %s, is not there", named).
				Hint("name the file " + pluginFile).Because(err)
		}
		return filepath.Abs(named)
	}
	var folders []string
	resolved, err := filepath.EvalSymlinks(executable)
	if err != nil {
		resolved = executable
	}
	for _, exe := range []string{resolved, executable} {
		lib := filepath.Join(filepath.Dir(filepath.Dir(exe)), "lib")
		folders = append(folders, lib, lib+"/*", lib+"64")
	}
	folders = append(folders, "/usr/lib/*", "/usr/lib", "/usr/lib64", "/usr/lib64/mosquitto*", "/usr/local/lib",
		"/usr/local/lib/*", "/opt/homebrew/lib", "/opt/homebrew/opt/mosquitto/lib")
	for _, folder := range folders {
		// The pattern is ours; a path of the operator's with brackets in it just matches nothing.
		found, _ := filepath.Glob(filepath.Join(folder, pluginFile))
		if len(found) > 0 {
			return found[0], nil
		}
	}
	return "", fault.New(fault.Unavailable, "mosquitto's dynamic security plugin is not on this machine").
		Hint("install a mosquitto 2.0 or later that comes with " + pluginFile + ", as Debian's and Homebrew's do")
}

var versionText = regexp.MustCompile(`mosquitto version (\d+)\.(\S+)`)

// mosquittoVersion asks the program for its help, which begins with the version and has no side effect.
func mosquittoVersion(ctx context.Context, exe string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "-h")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput() // 2.0 ends its help with exit status 3, so the output decides
	m := versionText.FindSubmatch(out)
	if m == nil {
		return "", fault.Newf(fault.Unavailable, "%s does not say which mosquitto it is", exe).
			Hint("run `" + exe + " -h` to see what is wrong with it").Because(err)
	}
	if major := string(m[1]); major == "0" || major == "1" {
		return "", fault.Newf(fault.Unavailable, "mosquitto %s.%s is too old", m[1], m[2]).
			Hint("install mosquitto 2.0.11 or later, the first with a dynamic security plugin that works")
	}
	return fmt.Sprintf("%s.%s", m[1], strings.TrimSuffix(string(m[2]), ",")), nil
}
