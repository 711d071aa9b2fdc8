package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	crowdPrefix   = "crowd-" // of the ids of its clients
	crowdAccounts = 20
	// clientsOnTopic share a topic, so that the detectors have learned it before memory is compared: until then it grows.
	clientsOnTopic = 10
	rampUp         = 10 * time.Millisecond // between the first connects of two clients: a hundred a second
)

// crowd is many clients that come and go.
type crowd struct {
	o      Options
	house  *house
	ledger *ledger

	here      atomic.Int64
	connects  atomic.Int64
	failed    atomic.Int64 // tries to connect that came to nothing
	published atomic.Int64
	taken     atomic.Int64 // at QoS 1 and acknowledged
}

// prepare makes the accounts and what they may do.
func (c *crowd) prepare(ctx context.Context) error {
	acls := []map[string]any{
		{"acltype": "publishClientSend", "topic": "crowd/#", "allow": true},
		{"acltype": "subscribePattern", "topic": "crowd/#", "allow": true},
		{"acltype": "publishClientReceive", "topic": "crowd/#", "allow": true},
	}
	if err := c.house.must(ctx, "/dynsec/roles", map[string]any{"rolename": "crowd", "acls": acls}); err != nil {
		return err
	}
	for i := range crowdAccounts {
		body := map[string]any{"username": account(i), "password": crowdPassword, "roles": []map[string]any{{"rolename": "crowd"}}}
		if err := c.house.must(ctx, "/dynsec/clients", body); err != nil {
			return err
		}
	}
	return nil
}

func account(i int) string { return fmt.Sprintf("%saccount-%02d", crowdPrefix, i%crowdAccounts) }

// run returns when ctx has ended and all are gone.
func (c *crowd) run(ctx context.Context) {
	var all sync.WaitGroup
	for i := range c.o.Clients {
		all.Go(func() {
			random := randomOf(c.o.Seed, uint64(i)+10_000)
			if pause(ctx, time.Duration(i)*rampUp) {
				c.live(ctx, i, random)
			}
		})
	}
	all.Wait()
}

// live is one client's life: it comes, stays, goes, and comes again.
func (c *crowd) live(ctx context.Context, i int, random *rand.Rand) {
	var d *device
	for ctx.Err() == nil {
		next, err := c.arrive(ctx, i)
		if d != nil { // a takeover: the broker has ended the former connection, or the new one did not come to be
			d.drop()
			c.gone(d)
		}
		if d = next; err != nil {
			c.failed.Add(1)
			pause(ctx, time.Second+time.Duration(random.Int64N(int64(3*time.Second))))
			continue
		}
		c.stay(ctx, d, i, random)
		switch how := random.IntN(10); {
		case how < 4:
			d.leave()
		case how < 8:
			d.drop()
		default:
			continue // with d still there
		}
		c.gone(d)
		d = nil
		pause(ctx, time.Duration(random.Int64N(int64(c.o.Stay/8)+1)))
	}
	if d != nil {
		d.leave()
		c.gone(d)
	}
}

func (c *crowd) arrive(ctx context.Context, i int) (*device, error) {
	_, mqtt := c.house.addresses()
	id := fmt.Sprintf("%s%04d", crowdPrefix, i)
	began := time.Now()
	// A try goes on when the soak ends: whether the broker had heard of it would be unknown otherwise.
	d, port, asked, err := connect(context.WithoutCancel(ctx), home(i), mqtt, id, account(i))
	if asked {
		over := c.ledger.came(visit{id, port}, began, err == nil)
		if d != nil {
			d.over = over
		}
	}
	if err == nil {
		c.connects.Add(1)
		c.here.Add(1)
	}
	return d, err
}

// home is the address from which a client comes, one of loopback's 16 million. Each has its own, because of what comes from one
// address BunkerM tells no more than 600 events a minute one by one.
func home(i int) net.IP { return net.IPv4(127, 1, byte(i/250), byte(1+i%250)) }

func (c *crowd) gone(d *device) {
	d.over()
	c.here.Add(-1)
	c.taken.Add(d.taken.Load())
}

// stay publishes now and then, until it is time to go or the connection is over.
func (c *crowd) stay(ctx context.Context, d *device, i int, random *rand.Rand) {
	leave := time.NewTimer(exponential(random, c.o.Stay))
	defer leave.Stop()
	topic := fmt.Sprintf("crowd/%02d/%04d/value", i%crowdAccounts, i%max(c.o.Clients/clientsOnTopic, 1))
	for {
		next := time.NewTimer(min(exponential(random, c.o.Every), 30*time.Second)) // more often than the keepalive asks for
		select {
		case <-next.C:
		case <-leave.C:
			return
		case <-d.ended:
			return
		case <-ctx.Done():
			return
		}
		if d.publish(topic, fmt.Sprintf("%.2f", 20+random.NormFloat64()), byte(random.IntN(2))) != nil {
			return
		}
		c.published.Add(1)
	}
}

func exponential(random *rand.Rand, mean time.Duration) time.Duration {
	return time.Duration(random.ExpFloat64() * float64(mean))
}
