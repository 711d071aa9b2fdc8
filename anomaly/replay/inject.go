package replay

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Kind is what is the matter with a device.
type Kind string

// The kinds of injections.
const (
	Stuck   Kind = "stuck"   // one quantity stays what it was
	Drift   Kind = "drift"   // it goes away slowly, over a day
	Step    Kind = "step"    // it is elsewhere at once
	Silence Kind = "silence" // no messages
	Burst   Kind = "burst"   // eight messages a second
	Flap    Kind = "flap"    // its connection breaks every twenty seconds
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Stuck, Drift, Step, Silence, Burst, Flap} }

const (
	driftMs   = 24. * hourMs // until a drift is there
	driftMore = 1.5          // times as far as a step
)

// Injection is something that goes wrong with a device.
type Injection struct {
	Kind   Kind
	Device string
	Of     string        // the device's kind
	Period time.Duration // between two messages, as a rule

	begin, end int64
	quiet      int64   // of a silence: when the last message came
	off        float64 // how far a quantity goes, in what it usually is from its mean
	device     *device
}

// lasts is for how long it goes wrong. A machine has to be at work.
func (k Kind) lasts(d *kind) int64 {
	long := int64(6 * hourMs)
	if d.shift {
		long = 3 * hourMs
	}
	switch k {
	case Stuck:
		return max(long, min(24*hourMs, 100*d.period))
	case Drift:
		return 36 * hourMs
	case Step:
		return long
	case Silence:
		return max(2*hourMs, 20*d.period)
	case Burst:
		return 3 * minuteMs
	case Flap:
	}
	return 8 * minuteMs
}

// befalls reports whether such a device can have it.
func (k Kind) befalls(d *kind) bool {
	switch k {
	case Stuck, Step:
		return d.measures
	case Drift:
		return d.measures && !d.shift // a day is longer than a shift
	case Silence:
		return d.clocked
	case Burst, Flap:
	}
	return true
}

const (
	apart   = dayMs  // between two injections on one device
	settled = hourMs // around a restart of the broker nothing is injected
	known   = 250    // messages a device has sent before it goes wrong
)

// plan chooses what goes wrong where and when.
func (f *Fleet) plan(r *rand.Rand, o Options) {
	all := Kinds()
	for n := range o.Faults {
		for range placeTries { // in a few days there is no place for some kinds
			if i := f.draw(r, all[n%len(all)], &o); i != nil {
				i.device.faults = append(i.device.faults, i)
				f.Injections = append(f.Injections, i)
				break
			}
		}
	}
	slices.SortFunc(f.Injections, func(x, y *Injection) int { return int(x.begin - y.begin) })
}

const placeTries = 500

// draw is an injection on some device at some time; nil where it does not fit.
func (f *Fleet) draw(r *rand.Rand, k Kind, o *Options) *Injection {
	begin := Start().UnixMilli()
	from := begin + int64(o.Learn)*dayMs
	d := f.devices[r.IntN(len(f.devices))]
	lasts := k.lasts(d.kind)
	room := f.last - hourMs - lasts - from
	if !k.befalls(d.kind) || room <= 0 {
		return nil
	}
	i := &Injection{
		Kind: k, Device: d.Name, Of: d.kind.name, Period: time.Duration(d.kind.period) * time.Millisecond,
		begin: from + r.Int64N(room), off: o.Times * float64(2*r.IntN(2)-1), device: d,
	}
	i.end = i.begin + lasts
	if !f.fits(i) || i.begin-begin < known*d.kind.period {
		return nil
	}
	return i
}

// fits reports whether nothing else is the matter with the device around that time, and whether it is there at all.
func (f *Fleet) fits(i *Injection) bool {
	if i.begin < f.restart+settled && i.end > f.restart-settled {
		return false
	}
	for _, o := range i.device.faults {
		if i.begin < o.end+apart && i.end > o.begin-apart {
			return false
		}
	}
	if !i.device.kind.shift {
		return true
	}
	h, workday := hour(i.begin)
	return workday && h >= shiftBegins+0.5 && h+float64(i.end-i.begin)/hourMs <= shiftEnds
}

const (
	flapEvery = 20 * secondMs
	burstGap  = 125 // milliseconds
)

// flap has a device lose its connection and come again.
func (i *Injection) flap(at int64, yield func(Event)) int64 {
	if at >= i.end {
		return 0
	}
	yield(Event{Kind: Gone, Client: i.Device})
	yield(Event{Kind: Connected, Client: i.Device})
	return at + flapEvery/2 + i.device.r.Int64N(flapEvery)
}

// Span is from when to when it goes wrong.
func (i *Injection) Span() (from, until time.Time) {
	return time.UnixMilli(i.begin).UTC(), time.UnixMilli(i.end).UTC()
}

// String says it in words.
func (i *Injection) String() string {
	from, until := i.Span()
	return string(i.Kind) + " of " + i.Device + " from " + from.Format("Mon 2 15:04") + " to " + until.Format("Mon 2 15:04")
}
