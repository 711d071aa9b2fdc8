// Package logtail follows a broker's log files by name: through rotation by rename and by truncation, over half-written
// lines, and from where it stopped the last time. It also reads backwards for those who search.
//
// It may import broker, broker/keeper and fault.
package logtail
