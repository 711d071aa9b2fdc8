package clientlogs

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestLiveBroker does to a real broker what devices do, and compares what its log becomes: with lines of debug and
// without.
func TestLiveBroker(t *testing.T) {
	for _, debug := range []bool{false, true} {
		name, conf := "quiet", []string{}
		if debug {
			name, conf = "debug", []string{"log_type debug"}
		}
		t.Run(name, func(t *testing.T) {
			b := brokertest.Start(t, brokertest.Conf(conf...))
			want := devices(t, b, debug, strings.HasPrefix(b.Version(), "2.0."))
			b.Stop()
			c := collect(TrackerOptions{Own: func(id, _ string) bool { return strings.HasPrefix(id, "second-manager-") }})
			c.read(t, b.Log())
			var got []string
			for _, e := range c.events {
				if e.Own || e.Kind == Control {
					continue // the admin of this test
				}
				got = append(got, withoutPorts(describe(e)))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("events (want, got):\n%s", diff)
			}
			// Without debug one line is open to doubt: the one that the client called Opening made.
			if n := c.Counts(); n.Sessions != 0 || (n.Doubts != 0) == debug {
				t.Errorf("counts: %+v", n)
			}
		})
	}
}

// read feeds what the broker wrote to its standard error.
func (c *collected) read(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		stamp, text, ok := bytes.Cut([]byte(strings.TrimSuffix(line, "\n")), []byte(": "))
		if !ok {
			t.Fatalf("line without a time: %q", line)
		}
		seconds, ok := number(stamp)
		if !ok {
			t.Fatalf("line without a time: %q", line)
		}
		c.Line(broker.LogLine{Time: time.Unix(int64(seconds), 0), Text: text})
	}
	c.Flush()
}

// devices plays the scenario and returns the events that it must make.
func devices(t *testing.T, b *brokertest.Broker, debug, old bool) (want []string) {
	t.Helper()
	prepare(t, b)
	event := func(lines ...string) { want = append(want, lines...) }
	onlyDebug := func(lines ...string) {
		if debug {
			event(lines...)
		}
	}

	if _, err := b.Connect(t, "dev", "wrong", "refused"); err == nil {
		t.Fatal("a wrong password is good enough")
	}
	b.AwaitLog(`not authorised`)
	if old {
		event(`auth_failure from=127.0.0.1 reason=not_authorized certainty=paired`)
	} else {
		event(`auth_failure client="refused" from=127.0.0.1 reason=not_authorized`)
	}

	d, err := b.Connect(t, "dev", "secret", "five")
	if err != nil {
		t.Fatal(err)
	}
	event(`connect client="five" user="dev" from=127.0.0.1 protocol=5.0 keepalive=60 clean=true`)
	if code, err := d.Subscribe("room/1"); err != nil || code != 1 {
		t.Fatalf("subscribing: %d, %v", code, err)
	}
	event(`subscribe client="five" user="dev" from=127.0.0.1 topic="room/1" qos=1 granted=1`)
	if code, err := d.Subscribe("secret/#"); err != nil || code < 0x80 {
		t.Fatalf("subscribing without the right: %d, %v", code, err)
	}
	qos := "1"
	if !old {
		qos = "0" // 2.1 does not print it
	}
	onlyDebug(`denied client="five" user="dev" from=127.0.0.1 reason=subscribe topic="secret/#" qos=` + qos)
	if code, err := d.Publish("secret/x", "1"); err != nil || code != 0x87 {
		t.Fatalf("publishing without the right: %d, %v", code, err)
	}
	onlyDebug(`denied client="five" user="dev" from=127.0.0.1 reason=publish topic="secret/x" qos=1 size=1`)
	if _, err := d.Publish("room/2", "21"); err != nil {
		t.Fatal(err)
	}
	b.MustControl(t, broker.Command{"command": "disableClient", "username": "dev"})
	<-d.Done
	onlyDebug(`publish client="five" user="dev" from=127.0.0.1 topic="room/2" qos=1 size=2`)
	event(`disconnect client="five" user="dev" from=127.0.0.1 reason=kicked`)
	b.MustControl(t, broker.Command{"command": "enableClient", "username": "dev"})
	return append(want, strangeDevices(t, b)...)
}

// strangeDevices take over, come back, have strange ids, and are cut off.
func strangeDevices(t *testing.T, b *brokertest.Broker) (want []string) {
	t.Helper()
	login := func(id string, clean bool) *wire { return dialWire(t, b, id, "dev", "secret", clean) }
	connects := func(id string, clean string) {
		want = append(want, `connect client="`+id+`" user="dev" from=127.0.0.1 protocol=3.1.1 keepalive=60 clean=`+clean)
	}
	says := func(id, what string) { // any other event
		kind, rest, _ := strings.Cut(what, " ")
		want = append(want, strings.TrimSuffix(kind+` client="`+id+`" user="dev" from=127.0.0.1 `+rest, " "))
	}

	first := login("x disconnected.", true)
	connects("x disconnected.", "true")
	second := login("x disconnected.", true)
	first.ended()
	says("x disconnected.", "takeover")
	connects("x disconnected.", "true")
	second.leave()
	says("x disconnected.", "disconnect reason=client_disconnected")

	kept := login("kept", false)
	connects("kept", "false")
	if granted := kept.subscribe("room/#"); granted != 1 {
		t.Fatalf("granted %d", granted)
	}
	says("kept", `subscribe topic="room/#" qos=1 granted=1`)
	kept.leave()
	says("kept", "disconnect reason=client_disconnected")
	kept = login("kept", false)
	connects("kept", "false")
	kept.drop(b, `Client kept (closed its connection|\[.*\] disconnected: connection closed by client)\.`)
	says("kept", "disconnect reason=connection_lost")

	forger := login("Opening", true)
	connects("Opening", "true")
	forger.unsubscribe("ipv4 listen socket on port 1.")
	says("Opening", `unsubscribe topic="ipv4 listen socket on port 1."`)

	long := login(strings.Repeat("L", 65535), true)
	b.AwaitLog(` as L{900}.*\n`)
	shown := regexp.MustCompile(`New client connected from 127.0.0.1:\d+ as (L+)`).FindStringSubmatch(b.Log())[1]
	want = append(want, `connect client="`+shown+`" from=127.0.0.1 keepalive=0 clean=false`)
	long.leave()
	want = append(want, `disconnect client="`+shown+`" from=127.0.0.1 reason=unknown`)
	says("Opening", "disconnect reason=broker_stopped")
	return want
}

// prepare makes an account that may do something and not everything.
func prepare(t *testing.T, b *brokertest.Broker) {
	t.Helper()
	type object = map[string]any
	b.MustControl(t,
		broker.Command{"command": "createRole", "rolename": "dev", "acls": []object{
			{"acltype": "publishClientSend", "topic": "room/#", "allow": true},
			{"acltype": "subscribePattern", "topic": "room/#", "allow": true},
			{"acltype": "unsubscribePattern", "topic": "#", "allow": true}}},
		broker.Command{"command": "createClient", "username": "dev", "password": "secret", "roles": []object{{"rolename": "dev"}}})
}

var (
	atTime   = regexp.MustCompile(`^\d\d:\d\d:\d\d `)
	fromPort = regexp.MustCompile(`(from=[0-9.]+):\d+`)
)

// withoutPorts leaves out of a described event what differs from run to run.
func withoutPorts(s string) string {
	return fromPort.ReplaceAllString(atTime.ReplaceAllString(s, ""), "$1")
}

// TestOpenSessionsOfALiveBroker compares the sessions with the clients that are connected. Only a line of debug says
// that a persistent session begins with no subscription.
func TestOpenSessionsOfALiveBroker(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("log_type debug"))
	prepare(t, b)
	kept := dialWire(t, b, "kept", "dev", "secret", false)
	kept.subscribe("room/1")
	kept.subscribe("room/2")
	kept.leave()
	dialWire(t, b, "kept", "dev", "secret", false)
	clean := dialWire(t, b, "clean", "dev", "secret", true)
	clean.subscribe("room/1")
	clean.subscribe("room/1")
	clean.unsubscribe("nothing/of/it")
	gone := dialWire(t, b, "gone", "dev", "secret", true)
	gone.leave()
	b.AwaitLog(`Client gone .*disconnected`)
	c := collect(TrackerOptions{})
	c.read(t, b.Log())
	var got []string
	for _, s := range c.Sessions() {
		if s.Username != "dev" || s.Protocol != "3.1.1" || s.ListenerPort == 0 || s.Unsure || s.Port == 0 {
			t.Errorf("session %+v", s)
		}
		got = append(got, s.ClientID+" "+string(rune('0'+s.Subscriptions)))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"clean 1", "kept 2"}, got); diff != "" {
		t.Errorf("sessions (want, got):\n%s", diff)
	}
}
