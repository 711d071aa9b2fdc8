package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestASettingIsKeptAndSaid(t *testing.T) {
	s := setting{"date": "2026-11-26", "commit": "0123456789", "go": "1.26.8", "mosquitto": "2.0.11", "cpus": "2", "cpu-model": "AMD EPYC",
		"memory": "24 GiB", "system": "linux/amd64, Linux 6.1", "load": "0.10"}
	if diff := cmp.Diff(s, settingOf([]byte("x\n"+s.lines()+"pkg: a\n"))); diff != "" {
		t.Error(diff)
	}
	const want = "Measured on 2026-11-26 at commit 0123456789: Mosquitto 2.0.11, Go 1.26.8, 2 CPUs (AMD EPYC), 24 GiB, linux/amd64, Linux 6.1. " +
		"Load of the machine before: 0.10."
	if got := s.sentence(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if s.series() != "2.0" || (setting{}).series() != "" {
		t.Error(s.series(), setting{}.series())
	}
}

func TestWhereThisRunsIsFound(t *testing.T) {
	s, err := look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"date", "commit", "go", "mosquitto", "cpus", "system"} {
		if s[name] == "" {
			t.Errorf("%s is not known: %v", name, s)
		}
	}
}
