package detect

// Lean is the detector for the crowd: level, drift and record, in about 300 bytes. The zero value is ready.
type Lean struct{ core core }

// Add scores a value and learns it. It must be a number, not NaN or infinite.
func (d *Lean) Add(x float64) Result {
	v := d.core.relative(x)
	r := d.core.result(d.core.look(v))
	d.core.learn(v)
	return r
}

// Points is how many values it has seen.
func (d *Lean) Points() int { return int(d.core.n) }
