package notify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

func TestMQTT(t *testing.T) {
	var topic string
	var m Message
	var trouble error
	h := open(t, Options{Publish: func(_ context.Context, to string, payload []byte, qos byte, retain bool) error {
		topic = to
		if qos != 1 || !retain {
			t.Errorf("qos %d, retain %v", qos, retain)
		}
		if err := json.Unmarshal(payload, &m); err != nil {
			t.Error(err)
		}
		return trouble
	}})
	c := Channel{Name: "topic", Type: TypeMQTT, MinSeverity: Low, MQTT: &MQTTSettings{Topic: "alerts", QoS: 1, Retain: true}}
	if answer, err := h.Test(t.Context(), c); err != nil || !strings.Contains(answer, "taken") {
		t.Errorf("%q, %v", answer, err)
	}
	if topic != "alerts" || m.Event != Tested {
		t.Errorf("%q, %+v", topic, m)
	}
	trouble = fault.New(fault.Unavailable, "the broker cannot be asked now")
	if _, err := h.Test(t.Context(), c); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "cannot be asked") {
		t.Errorf("%v", err)
	}
	trouble = errors.New("secret /path")
	if _, err := h.Test(t.Context(), c); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	without := open(t, Options{})
	if _, err := without.Test(t.Context(), c); !fault.Is(err, fault.Refused) {
		t.Errorf("without a broker: %v", err)
	}
}
