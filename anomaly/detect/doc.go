// Package detect finds what is strange in a series of numbers, as they come, in constant time and memory. Nothing here
// knows a clock, a disk or a broker: a point goes in, a score comes out. Every score is -log10 of the probability that a
// point as surprising comes up although nothing is the matter, so scores of different detectors can be compared: 4 means
// once in ten thousand points.
//
// [Standard] is what a series gets, [Lean] what the crowd gets that is too large for it. Both are made of the same parts: a
// robust level, a short drift, an hour-of-week profile, and a rule for records; and of a tail that turns how far a part is
// off into a probability.
//
// It may import nothing of ours.
package detect
