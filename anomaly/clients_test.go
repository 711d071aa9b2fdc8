package anomaly

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// does has a client do something now.
func (h *house) does(kind ClientKind, id, address string) {
	h.s.Client(&ClientEvent{At: h.now, Kind: kind, ClientID: id, Address: address})
}

func TestWhatClientsDo(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(h *house)
		want []string
	}{
		"one that is refused again and again, and gets in": {func(h *house) {
			h.passes(12*time.Second, func(int) { h.does(ClientRefused, "pump", "10.0.0.9") })
			h.does(ClientConnected, "pump", "10.0.0.9")
		}, []string{"open guessed: pump logged in after many refusals"}},
		"one that mistypes": {func(h *house) {
			h.does(ClientRefused, "pump", "10.0.0.9")
			h.passes(time.Minute, nil)
			h.does(ClientConnected, "pump", "10.0.0.9")
		}, []string{}},
		"one that loses its connection again and again": {func(h *house) {
			h.passes(100*time.Second, func(i int) {
				if h.does(ClientConnected, "pump", "10.0.0.9"); i%10 == 9 {
					h.does(ClientGone, "pump", "10.0.0.9")
				}
			})
		}, []string{"open flapping: pump loses its connection again and again"}},
		"one that comes and says goodbye": {func(h *house) {
			h.passes(100*time.Second, func(int) {
				h.does(ClientConnected, "pump", "10.0.0.9")
				h.s.Client(&ClientEvent{At: h.now, Kind: ClientGone, ClientID: "pump", Clean: true})
			})
		}, []string{}},
		"two that have one id": {func(h *house) {
			h.passes(5*time.Second, func(i int) { h.does(ClientTakenOver, "pump", fmt.Sprint("10.0.0.", i%2)) })
		}, []string{"open shared_id: two devices use the client id pump"}},
		"somebody who tries many names": {func(h *house) {
			h.passes(55*time.Second, func(i int) { h.does(ClientRefused, fmt.Sprint("guess", i), "10.0.0.66") })
		}, []string{"open login_storm: Many logins are refused"}},
		"one that sees everything": {func(h *house) {
			for range 2 {
				h.s.Client(&ClientEvent{At: h.now, Kind: ClientSubscribed, ClientID: "spy", Topic: "#"})
				h.s.Client(&ClientEvent{At: h.now, Kind: ClientSubscribed, ClientID: "bridge", Topic: "#", Trusted: true})
			}
		}, []string{"open wide_subscription: spy has subscribed to #"}},
		"one that moves": {func(h *house) {
			for range 20 {
				h.does(ClientConnected, "pump", "10.0.0.9")
				h.s.Client(&ClientEvent{At: h.now, Kind: ClientGone, ClientID: "pump", Clean: true})
			}
			h.does(ClientConnected, "pump", "192.0.2.7")
		}, []string{"open new_address: pump comes from a new address"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := at(t, t.TempDir(), begin())
			h.passes(3*time.Minute, nil) // what a start brings is over
			c.do(h)
			h.passes(time.Second, nil)
			if diff := cmp.Diff(c.want, told(h.alerts())); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestInventedClients stay within their bound.
func TestInventedClients(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	for i := range 100_000 {
		h.does(ClientConnected, fmt.Sprint("c", i), "10.0.0.9")
	}
	if n := len(h.s.watch.clients.byID); n > mostClients || h.s.watch.clients.evicted < 70_000 {
		t.Errorf("%d clients, %d evicted", n, h.s.watch.clients.evicted)
	}
}
