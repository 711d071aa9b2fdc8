package clientlogs

import (
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/logtail"
)

// onBroker runs a service that follows the log file of a real broker, which writes debug lines.
func onBroker(t testing.TB) (*house, *brokertest.Broker) {
	t.Helper()
	b := brokertest.Start(t, brokertest.Conf("log_type debug", "log_dest file broker.log"))
	h := build(t, Options{
		Source: logtail.NewFile(filepath.Join(b.Dir, "broker.log"), logtail.Options{}), SourceName: "file",
		Own: func(_, username string) bool { return username == b.AdminUsername },
	})
	return h, b
}

// command is one for the dynamic security plugin.
func command(name string, pairs ...any) broker.Command {
	c := broker.Command{"command": name}
	for i := 0; i < len(pairs); i += 2 {
		c[pairs[i].(string)] = pairs[i+1]
	}
	return c
}

func mayUse(acltype, topic string) map[string]any {
	return map[string]any{"acltype": acltype, "topic": topic, "priority": 0, "allow": true}
}

// said is what events say in short, the oldest first.
func said(events []EventAnswer) []string {
	lines := make([]string, 0, len(events))
	for _, e := range slices.Backward(events) {
		lines = append(lines, strings.Join(strings.Fields(strings.Join([]string{e.Event, e.Reason, e.Topic}, " ")), " "))
	}
	return lines
}

// TestTheStoryOfADevice follows a device that was refused, let in, denied a topic, kicked, and came back.
func TestTheStoryOfADevice(t *testing.T) {
	h, b := onBroker(t)
	const id = "pump / 7"
	live := h.listen("username=pump", "")

	var refused brokertest.Refused
	if _, err := b.Connect(t, "pump", "wrong", id); !errors.As(err, &refused) {
		t.Fatalf("a stranger connects: %v", err)
	}
	b.MustControl(t,
		command("createRole", "rolename", "pumps", "acls", []any{
			mayUse("publishClientSend", "pump/#"), mayUse("subscribePattern", "pump/#"), mayUse("unsubscribePattern", "#"),
		}),
		command("createClient", "username", "pump", "password", "secret of pump", "roles", []any{map[string]any{"rolename": "pumps"}}),
	)
	d, err := b.Connect(t, "pump", "secret of pump", id)
	if err != nil {
		t.Fatal(err)
	}
	if code, err := d.Subscribe("pump/orders"); err != nil || code != 1 {
		t.Fatalf("subscribing: code %#x, %v", code, err)
	}
	if code, err := d.Subscribe("door/#"); err != nil || code < 0x80 {
		t.Fatalf("subscribing to what is not allowed: code %#x, %v", code, err)
	}
	if code, err := d.Publish("pump/pressure", "three"); err != nil || code >= 0x80 {
		t.Fatalf("publishing: code %#x, %v", code, err)
	}
	if code, err := d.Publish("door/open", "1"); err != nil || code < 0x80 {
		t.Fatalf("publishing what is not allowed: code %#x, %v", code, err)
	}
	b.MustControl(t, command("modifyClient", "username", "pump"))
	<-d.Done
	again, err := b.Connect(t, "pump", "secret of pump", id)
	if err != nil {
		t.Fatal(err)
	}

	// A publish is told when no equal one has come for a second, and so behind what came meanwhile.
	want := []string{
		"connect", "denied publish door/open", "denied subscribe door/#", "disconnect kicked", "subscribe pump/orders",
		"publish pump/pressure", "connect",
	}
	slices.Sort(want)
	path := "/clientlogs/" + url.PathEscape(id)
	eventually(t, "the story is told", func() bool {
		status, _ := h.call(path)
		if status != http.StatusOK {
			return false
		}
		got := slices.DeleteFunc(said(get[TimelineAnswer](h, path).Events), func(s string) bool { return strings.HasPrefix(s, "auth_failure") })
		slices.Sort(got)
		return slices.Equal(got, want)
	})
	h.wantHead(path, b)
	for i := range 5 { // connect, subscribe, denied, and so on come without waiting for the database
		if e := live.next(); e.name != "event" || *e.event.User != "pump" || i == 0 && e.event.Event != "connect" {
			t.Errorf("event %d of the stream: %+v", i, e)
		}
	}
	refusals := h.list(url.Values{"event": {"auth_failure"}}).Events
	if len(refusals) != 1 || refusals[0].Address != "127.0.0.1" || refusals[0].Raw == "" {
		t.Errorf("refusals: %+v", refusals)
	}
	// Only from 2.0.13 on the broker says who was refused.
	if old := b.Version() == "2.0.11"; old != (refusals[0].Certainty == "paired") || old != (refusals[0].Client == "") {
		t.Errorf("the refusal by %s: %+v", b.Version(), refusals[0])
	}
	if err := again.Disconnect(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the device has left", func() bool {
		timeline := get[TimelineAnswer](h, path)
		return timeline.Client.Connected != nil && !*timeline.Client.Connected && timeline.Client.Session == nil &&
			timeline.Events[0].Reason == "client_disconnected"
	})
	h.wantQuietAdmin(b)
}

// wantHead checks what is told of the device as a whole while it is connected.
func (h *house) wantHead(path string, b *brokertest.Broker) {
	h.t.Helper()
	eventually(h.t, "the log has been read to its end", h.service.known)
	timeline := get[TimelineAnswer](h, path)
	c := timeline.Client
	if c.ClientID != "pump / 7" || c.Connected == nil || !*c.Connected || c.Sessions != 2 || c.Reconnects != 2 {
		h.t.Errorf("the head: %+v", c)
	}
	if c.Session == nil || c.Session.Protocol != "5.0" || c.Session.Keepalive != 60 || *c.Session.Username != "pump" ||
		c.Session.Address != "127.0.0.1" || c.Session.Subscriptions == nil || *c.Session.Subscriptions != 0 {
		h.t.Errorf("the session: %+v", c.Session)
	}
	if len(c.Addresses) != 1 || c.Addresses[0].Text != "127.0.0.1" || len(c.Usernames) != 1 || c.Usernames[0].Text != "pump" {
		h.t.Errorf("addresses %+v, usernames %+v", c.Addresses, c.Usernames)
	}
	if named := b.Version() != "2.0.11"; named != (c.Refusal != nil) {
		h.t.Errorf("the last refusal: %+v", c.Refusal)
	}
	if c.FirstSeen == nil || c.LastSeen == nil || c.LastSeen.Before(*c.FirstSeen) || time.Since(*c.FirstSeen) > time.Hour {
		h.t.Errorf("seen from %v to %v", c.FirstSeen, c.LastSeen)
	}
	if r := timeline.Recording; r.State != "recording" || r.Source != "file" || r.Dropped != 0 || r.Written == 0 {
		h.t.Errorf("recording: %+v", r)
	}
	sessions, known := h.service.Sessions()
	if !known || !slices.ContainsFunc(sessions, func(s Session) bool { return s.ClientID == "pump / 7" && s.Username == "pump" }) {
		h.t.Errorf("sessions %+v, known %t", sessions, known)
	}
}

// wantQuietAdmin checks that our own sessions are left out until they are asked for.
func (h *house) wantQuietAdmin(b *brokertest.Broker) {
	h.t.Helper()
	if events := h.all(url.Values{"username": {b.AdminUsername}}); len(events) != 0 {
		h.t.Errorf("our own events are listed: %+v", events)
	}
	events := h.all(url.Values{"username": {b.AdminUsername}, "own": {"true"}})
	if !slices.ContainsFunc(events, func(e EventAnswer) bool {
		return e.Own && e.Event == "control" && strings.HasPrefix(e.Topic, "createRole | ")
	}) {
		h.t.Errorf("our own events: %q", said(events))
	}
	if status, body := h.call("/clientlogs/nobody"); status != http.StatusNotFound || !strings.Contains(body, "no client") {
		h.t.Errorf("a client that was never seen: %d %s", status, body)
	}
}
