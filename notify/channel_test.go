package notify

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

func channels() []Channel {
	return []Channel{
		{
			Name: "hook", Type: TypeWebhook, Enabled: true, MinSeverity: Low,
			Webhook: &WebhookSettings{URL: "https://example.org/in/path-token?key=query-token", Secret: "hook-secret"},
		},
		{
			Name: "mail", Type: TypeEmail, MinSeverity: High,
			Email: &EmailSettings{Host: "mail.example.org", Port: 587, TLS: tlsStart, Username: "me", Password: "mail-secret", From: "a@example.org", To: []string{"b@example.org"}},
		},
		{Name: "topic", Type: TypeMQTT, MinSeverity: Low, MQTT: &MQTTSettings{Topic: "alerts/bunkerm", QoS: 1}},
		{Name: "chat", Type: TypeChat, MinSeverity: Low, Chat: &ChatSettings{URL: "telegram://12345:chat-secret@telegram?chats=-100"}},
	}
}

var words = []string{"hook-secret", "path-token", "query-token", "mail-secret", "chat-secret", "-100"}

// TestSecretsAreNeverShown looks for them in every answer, and in what is recorded.
func TestSecretsAreNeverShown(t *testing.T) {
	var recorded []any
	h := open(t, Options{Record: func(_ context.Context, _, _ string, before, after any) { recorded = append(recorded, before, after) }})
	h.set(channels()...)
	shown := h.Channels(t.Context())
	status, err := h.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal([]any{shown, recorded, status})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range words {
		if strings.Contains(string(text), w) {
			t.Errorf("%s is shown: %s", w, text)
		}
	}

	// What was shown may be set again and changes nothing, also after a start.
	shown[1].Name = "renamed"
	h.set(shown...)
	again := open(t, Options{Store: h.db})
	got, want := again.current(), channels()
	if got[0].Webhook.URL != want[0].Webhook.URL || got[0].Webhook.Secret != "hook-secret" || got[1].Email.Password != "mail-secret" ||
		got[3].Chat.URL != want[3].Chat.URL || got[1].Name != "renamed" {
		t.Errorf("%+v", got)
	}
}

// TestSecretsStayWithTheirServer holds that nobody has a password sent elsewhere that they do not know.
func TestSecretsStayWithTheirServer(t *testing.T) {
	h := open(t, Options{})
	h.set(channels()...)
	for name, change := range map[string]func(c []Channel){
		"body.channels[1].email.password": func(c []Channel) { c[1].Email.Host = "evil.example.org" },
		"body.channels[0].webhook.url":    func(c []Channel) { c[0].Webhook.URL = "https://evil.example.org/" + Unchanged },
		"body.channels[3].chat.url":       func(c []Channel) { c[3].Chat.URL = "gotify://evil.example.org/" + Unchanged },
	} {
		c := h.Channels(t.Context())
		change(c)
		f := fault.From(h.SetChannels(t.Context(), c))
		if f.Kind != fault.Invalid || f.Fields[0].Location != name {
			t.Errorf("%s: %+v", name, f)
		}
	}
	c := h.Channels(t.Context())
	c[1].Email.TLS = tlsNone
	if err := h.SetChannels(t.Context(), c); !fault.Is(err, fault.Invalid) {
		t.Errorf("without encryption: %v", err)
	}
	if _, err := h.Test(t.Context(), c[1]); !fault.Is(err, fault.Invalid) {
		t.Errorf("trying it out: %v", err)
	}
}

func TestWhatIsNotAcceptable(t *testing.T) {
	h := open(t, Options{})
	for place, change := range map[string]func(c []Channel){
		"[0].name":             func(c []Channel) { c[0].Name = "a\nb" },
		"[0].min_severity":     func(c []Channel) { c[0].MinSeverity = "" },
		"[0].id":               func(c []Channel) { c[0].ID = "nobody" },
		"[0].type":             func(c []Channel) { c[0].Type = "pigeon" },
		"[0].email":            func(c []Channel) { c[0].Type = TypeEmail },
		"[0].quiet_hours.from": func(c []Channel) { c[0].QuietHours = &QuietHours{"25:00", "07:00", false} },
		"[0].quiet_hours.to":   func(c []Channel) { c[0].QuietHours = &QuietHours{"07:00", "07:00", false} },
		"[0].webhook.url":      func(c []Channel) { c[0].Webhook.URL = "file:///etc/passwd" },
		"[0].webhook.secret":   func(c []Channel) { c[0].Webhook.Secret = Unchanged },
		"[1].email.host":       func(c []Channel) { c[1].Email.Host = "a\r\nb" },
		"[1].email.port":       func(c []Channel) { c[1].Email.Port = 0 },
		"[1].email.tls":        func(c []Channel) { c[1].Email.TLS = "maybe" },
		"[1].email.from":       func(c []Channel) { c[1].Email.From = "a@example.org\r\nBcc: x@example.org" },
		"[1].email.to[0]":      func(c []Channel) { c[1].Email.To[0] = "a@example.org, b@example.org" },
		"[1].email.to":         func(c []Channel) { c[1].Email.To = nil },
		"[2].mqtt.topic":       func(c []Channel) { c[2].MQTT.Topic = "a/#" },
		"[2].mqtt.qos":         func(c []Channel) { c[2].MQTT.QoS = 3 },
		"[3].chat.url":         func(c []Channel) { c[3].Chat.URL = "generic://example.org/x" },
	} {
		c := channels()
		change(c)
		f := fault.From(h.SetChannels(t.Context(), c))
		found := false
		for _, field := range f.Fields {
			found = found || field.Location == "body.channels"+place
		}
		if f.Kind != fault.Invalid || !found {
			t.Errorf("%s: %+v", place, f)
		}
	}
	for _, topic := range []string{"$SYS/x", "$CONTROL/dynamic-security/v1", "a/+/b", "", "a\x00b", "a\nb"} {
		c := channels()
		c[2].MQTT.Topic = topic
		if err := h.SetChannels(t.Context(), c); !fault.Is(err, fault.Invalid) {
			t.Errorf("topic %q: %v", topic, err)
		}
	}
	blank := channels()
	blank[0].Name = "  "
	if err := h.SetChannels(t.Context(), blank); !fault.Is(err, fault.Invalid) {
		t.Errorf("a blank name: %v", err)
	}
	if _, err := h.Test(t.Context(), blank[0]); fault.From(err).Fields == nil || fault.From(err).Fields[0].Location != "body.channel.name" {
		t.Errorf("a blank name when it is tried: %v", err)
	}
	if err := h.SetChannels(t.Context(), make([]Channel, mostChannels+1)); !fault.Is(err, fault.Invalid) {
		t.Errorf("too many: %v", err)
	}
	if got := h.Channels(t.Context()); len(got) != 0 {
		t.Errorf("something was kept: %+v", got)
	}
}

// TestChannelsGo holds that what waits for a channel goes with it, and that one switched on again works.
func TestChannelsGo(t *testing.T) {
	r := newReceiver(t, false)
	r.respond(status(500))
	h := open(t, Options{})
	stored := h.set(hook(r.URL), hook(r.URL))
	h.run()
	h.send(opened(1, Low))
	h.until("both were tried", func() bool { return h.status(0).LastError != "" && h.status(1).LastError != "" })
	off := stored[0].clone()
	off.Enabled = false
	h.set(off)
	if s := h.status(0); s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
	r.respond(nil)
	off.Enabled = true
	h.set(off)
	h.send(opened(2, Low))
	// Whether its pause after the failure is over depends on whether anybody has noticed that it was off.
	h.until("it works again", func() bool { h.advance(10 * time.Second); return h.status(0).Sent == 1 })
	if _, err := h.TestStored(t.Context(), stored[1].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a channel that is gone: %v", err)
	}
}
