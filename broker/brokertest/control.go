package brokertest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// Control sends commands to the dynamic security plugin as a second manager would: in one message, over a connection
// of its own that lasts for this call, as the admin account. It returns the answers in the order of the commands,
// whatever they say, and fails the test when there is none.
func (b *Broker) Control(t testing.TB, cmds ...broker.Command) []broker.Response {
	t.Helper()
	id := rand.Text()
	device, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "second-manager-"+id)
	if err != nil {
		t.Fatalf("connecting as a second manager: %v", err)
	}
	defer func() {
		// A command that changed the admin's own rights has cut the connection already.
		_ = device.Disconnect()
	}()
	if code, err := device.Subscribe(broker.ResponseTopic); err != nil || code >= 0x80 {
		t.Fatalf("subscribing to the plugin's answers: code %d, %v", code, err)
	}
	tagged := make([]broker.Command, len(cmds))
	for i, cmd := range cmds {
		tagged[i] = maps.Clone(cmd)
		tagged[i]["correlationData"] = fmt.Sprintf("%s.%d", id, i)
	}
	payload, err := json.Marshal(map[string]any{"commands": tagged})
	if err != nil {
		t.Fatalf("encoding commands: %v", err)
	}
	if code, err := device.Publish(broker.ControlTopic, string(payload)); err != nil || code >= 0x80 {
		t.Fatalf("sending commands: code %d, %v", code, err)
	}
	return device.awaitAnswers(t, id, len(cmds))
}

func (d *Device) awaitAnswers(t testing.TB, id string, n int) []broker.Response {
	t.Helper()
	answers := make([]broker.Response, n)
	timeout := time.After(patience)
	for missing := n; missing > 0; {
		var message Message
		select {
		case message = <-d.Messages:
		case <-d.Done:
			t.Fatal("the broker cut the second manager off before it answered")
		case <-timeout:
			t.Fatal("the plugin does not answer")
		}
		var envelope struct {
			Responses []struct {
				broker.Response
				CorrelationData string `json:"correlationData"`
			} `json:"responses"`
		}
		if err := json.Unmarshal(message.Payload, &envelope); err != nil {
			t.Fatalf("reading the plugin's answer: %v", err)
		}
		for _, r := range envelope.Responses {
			var i int
			if n, err := fmt.Sscanf(r.CorrelationData, id+".%d", &i); err == nil && n == 1 {
				answers[i] = r.Response
				missing--
			}
		}
	}
	return answers
}

// MustControl is Control for commands that have to succeed.
func (b *Broker) MustControl(t testing.TB, cmds ...broker.Command) []broker.Response {
	t.Helper()
	answers := b.Control(t, cmds...)
	for i, answer := range answers {
		if answer.Error != "" {
			t.Fatalf("%s: the plugin answers %q", cmds[i].Name(), answer.Error)
		}
	}
	return answers
}
