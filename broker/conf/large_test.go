package conf_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// TestFiveHostileMegabytes holds the time that texts take which are made to cost: many lines, many scopes, many of the
// same, many in the same place.
func TestFiveHostileMegabytes(t *testing.T) {
	repeat := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < 5<<20; i++ {
			if strings.Contains(format, "%") {
				fmt.Fprintf(&b, format, i)
			} else {
				b.WriteString(format)
			}
		}
		return b.String()
	}
	for _, format := range []string{
		"\n", "a\n", "listener 1\n", "listener 1 10.0.0.%d\n", "connection %d\n", "log_type %d\n", "include_dir d\n", "include_dir %d\n",
		"max_keepaliv%d 1\n", "plugin /x\nplugin_opt_a%d b\n", "x",
	} {
		t.Run(strings.ReplaceAll(strings.TrimSpace(format), "/", "|"), func(t *testing.T) {
			start := time.Now()
			c := load(t, repeat(format), "d/a.conf", strings.Repeat("user x\n", 10_000))
			if n := len(c.Check(version(t, "2.1.2"))); n > 600 {
				t.Errorf("%d problems are told", n)
			}
			after, err := c.Edit([]conf.Change{{Op: conf.OpAdd, Key: "sys_interval", Value: "5"}})
			if err != nil {
				t.Fatal(err)
			}
			conf.Compare(c, after, version(t, "2.1.2"))
			conf.Diff(c, after)
			c.Masked()
			c.Paths()
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it takes %v", took)
			}
			t.Log(time.Since(start))
		})
	}
}
