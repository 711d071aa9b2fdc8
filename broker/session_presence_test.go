package broker_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

const statusTopic = "bunkerm/status"

// cuttable is an endpoint whose connection can be cut, as when the process dies.
type cuttable struct {
	broker.Endpoint
	mu   sync.Mutex
	conn net.Conn
}

func newCuttable(e broker.Endpoint) *cuttable {
	c := &cuttable{Endpoint: e}
	dial := e.Dial
	c.Dial = func(ctx context.Context) (net.Conn, error) {
		conn, err := dial(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.conn = conn
		return conn, err
	}
	return c
}

func (c *cuttable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.conn.Close()
}

// listen subscribes a device of the admin's to the status topic.
func listen(t *testing.T, b *brokertest.Broker) *brokertest.Device {
	t.Helper()
	d, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "")
	if err != nil {
		t.Fatal(err)
	}
	if code, err := d.Subscribe(statusTopic); err != nil || code >= 0x80 {
		t.Fatalf("subscribing: %#x %v", code, err)
	}
	return d
}

// hears waits for the next thing that is said of us.
func hears(t *testing.T, d *brokertest.Device, want string, kept bool) {
	t.Helper()
	select {
	case m := <-d.Messages:
		if string(m.Payload) != want || m.Retain != kept {
			t.Fatalf("heard %q, kept: %t; want %q, kept: %t", m.Payload, m.Retain, want, kept)
		}
	case <-time.After(patience):
		t.Fatalf("nobody says %q", want)
	}
}

func TestOthersHearWhetherWeAreThere(t *testing.T) {
	b := brokertest.Start(t)
	at := newCuttable(b.UnixEndpoint())
	d := listen(t, b)
	s, _ := startSession(t, broker.SessionOptions{Endpoint: at.Endpoint, StatusTopic: statusTopic})
	ready(t, s)
	hears(t, d, broker.StatusOnline, false)
	if s.Subscriptions() != 5 {
		t.Errorf("%d subscriptions", s.Subscriptions())
	}
	at.cut()
	hears(t, d, broker.StatusOffline, false)
	hears(t, d, broker.StatusOnline, false)
	hears(t, listen(t, b), broker.StatusOnline, true)

	// Somebody else's will of before must not stand.
	if _, err := d.Publish(statusTopic, broker.StatusOffline); err != nil {
		t.Fatal(err)
	}
	hears(t, d, broker.StatusOffline, false)
	hears(t, d, broker.StatusOnline, false)

	if err := s.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	hears(t, d, broker.StatusOffline, false)
	hears(t, listen(t, b), broker.StatusOffline, true)
}

// TestNotAllowedToSaySoItWorks has accounts and brokers that do not take what we say of ourselves.
func TestNotAllowedToSaySoItWorks(t *testing.T) {
	weak := func(b *brokertest.Broker) broker.Endpoint {
		b.MustControl(t, command("createRole", "rolename", "control", "acls", []map[string]any{
			{"acltype": "publishClientSend", "topic": "$CONTROL/#", "allow": true},
			{"acltype": "publishClientReceive", "topic": "$CONTROL/#", "allow": true},
			{"acltype": "subscribePattern", "topic": "$CONTROL/#", "allow": true}}),
			command("createClient", "username", "manager", "password", "secret", "roles", []map[string]any{{"rolename": "control"}}))
		return account(b, "manager", "secret")
	}
	for _, c := range []struct {
		name, reason string
		broker       []brokertest.Option
		as           func(*brokertest.Broker) broker.Endpoint
	}{
		{"the account may not", "not authorised", nil, weak},
		{"no retained messages", "keeps no retained messages", []brokertest.Option{brokertest.Conf("retain_available false")}, (*brokertest.Broker).Endpoint},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := brokertest.Start(t, c.broker...)
			at := newCuttable(c.as(b))
			d := listen(t, b)
			s, r := startSession(t, broker.SessionOptions{Endpoint: at.Endpoint, StatusTopic: statusTopic})
			for n := range 3 {
				ready(t, s)
				must(t, s, command("listRoles"))
				eventually(t, "saying that it may not", func() bool { return strings.Contains(r.logged(), c.reason) })
				at.cut()
				eventually(t, "the loss", func() bool { return len(r.of(broker.Disconnected)) == n+1 })
			}
			if n := strings.Count(r.logged(), c.reason); n != 1 {
				t.Errorf("said %d times:\n%s", n, r.logged())
			}
			if err := s.Close(within(t)); err != nil {
				t.Fatal(err)
			}
			// The broker has worked on our end when it has worked on what comes after.
			if _, err := d.Publish(statusTopic, "somebody's own"); err != nil {
				t.Fatal(err)
			}
			hears(t, d, "somebody's own", false)
		})
	}
}
