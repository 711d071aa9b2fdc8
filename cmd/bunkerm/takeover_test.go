package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestWhoTakesOurConnectionOverIsTold connects with the client id of BunkerM's own session.
func TestWhoTakesOurConnectionOverIsTold(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("log_dest topic"))
	s := attach(t, b, b.AdminUsername, b.AdminPassword)
	eventually(t, "it is ready", func() bool { return strings.HasPrefix(s.readyz(), "200") })
	b.MustControl(t, map[string]any{"command": "createClient", "username": "thief", "password": "p"})
	ids := regexp.MustCompile(`New client connected from \S+ as (bunkerm-[0-9a-f]{32}) `)
	eventually(t, "the connections that last", func() bool {
		found := ids.FindAllStringSubmatch(b.Log(), -1)
		for _, m := range found {
			if _, err := b.Connect(t, "thief", "p", m[1]); err != nil {
				t.Fatal(err)
			}
		}
		return len(found) > 0
	})
	eventually(t, "the alert", func() bool { return len(s.alerts("kind=taken_over&status=open")) == 1 })
	eventually(t, "who it was", func() bool {
		return strings.Contains(s.alerts("kind=taken_over")[0].Explanation, `The account "thief" from 127.0.0.1 connected with the client id`)
	})
}
