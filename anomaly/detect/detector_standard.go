package detect

import "math"

// hoursOfWeek is how many hours a week has.
const hoursOfWeek = 168

const (
	weekMemory = 60  // points of one hour of the week that its mean remembers
	weekFrom   = 3   // points of an hour before its mean means something
	skillOver  = 300 // points over which profile and level are compared
)

// Standard is the detector that a series gets: level, drift, record, and a profile of the week's hours, in about 1.2 KB.
// The profile has a say only while it foretells better than the level does. The zero value is ready.
type Standard struct {
	core   core
	mean   [hoursOfWeek]float32
	seen   [hoursOfWeek]uint8
	misses float32 // mean distance from the profile
	level  float32 // mean distance from the level, over the same points
	onWeek tail
}

// Add scores a value and learns it. It must be a number, not NaN or infinite. hour is the hour of the week in which it
// came, 0 to 167, in the time zone in which people live.
func (d *Standard) Add(x float64, hour int) Result {
	hour = hourOfWeek(hour)
	v := d.core.relative(x)
	f := d.core.look(v)
	known := d.seen[hour] >= weekFrom
	off := float32(math.Abs(float64(v - d.mean[hour])))
	if d.speaks(hour) {
		f.unless(d.onWeek.rarity(float64(off)), Week, d.mean[hour], d.misses)
	}
	r := d.core.result(f)
	usual := !d.core.hush.first(r.Alarm)
	if known {
		d.misses += (off - d.misses) * (1. / skillOver)
		d.level += (float32(math.Abs(float64(v-d.core.level))) - d.level) * (1. / skillOver)
		if usual {
			d.onWeek.add(float64(off))
		}
	}
	d.core.learn(v, usual)
	if d.seen[hour] < weekMemory {
		d.seen[hour]++
	}
	if d.seen[hour] == 1 {
		d.mean[hour] = v
	} else {
		d.mean[hour] += (v - d.mean[hour]) / float32(d.seen[hour])
	}
	return r
}

// speaks reports whether the profile has a say on that hour.
func (d *Standard) speaks(hour int) bool {
	return d.seen[hour] >= weekFrom && d.core.n >= warmUp && d.misses < d.level
}

// hourOfWeek brings any number into a week.
func hourOfWeek(hour int) int { return ((hour % hoursOfWeek) + hoursOfWeek) % hoursOfWeek }

// Demote makes a Lean of it, which goes on without the profile.
func (d *Standard) Demote() *Lean { return &Lean{core: d.core} }

// Pause tells of a long gap in the sampling: what the last values were says nothing about the next.
func (d *Standard) Pause() { d.core.pause() }

// Rebase forgets what values were like, as after a change of unit. Learning begins again.
func (d *Standard) Rebase() { *d = Standard{} }

// Points is how many values it has seen.
func (d *Standard) Points() int { return int(d.core.n) }
