package detect

// Lean is the detector for the crowd: level, drift and record, in about 300 bytes. The zero value is ready.
type Lean struct{ core core }

// Add scores a value and learns it. It must be a number, not NaN or infinite.
func (d *Lean) Add(x float64) Result {
	v := d.core.relative(x)
	r := d.core.result(d.core.look(v))
	d.core.learn(v, !d.core.hush.first(r.Alarm))
	return r
}

// Promote makes a Standard of it. Its profile begins empty.
func (d *Lean) Promote() *Standard { return &Standard{core: d.core} }

// Pause tells of a long gap in the sampling: what the last values were says nothing about the next.
func (d *Lean) Pause() { d.core.pause() }

// Rebase forgets what values were like, as after a change of unit. Learning begins again.
func (d *Lean) Rebase() { *d = Lean{} }

// Points is how many values it has seen.
func (d *Lean) Points() int { return int(d.core.n) }
