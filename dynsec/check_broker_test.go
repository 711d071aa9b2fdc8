package dynsec

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestCheckDecidesAsTheBroker asks a real broker and ours the same questions about made-up states.
// BUNKERM_TEST_WORLDS sets how many states are tried; BUNKERM_TEST_SEED where they begin.
func TestCheckDecidesAsTheBroker(t *testing.T) {
	worlds, seed := number(t, "BUNKERM_TEST_WORLDS", 4), number(t, "BUNKERM_TEST_SEED", int(time.Now().UnixNano()&0xffffff))
	questions := 0
	for i := range worlds {
		b := brokertest.Start(t, brokertest.Anonymous())
		w := newWorld(uint64(seed+i), b.Version())
		b.MustControl(t, w.commands()...)
		c := &comparison{t: t, world: w, addr: b.Addr, state: readState(t, b)}
		for _, username := range append([]string{"", "unknown"}, worldUsers...) {
			c.user(username)
		}
		questions += c.questions
		b.Stop()
		if t.Failed() {
			t.Fatalf("BUNKERM_TEST_SEED=%d BUNKERM_TEST_WORLDS=1 repeats it", seed+i)
		}
	}
	t.Logf("%d questions, all answered alike", questions)
	if questions < worlds*1000 {
		t.Errorf("only %d questions were asked", questions)
	}
}

func number(t *testing.T, env string, otherwise int) int {
	t.Helper()
	text := os.Getenv(env)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", env, err)
	}
	return n
}

type comparison struct {
	t         *testing.T
	world     *world
	addr      string
	state     *State
	questions int
}

// compare reports where the broker's answer is not ours.
func (c *comparison) compare(username, clientid, action, topic string, broker bool) {
	c.t.Helper()
	c.questions++
	q := Question{Clientid: clientid, Action: action, Topic: topic}
	if username != "" {
		q.Username = &username
	}
	d, err := c.state.Check(q)
	if err != nil {
		c.t.Errorf("%q %s %q: our answer is %v", username, action, topic, err)
		return
	}
	if d.Allow != broker {
		c.t.Errorf("%q as %q %s %q: broker says %v, we say %v by way of %s", username, clientid, action, topic, broker,
			d.Allow, way(d.Considered))
	}
	if last := d.Considered[len(d.Considered)-1]; !d.Truncated && (!last.Matches || last.Source != d.DecidedBy.Source) {
		c.t.Errorf("%q %s %q: the last rule considered is not the one that decides: %+v", username, action, topic, last)
	}
}

// user asks about everything that one user can do.
func (c *comparison) user(username string) {
	c.t.Helper()
	clientid := c.world.pick("cid", "other", "a/b", "+", "ab")
	if username == "bound" && c.world.r.IntN(3) > 0 {
		clientid = "cid"
	}
	connect := func() *asker {
		c.t.Helper()
		a, err := connectAsker(c.addr, username, "pw", clientid)
		if errors.Is(err, errRefused) {
			return nil
		}
		if err != nil {
			c.t.Fatalf("connecting as %q: %v", username, err)
		}
		c.t.Cleanup(func() { a.conn.Close() })
		return a
	}
	a := connect()
	if a == nil {
		c.compare(username, clientid, ActionSubscribe, "a", false)
		return
	}
	for range 25 {
		topic := c.world.topic()
		allowed, err := a.publish(topic)
		if err != nil {
			c.t.Fatalf("%q publishing to %q: %v", username, topic, err)
		}
		c.compare(username, clientid, ActionPublish, topic, allowed[0])
		if !allowed[0] {
			// 2.0.11 ends a session at the next publish after a denied one.
			a.conn.Close()
			a = connect()
		}
	}
	var filters []string
	for range 40 {
		filters = append(filters, c.world.filter())
	}
	granted, err := a.subscribe(filters...)
	if err != nil {
		c.t.Fatalf("%q subscribing to %q: %v", username, filters, err)
	}
	taken, err := a.unsubscribe(filters...)
	if err != nil {
		c.t.Fatalf("%q unsubscribing from %q: %v", username, filters, err)
	}
	for i, filter := range filters {
		c.compare(username, clientid, ActionSubscribe, filter, granted[i])
		c.compare(username, clientid, ActionUnsubscribe, filter, taken[i])
	}
	c.receive(connect(), username, clientid)
}

// receive lets somebody else publish, and sees what is delivered.
func (c *comparison) receive(a *asker, username, clientid string) {
	c.t.Helper()
	if granted, err := a.subscribe("#", "$x/#"); err != nil || !granted[0] || !granted[1] {
		c.t.Fatalf("%q listening: %v, %v", username, granted, err)
	}
	var topics []string
	for len(topics) < 25 {
		if topic := c.world.topic(); !strings.HasPrefix(topic, "$") || strings.HasPrefix(topic, "$x/") {
			topics = append(topics, topic)
		}
	}
	speaker, err := connectAsker(c.addr, "speaker", "pw", "speaker")
	if err != nil {
		c.t.Fatalf("connecting the speaker: %v", err)
	}
	defer speaker.conn.Close()
	if allowed, err := speaker.publish(append(topics, sentinel)...); err != nil || !allowed[len(topics)] {
		c.t.Fatalf("speaking: %v, %v", allowed, err)
	}
	got, err := a.receiveUntil(sentinel)
	if err != nil {
		c.t.Fatalf("%q receiving: %v", username, err)
	}
	for _, topic := range topics {
		c.compare(username, clientid, ActionReceive, topic, got[topic])
	}
}

// way shows the rules that were considered.
func way(rules []Rule) string {
	var b strings.Builder
	for _, r := range rules {
		fmt.Fprintf(&b, "\n  %s %q %q %v", r.Source, r.Groupname, r.Rolename, r.Matches)
		if r.ACL != nil {
			fmt.Fprintf(&b, " %s %q %d %v", r.ACL.Acltype, r.ACL.Topic, r.ACL.Priority, r.ACL.Allow)
		}
	}
	return b.String()
}
