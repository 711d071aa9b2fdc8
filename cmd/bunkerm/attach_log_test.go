package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestTheLogFileOfAnAttachedBroker follows the log file of a broker that somebody else runs, while it is rotated as
// logrotate does it: renamed, and made anew when the broker is told. What the broker writes in between goes into the
// renamed file.
func TestTheLogFileOfAnAttachedBroker(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("log_dest file broker.log", "log_type all"))
	file := filepath.Join(b.Dir, "broker.log")
	s := attach(t, b, b.AdminUsername, b.AdminPassword, "--broker-log", file)
	eventually(t, "it is ready", func() bool { return strings.HasPrefix(s.readyz(), "200") })
	s.MQTT = b.Addr

	var settings struct {
		PublishEvents struct {
			State string `json:"state"`
		} `json:"publish_events"`
		Available struct {
			PublishEvents bool   `json:"publish_events"`
			Denied        bool   `json:"denied"`
			Subscriptions bool   `json:"subscriptions"`
			Source        string `json:"source"`
			WhyNot        string `json:"why_not"`
		} `json:"available"`
	}
	if err := json.Unmarshal([]byte(s.must("GET", "/api/settings/clientlogs", nil)), &settings); err != nil {
		t.Fatal(err)
	}
	has := settings.Available
	if has.Source != "file" || !has.PublishEvents || !has.Denied || !has.Subscriptions || !strings.Contains(has.WhyNot, "log_type debug") ||
		settings.PublishEvents.State != "recording" {
		t.Errorf("the settings say %+v", settings)
	}

	d := s.device("pump")
	if code, err := d.Subscribe("pump/orders"); err != nil || code != 1 {
		t.Fatalf("subscribing: code %#x, %v", code, err)
	}
	const rotations, each = 4, 25
	want := []string{"connect", "subscribe pump/orders"}
	for i := range rotations {
		for n := range each {
			topic := fmt.Sprintf("pump/%d/%d", i, n)
			if n == each/2 { // the broker goes on with the file that it has open
				if err := os.Rename(file, fmt.Sprintf("%s.%d", file, rotations-i)); err != nil {
					t.Fatal(err)
				}
			}
			if code, err := d.Publish(topic, "3"); err != nil || code >= 0x80 {
				t.Fatalf("publishing: code %#x, %v", code, err)
			}
			want = append(want, "publish "+topic)
		}
		b.Reload()
		eventually(t, "the broker has made its log anew", func() bool { _, err := os.Stat(file); return err == nil })
	}
	if code, err := d.Publish("secret/x", "3"); err != nil || code < 0x80 {
		t.Fatalf("publishing what is not allowed: code %#x, %v", code, err)
	}
	if err := d.Disconnect(); err != nil {
		t.Fatal(err)
	}
	want = append(want, "denied publish secret/x", "disconnect client_disconnected")

	of := url.Values{"client_id": {"device-of-pump"}}
	eventually(t, "the last word is told", func() bool {
		told := plot(s.events(of))
		return len(told) >= len(want) && told[len(told)-1] == want[len(want)-1]
	})
	told := map[string]int{}
	for _, line := range plot(s.events(of)) {
		told[line]++
	}
	for _, line := range want {
		if told[line] != 1 {
			t.Errorf("%q is told %d times", line, told[line])
		}
	}
}

func TestALogFileOfOurOwnBrokerIsRefused(t *testing.T) {
	out, code := runWords(t, freshArgs(t.TempDir(), "--broker-log", "/var/log/mosquitto/mosquitto.log")...)
	for _, want := range []string{"--broker-log names the log file of an attached broker, but --broker is managed", "leave --broker-log out"} {
		if code != 2 || !strings.Contains(out, want) {
			t.Errorf("%d: it does not say %q: %s", code, want, out)
		}
	}
}
