package monitor

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bunkerm/bunkerm/fault"
)

// settingsName is the name under which the settings are stored.
const settingsName = "monitor"

// ObservationSettings are what is observed and how long its figures are kept.
type ObservationSettings struct {
	Observed  []string         `json:"observed" nullable:"false" doc:"Topic filters whose messages are observed. The broker delivers each message that matches once more, to BunkerM: with # that doubles what a broker with one subscriber for each message sends. Empty observes the broker's own figures alone"`
	Redacted  []string         `json:"redacted" nullable:"false" doc:"Topic filters of messages whose values stay out of memory, store and answers"`
	Retention HistoryRetention `json:"retention" doc:"How long history is kept, in each resolution"`
}

// HistoryRetention is how long history is kept.
type HistoryRetention struct {
	RawHours    int `json:"raw_hours" minimum:"1" maximum:"744" doc:"Points of 10 seconds, 24 hours by default"`
	MinuteDays  int `json:"minute_days" minimum:"1" maximum:"366" doc:"Points of one minute, 14 days by default"`
	QuarterDays int `json:"quarter_days" minimum:"1" maximum:"3660" doc:"Points of 15 minutes, 730 days by default"`
}

// ObservationFields are the settings that a request changes; what is absent stays.
type ObservationFields struct {
	Observed  *[]string               `json:"observed,omitempty" maxItems:"100" doc:"All filters that are observed"`
	Redacted  *[]string               `json:"redacted,omitempty" maxItems:"100" doc:"All filters whose values are hidden"`
	Retention *HistoryRetentionFields `json:"retention,omitempty" doc:"How long history is kept"`
}

// HistoryRetentionFields is the part of a retention that a request changes.
type HistoryRetentionFields struct {
	RawHours    *int `json:"raw_hours,omitempty" minimum:"1" maximum:"744" doc:"Points of 10 seconds"`
	MinuteDays  *int `json:"minute_days,omitempty" minimum:"1" maximum:"366" doc:"Points of one minute"`
	QuarterDays *int `json:"quarter_days,omitempty" minimum:"1" maximum:"3660" doc:"Points of 15 minutes"`
}

func (f ObservationFields) over(s ObservationSettings) ObservationSettings {
	if f.Observed != nil {
		s.Observed = slices.Clone(*f.Observed)
	}
	if f.Redacted != nil {
		s.Redacted = slices.Clone(*f.Redacted)
	}
	if r := f.Retention; r != nil {
		for _, pair := range []struct{ to, from *int }{
			{&s.Retention.RawHours, r.RawHours}, {&s.Retention.MinuteDays, r.MinuteDays}, {&s.Retention.QuarterDays, r.QuarterDays},
		} {
			if pair.from != nil {
				*pair.to = *pair.from
			}
		}
	}
	return s.filled()
}

// filled gives what is zero the product's default; the lists are never nil.
func (s ObservationSettings) filled() ObservationSettings {
	if s.Observed == nil {
		s.Observed = []string{}
	}
	if s.Redacted == nil {
		s.Redacted = []string{}
	}
	for _, d := range []struct {
		to    *int
		value int
	}{{&s.Retention.RawHours, 24}, {&s.Retention.MinuteDays, 14}, {&s.Retention.QuarterDays, 730}} {
		if *d.to <= 0 {
			*d.to = d.value
		}
	}
	return s
}

// Check says what of the settings is not acceptable; at is the place of the settings in the request, as in body.
func (s ObservationSettings) Check(at string) error {
	problem := fault.New(fault.Invalid, "the request is not acceptable")
	for i, filter := range s.Observed {
		if err := CheckFilter(filter); err != nil {
			problem = problem.At(fmt.Sprintf("%s.observed[%d]", at, i), err.Error())
		}
	}
	if err := CheckRedacted(at+".redacted", s.Redacted); err != nil {
		for _, field := range fault.From(err).Fields {
			problem = problem.At(field.Location, field.Message)
		}
	}
	r := s.Retention
	if r.RawHours > 24*r.MinuteDays {
		problem = problem.At(at+".retention.raw_hours", "is longer than minute_days")
	}
	if r.MinuteDays > r.QuarterDays {
		problem = problem.At(at+".retention.minute_days", "is longer than quarter_days")
	}
	if len(problem.Fields) > 0 {
		return problem
	}
	return nil
}

// settingsHolder has the settings as they are now.
type settingsHolder struct {
	current atomic.Pointer[ObservationSettings]
	turn    sync.Mutex // held by whoever changes them
}

func (h *settingsHolder) get() ObservationSettings { return *h.current.Load() }

// loadSettings reads what is stored, or takes the defaults, and puts them to work.
func (s *Service) loadSettings(ctx context.Context) error {
	settings := s.o.Defaults
	if settings.Redacted == nil {
		settings.Redacted = DefaultRedacted()
	}
	if _, err := s.o.Store.Setting(ctx, settingsName, &settings); err != nil {
		return err
	}
	settings = settings.filled()
	if err := settings.Check("settings"); err != nil {
		return fmt.Errorf("reading the monitor's settings: %w", err)
	}
	s.settings.current.Store(&settings)
	return s.o.Apply(settings)
}

// Settings are the settings as they are now.
func (s *Service) Settings() ObservationSettings { return s.settings.get() }

// SetSettings changes settings, stores them and puts them to work. Errors are faults, and nothing has changed then.
func (s *Service) SetSettings(ctx context.Context, fields ObservationFields) (ObservationSettings, error) {
	s.settings.turn.Lock()
	defer s.settings.turn.Unlock()
	before := s.settings.get()
	after := fields.over(before)
	if err := after.Check("body"); err != nil {
		return before, err
	}
	// Stored first: what cannot be kept is not begun.
	if err := s.o.Store.SetSetting(ctx, settingsName, after); err != nil {
		return before, err
	}
	if err := s.o.Apply(after); err != nil {
		return before, fmt.Errorf("putting the monitor's settings to work: %w", err)
	}
	s.settings.current.Store(&after)
	s.o.Record(ctx, "settings.update", "settings/monitor", before, after)
	return after, nil
}
