package conf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// tenThousand is a configuration of 10,000 lines: 200 listeners with TLS, 300 bridges, comments and blank lines between.
func tenThousand() string {
	var b strings.Builder
	b.WriteString("allow_anonymous false\npersistence true\nsys_interval 5\n")
	for i := range 200 {
		fmt.Fprintf(&b, "\n# Listener %d, for the machines of hall %d.\nlistener %d\ncertfile certs/%d.pem\nkeyfile certs/%d.key\nmax_connections 100\n", i, i, 10000+i, i, i)
	}
	for i := 0; strings.Count(b.String(), "\n") < 10_000; i++ {
		fmt.Fprintf(&b, "\n# Bridge %d.\nconnection b%d\naddress host%d.example.org:8883\nbridge_cafile certs/ca.pem\nremote_username u%d\nremote_password secret%d\n", i, i, i, i, i)
		for j := range 20 {
			fmt.Fprintf(&b, "topic sensors/%d/# out 1 \"\" hall%d/\n", j, i)
		}
		b.WriteString("keepalive_interval 30\nnotifications false\n")
	}
	b.WriteString("max_keepaliv 60\n")
	return b.String()
}

var v2011 = conf.Version{Major: 2, Patch: 11}

func BenchmarkParseAndCheck10k(b *testing.B) {
	d := disk{main: tenThousand()}
	if n := strings.Count(d[main], "\n"); n < 10_000 {
		b.Fatalf("the file has only %d lines", n)
	}
	b.ReportAllocs()
	for b.Loop() {
		c, err := conf.Load(main, d)
		if err != nil {
			b.Fatal(err)
		}
		if problems := c.Check(v2011); len(problems) != 1 {
			b.Fatalf("want the unknown setting of the last line, got %+v", problems)
		}
	}
}

func BenchmarkEdit10k(b *testing.B) {
	c := loadDisk(b, disk{main: tenThousand()})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Edit([]conf.Change{{Op: conf.OpSet, Scope: "listener:10100", Key: "max_connections", Value: "7"}}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompare10k(b *testing.B) {
	before := loadDisk(b, disk{main: tenThousand()})
	after, err := before.Edit([]conf.Change{{Op: conf.OpSet, Key: "sys_interval", Value: "7"}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if e := conf.Compare(before, after, v2011); e.Kind != conf.EffectReload {
			b.Fatalf("%+v", e)
		}
	}
}

func BenchmarkDiff10k(b *testing.B) {
	before := loadDisk(b, disk{main: tenThousand()})
	after, err := before.Edit([]conf.Change{{Op: conf.OpSet, Key: "sys_interval", Value: "7"}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if d := conf.Diff(before, after); len(d) != 1 {
			b.Fatalf("%+v", d)
		}
	}
}

// BenchmarkParseAndCheck5MB is a file of settings, of which the 500 first problems are told.
func BenchmarkParseAndCheck5MB(b *testing.B) {
	d := disk{main: strings.Repeat("plugin_opt_some_option with a value\nmax_keepaliv 60\n", 5<<20/52)}
	b.ReportAllocs()
	b.SetBytes(int64(len(d[main])))
	for b.Loop() {
		c, err := conf.Load(main, d)
		if err != nil {
			b.Fatal(err)
		}
		c.Check(v2011)
	}
}
