package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// reckon compares the events with the ledger, as soon as all lines have been read.
func (s *soak) reckon(ctx context.Context) error {
	var begun, over []event
	var last recording
	complete := func() bool {
		page, err := look[struct{ Recording recording }](ctx, s.house, "/clientlogs?limit=1")
		last = page.Recording
		return err == nil && last.State == "recording" && last.Queued == 0 && last.Lag < 1
	}
	if !until(ctx, patience, complete) {
		s.report.broke("the events are not written %s after the crowd has gone: %+v", patience, last)
	}
	var r reckoning
	var err error
	// The ends of the last connections may still be on their way.
	until(ctx, patience/3, func() bool {
		if begun, last, err = told(ctx, s.house, "connect"); err != nil {
			return true
		}
		over = nil
		for _, kind := range []string{"disconnect", "takeover"} {
			var some []event
			if some, _, err = told(ctx, s.house, kind); err != nil {
				return true
			}
			over = append(over, some...)
		}
		r = s.ledger.audit(begun, over)
		return len(r.Missing) == 0
	})
	if err != nil {
		return fmt.Errorf("reading the events: %w", err)
	}
	gaps, _, err := told(ctx, s.house, "recording")
	if err != nil {
		return fmt.Errorf("reading the events: %w", err)
	}
	_, trimmed, err := s.house.rows(ctx)
	if err != nil {
		return err
	}
	trimmed += s.trimmed
	var saidLost []string
	for _, g := range gaps {
		saidLost = append(saidLost, strings.TrimSpace(g.Reason+" "+g.Topic))
	}
	if int64(len(r.Missing)) <= trimmed {
		r.Missing = nil // they were stored, and thrown away to make room
	}
	if uncounted := int64(r.Excused[string(DiskFull)]) - s.dropped; uncounted > 0 {
		s.report.broke("%d events are missing from when the disk was full, and only %d are counted as dropped", r.Excused[string(DiskFull)], s.dropped)
	}
	s.report.some("beginnings and ends of connections of which no event tells", r.Missing)
	s.report.some("beginnings and ends that are told more than once", r.Double)
	s.reckonReaders(ctx, append(begun, over...), s.dropped+trimmed)
	s.report.fact("%d connections, and %d tries without an answer; %d events of them, %d of their ends", r.Connections, r.Maybe, r.Stored, r.Ends)
	for _, why := range slices.Sorted(maps.Keys(r.Excused)) {
		s.report.fact("%d beginnings and ends without an event while %s", r.Excused[why], why)
	}
	s.report.fact("%d events were counted as dropped, %d thrown away to make room; of its recording it says: %s", s.dropped, trimmed, strings.Join(saidLost, ", "))
	return nil
}
