package detect

// Part is what of a detector found a point strange.
type Part uint8

// The parts. Those of Lean and Standard come first; then what the other detectors find, each of which has one.
const (
	NoPart   Part = iota
	Level         // it is far from where the series has been for a long time
	Drift         // the last ten are far from the last two hundred
	Week          // it is far from what this hour of the week usually brings
	Record        // it is higher or lower than anything before
	Quiet         // nothing has come for longer than usual: Silence
	Flat          // the same value again and again: Stuck
	Rush          // more than usual: Burst
	State         // a change that is seldom, or a state never seen: States
	Dwell         // longer in one state than usual: States
	Form          // the curve looks like nothing before: Shape
	Together      // each value is usual, all of them at once are not: Joint
)

// String is the part in one word, as it is written into records: it stays the same.
func (p Part) String() string {
	words := [...]string{"", "level", "drift", "week", "record", "silence", "stuck", "burst", "state", "dwell", "shape", "joint"}
	if int(p) < len(words) {
		return words[p]
	}
	return ""
}
