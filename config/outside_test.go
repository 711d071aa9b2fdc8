package config

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker/keeper"
)

// TestWhatWasAppliedByAnOrderOutlivesACrash edits the file on the host, applies it through the API, and has the broker crash: the
// keeper brings it back with what was applied, not with what was proven before.
func TestWhatWasAppliedByAnOrderOutlivesACrash(t *testing.T) {
	h := whole(t)
	for order, line := range map[string]string{"restart": "max_queued_messages 77", "reload": "sys_interval 3"} {
		t.Run(order, func(t *testing.T) {
			if err := os.WriteFile(h.confPath(), []byte(strings.TrimSpace(h.text())+"\n"+line+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var err error
			if order == "restart" {
				_, err = h.Restart(within(t), "")
			} else {
				_, err = h.Reload(within(t), "")
			}
			if err != nil {
				t.Fatal(err)
			}
			before := h.managed.Status()
			if err := syscall.Kill(before.BrokerPID, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the broker is back", func() bool {
				now := h.managed.Status()
				return now.BrokerPID != before.BrokerPID && now.State == keeper.Running
			})
			if now := h.managed.Status(); now.Config != keeper.ConfigLive {
				t.Errorf("it runs with the %s configuration", now.Config)
			}
		})
	}
}
