package observe

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestAQueueHoldsNoMoreThanItMay offers chunks of all sizes to a consumer that takes one now and then, and looks at the
// memory that the queue really keeps.
func TestAQueueHoldsNoMoreThanItMay(t *testing.T) {
	for round := range 20 {
		random := rand.New(rand.NewPCG(uint64(round), 0))
		s := New(Options{})
		c := s.Consumer("test", 3<<20)
		at := time.Unix(0, 0)
		current := s.slabs.get()
		used, sent, got, lost := 0, int64(0), int64(0), int64(0)
		var delivered int64
		receive := func() {
			b, _ := c.take()
			if b == nil {
				return
			}
			lost += b.Lost
			if b.Delivered != got+lost {
				t.Fatalf("round %d: %d messages were delivered before a block, want %d", round, b.Delivered, got+lost)
			}
			var m Message
			for b.Next(&m) {
				got++
			}
			b.Release()
		}
		for range 3000 {
			frame := publish(0, "t", nil, make([]byte, random.IntN(1<<random.IntN(15))))
			if used+len(frame) > slabSize {
				current.release()
				current, used = s.slabs.get(), 0
			}
			copy(current.data[used:], frame)
			k := chunk{slab: current, data: current.data[used : used+len(frame)], messages: 1, delivered: 1, packets: 1}
			used += len(frame)
			at = at.Add(time.Duration(random.IntN(20)) * time.Millisecond)
			c.offer(&k, at, 1, delivered, 0)
			sent, delivered = sent+1, delivered+1
			if random.IntN(100) < round*3 {
				receive()
			}
			pinned := map[*slab]bool{}
			held := 0
			for _, b := range c.queue {
				held += blockCost
				if b.slab != nil && !pinned[b.slab] {
					pinned[b.slab] = true
					held += len(b.slab.data)
				}
			}
			if held != c.cost || held > c.limit {
				t.Fatalf("round %d: the queue holds %d bytes, says %d, and may hold %d", round, held, c.cost, c.limit)
			}
		}
		for len(c.queue) > 0 {
			receive()
		}
		if lost += c.losing; got+lost != sent {
			t.Errorf("round %d: %d of %d messages came and %d were lost", round, got, sent, lost)
		}
		if c.cost != 0 {
			t.Errorf("round %d: an empty queue holds %d bytes", round, c.cost)
		}
	}
}

// TestChangesOfTheConnectionDoNotFillAQueue lets a broker come and go while a consumer takes nothing.
func TestChangesOfTheConnectionDoNotFillAQueue(t *testing.T) {
	c := newConsumer("test", 0)
	for i := range 1000 {
		c.announce(Block{Kind: Connected, Generation: int64(i)})
		c.losing++
		c.announce(Block{Kind: Disconnected, Generation: int64(i)})
	}
	if len(c.queue) != 2 || c.cost != 2*blockCost {
		t.Errorf("%d changes wait, and cost %d", len(c.queue), c.cost)
	}
	lost := int64(0)
	for {
		b, _ := c.take()
		if b == nil {
			break
		}
		if b.Generation != 999 {
			t.Errorf("a change of connection %d is kept", b.Generation)
		}
		lost += b.Lost
	}
	if lost != 1000 {
		t.Errorf("%d lost messages are told, want 1000", lost)
	}
}
