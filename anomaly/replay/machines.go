package replay

import "math"

// pump runs for a third of an hour and rests for a quarter, longer in the night; its motor warms and cools with that.
func pump(d *device) {
	running, until, warmth := false, int64(0), 25.
	var before int64
	d.say = func(at int64, send func(string)) {
		if at >= until {
			running = !running
			lasts := 20 + 2*d.r.NormFloat64()
			if !running {
				lasts = 15 + 2*d.r.NormFloat64()
				if h, _ := hour(at); h < 6 {
					lasts *= 2
				}
			}
			until = at + int64(max(5, lasts)*minuteMs)
		}
		flow, pressure, current, goal, state := 0., 2.1, 0.3, 25., "idle"
		if running {
			flow, pressure, current, goal, state = 42+0.6*d.r.NormFloat64(), 5.2, 8.4, 58, "running"
		}
		if before > 0 {
			warmth += (goal - warmth) * (1 - math.Exp(-float64(at-before)/(12*minuteMs)))
		}
		before = at
		shown := d.sense(at, warmth+0.2*d.r.NormFloat64(), 8)
		d.object(func() {
			d.text("state", state)
			d.field("flow", flow, 2)
			d.field("pressure", pressure+0.04*d.r.NormFloat64(), 3)
			d.field("current", current+0.08*d.r.NormFloat64(), 2)
			d.field("temperature", shown, 2)
		})
		send(d.topic)
	}
}

const (
	shiftBegins = 6 // o'clock, on workdays
	shiftEnds   = 14
)

// machine works from six to two and says nothing else.
func machine(d *device) {
	parts, job, until := 0, "A17", int64(0)
	var warm wandering
	warm.spread, warm.lasts = 2, hourMs
	d.say = func(at int64, send func(string)) {
		if at >= until {
			job = [...]string{"A17", "A18", "B02", "C11"}[d.r.IntN(4)]
			until = at + int64((1+2*d.r.Float64())*hourMs)
		}
		if d.r.Float64() < 0.6 {
			parts++
		}
		spindle := d.sense(at, 46+warm.to(at, d.r)+0.3*d.r.NormFloat64(), 2)
		d.object(func() {
			d.field("parts", float64(parts), 0)
			d.field("speed", 1200+6*d.r.NormFloat64(), 0)
			d.field("spindle", spindle, 1)
			d.text("job", job)
		})
		send(d.topic)
	}
	d.rest = func(at int64) int64 {
		at += d.kind.period + int64(200*d.r.NormFloat64())
		for {
			h, workday := hour(at)
			switch {
			case workday && h >= shiftBegins && h < shiftEnds:
				return at
			case workday && h < shiftBegins:
				return at - at%dayMs + shiftBegins*hourMs + d.r.Int64N(4*minuteMs)
			}
			at += dayMs - at%dayMs
		}
	}
}

// people is how many of them come by in an hour.
func people(at int64) float64 {
	h, workday := hour(at)
	switch {
	case workday && h >= 7 && h < 18:
		return 10
	case workday && h >= 6 && h < 22:
		return 1.5
	case h >= 8 && h < 20:
		return 0.3
	}
	return 0.05
}

const heartbeat = 10 * minuteMs // after which doors and motion sensors say again what they have said

// visits is when something that people make happens next, at the latest at the next heartbeat.
func (d *device) visits(at int64) (next int64, visited bool) {
	next = at + int64(d.r.ExpFloat64()/people(at)*hourMs) + secondMs
	if next < at+heartbeat {
		return next, true
	}
	return at + heartbeat, false
}

// door is open for some seconds whenever somebody comes.
func door(d *device) {
	open, visited := false, false
	d.say = func(_ int64, send func(string)) {
		if visited || open {
			open = !open
		}
		d.payload = append(d.payload[:0], "closed"...)
		if open {
			d.payload = append(d.payload[:0], "open"...)
		}
		send(d.topic)
	}
	d.rest = func(at int64) (next int64) {
		if open {
			return at + int64(3*secondMs+d.r.ExpFloat64()*15*secondMs)
		}
		next, visited = d.visits(at)
		return next
	}
}

// motion tells whether somebody is there.
func motion(d *device) {
	there, visited := false, false
	d.say = func(at int64, send func(string)) {
		if visited || there {
			there = !there
		}
		d.object(func() {
			d.key("motion")
			if there {
				d.payload = append(d.payload, "true"...)
			} else {
				d.payload = append(d.payload, "false"...)
			}
			d.field("lux", max(0, 150+140*sun(at)+10*d.r.NormFloat64()), 0)
		})
		send(d.topic)
	}
	d.rest = func(at int64) (next int64) {
		if there {
			return at + int64(30*secondMs+d.r.ExpFloat64()*60*secondMs)
		}
		next, visited = d.visits(at)
		return next
	}
}
