package broker

import (
	"strings"
	"sync"
	"time"
)

// sysPrefix starts the topics on which mosquitto publishes figures about itself.
const sysPrefix = "$SYS/broker/"

// sysNames are the figures that the session follows. The list is short because the connection is there for control.
func sysNames() []string { return []string{"version", "clients/connected", "uptime"} }

// Subscriptions is how many topic filters the session's present connection, or its last one, has at the broker.
func (s *Session) Subscriptions() int { return int(s.granted.Load()) }

// sysValues holds the last value of each figure of the present connection.
type sysValues struct {
	mu     sync.Mutex
	values map[string]sysValue
}

type sysValue struct {
	value string
	at    time.Time
}

// Sys returns the last value of $SYS/broker/<name> for the names version ("mosquitto version 2.0.11"),
// clients/connected ("7") and uptime ("41 seconds"), and when it came. The broker repeats a value only when it
// changed. ok is false while there is no connection and when the broker has not told the value: $SYS may be turned
// off, or our account may not read it, or, before 2.0.16, the retained value may have expired after a minute.
func (s *Session) Sys(name string) (value string, at time.Time, ok bool) {
	s.sys.mu.Lock()
	defer s.sys.mu.Unlock()
	v, ok := s.sys.values[name]
	return v.value, v.at, ok
}

// set stores a value. Topics are those we subscribed to, so their number is bounded.
func (v *sysValues) set(topic string, payload []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.values == nil {
		v.values = make(map[string]sysValue)
	}
	v.values[strings.TrimPrefix(topic, sysPrefix)] = sysValue{string(payload), time.Now()}
}

// forget drops everything: the next connection may be to another broker, or the same after a restart.
func (v *sysValues) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.values = nil
}

// version is the bare version number.
func (v *sysValues) version() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.TrimPrefix(v.values["version"].value, "mosquitto version ")
}
