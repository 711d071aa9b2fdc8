package config

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestRefusalsOfSomebody(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	lamp, pump := "lamp", "pump"
	until := now.Add(time.Minute)
	all := []Refusal{
		{ID: 6, Time: now, Address: "::ffff:10.0.0.7", Port: 4000},
		{ID: 5, Time: now.Add(-time.Hour), Until: &until, ClientID: "lamp-1"},
		{ID: 4, Time: now.Add(-time.Hour), Username: &lamp, Address: "10.0.0.8", Port: 1},
		{ID: 3, Time: now.Add(-time.Hour), ClientID: "pump-1", Username: &pump, Address: "10.0.0.9"},
		{ID: 2, Time: now.Add(-2 * time.Hour), Address: "10.0.0.7", Port: 4000},
		{ID: 1, Time: now.Add(-3 * time.Hour)},
	}
	s := New(Options{Refusals: func(context.Context) ([]Refusal, error) { return slices.Clone(all), nil }})
	for name, c := range map[string]struct {
		whom   Whom
		most   int
		ids    []int64
		marked []int64
	}{
		"everybody":   {Whom{}, 100, []int64{6, 5, 4, 3, 2, 1}, nil},
		"few":         {Whom{}, 2, []int64{6, 5}, nil},
		"address":     {Whom{Address: "10.0.0.7"}, 100, []int64{6, 2}, nil},
		"connection":  {Whom{Address: "10.0.0.7", Port: 4000, Since: now}, 100, []int64{6, 2}, []int64{6}},
		"port alone":  {Whom{Address: "10.0.0.8", Port: 2, Since: now.Add(-time.Hour)}, 100, []int64{4}, nil},
		"client":      {Whom{ClientID: "lamp-1", Since: now}, 100, []int64{5}, []int64{5}},
		"username":    {Whom{Username: "lamp", Since: now}, 100, []int64{4}, nil},
		"all of them": {Whom{ClientID: "lamp-1", Username: "pump", Address: "10.0.0.8", Since: now.Add(2 * time.Minute)}, 100, []int64{5, 4, 3}, nil},
		"nobody":      {Whom{Username: "sink"}, 100, nil, nil},
	} {
		found, err := s.Refusals(t.Context(), c.whom, c.most)
		if err != nil {
			t.Fatal(err)
		}
		var ids, marked []int64
		for _, r := range found {
			ids = append(ids, r.ID)
			if r.This {
				marked = append(marked, r.ID)
			}
		}
		if !slices.Equal(ids, c.ids) || !slices.Equal(marked, c.marked) {
			t.Errorf("%s: %v, this %v; want %v, %v", name, ids, marked, c.ids, c.marked)
		}
	}
}
