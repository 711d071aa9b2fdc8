package main

import (
	"strings"
	"testing"
)

// TestHelpOnEveryCommand asks as people do, in both ways.
func TestHelpOnEveryCommand(t *testing.T) {
	for _, c := range commands() {
		if c.help == "" || c.name == "help" || c.name == "version" {
			continue
		}
		for _, args := range [][]string{{"help", c.name}, {c.name, "--help"}} {
			out, err := bunkerm(nil, args...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "usage: bunkerm "+c.name+" ") {
				t.Errorf("bunkerm %s: %v\n%s", strings.Join(args, " "), err, out)
			}
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
