// Package packaging_test holds what is packaged to the program and to itself: settings that exist, ports and versions that
// agree, and what each file promises. `make release-check` asks the tools that will read these files.
//
// It may import app, for the settings that there are.
package packaging_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/app"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// values are those of a key in a file of lines key=value.
func values(text, key string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && name == key {
			found = append(found, value)
		}
	}
	return found
}

func TestUnitKeepsItsPromises(t *testing.T) {
	unit := read(t, "systemd/bunkerm.service")
	for key, want := range map[string]string{
		"KillMode":            "process", // a restart leaves the keeper and its broker
		"Type":                "exec",
		"User":                "bunkerm",
		"ExecStart":           "/usr/bin/bunkerm serve",
		"StateDirectory":      "bunkerm",
		"AmbientCapabilities": "CAP_NET_BIND_SERVICE",
		"NoNewPrivileges":     "yes",
		"ProtectSystem":       "strict",
		"EnvironmentFile":     "-/etc/default/bunkerm",
		"LimitNOFILE":         "262144",
	} {
		if got := values(unit, key); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for _, setting := range []string{"ProcSubset=pid", "PrivateUsers=yes", "PrivateNetwork=yes", "DynamicUser=yes", "RuntimeDirectory="} {
		if strings.Contains(unit, "\n"+setting) {
			t.Errorf("with %s the keeper would not find its broker again, or no port could be taken", setting)
		}
	}
}

// variable is how settings are written in the files here; the name of a secret's file ends in _FILE.
var variable = regexp.MustCompile(`\b(BUNKERM_[A-Z_]+|API_KEY(_FILE)?)\b`)

func TestEverySettingThatIsNamedExists(t *testing.T) {
	known := map[string]bool{}
	for _, s := range app.Settings() {
		known[s.Env], known[s.Env+"_FILE"] = true, true
	}
	for _, path := range []string{
		"deb/default", "deb/postinst", "systemd/bunkerm.service", "kubernetes/bunkerm.yaml", "homeassistant/config.yaml",
		"../Dockerfile", "../compose.yaml",
		"../docs/install.md", "../docs/docker.md", "../docs/kubernetes.md", "../docs/homeassistant.md", "../docs/upgrade.md", "../SECURITY.md",
	} {
		for _, name := range variable.FindAllString(read(t, path), -1) {
			if !known[name] {
				t.Errorf("%s names %s, which is no setting", path, name)
			}
		}
	}
}

// TestTheAddOnsOptionsAreSettings reads the names in the add-on's options and schema, which BunkerM reads as its settings.
func TestTheAddOnsOptionsAreSettings(t *testing.T) {
	known := map[string]bool{}
	for _, s := range app.Settings() {
		known[strings.ToLower(strings.TrimPrefix(s.Env, "BUNKERM_"))] = true
	}
	config := read(t, "homeassistant/config.yaml")
	_, options, _ := strings.Cut(config, "\noptions:\n")
	options, _, found := strings.Cut(options, "\nmap:")
	names := regexp.MustCompile(`(?m)^  ([a-z_]+):`).FindAllStringSubmatch(options, -1)
	if !found || len(names) < 5 {
		t.Fatalf("the options are not where they were: %q", options)
	}
	translations := read(t, "homeassistant/translations/en.yaml")
	for _, name := range names {
		if !known[name[1]] {
			t.Errorf("the add-on has the option %s, which is no setting", name[1])
		}
		if !strings.Contains(translations, "\n  "+name[1]+":\n") {
			t.Errorf("the option %s has no words", name[1])
		}
	}
}

func TestVersionsAgree(t *testing.T) {
	version := strings.TrimSpace(read(t, "VERSION"))
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) {
		t.Fatalf("the version is %q", version)
	}
	for path, line := range map[string]string{
		"homeassistant/config.yaml": "version: " + version,
		"kubernetes/bunkerm.yaml":   "image: ghcr.io/bunkerm/bunkerm:" + version,
		"../compose.yaml":           "image: ghcr.io/bunkerm/bunkerm:" + version,
		"../Dockerfile":             "ARG VERSION=" + version,
	} {
		if !regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(line) + `$`).MatchString(read(t, path)) {
			t.Errorf("%s does not say %q", path, line)
		}
	}
}

func TestPortsAgree(t *testing.T) {
	var listen string
	for _, s := range app.Settings() {
		if s.Flag == "listen" {
			listen = strings.TrimPrefix(s.Default, ":")
		}
	}
	for path, lines := range map[string][]string{
		"../Dockerfile":             {"EXPOSE 1883 " + listen + " 8883 8884 8885", "BUNKERM_MQTT_LISTEN=:1883"},
		"../compose.yaml":           {`"127.0.0.1:` + listen + ":" + listen + `"`, `"1883:1883"`},
		"kubernetes/bunkerm.yaml":   {"containerPort: " + listen, "containerPort: 1883"},
		"homeassistant/config.yaml": {"ingress_port: " + listen, "1883/tcp: 1883", "http://[HOST]:" + listen + "/healthz"},
	} {
		for _, line := range lines {
			if !strings.Contains(read(t, path), line) {
				t.Errorf("%s does not say %q", path, line)
			}
		}
	}
}
