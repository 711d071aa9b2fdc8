package detect

import "math"

// Joint tells when values that each are usual do not go together: a pump that runs without a flow. It learns the mean and the
// covariance of up to sixteen fields of one message, and scores how far the present values are from what they usually are
// together (Hotelling's T², "Multivariate Quality Control", 1947), and how far their moving mean is, which finds what is small
// and lasts (MEWMA; Lowry, Woodall, Champ and Rigdon, "A Multivariate Exponentially Weighted Moving Average Control Chart",
// Technometrics 34, 1992). Both are turned into probabilities by what they usually are, because fields are hardly ever normal.
// Memory is 8·d² + 56·d bytes and 600 more.
type Joint struct {
	fields  int
	n       uint32
	hush    hush
	base    []float64 // the first values; all others are relative to them
	mean    []float64
	moving  []float64 // the moving mean of what is off the mean
	cov     []float64 // the lower triangle, row by row
	lower   []float64 // its Cholesky factor, written anew each time
	off     []float64 // the present distance from the mean
	solved  []float64
	parts   []float64
	usual   tail               // of T
	drifted tail               // of T of the moving mean
	late    [jointLate]float32 // the last of these, which have not been learned yet
}

const (
	mostFields  = 16
	jointMemory = 1000 // points that mean and covariance remember
	jointMoving = 0.1  // lambda: what the newest point is worth in the moving mean
	jointLate   = 32   // points after which the moving mean is learned: what grows slowly must not teach that it is usual
	jointFrom   = 200  // points before the first score, and at least twenty for each field
	jointClip   = 3    // a point teaches as if it were at most so many times as far off as points are on average
	ridge       = 1e-6 // of a field's variance, is added to it: fields that follow from each other leave nothing to divide by
	jointWidest = 1e60 // bounds what a value is off the first one, so that what follows stays finite
)

// NewJoint makes one for so many fields, 1 to 16; what is more or less is taken for the nearest of these.
func NewJoint(fields int) *Joint {
	d := max(1, min(mostFields, fields))
	half := d * (d + 1) / 2
	all := make([]float64, 6*d+2*half)
	take := func(n int) []float64 {
		part := all[:n:n]
		all = all[n:]
		return part
	}
	return &Joint{
		fields: d,
		base:   take(d), mean: take(d), moving: take(d), off: take(d), solved: take(d), parts: take(d),
		cov: take(half), lower: take(half),
	}
}

// Fields is how many it is for.
func (d *Joint) Fields() int { return d.fields }

// Points is how many it has seen.
func (d *Joint) Points() int { return int(d.n) }

// Add scores the fields of a message and learns them. There must be as many as [Joint.Fields], all of them numbers; of
// fewer, or of more, nothing is learned and the result is empty. Where the score is at least 1, contribution says by how
// much each field is off what the others let expect, squared and in units of its usual distance from that; it is good until
// the next Add. Otherwise it is nil. Expected is how far points usually are off, the median, and Spread how far this one is, in
// standard deviations.
func (d *Joint) Add(x []float64) (r Result, contribution []float64) {
	if len(x) != d.fields {
		return Result{}, nil
	}
	for i, v := range x {
		if d.n == 0 {
			d.base[i] = v
		}
		d.off[i] = max(-jointWidest, min(jointWidest, v-d.base[i])) - d.mean[i]
		d.moving[i] += jointMoving * (d.off[i] - d.moving[i])
	}
	least := uint32(max(jointFrom/2, 10*d.fields))
	if d.n < least {
		d.learn(1)
		return Result{}, nil
	}
	d.factor()
	far, drift := d.far(d.off), d.far(d.moving)*math.Sqrt((2-jointMoving)/jointMoving)
	if d.n >= 2*least {
		r, contribution = d.judge(far, drift)
	}
	d.usual.addCarefully(far)
	late := &d.late[d.n%jointLate]
	if d.n >= least+jointLate {
		d.drifted.addCarefully(float64(*late))
	}
	*late = float32(drift)
	share := 1.0
	if reach := jointClip * math.Sqrt(float64(d.fields)); far > reach {
		share = reach / far
	}
	d.learn(share)
	return r, contribution
}

// far is how far a vector is from nothing, T. What is next to nothing is nothing.
func (d *Joint) far(v []float64) float64 {
	if t := math.Sqrt(d.solve(v)); t > 1e-30 {
		return t
	}
	return 0
}

// judge makes a result of the two distances.
func (d *Joint) judge(far, drift float64) (r Result, contribution []float64) {
	f, of := finding{rarity: 1}, d.off
	f.unless(d.usual.careful(far), Together, float32(d.usual.quantile(0.5)), float32(min(far, widest)))
	before := f.rarity
	f.unless(d.drifted.careful(drift), Together, float32(d.drifted.quantile(0.5)), float32(min(drift, widest)))
	if f.rarity < before {
		of = d.moving
	}
	r = Result{Why: f.why, Expected: float64(f.expected), Spread: float64(f.spread)}
	if rarity := f.rarity * f.asked; f.why != NoPart && rarity < 1 {
		r.Score = -math.Log10(max(rarity, leastRarity))
	}
	r.Alarm = d.hush.alarm(r.Score, d.n)
	if r.Score >= 1 {
		contribution = d.contributions(of)
	}
	return r, contribution
}

// learn takes the present distances in, each as so much of it.
func (d *Joint) learn(share float64) {
	d.n = min(d.n, math.MaxUint32-1) + 1
	weight := 1 / float64(min(d.n, jointMemory))
	at := 0
	for i := range d.fields {
		for j := range i + 1 {
			// The part of the mean's own step that the covariance needs (Welford, Technometrics 4, 1962).
			d.cov[at] += weight * ((1-weight)*share*share*d.off[i]*d.off[j] - d.cov[at])
			at++
		}
	}
	for i := range d.fields {
		d.mean[i] += weight * share * d.off[i]
	}
}
