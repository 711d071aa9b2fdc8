package replay

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// device is one that publishes.
type device struct {
	Name   string
	topic  string
	site   *site
	kind   *kind
	number int
	r      *rand.Rand
	next   int64
	last   int64 // when it last published something that arrived
	back   int64 // until then it is not connected
	faults []*Injection

	payload []byte
	say     func(at int64, send func(topic string)) // writes payload and sends it
	rest    func(at int64) int64                    // when it says something next, for those that do not speak by the clock
	frozen  float64                                 // what a stuck sensor says
}

// connect is a device's coming.
func (d *device) connect(_ int64, yield func(Event)) int64 {
	yield(Event{Kind: Connected, Client: d.Name})
	return 0
}

// fault is what is wrong with the device at a moment; nil when nothing is.
func (d *device) fault(at int64) *Injection {
	for _, i := range d.faults {
		if at >= i.begin && at < i.end {
			return i
		}
	}
	return nil
}

// after is when the device speaks next.
func (d *device) after(at int64) int64 {
	if d.rest != nil {
		return d.rest(at)
	}
	// Its clock is good, and each message takes its time.
	d.next += d.kind.period
	for d.next <= at {
		d.next += d.kind.period
	}
	return max(at+1, d.next+int64(float64(min(d.kind.period, minuteMs))*0.01*d.r.NormFloat64()))
}

// sense is what the device says of the quantity that may go wrong. usual is how far that is from its mean, as a rule.
func (d *device) sense(at int64, x, usual float64) float64 {
	i := d.fault(at)
	if i == nil {
		d.frozen = x
		return x
	}
	switch i.Kind {
	case Stuck:
		return d.frozen
	case Step:
		return x + i.off*usual
	case Drift:
		return x + driftMore*i.off*usual*min(1, float64(at-i.begin)/driftMs)
	case Silence, Burst, Flap:
	}
	d.frozen = x
	return x
}

// field adds a number to the object that is being written, text a word.
func (d *device) field(name string, x float64, decimals int) {
	d.key(name)
	d.payload = strconv.AppendFloat(d.payload, x, 'f', decimals, 64)
}

func (d *device) text(name, x string) {
	d.key(name)
	d.payload = strconv.AppendQuote(d.payload, x)
}

func (d *device) key(name string) {
	if len(d.payload) == 0 {
		d.payload = append(d.payload, '{')
	} else {
		d.payload = append(d.payload, ',')
	}
	d.payload = append(d.payload, '"')
	d.payload = append(d.payload, name...)
	d.payload = append(d.payload, '"', ':')
}

func (d *device) object(fill func()) {
	d.payload = d.payload[:0]
	fill()
	d.payload = append(d.payload, '}')
}

func (d *device) plain(x float64, decimals int) {
	d.payload = strconv.AppendFloat(d.payload[:0], x, 'f', decimals, 64)
}

// wandering is a quantity that wanders around zero (Ornstein and Uhlenbeck): spread is its standard deviation, lasts the
// milliseconds after which it has forgotten where it was.
type wandering struct {
	spread, lasts float64
	x             float64
	at            int64
}

func (w *wandering) to(at int64, r *rand.Rand) float64 {
	if at > w.at {
		stays := math.Exp(-float64(at-w.at) / w.lasts)
		w.x = stays*w.x + w.spread*math.Sqrt(1-stays*stays)*r.NormFloat64()
		w.at = at
	}
	return w.x
}

// site is a place: its devices have the same weather.
type site struct {
	name            string
	r               *rand.Rand
	warmer          float64
	front, pressure wandering
}

// outside is the temperature there.
func (s *site) outside(at int64) float64 { return 12 + s.warmer + 6*sun(at) + s.front.to(at, s.r) }

func newSite(seed uint64, i int) *site {
	r := rand.New(rand.NewPCG(seed, uint64(i)+10))
	return &site{
		name: "site" + strconv.Itoa(i+1), r: r, warmer: 2 * r.NormFloat64(),
		front: wandering{spread: 2, lasts: 18 * hourMs}, pressure: wandering{spread: 8, lasts: 36 * hourMs},
	}
}

// hour is the hour of the day with its fraction, and whether people work on that day.
func hour(at int64) (h float64, workday bool) {
	t := time.UnixMilli(at).UTC()
	return float64(at%dayMs) / hourMs, t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

// sun is 1 in the afternoon and -1 before the morning.
func sun(at int64) float64 { return math.Sin(2 * math.Pi * (float64(at%dayMs)/dayMs - 9./24)) }
