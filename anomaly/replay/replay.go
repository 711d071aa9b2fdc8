package replay

import (
	"container/heap"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

// Options say how much traffic is made. Zeros are the fleet of docs/anomaly.md.
type Options struct {
	Seed    uint64
	Devices int // 200
	Days    int // 14
	Learn   int // days before the first injection: 4
	Faults  int // injections, as far as they find a place: 60

	// Times is how many times what is usual a step goes away from the mean, and a drift half as much again: 4.
	Times float64
	// Lossless has every message arrive; otherwise one in two hundred does not.
	Lossless bool
}

// Start is when the traffic begins: a Monday's midnight, in the zone where the devices are.
func Start() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) }

// EventKind is what the broker sees.
type EventKind uint8

// The kinds of events.
const (
	Message   EventKind = iota // a device has published
	Connected                  // a device has come
	Gone                       // a device is gone
	Down                       // the broker is not there
	Restarted                  // it is there again; what was published in between nobody has seen
)

// Event is one thing that the broker sees. Topic and Payload hold until the next one.
type Event struct {
	At      time.Time
	Kind    EventKind
	Client  string // the device
	Topic   string
	Payload []byte
	Stored  bool // the broker had kept the message: it comes again because the broker is there again
	Clean   bool // of Gone: not the device's own doing
}

// Fleet is a number of devices and what is to go wrong with them. Its traffic is made once: Events uses it up.
type Fleet struct {
	Injections []*Injection // by their begin
	Days       int

	devices  []*device
	lost     float64 // of the messages
	sites    []*site
	restart  int64
	queue    queue
	last     int64
	retained map[string][]byte
	event    Event // the one that is being told of
}

const (
	secondMs = 1000
	minuteMs = 60 * secondMs
	hourMs   = 60 * minuteMs
	dayMs    = 24 * hourMs

	sites = 8
	lossy = 0.005 // of the messages
)

// New plans the traffic of a fleet.
func New(o Options) *Fleet {
	for _, d := range []struct {
		of    *int
		usual int
	}{{&o.Devices, 200}, {&o.Days, 14}, {&o.Learn, 4}, {&o.Faults, 60}} {
		if *d.of == 0 {
			*d.of = d.usual
		}
	}
	if o.Times == 0 {
		o.Times = 4
	}
	begin := Start().UnixMilli()
	f := &Fleet{Days: o.Days, last: begin + int64(o.Days)*dayMs, retained: map[string][]byte{}}
	f.restart = begin + int64(o.Days*2/3)*dayMs + 10*hourMs + 17*minuteMs
	if !o.Lossless {
		f.lost = lossy
	}
	for i := range sites {
		f.sites = append(f.sites, newSite(o.Seed, i))
	}
	all := mix()
	for i := range o.Devices {
		k := all[i%len(all)]
		r := rand.New(rand.NewPCG(o.Seed, uint64(i)+100))
		d := &device{r: r, kind: k, number: i, site: f.sites[r.IntN(sites)], Name: fmt.Sprintf("%s%d", k.name, i)}
		d.topic = d.site.name + "/" + d.Name
		d.next = begin + r.Int64N(k.period)
		k.make(d)
		f.devices = append(f.devices, d)
	}
	f.plan(rand.New(rand.NewPCG(o.Seed, 1)), o)
	return f
}

// DeviceOf is the device that a topic or a client id belongs to; empty where it is none.
func (f *Fleet) DeviceOf(entity string) string {
	for _, d := range f.devices {
		if entity == d.Name || len(entity) >= len(d.topic) && entity[:len(d.topic)] == d.topic && (len(entity) == len(d.topic) || entity[len(d.topic)] == '/') {
			return d.Name
		}
	}
	return ""
}

// task is something that happens at a time; run says when the same is due again, 0 for never.
type task struct {
	at     int64
	number int // among those of one moment
	run    func(at int64, yield func(Event)) (again int64)
}

// queue is a heap of tasks by their time.
type queue []*task

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].number < q[j].number
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is what container/heap wants.
func (q *queue) Push(x any) { *q = append(*q, x.(*task)) }

// Pop is what container/heap wants.
func (q *queue) Pop() any {
	x := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return x
}

func (f *Fleet) schedule(at int64, run func(at int64, yield func(Event)) int64) {
	heap.Push(&f.queue, &task{at, len(f.queue), run})
}

// Events makes the traffic, in the order of time.
func (f *Fleet) Events() iter.Seq[*Event] {
	for _, d := range f.devices {
		f.schedule(Start().UnixMilli(), d.connect)
		f.schedule(d.next, func(at int64, yield func(Event)) int64 { return f.publish(d, at, yield) })
	}
	for _, i := range f.Injections {
		switch i.Kind {
		case Flap:
			f.schedule(i.begin, i.flap)
		case Burst:
			f.schedule(i.begin, func(at int64, yield func(Event)) int64 { return f.rush(i, at, yield) })
		case Stuck, Drift, Step, Silence: // the device asks what is wrong with it when it speaks
		}
	}
	f.schedule(f.restart, f.restarts)
	return func(yield func(*Event) bool) {
		going := true
		for going && f.queue[0].at < f.last {
			t := f.queue[0]
			again := t.run(t.at, func(e Event) {
				f.event = e
				f.event.At = time.UnixMilli(t.at).UTC()
				going = going && yield(&f.event)
			})
			if again == 0 {
				again = f.last
			}
			t.at = again
			heap.Fix(&f.queue, 0)
		}
	}
}

// publish has a device say what it has to say, unless that is lost.
func (f *Fleet) publish(d *device, at int64, yield func(Event)) int64 {
	if i := d.fault(at); i != nil && i.Kind == Silence {
		i.quiet = d.last
	} else {
		f.say(d, at, yield)
	}
	return d.after(at)
}

// rush has a device gone mad speak beside its usual time.
func (f *Fleet) rush(i *Injection, at int64, yield func(Event)) int64 {
	if at >= i.end {
		return 0
	}
	f.say(i.device, at, yield)
	return at + burstGap
}

// say has a device say something, which may be lost on the way.
func (f *Fleet) say(d *device, at int64, yield func(Event)) {
	d.say(at, func(topic string) {
		if at < d.back || d.r.Float64() < f.lost {
			return
		}
		d.last = at
		if d.kind.retained {
			f.retained[topic] = append(f.retained[topic][:0], d.payload...)
		}
		yield(Event{Kind: Message, Client: d.Name, Topic: topic, Payload: d.payload})
	})
}

const (
	downFor    = 25 * secondMs
	comeWithin = 60 * secondMs
)

// restarts has the broker go, and after a while everybody come back.
func (f *Fleet) restarts(at int64, yield func(Event)) int64 {
	yield(Event{Kind: Down})
	for _, d := range f.devices {
		yield(Event{Kind: Gone, Client: d.Name, Clean: true})
		d.back = at + downFor + d.r.Int64N(comeWithin)
		f.schedule(d.back, d.connect)
	}
	f.schedule(at+downFor, func(_ int64, yield func(Event)) int64 {
		yield(Event{Kind: Restarted})
		for _, d := range f.devices {
			if payload, kept := f.retained[d.topic]; kept {
				yield(Event{Kind: Message, Client: d.Name, Topic: d.topic, Payload: payload, Stored: true})
			}
		}
		return 0
	})
	return 0
}
