package anomaly

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/notify"
)

// settingsName is the name under which the settings are stored.
const settingsName = "anomaly"

// Settings are how touchy the service is, and what it leaves alone.
type Settings struct {
	Sensitivity   string   `json:"sensitivity" enum:"low,normal,high" doc:"How touchy all detectors are: low alarms ten times less often, high five times more often"`
	SeriesBudget  float64  `json:"series_budget" minimum:"0.0001" maximum:"10" doc:"False alarms that are acceptable per series and day, 0.1 by default: it makes the threshold of each series, by how often it has values"`
	FleetBudget   float64  `json:"fleet_budget" minimum:"0.1" maximum:"100" doc:"Notifications a day below critical, of all series together, 1 by default; what is beyond comes in the daily digest"`
	DigestHour    int      `json:"digest_hour" minimum:"0" maximum:"23" doc:"The hour of the day at which the digest is sent, 8 by default"`
	TimeZone      string   `json:"time_zone" maxLength:"64" doc:"Where the people are, as in Europe/Berlin: hours of the week, digest and quiet hours are theirs. Empty is the zone of BunkerM's host"`
	MemoryMiB     int      `json:"memory_mib" minimum:"16" maximum:"65536" doc:"How much memory the detectors may take, 128 MiB by default; beyond it the topics that have been quiet for longest are forgotten"`
	IgnoredTopics []string `json:"ignored_topics" nullable:"false" maxItems:"200" doc:"Topic filters of what is not looked at"`
	DeepTopics    []string `json:"deep_topics" nullable:"false" maxItems:"200" doc:"Topic filters of what is also looked at with a matrix profile, and with all fields of a payload together; that costs about 10 µs and 40 KiB a field"`
}

// AlertSettingsFields are the settings that a request changes; what is absent stays.
type AlertSettingsFields struct {
	Sensitivity   *string           `json:"sensitivity,omitempty" enum:"low,normal,high" doc:"How touchy all detectors are"`
	SeriesBudget  *float64          `json:"series_budget,omitempty" minimum:"0.0001" maximum:"10" doc:"False alarms per series and day"`
	FleetBudget   *float64          `json:"fleet_budget,omitempty" minimum:"0.1" maximum:"100" doc:"Notifications a day below critical"`
	DigestHour    *int              `json:"digest_hour,omitempty" minimum:"0" maximum:"23" doc:"The hour of the day at which the digest is sent"`
	TimeZone      *string           `json:"time_zone,omitempty" maxLength:"64" doc:"Where the people are; empty is the zone of BunkerM's host"`
	MemoryMiB     *int              `json:"memory_mib,omitempty" minimum:"16" maximum:"65536" doc:"How much memory the detectors may take"`
	IgnoredTopics *[]string         `json:"ignored_topics,omitempty" maxItems:"200" doc:"All topic filters of what is not looked at"`
	DeepTopics    *[]string         `json:"deep_topics,omitempty" maxItems:"200" doc:"All topic filters of what is looked at more closely"`
	Channels      *[]notify.Channel `json:"channels,omitempty" maxItems:"50" doc:"All notification channels. A secret that reads «unchanged» stays as it is"`
}

// AlertSettings is the settings with the channels.
type AlertSettings struct {
	Settings
	Channels []notify.Channel `json:"channels" nullable:"false" doc:"How people are told. Secrets read «unchanged»"`
}

// DefaultSettings are the product's own.
func DefaultSettings() Settings {
	return Settings{
		Sensitivity: "normal", SeriesBudget: 0.1, FleetBudget: 1, DigestHour: 8, MemoryMiB: 128,
		IgnoredTopics: []string{}, DeepTopics: []string{},
	}
}

func (f AlertSettingsFields) over(s Settings) Settings {
	put(&s.Sensitivity, f.Sensitivity)
	put(&s.SeriesBudget, f.SeriesBudget)
	put(&s.FleetBudget, f.FleetBudget)
	put(&s.DigestHour, f.DigestHour)
	put(&s.TimeZone, f.TimeZone)
	put(&s.MemoryMiB, f.MemoryMiB)
	if f.IgnoredTopics != nil {
		s.IgnoredTopics = append([]string{}, *f.IgnoredTopics...)
	}
	if f.DeepTopics != nil {
		s.DeepTopics = append([]string{}, *f.DeepTopics...)
	}
	return s
}

func put[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// check says what of the settings is not acceptable.
func (s Settings) check(validFilter func(string) error) error {
	problem := fault.New(fault.Invalid, "the request is not acceptable")
	for name, filters := range map[string][]string{"ignored_topics": s.IgnoredTopics, "deep_topics": s.DeepTopics} {
		for i, filter := range filters {
			if err := validFilter(filter); err != nil {
				problem = problem.At(fmt.Sprintf("body.%s[%d]", name, i), err.Error())
			}
		}
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
		problem = problem.At("body.time_zone", "is not the name of a time zone, as in Europe/Berlin")
	}
	if len(problem.Fields) > 0 {
		return problem
	}
	return nil
}

// location is where the people are.
func (s Settings) location() *time.Location {
	if s.TimeZone == "" {
		return time.Local //nolint:gosmopolitan // the zone of the host is the product's default
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// touchiness is by how much the sensitivity multiplies the budget.
func (s Settings) touchiness() float64 {
	switch s.Sensitivity {
	case "low":
		return 0.1
	case "high":
		return 5
	}
	return 1
}

// loadSettings reads what is stored.
func (s *Service) loadSettings(ctx context.Context) error {
	settings := DefaultSettings()
	if _, err := s.o.Store.Setting(ctx, settingsName, &settings); err != nil {
		return err
	}
	s.apply(settings)
	return nil
}

// Settings are the settings as they are now.
func (s *Service) Settings(ctx context.Context) (AlertSettings, error) {
	channels := []notify.Channel{}
	if s.o.Notify != nil {
		channels = append(channels, s.o.Notify.Channels(ctx)...)
	}
	return AlertSettings{Settings: *s.settings.Load(), Channels: channels}, nil
}

// SetSettings changes settings, stores them and puts them to work. Errors are faults, and nothing has changed then.
func (s *Service) SetSettings(ctx context.Context, fields AlertSettingsFields) (AlertSettings, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	before := *s.settings.Load()
	after := fields.over(before)
	if err := after.check(s.o.CheckFilter); err != nil {
		return AlertSettings{}, err
	}
	if fields.Channels != nil && s.o.Notify != nil {
		if err := s.o.Notify.SetChannels(ctx, slices.Clone(*fields.Channels)); err != nil {
			return AlertSettings{}, err
		}
	}
	if err := s.o.Store.SetSetting(ctx, settingsName, after); err != nil {
		return AlertSettings{}, err
	}
	s.apply(after)
	s.o.Record(ctx, "settings.update", "settings/anomaly", before, after)
	return s.Settings(ctx)
}

// apply puts settings to work.
func (s *Service) apply(settings Settings) {
	s.settings.Store(&settings)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.configure(settings)
}
