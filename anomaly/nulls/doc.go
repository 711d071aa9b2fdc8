// Package nulls has processes with which nothing is ever the matter, and counts how often the detectors say otherwise: what
// the tests hold and what docs/anomaly.md tells of false alarms comes from here. Each process is made with a source of chance
// and then gives point after point, so that the same seed gives the same points.
//
// It is part of the measuring bench, not of the program. It may import anomaly/detect.
package nulls
