package observe_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
)

// TestFiltersChangeWithoutLossOrDouble changes the filters all the time while a device publishes as fast as it can, on
// a topic that always matches one, two or three of them: every message comes exactly once, in order. Some are published
// as retained, so that the broker has something to send again with each subscription; that may come as stored where the
// topic was not observed by an older filter, which never happens here.
func TestFiltersChangeWithoutLossOrDouble(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("max_queued_messages 0"))
	s, w := watch(t, b.Endpoint(), "a/b", "end")
	device := dialPlain(t, b, "device")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			device.publish("a/b", strconv.AppendInt(nil, int64(n), 10), n%10 == 0)
		}
		ended <- n
	}()
	steps := [][]string{
		{"a/+", "+/b"}, {"+/b"}, {"a/#", "+/b"}, {"#"}, {"a/+", "#"}, {"a/b"}, {"+/+", "a/+", "+/b"}, {"a/+"}, {"+/b", "a/#"},
		{"a/b", "a/+"}, {"a/b"},
	}
	for round := range 5 {
		for i, step := range steps {
			mark := fmt.Sprintf("step/%d/%d/x", round, i)
			s.SetFilters(append(step, "end", mark))
			eventually(t, fmt.Sprintf("%q are in force", step), func() bool {
				for _, f := range s.Status().Filters {
					if f.State != observe.FilterGranted && f.State != observe.FilterCovered {
						return false
					}
				}
				return true
			})
		}
	}
	stop()
	n := <-ended
	device.publish("end", nil, false)
	all := w.until("end")
	for i, m := range all {
		if m.Payload != strconv.Itoa(i) || m.Stored || m.Retain != (i%10 == 0) {
			t.Fatalf("message %d of %d: %v", i, n, all[max(i-2, 0):min(i+5, len(all))])
		}
		if i == n-1 {
			n = 0
		}
	}
	if n != 0 {
		t.Errorf("of %d messages the last ones are missing", n)
	}
	if w.lost != 0 {
		t.Errorf("%d messages were lost", w.lost)
	}
}

// TestAFilterThatTheBrokerDoesNotLetGo belongs to an account that may subscribe and not unsubscribe.
func TestAFilterThatTheBrokerDoesNotLetGo(t *testing.T) {
	b := brokertest.Start(t)
	b.MustControl(t, broker.Command{"command": "createRole", "rolename": "some", "acls": []map[string]any{
		{"acltype": "subscribePattern", "topic": "#", "allow": true},
		{"acltype": "unsubscribePattern", "topic": "#", "allow": false},
		{"acltype": "publishClientReceive", "topic": "#", "allow": true},
	}}, broker.Command{"command": "createClient", "username": "some", "password": "p",
		"roles": []map[string]any{{"rolename": "some"}}})
	e := b.Endpoint()
	e.Username, e.Password = "some", func() (string, error) { return "p", nil }
	s := observe.New(observe.Options{Endpoint: e, Filters: []string{"a", "b"}})
	w := &watcher{t: t, consumer: s.Consumer("test", 0)}
	var told statuses
	s.OnStatus(told.add)
	start(t, s)
	awaitGranted(t, s)
	s.SetFilters([]string{"b"})
	eventually(t, "the refusal is told", func() bool { return told.detail("change a subscription") })
	awaitGranted(t, s)
	p := dialPlain(t, b, "device")
	p.publish("a", nil, false)
	p.publish("b", nil, false)
	compare(t, []seen{w.next()}, []seen{live("b", "")})
}

// TestWhatIsCoveredByARefusedFilter observes what an account may, of all that is wanted.
func TestWhatIsCoveredByARefusedFilter(t *testing.T) {
	b := brokertest.Start(t)
	b.MustControl(t, broker.Command{"command": "createRole", "rolename": "some", "acls": []map[string]any{
		{"acltype": "subscribePattern", "topic": "mine/#", "allow": true},
		{"acltype": "publishClientReceive", "topic": "#", "allow": true},
	}}, broker.Command{"command": "createClient", "username": "some", "password": "p",
		"roles": []map[string]any{{"rolename": "some"}}})
	e := b.Endpoint()
	e.Username, e.Password = "some", func() (string, error) { return "p", nil }
	s := observe.New(observe.Options{
		Endpoint: e, Filters: []string{"#", "mine/#", "mine/x"}, Retry: 100 * time.Millisecond,
	})
	w := &watcher{t: t, consumer: s.Consumer("test", 0)}
	start(t, s)
	eventually(t, "the filters are answered", func() bool {
		f := s.Status().Filters
		return f[0].State == observe.FilterRefused && f[1].State == observe.FilterGranted && f[2].State == observe.FilterCovered
	})
	p := dialPlain(t, b, "device")
	p.publish("mine/x", []byte("1"), false)
	compare(t, []seen{w.next()}, []seen{live("mine/x", "1")})

	// The account gets the right, and everything is observed.
	b.MustControl(t, broker.Command{"command": "addRoleACL", "rolename": "some", "acltype": "subscribePattern",
		"topic": "#", "priority": 1, "allow": true})
	awaitGranted(t, s)
	p.publish("others/x", []byte("2"), false)
	compare(t, []seen{w.next()}, []seen{live("others/x", "2")})
	if got := s.Status().Detail; got != "" {
		t.Errorf("all is well, and still %q", got)
	}
}

// TestAFrozenBrokerIsFoundAgain stops the process of a broker for longer than the keep alive.
func TestAFrozenBrokerIsFoundAgain(t *testing.T) {
	b := brokertest.Start(t)
	s := observe.New(observe.Options{Endpoint: b.Endpoint(), Filters: []string{"#"}, KeepAlive: time.Second, Timeout: time.Second})
	w := &watcher{t: t, consumer: s.Consumer("test", 0)}
	var told statuses
	s.OnStatus(told.add)
	start(t, s)
	awaitGranted(t, s)
	b.Pause()
	eventually(t, "the silence is noticed", func() bool { return told.detail("silent") })
	eventually(t, "nobody answers", func() bool { return told.detail("no answer in time") })
	b.Continue()
	awaitGranted(t, s)
	p := dialPlain(t, b, "device")
	p.publish("here", nil, false)
	compare(t, []seen{w.next()}, []seen{live("here", "")})
}

// TestTheBrokersOwnTopicsDoNotOverlapWithTheOthers has a figure once, with # and $SYS/broker/# both observed.
func TestTheBrokersOwnTopicsDoNotOverlapWithTheOthers(t *testing.T) {
	b := brokertest.Start(t)
	s := observe.New(observe.Options{Endpoint: b.Endpoint(), Filters: []string{"#", "$SYS/broker/#"}})
	w := &watcher{t: t, consumer: s.Consumer("test", 0)}
	start(t, s)
	times := map[string]int{}
	for uptimes := 0; uptimes < 3; {
		w.block()
		for _, m := range w.pending {
			// 2.1 may publish "0 seconds" when it starts and once more within its first second.
			if m.Topic == "$SYS/broker/uptime" && m.Payload != "0 seconds" {
				uptimes++
				times[m.Payload]++
			}
		}
		w.pending = nil
	}
	for value, n := range times {
		if n != 1 {
			t.Errorf("uptime %s came %d times", value, n)
		}
	}
}
