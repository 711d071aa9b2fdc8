package clientlogs

import (
	"time"
)

// settingName is the name under which the settings are stored.
const settingName = "clientlogs"

// How long a trace lasts, and how much it may name.
const (
	usualTrace   = 10 * time.Minute
	longestTrace = 24 * time.Hour
	mostTraced   = 20
)

// How long things are kept by default and at most.
const (
	usualEventsDays    = 90
	usualPublishesDays = 7
	mostDays           = 3650
)

// storedSettings are the settings as they are stored.
type storedSettings struct {
	Mode      Mode          `json:"mode"`
	Threshold int           `json:"threshold"`
	Trace     traceSettings `json:"trace"`
	Before    Mode          `json:"before"` // the mode to go back to after a trace

	EventsDays    int `json:"events_days"`
	PublishesDays int `json:"publishes_days"`
}

type traceSettings struct {
	Until     time.Time `json:"until"`
	ClientIDs []string  `json:"client_ids"`
	Topics    []string  `json:"topics"`
}

func defaultSettings() storedSettings {
	return storedSettings{
		Mode: ModeAuto, Before: ModeAuto, Threshold: DefaultThreshold, EventsDays: usualEventsDays, PublishesDays: usualPublishesDays,
	}
}

// sound replaces by defaults what another version of BunkerM may have stored and this one does not know. Nothing of it is
// worth not starting for.
func (s storedSettings) sound() storedSettings {
	for _, n := range []struct {
		value       *int
		most, usual int
	}{
		{&s.Threshold, mostThreshold, DefaultThreshold},
		{&s.EventsDays, mostDays, usualEventsDays},
		{&s.PublishesDays, mostDays, usualPublishesDays},
	} {
		if *n.value < 1 || *n.value > n.most {
			*n.value = n.usual
		}
	}
	switch s.Before {
	case ModeAuto, ModeFull, ModeOff:
	default:
		s.Before = ModeAuto
	}
	switch s.Mode {
	case ModeAuto, ModeFull, ModeOff:
	case ModeTrace:
		if s.Trace.check() != nil {
			s.Mode, s.Trace = s.Before, traceSettings{}
		}
	default:
		s.Mode = ModeAuto
	}
	return s
}
