package app

import (
	"slices"
	"testing"
)

// TestABrokerElsewhereIsNotMadeToSendEverythingTwice until somebody says so.
func TestABrokerElsewhereIsNotMadeToSendEverythingTwice(t *testing.T) {
	for _, c := range []struct {
		broker, observe string
		want            []string
	}{
		{"managed", observeAuto, []string{"#"}},
		{"mqtt://localhost:1883", observeAuto, []string{"#"}},
		{"mqtt://127.0.0.1", observeAuto, []string{"#"}},
		{"mqtts://[::1]:8883", observeAuto, []string{"#"}},
		{"unix:///run/mosquitto.sock", observeAuto, []string{"#"}},
		{"mqtts://broker.example:8883", observeAuto, []string{}},
		{"mqtt://10.0.0.5", observeAuto, []string{}},
		{"mqtt://10.0.0.5", "#", []string{"#"}},
		{"mqtt://10.0.0.5", " a/# , b ", []string{"a/#", "b"}},
		{"managed", "", []string{}},
	} {
		if got := (Options{Broker: c.broker, Observe: c.observe}).observeDefaults(); !slices.Equal(got, c.want) {
			t.Errorf("%s, %q: %q", c.broker, c.observe, got)
		}
	}
}
