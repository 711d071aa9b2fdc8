package app

import (
	"log/slog"
	"net"
	"strings"
	"testing"
)

// TestTheGreetingLeadsToTheFirstAccount on this host, and from another machine where that reaches the page.
func TestTheGreetingLeadsToTheFirstAccount(t *testing.T) {
	for listen, elsewhere := range map[string]bool{"127.0.0.1:0": false, ":0": true} {
		var said strings.Builder
		a := New(Options{DataDir: t.TempDir(), Broker: "mqtt://broker.lan", Terminal: true, Console: &said})
		var err error
		if a.keys, err = openKeys(a.opts, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		if a.listener, err = net.Listen("tcp", listen); err != nil {
			t.Fatal(err)
		}
		a.setupToken = "the-token"
		a.greet()
		if err := a.listener.Close(); err != nil {
			t.Fatal(err)
		}
		text := said.String()
		if !strings.Contains(text, a.URL()+"/#token=the-token") || strings.Contains(text, "from another machine") != elsewhere {
			t.Errorf("with --listen %s: %s", listen, text)
		}
	}
}
