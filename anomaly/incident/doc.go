// Package incident makes incidents of findings: what belongs together is one incident, which is opened, extended, raised,
// closed by itself when it is over, and opened again rather than repeated. It knows no database and no clock.
//
// It may import series of this room, and nothing else of ours.
package incident
