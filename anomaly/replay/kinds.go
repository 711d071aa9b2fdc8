package replay

import "math"

// kind is a kind of devices.
type kind struct {
	name     string
	period   int64 // milliseconds between two messages, as a rule
	retained bool
	measures bool // something that may go wrong
	clocked  bool // its messages come by the clock, so that silence is strange
	shift    bool // it speaks only during a shift
	make     func(d *device)
}

// mix is which kinds twenty devices in a row have, so that a small fleet is like a large one.
func mix() []*kind {
	w := &kind{name: "weather", period: minuteMs, measures: true, clocked: true, make: weather}
	t := &kind{name: "thermo", period: minuteMs, measures: true, clocked: true, retained: true, make: thermo}
	e := &kind{name: "meter", period: 30 * secondMs, measures: true, clocked: true, make: meter}
	d := &kind{name: "door", period: 10 * minuteMs, retained: true, make: door}
	m := &kind{name: "motion", period: 10 * minuteMs, make: motion}
	g := &kind{name: "gateway", period: 5 * minuteMs, measures: true, clocked: true, retained: true, make: gateway}
	b := &kind{name: "battery", period: 15 * minuteMs, measures: true, clocked: true, make: battery}
	p := &kind{name: "pump", period: 10 * secondMs, measures: true, clocked: true, make: pump}
	s := &kind{name: "machine", period: 30 * secondMs, measures: true, clocked: true, shift: true, make: machine}
	return []*kind{w, e, b, d, w, e, b, m, w, e, t, d, w, b, p, e, w, b, g, s}
}

// weather is a station outside: one JSON object a minute.
func weather(d *device) {
	own := d.r.NormFloat64()
	d.say = func(at int64, send func(string)) {
		x := d.site.outside(at) + own + 0.15*d.r.NormFloat64()
		damp := min(100, max(5, 65-2*(x-12)+0.8*d.r.NormFloat64()))
		pressure := 1013 + d.site.pressure.to(at, d.site.r) + 0.05*d.r.NormFloat64()
		x = d.sense(at, x, 5)
		d.object(func() {
			d.field("temperature", x, 2)
			d.field("humidity", damp, 1)
			d.field("pressure", pressure, 1)
			d.text("unit", "C")
		})
		send(d.topic)
	}
}

// thermo is a thermometer inside with a plain topic for each quantity.
func thermo(d *device) {
	temperature, humidity := d.topic+"/temperature", d.topic+"/humidity"
	slow := wandering{spread: 0.5, lasts: 3 * hourMs}
	d.say = func(at int64, send func(string)) {
		x := 21 + 1.2*sun(at) + 0.1*d.site.outside(at) + slow.to(at, d.r) + 0.05*d.r.NormFloat64()
		d.plain(d.sense(at, x, 1.3), 2)
		send(temperature)
		d.plain(48-1.5*(x-21)+0.5*d.r.NormFloat64(), 1)
		send(humidity)
	}
}

// meter is an energy meter of an office: power, what has been used so far, and the voltage, which every second one may get wrong.
func meter(d *device) {
	used, base := 1000+9000*d.r.Float64(), 300+200*d.r.Float64()
	fridge := wandering{spread: 1, lasts: 15 * minuteMs}
	var before int64
	d.say = func(at int64, send func(string)) {
		h, workday := hour(at)
		power := base + 50*sun(at)
		if workday {
			power += 2500 / (1 + math.Exp(-2*(h-7.5))) / (1 + math.Exp(2*(h-17.5)))
		}
		if fridge.to(at, d.r) > 0.8 {
			power += 700
		}
		power *= 1 + 0.05*d.r.NormFloat64()
		if before > 0 {
			used += power * float64(at-before) / hourMs / 1000
		}
		before = at
		voltage := 230 - 1.2*sun(at) + 0.8*d.r.NormFloat64()
		if d.number%2 == 0 {
			power = max(0, d.sense(at, power, 1200))
		} else {
			voltage = d.sense(at, voltage, 1.2)
		}
		d.object(func() {
			d.field("energy", used, 3)
			d.field("power", power, 0)
			d.field("voltage", voltage, 1)
		})
		send(d.topic)
	}
}

// gateway tells how it is every five minutes.
func gateway(d *device) {
	uptime, memory := d.r.Int64N(20*dayMs), wandering{spread: 6, lasts: 2 * hourMs}
	rssi := wandering{spread: 1.5, lasts: hourMs}
	d.say = func(at int64, send func(string)) {
		up := at - Start().UnixMilli() + uptime
		used := 180 + memory.to(at, d.r) + d.r.NormFloat64()
		strength := -61 + rssi.to(at, d.r) + 0.8*d.r.NormFloat64()
		used = d.sense(at, used, 6)
		d.object(func() {
			d.field("uptime", float64(up/secondMs), 0)
			d.field("clients", 12+math.Round(1.2*sun(at)+0.6*d.r.NormFloat64()), 0)
			d.field("memory", used, 1)
			d.field("rssi", strength, 0)
			d.text("firmware", "1.4.2")
		})
		send(d.topic)
	}
}

// battery is a small sensor that wakes every quarter of an hour.
func battery(d *device) {
	volts, n := 2.9+0.2*d.r.Float64(), d.r.IntN(60000)
	slow := wandering{spread: 0.4, lasts: 4 * hourMs}
	d.say = func(at int64, send func(string)) {
		h, workday := hour(at)
		x := 20 + 0.8*sun(at) + slow.to(at, d.r) + 0.08*d.r.NormFloat64()
		if workday && h > 6 && h < 18 {
			x++
		}
		x = d.sense(at, x, 1)
		volts -= 2e-6
		n++
		d.object(func() {
			d.field("t", x, 2)
			d.field("battery", volts+0.004*d.r.NormFloat64(), 3)
			d.field("seq", float64(n&0xffff), 0)
		})
		send(d.topic)
	}
}
