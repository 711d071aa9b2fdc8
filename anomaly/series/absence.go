package series

import "math"

// absence counts in how many messages a field is missing.
type absence struct {
	messages, missing uint32 // of the topic since the field was first seen
	run               uint32 // missing in a row, now
	told              bool
}

const leastMissing = 3 // messages without a field before that is worth a word

// there says that a message had the field.
func (a *absence) there(c *Context, f *Field) {
	a.count()
	a.run = 0
	if a.told {
		a.told = false
		c.Found = append(c.Found, Finding{Field: f.Path, Kind: Missing, At: c.At, Over: true})
	}
}

// gone says that a message did not have it. Missing k times in a row has probability q^k where q is how often it is missing
// otherwise (Krichevsky and Trofimov's estimate, "The performance of universal encoding", IEEE Trans. Inf. Theory 27, 1981).
func (a *absence) gone(c *Context, f *Field) {
	a.count()
	before := float64(a.messages - a.run)
	otherwise := (float64(a.missing-min(a.missing, a.run)) + 0.5) / (before + 1)
	a.missing++
	a.run++
	if a.run < leastMissing || before < Samples {
		return
	}
	threshold := f.rate.threshold(c, f.verdicts)
	score := -float64(a.run) * math.Log10(otherwise)
	a.told = a.told || score >= threshold
	c.find(Finding{
		Field: f.Path, Kind: Missing, Since: f.seen, Score: min(score, mostScore), Threshold: threshold, Value: float64(a.run),
	})
}

// mostScore bounds what a model can claim to know.
const mostScore = 30

// count counts a message. Old counts lose half of their weight, so that a field that has become optional is learned.
func (a *absence) count() {
	if a.messages++; a.messages >= 10*Samples {
		a.messages, a.missing = a.messages/2, a.missing/2
		a.run = min(a.run, a.missing)
	}
}
