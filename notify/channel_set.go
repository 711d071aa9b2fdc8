package notify

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// settingName is the name under which the channels are stored, with their secrets.
const settingName = "notify"

type storedChannels struct {
	Channels []Channel `json:"channels"`
}

// load reads the channels and forgets what waits for others. A channel that another version has stored and that this one
// finds wanting is kept as it is, and said to be wanting when it is used.
func (s *Service) load(ctx context.Context) error {
	var stored storedChannels
	if _, err := s.o.Store.Setting(ctx, settingName, &stored); err != nil {
		return err
	}
	err := s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		var last int64
		if err := q.QueryRow(ctx, `SELECT COALESCE(MAX(id), 0) FROM notify_outbox WHERE broker = $1`, s.o.Store.Broker()).Scan(&last); err != nil {
			return err
		}
		s.lastID.Store(last)
		return nil
	})
	if err != nil {
		return err
	}
	s.use(stored.Channels)
	return s.forgetOthers(ctx, stored.Channels)
}

// use makes channels the ones that there are.
func (s *Service) use(channels []Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels = channels
	for id := range s.wake {
		if !slices.ContainsFunc(channels, func(c Channel) bool { return c.ID == id }) {
			delete(s.wake, id)
		}
	}
	for _, c := range channels {
		if s.wake[c.ID] == nil {
			s.wake[c.ID] = make(chan struct{}, 1)
		}
	}
}

// current are the channels, with their secrets. They are not to be changed.
func (s *Service) current() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.channels
}

func find(channels []Channel, id string) *Channel {
	i := slices.IndexFunc(channels, func(c Channel) bool { return c.ID == id })
	if i < 0 || id == "" {
		return nil
	}
	return &channels[i]
}

// Channels returns the channels in their order. Secrets read [Unchanged].
func (s *Service) Channels(context.Context) []Channel { return shownAll(s.current()) }

func shownAll(channels []Channel) []Channel {
	shown := make([]Channel, 0, len(channels))
	for _, c := range channels {
		shown = append(shown, c.shown())
	}
	return shown
}

// SetChannels replaces the channels, at most 16. A channel is known by its id; one without gets one. A secret that reads
// [Unchanged] stays as it is stored. What waits for channels that are gone or switched off is thrown away. The fault of
// what is not acceptable, of kind Invalid, names the places.
func (s *Service) SetChannels(ctx context.Context, channels []Channel) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	before := s.current()
	var p problems
	if len(channels) > mostChannels {
		p.add("body.channels", "must be at most %d", mostChannels)
		return p.err()
	}
	after := make([]Channel, 0, len(channels))
	for i, c := range channels {
		place := fmt.Sprintf("body.channels[%d]", i)
		c = c.fill(find(before, c.ID), place, &p)
		c.check(place, &p)
		switch {
		case c.ID == "":
			c.ID = newID()
		case find(before, c.ID) == nil:
			p.add(place+".id", "names no channel; leave it out for a new one")
		case find(after, c.ID) != nil:
			p.add(place+".id", "is there twice")
		}
		after = append(after, c)
	}
	if err := p.err(); err != nil {
		return err
	}
	if err := s.o.Store.SetSetting(ctx, settingName, storedChannels{after}); err != nil {
		return fmt.Errorf("keeping the channels of notifications: %w", err)
	}
	s.use(after)
	s.o.Record(ctx, "notify.channels", "channels", shownAll(before), shownAll(after))
	nudge(s.changed)
	s.wakeAll()
	return s.forgetOthers(ctx, after)
}

// forgetOthers takes away what waits for channels that are not there, or switched off, and the counters of the former.
func (s *Service) forgetOthers(ctx context.Context, channels []Channel) error {
	var enabled, known []string
	for _, c := range channels {
		known = append(known, c.ID)
		if c.Enabled {
			enabled = append(enabled, c.ID)
		}
	}
	// The ids are letters, digits and hyphens, so they need no escape as a list in one parameter.
	const others = ` WHERE broker = $1 AND $2 NOT LIKE '%,' || channel || ',%'`
	err := s.o.Store.Write(ctx, func(ctx context.Context, q store.Queries) error {
		if _, err := q.Exec(ctx, `DELETE FROM notify_outbox`+others, s.o.Store.Broker(), ","+strings.Join(enabled, ",")+","); err != nil {
			return err
		}
		_, err := q.Exec(ctx, `DELETE FROM notify_channels`+others, s.o.Store.Broker(), ","+strings.Join(known, ",")+",")
		return err
	})
	if err != nil {
		return fmt.Errorf("forgetting what waits for former channels: %w", err)
	}
	return nil
}

func newID() string { return strings.ToLower(rand.Text()[:10]) }

// errNoChannel is the fault of an id that names none.
func errNoChannel() error { return fault.New(fault.NotFound, "there is no channel of this id") }

// nudge wakes whoever waits on a channel of capacity 1.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// wakeAll has every channel look at its messages again.
func (s *Service) wakeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.wake {
		nudge(c)
	}
}
