package main

import (
	"strings"
	"testing"
)

// TestHelpOnEveryCommand asks as people do, in both ways.
func TestHelpOnEveryCommand(t *testing.T) {
	for _, c := range commands() {
		if c.help == "" || c.name == "help" {
			continue
		}
		for _, args := range [][]string{{"help", c.name}, {c.name, "--help"}} {
			out, err := bunkerm(nil, args...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "usage: bunkerm "+c.name) {
				t.Errorf("bunkerm %s: %v\n%s", strings.Join(args, " "), err, out)
			}
		}
	}
}

// TestWhatIsNotUnderstoodHasACodeOfItsOwn: 2, a sentence on the standard error, and nothing on the standard output.
func TestWhatIsNotUnderstoodHasACodeOfItsOwn(t *testing.T) {
	for args, want := range map[string]string{
		"nonsense":                       `there is no command "nonsense"`,
		"help nonsense":                  `there is no command "nonsense"`,
		"help serve user":                `"user" belongs to nothing`,
		"version now":                    `"now" belongs to nothing`,
		"serve now":                      "usage: bunkerm serve [settings]",
		"serve --lissten :1":             "there is no flag --lissten",
		"serve --listen":                 "--listen needs a value",
		"serve --listen x":               "as in :2000",
		"serve --tls-cert c.pem":         "--tls-key",
		"apikey":                         "apikey rotate",
		"user add":                       "usage: bunkerm user",
		"cert create --nope":             "there is no flag --nope",
		"backup x":                       "--to",
		"restore":                        "usage: bunkerm restore FILE",
		"forget --client a --user b":     "one at a time",
		"import --existing never":        "skip or update",
		"adopt --login x":                "--serve",
		"account --username=":            "needs a name",
		"account x":                      "usage: bunkerm account",
		"doctor":                         "usage: bunkerm doctor",
		"doctor --nope host":             "there is no flag --nope",
		"doctor host --publish":          "--publish needs --topic",
		"doctor host:port":               `"port" is no port`,
		"detect --budget many table.csv": "budget",
		"healthcheck soon":               "usage: bunkerm healthcheck",
		"keeper":                         "serve",
	} {
		cmd := bunkerm(nil, strings.Fields(args)...)
		var said strings.Builder
		cmd.Stderr = &said
		out, _ := cmd.Output()
		if code := cmd.ProcessState.ExitCode(); code != 2 || len(out) > 0 || !strings.Contains(said.String(), want) {
			t.Errorf("bunkerm %s: code %d, %q; it says %q", args, code, out, said.String())
		}
	}
}

func TestTheVersionIsAFlagToo(t *testing.T) {
	for _, args := range []string{"version", "--version", "-v"} {
		if out, err := bunkerm(nil, args).Output(); err != nil || !strings.HasPrefix(string(out), "bunkerm ") {
			t.Errorf("bunkerm %s: %q, %v", args, out, err)
		}
	}
}

func TestDoctorTakesItsHostAnywhere(t *testing.T) {
	for _, args := range []string{"--username kettle broker.lan:1884 --tls", "broker.lan:1884 --tls --username kettle", "--tls --username kettle broker.lan:1884"} {
		p, err := parseDoctor(strings.Fields(args))
		if err != nil || p.o.Host != "broker.lan" || p.o.Port != 1884 || !p.o.TLS || p.o.Username != "kettle" {
			t.Errorf("%s: %+v %v", args, p.o, err)
		}
	}
	for _, args := range []string{"", "--tls", "one two", "one --tls two"} {
		if _, err := parseDoctor(strings.Fields(args)); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
