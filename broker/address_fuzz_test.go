package broker

import (
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

// FuzzListen reads what --mqtt-listen may say. What is taken becomes a line of mosquitto.conf, and stays one.
func FuzzListen(f *testing.F) {
	for _, seed := range []string{":1883", "127.0.0.1:0", "[::1]:1883", "localhost:65536", "a b:1", "x\n:1", "#:1", "[fe80::1%eth0]:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parseListen(text)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if l.Port < 0 || l.Port > 65535 || strings.ContainsAny(l.Address, " \t\r\n#") {
			t.Errorf("%q is read as %+v", text, l)
		}
	})
}

// FuzzBrokerURL reads what --broker may say. What is taken is written again to the same address, and no account is in it or in
// what is said about it.
func FuzzBrokerURL(f *testing.F) {
	for _, seed := range []string{"mqtt://host", "mqtts://[::1]:8884/", "mqtt://u:secret@host", "ws://host", "mqtt://host:0", "mqtt:host", "mqtt://h/p?q#f", "MQTT://x:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := parseBrokerURL(text)
		if err != nil {
			if _, account, _ := strings.Cut(text, "//"); strings.Contains(account, "@") && len(account) > 12 && strings.Contains(err.Error(), account) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if address.port < 1 || address.port > 65535 || strings.Contains(address.host, "@") {
			t.Errorf("%q is read as %+v", text, address)
		}
	})
}
