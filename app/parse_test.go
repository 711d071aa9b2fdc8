package app_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/app"
)

func env(pairs ...string) func(string) (string, bool) {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

// parse takes settings alone, as serve does.
func parse(args []string, lookup func(string) (string, bool)) (app.Options, error) {
	_, o, err := app.ParseCommand(flag.NewFlagSet("serve", flag.ContinueOnError), args, lookup)
	return o, err
}

func TestFlagsWinOverEnvironmentOverDefaults(t *testing.T) {
	o, err := parse([]string{"--listen", ":3000", "--data-dir=/d"},
		env("BUNKERM_LISTEN", ":4000", "BUNKERM_LOG_LEVEL", "debug"))
	if err != nil {
		t.Fatal(err)
	}
	if o.Listen != ":3000" || o.LogLevel != "debug" || o.DynsecListen != "127.0.0.1:1000" || o.Broker != "managed" {
		t.Errorf("got %+v", o)
	}
}

func TestAFlagAloneMeansTrue(t *testing.T) {
	for want, c := range map[string]struct{ args, env []string }{
		"false": {},
		"true":  {args: []string{"--allow-dangerous-settings", "--listen", ":1"}},
	} {
		if o, err := parse(c.args, env(append(c.env, "HOME", "/h")...)); err != nil || o.AllowDangerous != want {
			t.Errorf("%v: %q, %v", c.args, o.AllowDangerous, err)
		}
	}
	if o, err := parse(nil, env("BUNKERM_ALLOW_DANGEROUS_SETTINGS", "true", "HOME", "/h")); err != nil || o.AllowDangerous != "true" {
		t.Errorf("from the environment: %q, %v", o.AllowDangerous, err)
	}
}

func TestEmptyTurnsOffOnlyWhatCanBeOff(t *testing.T) {
	o, err := parse(nil, env("BUNKERM_DYNSEC_LISTEN", "", "BUNKERM_LISTEN", "", "HOME", "/h"))
	if err != nil {
		t.Fatal(err)
	}
	if o.DynsecListen != "" {
		t.Errorf("dynsec listener = %q, want off", o.DynsecListen)
	}
	if o.Listen != ":2000" {
		t.Errorf("listen = %q, want the default", o.Listen)
	}
	if o, err = parse([]string{"--dynsec-listen="}, env("HOME", "/h")); err != nil || o.DynsecListen != "" {
		t.Errorf("--dynsec-listen= gave %q, %v", o.DynsecListen, err)
	}
}

func TestBadSettingsNameFlagValueAndRemedy(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		env  []string
		want []string
	}{
		"no port":                     {args: []string{"--listen", "abc"}, want: []string{"--listen", `"abc"`, ":2000"}},
		"port too high":               {args: []string{"--listen", ":70000"}, want: []string{"--listen", `":70000"`, "65535"}},
		"from environment":            {env: []string{"BUNKERM_LISTEN", "x"}, want: []string{"BUNKERM_LISTEN", `"x"`, ":2000"}},
		"broker scheme":               {args: []string{"--broker", "http://h"}, want: []string{"--broker", "mqtts://host:8883"}},
		"on exit":                     {args: []string{"--on-exit", "maybe"}, want: []string{"--on-exit", `"maybe"`, "stop or keep"}},
		"unknown flag":                {args: []string{"--lissten", ":1"}, want: []string{"there is no flag --lissten", "serve --help"}},
		"flag without a value":        {args: []string{"--listen"}, want: []string{"--listen needs a value"}},
		"no folder":                   {args: []string{"--data-dir", ""}, want: []string{"--data-dir is empty"}},
		"half a pair":                 {args: []string{"--tls-cert", "c.pem"}, want: []string{"--tls-cert", "--tls-key"}},
		"attach only":                 {args: []string{"--broker-user", "u"}, want: []string{"--broker-user", "managed"}},
		"files of an attached broker": {args: []string{"--broker-conf", "/etc/mosquitto/mosquitto.conf"}, want: []string{"--broker-conf", "managed"}},
		"process without files":       {args: []string{"--broker", "mqtt://h:1883", "--broker-pid-file", "/run/m.pid"}, want: []string{"--broker-pid-file", "--broker-conf"}},
		"half a command":              {args: []string{"--broker-restart-command", "sh -c 'x"}, want: []string{"--broker-restart-command", "quote"}},
		"relative folder":             {args: []string{"--broker-paths", "/etc/certs,certs"}, want: []string{"--broker-paths", "whole path"}},
		"neither true nor false":      {args: []string{"--allow-dangerous-settings=perhaps"}, want: []string{"--allow-dangerous-settings", "true or false"}},
		"managed only": {args: []string{"--broker", "mqtt://h:1883", "--mqtt-listen", ":1"},
			want: []string{"--mqtt-listen", "--broker"}},
		"public address that is none": {args: []string{"--public-url", "mqtt.example"}, want: []string{"--public-url", "https://mqtt.example/broker/"}},
		"public address with a query": {args: []string{"--public-url", "https://h/?a"}, want: []string{"--public-url", "without a query"}},
		"prefix that nobody can keep": {args: []string{"--base-path", "/a b/"}, want: []string{"--base-path", `"/a b/"`, "/broker/"}},
		"prefix of the API":           {args: []string{"--base-path", "/api"}, want: []string{"--base-path", "other than /api/"}},
		"filter that matches nothing": {args: []string{"--observe", "a/+, b/#/c"}, want: []string{"--observe", `"b/#/c"`, "last level"}},
		"proxy by name":               {args: []string{"--trusted-proxies", "nginx"}, want: []string{"--trusted-proxies", `"nginx"`, "10.0.0.0/8"}},
		"two policies":                {args: []string{"--frame-ancestors", "*; script-src *"}, want: []string{"--frame-ancestors", "'self'"}},
		"no key file":                 {env: []string{"API_KEY_FILE", "/does/not/exist"}, want: []string{"API_KEY_FILE", "/does/not/exist"}},
		"empty key file":              {env: []string{"API_KEY_FILE", empty}, want: []string{"API_KEY_FILE", "empty"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(c.args, env(c.env...))
			if err == nil {
				t.Fatal("accepted")
			}
			text := app.Explain(err)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q does not say %q", text, want)
				}
			}
		})
	}
}

func TestSecretsComeFromFilesAndCredentials(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "api_key"), []byte("from-a-file-long-enough-00\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, lookup := range map[string]func(string) (string, bool){
		"file":       env("API_KEY_FILE", filepath.Join(dir, "api_key"), "HOME", "/h"),
		"credential": env("CREDENTIALS_DIRECTORY", dir, "HOME", "/h"),
	} {
		o, err := parse(nil, lookup)
		if err != nil || o.APIKey != "from-a-file-long-enough-00" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDataDirFollowsTheSurroundings(t *testing.T) {
	o, err := parse(nil, env("STATE_DIRECTORY", "/var/lib/x", "HOME", "/h"))
	if err != nil || o.DataDir != "/var/lib/x" {
		t.Errorf("under systemd: %q, %v", o.DataDir, err)
	}
	o, err = parse(nil, env("HOME", "/h", "XDG_STATE_HOME", "/s"))
	want := "/s/bunkerm"
	if os.Geteuid() == 0 {
		want = "/var/lib/bunkerm"
	}
	if err != nil || o.DataDir != want {
		t.Errorf("data dir = %q, %v; want %q", o.DataDir, err, want)
	}
}

func TestHelpAsksForHelp(t *testing.T) {
	if _, err := parse([]string{"--help"}, env()); !errors.Is(err, app.ErrHelp) {
		t.Errorf("err = %v", err)
	}
	var text strings.Builder
	app.WriteSettings(&text)
	for _, s := range app.Settings() {
		if !strings.Contains(text.String(), s.Env) || !strings.Contains(app.SettingsTable(), s.Env) {
			t.Errorf("%s is not shown", s.Env)
		}
	}
}
