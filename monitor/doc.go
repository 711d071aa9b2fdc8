// Package monitor is service 2, /monitor: how the broker is doing, now and over time, who is connected, and what is
// published on which topic. Collectors write, the Service answers.
//
// It may import broker, store, stream, query and fault.
package monitor
